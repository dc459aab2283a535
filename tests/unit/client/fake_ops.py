"""An operations endpoint that answers from a table."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeOps:
    """What was asked, and where."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    """Of each request the method and the path with its query."""
    tokens: list[str | None] = field(default_factory=list)


@contextmanager
def fake_ops(answers: Mapping[str, tuple[int, Any]]) -> Iterator[FakeOps]:
    """Serve `answers`: by method and path without its query, the status and the document."""
    ops = FakeOps()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            ops.asked.append(f"{self.command} {self.path}")
            ops.tokens.append(self.headers["Authorization"])
            status, document = answers.get(
                f"{self.command} {self.path.partition('?')[0]}", (404, {"error": "no task is in flight"})
            )
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - as http.server wants them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ops.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield ops
        finally:
            server.shutdown()
            thread.join()
