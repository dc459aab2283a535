"""Names of files that others chose, held against the rules before they become paths below a model's folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from dragoman_engines.base import ModelMissing

_LONGEST_NAME, _LONGEST_PATH = 255, 1024
_MOST_FILES = 10_000
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
"""Control characters, marks that turn text around, and what other systems take for a drive, a stream or a pattern."""
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, with any ending."""


def path_problem(name: str) -> str | None:
    """Return why a name is no plain path below a folder; None where it is one."""
    if not name or len(name) > _LONGEST_PATH or len(name.encode("utf-8", "surrogatepass")) > _LONGEST_PATH:
        return f"it is empty or longer than {_LONGEST_PATH} bytes"
    if _FORBIDDEN.search(name):
        return "it holds a character that no file's name needs"
    for part in name.split("/"):
        if not part or part.startswith((".", " ")) or part.endswith((".", " ")):
            return "a part of it is empty, or begins or ends with a dot or a blank"
        if len(part.encode()) > _LONGEST_NAME or _DEVICE.fullmatch(part):
            return "a part of it is too long, or the name of a device"
    return None


def check_names(names: Iterable[str], source: str) -> None:
    """Hold the names of a model's files against the rules.

    Raises:
        ModelMissing: one is no plain path, two are one file on some system or one lies in the other, or there are too
            many.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        problem = path_problem(name)
        if problem is not None:
            raise ModelMissing(f"{source} has a file with the name {name[:100]!r}, which is refused: {problem}")
        folded = name.casefold()
        above = {folded[:at] for at, letter in enumerate(folded) if letter == "/"}
        if folded in seen or folded in folders or above & seen:
            raise ModelMissing(f"{source} has two files that are one, or one inside the other: {name[:100]!r}")
        seen.add(folded)
        folders |= above
        if len(seen) > _MOST_FILES:
            raise ModelMissing(f"{source} has more than {_MOST_FILES} files, which is no model")


def open_plain(path: Path) -> BinaryIO:
    """Open a file to write it anew, made where it is missing; never one that a link leads to.

    Raises:
        OSError: it cannot be written, or is a link.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    return os.fdopen(descriptor, "wb")


def plain_folder(path: Path, below: Path) -> Path:
    """Make the folders of a path below another one, none of them a link that leads away; return the path.

    Raises:
        OSError: it cannot be made, or something that is no folder is in its place.
    """
    at = below
    for part in path.relative_to(below).parts:
        at /= part
        if at.is_symlink():
            at.unlink()
        at.mkdir(exist_ok=True)
    return path
