"""A sitecustomize for engines' processes: each tries, once it is confined, what it should not be able to do.

What it tries changes nothing where it succeeds. It is copied as `sitecustomize.py` into a folder on PYTHONPATH. What
it found goes to the error output as one line of JSON; then the real engine is loaded.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _attempt(action: Callable[[], object]) -> str:
    try:
        action()
    except Exception as error:  # noqa: BLE001 - whatever refuses it
        return type(error).__name__
    return "done"


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _read_in_a_thread() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(_attempt(lambda: Path("/etc/passwd").read_text())))
    thread.start()
    thread.join()
    if found != ["done"]:
        raise PermissionError


def _link_out(spool: Path) -> None:
    link = spool / "link"
    link.symlink_to("/etc/passwd")
    link.unlink()


def _read_memory_of(pid: int) -> None:
    with Path(f"/proc/{pid}/mem").open("rb"):
        pass


def _trace() -> None:
    number = {"x86_64": 101, "aarch64": 117}[os.uname().machine]
    if ctypes.CDLL(None, use_errno=True).syscall(number, 2, 0, 0, 0) != 0:  # PTRACE_PEEKDATA of no process
        raise OSError(ctypes.get_errno(), "ptrace")


def _open_to_write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))


def _make(path: Path) -> None:
    path.write_text("x")
    path.unlink()


def _attempts(spec: Any) -> dict[str, str]:
    spool = Path(spec.spool_dir)
    server = os.getppid()
    tried: dict[str, Callable[[], object]] = {
        "read a file of the system": lambda: Path("/etc/passwd").read_text(),
        "read it in a thread": _read_in_a_thread,
        "read it through the root of its own process": lambda: Path("/proc/self", "root", "etc", "passwd").read_text(),
        "read the journal": lambda: Path(spec.spool_dir, "..", "journal.db").read_bytes(),
        "list the state folder": lambda: list(spool.parent.iterdir()),
        "list the home folder": lambda: list(Path.home().iterdir()),
        "read the server's environment": lambda: Path(f"/proc/{server}/environ").read_bytes(),
        "write temporary files": lambda: Path("/tmp/dragoman-curious").write_text("x"),
        "write where libraries are": lambda: _open_to_write(json.__file__),
        "write the models": lambda: _make(Path(spec.models_dir, "curious")),
        "make a link in the spool": lambda: _link_out(spool),
        "open an internet socket": lambda: socket.socket(socket.AF_INET),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX),
        "open a raw socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "open a pair of sockets": socket.socketpair,
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "replace itself with a program": lambda: os.execv("/nowhere", ["x"]),  # noqa: S606
        "fork": _fork,
        "signal the server": lambda: os.kill(server, 0),
        "read the server's memory": lambda: _read_memory_of(server),
        "trace a process": _trace,
        "limit the server": lambda: resource.prlimit(server, resource.RLIMIT_NOFILE),
        "change the rights of a file": lambda: Path(json.__file__).chmod(0o644),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
        "write the spool": lambda: _make(spool / "curious"),
        "read the spool": lambda: list(spool.iterdir()),
        "read a library": lambda: Path(json.__file__).read_bytes(),
        "end a thread": lambda: signal.pthread_kill(threading.get_ident(), 0),
    }
    return {name: _attempt(action) for name, action in tried.items()}


def _install() -> None:
    from dragoman_engines.process import factory  # noqa: PLC0415 - only in an engine's process

    real = factory.make_engine

    def make_engine(spec: Any) -> Any:
        found = {"kind": spec.kind, "environment": sorted(os.environ), "tried": _attempts(spec)}
        os.write(2, f"curious: {json.dumps(found)}\n".encode())
        return real(spec)

    factory.make_engine = make_engine


if any("dragoman_engines.process.worker" in argument for argument in sys.orig_argv):
    _install()
