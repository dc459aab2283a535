"""Exceptions as text for the log. Their sentences are left out where they may quote what a peer said."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from dragoman_wire.errors import DragomanError, EngineFailed

_SAY_NOTHING_PRIVATE = (OSError, sqlite3.Error)
"""Errors of files and sockets: what they say is about these."""
_OF_A_MODEL = "the model failed: "


def described(exc_info: Any, *, content: bool) -> str:
    """Return a traceback.

    Args:
        exc_info: an exception, or the tuple of `sys.exc_info`.
        content: whether to add what every exception says.
    """
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if not isinstance(error, BaseException):
        return ""
    if content:
        return "".join(traceback.format_exception(error)).rstrip()
    return "\n".join(_lines(error, set())).rstrip()


def sentence_of(error: DragomanError) -> str:
    """Describe an error for operators, without the words of a model's library, which may quote the text."""
    message = error.message
    if not isinstance(error, EngineFailed) or not message.startswith(_OF_A_MODEL):
        return message
    return _OF_A_MODEL + message.removeprefix(_OF_A_MODEL).partition(":")[0]


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, seen)
        yield "then:"
    yield from _frames(error.__traceback__)
    yield (
        f"{type(error).__qualname__}: {error}" if isinstance(error, _SAY_NOTHING_PRIVATE) else type(error).__qualname__
    )
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield "holds:"
            yield from _lines(inner, seen)


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
