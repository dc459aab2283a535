"""A recording as calls take it: bytes, or a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dragoman_wire.errors import InvalidRequest


async def recording_bytes(audio: bytes | Path) -> bytes:
    """Return a recording as bytes; a file is read beside the event loop.

    Raises:
        InvalidRequest: it is empty.
        OSError: the file cannot be read.
        TypeError: it is neither bytes nor a path; a name alone might be meant as either.
    """
    if not isinstance(audio, Path | bytes | bytearray | memoryview):
        raise TypeError(f"audio: bytes or a pathlib.Path, not {type(audio).__name__}")
    recording = await asyncio.to_thread(audio.read_bytes) if isinstance(audio, Path) else audio
    if not recording:
        raise InvalidRequest("audio: the recording is empty")
    return recording
