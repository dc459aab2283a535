"""No words where nobody speaks: made sounds of many kinds through the server, and to the engine called directly."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from dragoman_client import Client
from dragoman_engines.defaults import BASE
from scripts.embedded_server import TINY
from scripts.quality_runs.asking import ask_directly, ask_server, each
from scripts.quality_runs.nonspeech import SOUNDS, as_wav
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check


def measure(_plan: Plan) -> list[Check]:
    """Both models. Nothing of the plan concerns this: the sounds are few and short."""
    recordings = {name: as_wav(make()) for name, make in SOUNDS.items()}
    return [_model("tiny.en", TINY, recordings), _model("base", BASE, recordings)]


def _model(name: str, source: str, recordings: Mapping[str, bytes]) -> Check:
    async def work(client: Client) -> list[str]:
        async def one(recording: bytes) -> str:
            return (await client.transcribe(recording)).text

        return await each(one, list(recordings.values()))

    heard = ask_server(work, {"engines.transcription.model": source})
    invented = {sound: text for sound, text in zip(recordings, heard, strict=True) if text.strip()}
    what = "".join(f"; {sound}: {text!r}" for sound, text in invented.items())
    return Check(
        name=f"of {len(recordings)} kinds of non-speech heard as words, {name}{what}",
        server=len(invented),
        direct=sum(1 for text in _directly(source, recordings) if text.strip()),
        unit="kinds",
        bound="at most 0",
        holds=not invented,
    )


def _directly(source: str, recordings: Mapping[str, bytes]) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        clips = []
        for number, recording in enumerate(recordings.values()):
            path = Path(folder) / f"{number}.wav"
            path.write_bytes(recording)
            clips.append((str(path), "en"))
        texts: list[str] = ask_directly("hearing_direct", {"model": source, "clips": clips})
        return texts
