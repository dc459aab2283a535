"""The records of the Firefox Translations store, as a server on this machine states them.

Where the files themselves come from is fixed in the library, so a test has them in place, as an earlier run would have
left them. What is real: how the library finds a pair, goes through English, and holds each file against its hash.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KINDS = {"model": "model.{pair}.bin", "vocab": "vocab.{pair}.spm", "lex": "lex.50.50.{pair}.s2t.bin"}


def files_of(source: str, target: str) -> dict[str, bytes]:
    """The files of a pair by name; what is in them is no model."""
    pair = source + target
    return {name.format(pair=pair): f"{kind} of {pair}".encode() for kind, name in KINDS.items()}


def put(folder: Path, source: str, target: str) -> None:
    """A pair's files where the library keeps them."""
    (folder / f"{source}-{target}").mkdir(parents=True)
    for name, data in files_of(source, target).items():
        (folder / f"{source}-{target}" / name).write_bytes(data)


def record(source: str, target: str, name: str, data: bytes) -> Mapping[str, Any]:
    """A file, as the store describes it."""
    return {
        "name": name,
        "fileType": name.partition(".")[0],
        "sourceLanguage": source,
        "targetLanguage": target,
        "version": "3.0",
        "architecture": "base",
        "decompressedHash": hashlib.sha256(data).hexdigest(),
        "attachment": {"location": f"nowhere/{name}.zst"},
    }


@contextmanager
def running_store(*pairs: tuple[str, str]) -> Iterator[str]:
    """A store with these pairs for the time of a block; FXTRANSLATE_RECORDS_URL must be set to what it yields."""
    records = [record(*pair, name, data) for pair in pairs for name, data in files_of(*pair).items()]
    body = json.dumps({"data": records}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/records"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
