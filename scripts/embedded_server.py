"""A server for the time of a script: on the embedded models, on free ports, with a state folder that goes with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

NO_CACHE = {"cache.memory_bytes": 0, "cache.disk_bytes": 0}
"""For what measures the engines and not the cache."""
TINY = "tiny.en"
"""The smallest model for transcription: what scripts and tests run on, whatever else is installed."""
FAST = "fast"
"""And the quickest voices."""
START_S = 60.0
"""Loading the embedded models takes a few seconds."""
STOP_S = 60.0
_POLL_S = 0.05
_LAST_LINES = 5


class ServerFailed(Exception):
    """The server did not start, or did not stop; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server that is ready for work."""

    process: subprocess.Popen[bytes]
    requests: str
    events: str
    routed: str
    ops: str
    ready_after_s: float

    def stop(self) -> int:
        """Ask it to stop with SIGTERM, and wait for that; the exit status.

        Raises:
            ServerFailed: it did not stop in time, and was killed.
        """
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait()
            raise ServerFailed(f"the server did not stop within {STOP_S:g} s of SIGTERM") from error


@contextmanager
def embedded_server(settings: Mapping[str, object] | None = None) -> Iterator[Server]:
    """Provide a server for a block; stop it at its end if it is not yet. Settings are `section.key`: value.

    Raises:
        ServerFailed: it did not become ready.
    """
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        log = Path(folder) / "server.log"
        begin_s = time.monotonic()
        process = launch(Path(folder), log, settings)
        try:
            endpoints = wait_until_ready(process, log)
            yield Server(
                process=process,
                requests=endpoints["requests"],
                events=endpoints["events"],
                routed=endpoints["routed"],
                ops=endpoints["ops"],
                ready_after_s=time.monotonic() - begin_s,
            )
        finally:
            _end(process)


def exit_on_sigterm() -> None:
    """Let a script that is told to end run its clean-up, as it does on Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def launch(folder: Path, log: Path, settings: Mapping[str, object] | None = None) -> subprocess.Popen[bytes]:
    """Start a server that keeps its state in `folder`; `settings` by `section.key`."""
    given: dict[str, object] = {
        "server.state_dir": folder / "state",
        "server.log_format": "json",
        "engines.transcription.model": TINY,
        "engines.speech.quality": FAST,
        "sockets.requests": "tcp://127.0.0.1:0",
        "sockets.events": "tcp://127.0.0.1:0",
        "sockets.routed": "tcp://127.0.0.1:0",
        "sockets.ops": "http://127.0.0.1:0",
    }
    flags = [part for key, value in (given | dict(settings or {})).items() for part in ("--set", f"{key}={value}")]
    with log.open("wb") as out:
        # A session of its own: Ctrl-C in the terminal reaches the script alone, and the script stops the server.
        return subprocess.Popen(
            [sys.executable, "-m", "dragoman_server", "serve", *flags],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")},
            start_new_session=True,
        )


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """Return the endpoints from the log, once GET /readyz says yes.

    Raises:
        ServerFailed: it ended, or is not ready within `START_S`.
    """
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with exit status {process.returncode}:\n{_tail(log)}")
        endpoints = _logged(log, "server.listening")
        if endpoints is not None:
            # Read first: every engine has loaded, or is known not to, before this line is written.
            settled = _logged(log, "server.ready") is not None
            reasons = _reasons_not_ready(endpoints["ops"])
            if not reasons:
                return endpoints
            if settled:
                raise ServerFailed(f"the server is not ready ({'; '.join(reasons)}):\n{_tail(log)}")
        time.sleep(_POLL_S)
    raise ServerFailed(f"the server was not ready within {START_S:g} s:\n{_tail(log)}")


def _logged(log: Path, event: str) -> dict[str, str] | None:
    """Return the first line of an event in the log."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        # The last line may be half written; what is not JSON comes from a library.
        if f'"{event}"' in line and line.endswith("}"):
            fields: dict[str, str] = json.loads(line)
            return fields
    return None


def _reasons_not_ready(ops: str) -> list[str]:
    try:
        with urlopen(f"{ops}/readyz", timeout=5):  # noqa: S310 - our own address
            return []
    except HTTPError as error:
        return [str(reason) for reason in json.load(error)["reasons"]]
    except URLError as error:
        return [str(error.reason)]


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
