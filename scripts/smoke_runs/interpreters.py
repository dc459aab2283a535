"""The Pythons of this machine: those on the PATH, and those of pyenv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ASK_S = 30.0
_QUESTION = "import platform, sys; print(platform.python_implementation(), platform.python_version(), sys.executable)"


class NoSuchPython(Exception):
    """An interpreter that was asked for is not here; the sentence names it."""


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python that works."""

    path: Path
    version: str
    """All of it, such as 3.12.1."""

    @property
    def minor(self) -> str:
        """Return the part of the version that packages are built for, such as 3.12."""
        return ".".join(self.version.split(".")[:2])


def find_all(minors: Sequence[str]) -> list[Interpreter]:
    """List one interpreter for each of these minor versions that is on the machine."""
    return [found for minor in minors if (found := find(minor)) is not None]


def find(minor: str) -> Interpreter | None:
    """Find an interpreter of a minor version, such as 3.12."""
    for path in _candidates(minor):
        found = _ask(path)
        if found is not None and found.minor == minor:
            return found
    return None


def named(name: str, minors: Sequence[str]) -> Interpreter:
    """Find the interpreter that a user names: a path, a command or a minor version.

    Raises:
        NoSuchPython: it is not here, does not work, or is none of `minors`.
    """
    minor = name.removeprefix("python")
    if minor in minors:
        found = find(minor)
    else:
        path = shutil.which(name)
        found = None if path is None else _ask(Path(path))
    if found is None:
        raise NoSuchPython(f"{name} is no Python that works on this machine")
    if found.minor not in minors:
        raise NoSuchPython(f"{name} is Python {found.version}; dragoman is made for {', '.join(minors)}")
    return found


def _candidates(minor: str) -> Iterator[Path]:
    """Yield every place; the first on the PATH may be a pyenv shim that leads nowhere."""
    if ".".join(map(str, sys.version_info[:2])) == minor:
        yield Path(sys.executable).resolve()
    for folder in os.get_exec_path():
        for name in (f"python{minor}", "python3"):
            if (path := Path(folder) / name).is_file():
                yield path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{minor}.*/bin/python{minor}"), reverse=True)


def _ask(path: Path) -> Interpreter | None:
    """Ask a file whether it is CPython, and which version; None where it is not."""
    try:
        asked = subprocess.run(
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=_ASK_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    implementation, version, executable = asked.stdout.strip().split(" ", 2)
    return Interpreter(path=Path(executable), version=version) if implementation == "CPython" else None
