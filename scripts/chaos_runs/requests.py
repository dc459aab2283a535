"""Random requests of which it is known what the echo engines make of them."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from typing import Any

from scripts.chaos_runs.ledger import TRANSCRIPTION

_LANGUAGES = ("pt", "fr", "de", "es")
_TRANSLATIONS = 0.88
_TRANSCRIPTIONS = 0.06
_RATE_HZ = 16_000


@dataclass(frozen=True, kw_only=True)
class Made:
    """A request and the text that is expected for each of its parts."""

    header: dict[str, Any]
    binaries: tuple[bytes, ...]
    expected: dict[str, str]


def make_request(rng: random.Random, peer: str, number: int) -> Made:
    """Mostly translations, some recordings."""
    header: dict[str, Any] = {"taskId": f"t{number}", "replyTo": peer}
    kind = rng.random()
    if kind < _TRANSLATIONS:
        languages = rng.sample(_LANGUAGES, rng.randint(1, 3))
        text = f"message {number} of {peer} with the number {rng.randrange(1 << 30)}"
        header |= {"type": "translation", "text": text, "sourceLanguage": "en", "targetLanguages": languages}
        return Made(header=header, binaries=(), expected={to: f"[{to}] {text}" for to in languages})
    tenths = rng.randint(3, 30)
    header |= {"binaryFrames": {"audio": 1}}
    said = f"Echo of {tenths / 10:.1f} seconds."
    expected = {TRANSCRIPTION: said}
    if kind < _TRANSLATIONS + _TRANSCRIPTIONS:
        header |= {"type": "transcription_only", "language": "en"}
    else:
        header |= {"type": "audio_process", "userLanguage": "en", "targetLanguages": ["pt"]}
        expected["pt"] = f"[pt] {said}"
    return Made(header=header, binaries=(_silence(tenths),), expected=expected)


def _silence(tenths: int) -> bytes:
    data = bytes(2 * _RATE_HZ * tenths // 10)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE_HZ, 2 * _RATE_HZ, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE") + form + struct.pack("<4sI", b"data", len(data)) + data
    )
