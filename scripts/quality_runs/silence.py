"""No words where there is no speech: made sounds of many kinds, by the server and by the engine alone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dragoman_client import Client
from dragoman_engines.models.defaults import BASE
from scripts.embedded_server import TINY
from scripts.quality_runs.asking import ask_directly, ask_server, each
from scripts.quality_runs.nonspeech import SOUNDS, as_wav
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check

_WAV_HEADER_BYTES = 44


def measure(plan: Plan) -> list[Check]:
    """Measure every wanted model. Nothing else of the plan concerns this: the sounds are few and short."""
    recordings = {name: as_wav(make()) for name, make in SOUNDS.items()}
    sources = {"tiny.en": TINY, "base": BASE}
    return [check for name in plan.models for check in _model(name, sources[name], recordings)]


def _model(name: str, source: str, recordings: Mapping[str, bytes]) -> list[Check]:
    async def work(client: Client) -> list[str]:
        async def one(recording: bytes) -> str:
            return (await client.transcribe(recording)).text

        return await each(one, list(recordings.values()))

    heard = ask_server(work, {"engines.transcription.model": source})
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        clips, sounds = [], []
        for number, recording in enumerate(recordings.values()):
            clip, sound = Path(folder) / f"{number}.wav", Path(folder) / f"{number}.pcm"
            clip.write_bytes(recording)
            sound.write_bytes(recording[_WAV_HEADER_BYTES:])
            clips.append((str(clip), "en"))
            sounds.append(str(sound))
        library: list[str] = ask_directly("hearing_direct", {"model": source, "clips": clips})
        unsearched: list[str] = ask_directly("silence_unsearched", {"model": source, "sounds": sounds})
    kinds = f"of {len(recordings)} kinds of non-speech heard as words"
    return [
        _invented(f"{kinds}, {name}", recordings, heard, library),
        _invented(f"{kinds} without a search for speech, {name}", recordings, unsearched, None),
    ]


def _invented(name: str, recordings: Mapping[str, bytes], heard: Sequence[str], direct: Sequence[str] | None) -> Check:
    """No words at all; those that there are stand in the check's name."""
    words = {sound: text for sound, text in zip(recordings, heard, strict=True) if text.strip()}
    return Check(
        name=name + "".join(f"; {sound}: {text!r}" for sound, text in words.items()),
        server=len(words),
        direct=None if direct is None else sum(1 for text in direct if text.strip()),
        unit="kinds",
        bound="at most 0",
        holds=not words,
    )
