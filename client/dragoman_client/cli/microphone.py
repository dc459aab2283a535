"""A recording from the microphone, by a program that is here."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from dragoman_wire.early_signals import interruptible

RATE_HZ = 16_000
"""What models hear."""
_SAMPLE_BYTES = 2
_CHUNK_BYTES = RATE_HZ * _SAMPLE_BYTES // 10
_END_S = 2.0
LONGEST_S = 7200.0
RECORDERS: Mapping[str, str] = {
    "parec": "--raw --format=s16le --rate={rate} --channels=1",
    "arecord": "--quiet --file-type raw --format S16_LE --rate {rate} --channels 1 -",
    "rec": "-q --type raw --encoding signed --bits 16 --channels 1 --rate {rate} -",
    "ffmpeg": "-nostdin -loglevel error -f alsa -i default -f s16le -ar {rate} -ac 1 -",
}
"""Programs that write samples to their standard output, and with which arguments; the first that is here is taken."""


class MicrophoneError(Exception):
    """There is no recording; the sentence says why."""


def find_recorder() -> str:
    """Return the program that will record.

    Raises:
        MicrophoneError: there is none.
    """
    found = next((name for name in RECORDERS if shutil.which(name)), None)
    if found is None:
        raise MicrophoneError(f"there is no recorder here ({', '.join(RECORDERS)}); name a file instead")
    return found


def record(program: str, longest_s: float) -> bytes:
    """Record until Ctrl-C, until the program ends, or so many seconds; return a WAV file.

    Raises:
        MicrophoneError: the program failed, or heard nothing at all.
    """
    most_bytes = int(min(longest_s, LONGEST_S) * RATE_HZ) * _SAMPLE_BYTES
    arguments = RECORDERS[program].format(rate=RATE_HZ).split()
    samples = bytearray()
    # In a session of its own: Ctrl-C is ours, and ends it in order.
    process = subprocess.Popen(
        [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        ended: int | None = None
        with suppress(KeyboardInterrupt, subprocess.TimeoutExpired), interruptible():
            if _read(process.stdout, samples, most_bytes):
                ended = process.wait(_END_S)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
        process.kill()
    if not samples:
        why = f" (exit status {ended})" if ended else ""
        raise MicrophoneError(f"{program} recorded nothing{why}; is there a microphone?")
    return _wav(bytes(samples))


def _read(stream: IO[bytes], samples: bytearray, most_bytes: int) -> bool:
    """Read so much; return whether the stream ended by itself before."""
    while len(samples) < most_bytes:
        chunk = stream.read(min(_CHUNK_BYTES, most_bytes - len(samples)))
        if not chunk:
            return True
        samples += chunk
    return False


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(_SAMPLE_BYTES)
        writer.setframerate(RATE_HZ)
        writer.writeframes(samples[: len(samples) // _SAMPLE_BYTES * _SAMPLE_BYTES])
    return file.getvalue()
