"""Samples of a voice to files; all but WAV and bare samples are made by the decoder engine."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping

from dragoman_engines.work import EncodeAudio
from dragoman_handlers.base import Context
from dragoman_handlers.speech.synthesis.joining import Sound
from dragoman_wire.requests import SoundFormat

_MIME_TYPES: Mapping[SoundFormat, str] = {
    "wav": "audio/wav",
    "ogg": "audio/ogg; codecs=opus",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "pcm": "audio/pcm; rate={rate_hz}; channels=1; format=s16le",
}
_SAMPLE_BYTES = 2
LARGE_BYTES = 1 << 20
"""From this size on samples are copied in a thread: Python does it without the interpreter's lock."""


def mime_type(form: SoundFormat, rate_hz: int) -> str:
    """Return the MIME type of a file with samples of this rate."""
    return _MIME_TYPES[form].format(rate_hz=rate_hz)


async def sound_file(context: Context, sound: Sound, form: SoundFormat) -> bytes:
    """Make a file of a sound.

    Raises:
        DragomanError: the decoder engine's error.
    """
    if form == "pcm":
        return sound.pcm
    if form == "wav":
        if len(sound.pcm) < LARGE_BYTES:
            return wav(sound.pcm, sound.rate_hz)
        return await asyncio.to_thread(wav, sound.pcm, sound.rate_hz)
    unit = EncodeAudio(pcm=sound.pcm, sample_rate_hz=sound.rate_hz, form=form)
    return (await context.run(unit, size_s=unit.cost_s())).result.data


def wav(pcm: bytes, rate_hz: int) -> bytes:
    """Return a WAV file of 16-bit mono samples."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, _SAMPLE_BYTES * rate_hz, _SAMPLE_BYTES, 16)
    data = struct.pack("<4sI", b"data", len(pcm))
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data) + len(pcm), b"WAVE")
    return b"".join((head, form, data, pcm))
