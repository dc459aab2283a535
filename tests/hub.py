"""A hub on this machine, that speaks what huggingface_hub asks: it can break off, refuse and send something else."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LARGE_BYTES = 1000
"""From this size on a file is one of git's large files, of which the hub states the sha256."""


@dataclass
class Hub:
    """One repository, `owner/toy`, and what was asked of it."""

    files: dict[str, bytes]
    commit: str = "c" * 40
    endpoint: str = ""
    ranges: list[tuple[str, int]] = field(default_factory=list)
    """Each file that was asked for, and from which byte on."""
    damaged: set[str] = field(default_factory=set)
    """Files that are sent with their first byte changed."""
    stop_after: int | None = None
    """Send so many bytes of a large file, then wait for `go_on` and break off."""
    stopped: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    refusing: bool = False
    """Answer nothing but 503."""
    stated: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By file: what is said of it in place of the truth."""
    endless: bool = False
    """Send a file again and again, without saying how long it is."""
    redirect: str = ""
    """Lead every request for a file to this address."""

    def description(self) -> dict[str, Any]:
        """What the hub's programming interface says of the repository."""
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest(),
                **({"lfs": _lfs(data)} if len(data) >= LARGE_BYTES else {}),
                **self.stated.get(name, {}),
            }
            for name, data in self.files.items()
        ]
        return {"_id": "1", "id": "owner/toy", "sha": self.commit, "tags": [], "siblings": siblings}


def _lfs(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 130}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        hub = self.server.hub
        path = urlsplit(self.path).path
        if hub.refusing:
            self._send(503, b"{}")
        elif path.startswith("/api/models/owner/toy"):
            self._send(200, json.dumps(hub.description()).encode())
        elif path.startswith(f"/owner/toy/resolve/{hub.commit}/"):
            self._send_file(hub, path.removeprefix(f"/owner/toy/resolve/{hub.commit}/"))
        else:
            self._send(404, b"{}")

    def _send_file(self, hub: Hub, name: str) -> None:
        data = hub.files[name]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        hub.ranges.append((name, start))
        if hub.redirect:
            self.send_response(302)
            self.send_header("Location", hub.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if hub.endless:
            self._send_endlessly(data)
            return
        if name in hub.damaged:
            data = bytes([data[0] ^ 1]) + data[1:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if hub.stop_after is None or len(data) < LARGE_BYTES:
            self.wfile.write(data[start:])
            return
        self.wfile.write(data[start : start + hub.stop_after])
        hub.stopped.set()
        hub.go_on.wait()
        self.close_connection = True

    def _send_endlessly(self, data: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):  # until the other side has enough
            while not self.server.hub.go_on.is_set():
                self.wfile.write(data * 1000)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextmanager
def running_hub(files: dict[str, bytes]) -> Iterator[Hub]:
    """A hub for the time of a block; HF_ENDPOINT must be set to its endpoint."""
    hub = Hub(files=files)
    server = _Server(hub)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
