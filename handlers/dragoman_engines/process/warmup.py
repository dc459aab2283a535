"""The first calls of a model, made before its process says that it is ready: they take longer than those after them.

Whisper makes its own when it is loaded: a window of sound needs more than the units that are made here.
"""

from __future__ import annotations

import io
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

from dragoman_engines.base import Capabilities, Engine
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    AnyWork,
    CorrectText,
    DecodeAudio,
    FindSpeech,
    Kind,
    Speak,
    TranslateSentences,
)

_SAMPLE_BYTES = 2
_WORDS = "1, 2, 3."


def warm_up(engine: Engine, kind: Kind, folder: Path | None = None) -> None:
    """Run a small unit of each kind that the engine can do; the results are not used.

    Args:
        engine: just loaded.
        kind: of its units.
        folder: where it may write; None: where temporary files are.

    Raises:
        Exception: whatever the model raises; it would do so at the first request as well.
    """
    for work in _first_units(engine.capabilities, kind, folder):
        engine.run([work])


def _first_units(can: Capabilities, kind: Kind, around: Path | None) -> Iterator[AnyWork]:
    match kind:
        case "translation":
            any_pair = zip(can.languages[:1], can.languages[1:2], strict=False)
            for source, target in can.pairs or any_pair:
                yield TranslateSentences(source=source, target=target, sentences=[_WORDS])
        case "speech":
            # Two languages reach two voices: English has one of its own as a rule.
            others = [language for language in can.languages if language != "en"]
            for language in [*(["en"] if "en" in can.languages else []), *others[:1]]:
                yield Speak(text=_WORDS, language=language)
        case "decoder":
            with tempfile.TemporaryDirectory(prefix="dragoman-warm-up-", dir=around) as folder:
                spool = Path(folder) / "silence.pcm"
                spool.touch()
                path = str(spool)
                yield DecodeAudio(data=_silence(), pcm_path=path, max_duration_s=2.0)
                yield FindSpeech(pcm_path=path, start=0, end=SPOOL_RATE_HZ)
        case "language":
            for language in can.languages[:1]:
                yield CorrectText(text=_WORDS, language=language)
        case "transcription":
            return


def _silence() -> bytes:
    """Make a second of it as a WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(SPOOL_RATE_HZ)
        file.writeframes(bytes(SPOOL_RATE_HZ * _SAMPLE_BYTES))
    return data.getvalue()
