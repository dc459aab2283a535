"""The server that is killed: always on the same ports and the same state folder, life after life."""

from __future__ import annotations

import itertools
import json
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

from scripts.embedded_server import launch, wait_until_ready

STOP_GRACE_S = 15.0
"""How long a stop may take beyond `drain_s`: as long as systemd is told that it may."""
_DELAYS_MS = {"decoder": 10, "transcription": 20, "translation": 3, "speech": 10}
_KINDS = tuple(_DELAYS_MS)
# Below the ports that the system hands out: a peer that knocks at such a port while it is not bound may be connected
# to itself, and then the server cannot have its port back.
_PORTS = range(20_000, 30_000)


class Victim:
    """One server after the other, on echo engines with small delays.

    Args:
        folder: for its state and its logs.
        settings: by `section.key`, beside the engines.
    """

    def __init__(self, folder: Path, settings: Mapping[str, object] | None = None) -> None:
        self._folder = folder
        ports = _free_ports(4)
        names = ("requests", "events", "routed")
        self.endpoints = {name: f"tcp://127.0.0.1:{port}" for name, port in zip(names, ports, strict=False)}
        self.ops = f"http://127.0.0.1:{ports[3]}"
        self._settings: dict[str, object] = {
            **{f"sockets.{name}": endpoint for name, endpoint in self.endpoints.items()},
            "sockets.ops": self.ops,
            **{f"engines.{kind}.model": "echo" for kind in _KINDS},
            **{f"engines.{kind}.delay_ms": delay for kind, delay in _DELAYS_MS.items()},
            **(settings or {}),
        }
        self._lives = itertools.count(1)
        self.log = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Return the process id of the present server."""
        return self._process.pid if self._process else 0

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the next life without waiting for it."""
        self.log = self._folder / f"life-{next(self._lives)}.log"
        self._process = launch(self._folder, self.log, self._settings)
        return self._process

    def start(self) -> None:
        """Start the next life; ready when this returns."""
        wait_until_ready(self.launch(), self.log)

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self, patience_s: float) -> tuple[int, float]:
        """SIGTERM; the exit status and the seconds it took. One that takes longer than `patience_s` is killed."""
        if self._process is None:
            raise RuntimeError("there is no server to stop")
        begin_s = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            status = -signal.SIGKILL
        return status, time.monotonic() - begin_s

    def stats(self) -> dict[str, Any]:
        """GET /stats."""
        with urlopen(f"{self.ops}/stats", timeout=30) as response:  # noqa: S310 - our own address
            document: dict[str, Any] = json.load(response)
            return document

    def children(self) -> list[int]:
        """Return the process ids of the engines."""
        return [pid for engine in self.stats()["engines"].values() for pid in engine["pids"]]

    def wait_for_engines(self, timeout_s: float, gone: int = 0) -> bool:
        """Wait until all engines are ready, none of them in the process `gone`; return whether that was in time.

        One that is loaded when it is needed may be idle.
        """
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            engines = self.stats()["engines"].values()
            if all(engine["state"] in ("ready", "idle") and gone not in engine["pids"] for engine in engines):
                return True
            time.sleep(0.01)
        return False


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = random.choice(_PORTS)  # not seeded: runs beside each other shall not share any
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
