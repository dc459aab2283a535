"""Transcription: word error rates of real speech, through the server and from the engine called directly."""

from __future__ import annotations

from pathlib import Path

from dragoman_client import Client
from scripts.embedded_server import TINY
from scripts.quality_runs.asking import ask_directly, ask_server, each
from scripts.quality_runs.plan import Clip, Plan
from scripts.quality_runs.report import Check, against_engine
from scripts.quality_runs.words import error_rate

WER_POINTS = 1.0
"""How far the server may be from the engine called directly."""


def measure(plan: Plan) -> list[Check]:
    """English with the smallest model."""
    clips = plan.some_recordings("librispeech", "en")
    references = [clip.text for clip in clips]
    server = ask_server(lambda client: hear(client, clips), {"engines.transcription.model": TINY})
    direct = ask_directly("hearing_direct", {"model": TINY, "clips": [(str(clip.path), "en") for clip in clips]})
    return [
        against_engine(
            f"word error rate, {len(clips)} LibriSpeech clips, tiny.en",
            error_rate(references, server),
            error_rate(references, direct),
            unit="%",
            bound=WER_POINTS,
        )
    ]


async def hear(client: Client, clips: list[Clip]) -> list[str]:
    """What the server hears in the recordings, told their languages."""

    async def one(clip: Clip) -> str:
        return (await client.transcribe(Path(clip.path), clip.language)).text

    return await each(one, clips)
