"""The standard streams as programs find them: closed, or in an encoding that has few characters."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

MOST_BYTES = 64 << 20


class StandardInputError(Exception):
    """What standard input holds is no text; the sentence says why."""


def repair_streams() -> None:
    """Let output never fail for its characters: those that its encoding lacks are written as escapes.

    A stream that was closed before the start, as by `>&-`, becomes one that leads nowhere.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(io.UnsupportedOperation, ValueError):
                stream.reconfigure(errors="backslashreplace")


def read_standard_input() -> str:
    """Return the text that standard input holds.

    Raises:
        StandardInputError: it is no text in its encoding, which is UTF-8 nearly everywhere, or too long.
    """
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise StandardInputError(f"standard input is larger than {MOST_BYTES >> 20} MiB")
    encoding = sys.stdin.encoding or "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise StandardInputError(
            f"standard input is no text in {encoding.upper()} (byte {error.start});"
            " for text in Latin-1: iconv -f latin1 -t utf-8"
        ) from error
