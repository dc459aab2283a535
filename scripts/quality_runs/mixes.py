"""Transcription of several voices in one recording: no more is lost than of one voice, and words' times hold."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np

from dragoman_client import Client, Transcription
from dragoman_engines.models.defaults import BASE
from scripts.embedded_server import TINY
from scripts.quality_runs.asking import ask_server, each
from scripts.quality_runs.mixing import Mix, make_mix
from scripts.quality_runs.plan import Clip, Plan
from scripts.quality_runs.report import Check, at_most
from scripts.quality_runs.words import normal

SOURCES: Mapping[str, str] = {"tiny.en": TINY, "base": BASE}
TIME_MS = 100.0
"""The most that words may be off on average."""


@dataclass(frozen=True, kw_only=True)
class TimedText:
    """A word, as it is compared, with the times of its beginning and its end."""

    text: str
    start_s: float
    end_s: float


def measure(plan: Plan) -> list[Check]:
    """Measure every wanted model on as many mixes as are wanted."""
    mixes = [make_mix(plan, number) for number in range(plan.first_mix, plan.first_mix + plan.mixes)]
    return [check for name in plan.models for check in _model(name, mixes)]


def _model(name: str, mixes: Sequence[Mix]) -> list[Check]:
    clips = list({voice.clip.path: voice.clip for mix in mixes for voice in mix.voices}.values())

    async def work(client: Client) -> tuple[list[Transcription], list[Transcription]]:
        async def mixed(mix: Mix) -> Transcription:
            return await client.transcribe(mix.wav, "en", word_timestamps=True)

        async def alone(clip: Clip) -> Transcription:
            return await client.transcribe(clip.path, "en", word_timestamps=True)

        return await each(mixed, mixes), await each(alone, clips)

    heard, single = ask_server(work, {"engines.transcription.model": SOURCES[name]})
    by_clip = {clip.path: transcription for clip, transcription in zip(clips, single, strict=True)}
    return checks_of(name, mixes, heard, by_clip)


def checks_of(
    name: str, mixes: Sequence[Mix], heard: Sequence[Transcription], alone: Mapping[Path, Transcription]
) -> list[Check]:
    """Hold the mixes against the same voices, each heard alone.

    Args:
        name: of the model.
        mixes: the recordings.
        heard: their transcriptions, with words.
        alone: those of their clips.
    """
    voices = [voice.clip for mix in mixes for voice in mix.voices]
    lost = deletions([mix.text for mix in mixes], [each.text for each in heard])
    lost_alone = deletions([clip.text for clip in voices], [alone[clip.path].text for clip in voices])
    errors_s = [
        error_s
        for mix, each in zip(mixes, heard, strict=True)
        for error_s in time_errors_s(expected(mix, alone), each)
    ]
    mean_ms = 1000 * float(np.mean(errors_s)) if errors_s else float("inf")
    return [
        at_most(f"words lost in {len(mixes)} mixes of voices, {name}", lost, unit="words", bound=lost_alone),
        at_most(f"mean error of {len(errors_s)} times of words in them, {name}", mean_ms, unit="ms", bound=TIME_MS),
    ]


def deletions(references: Sequence[str], texts: Sequence[str]) -> int:
    """Count the words that are missing."""
    pairs = [[normal(text, "en") for text in each] for each in (references, texts)]
    return int(jiwer.process_words(*pairs).deletions)


def expected(mix: Mix, alone: Mapping[Path, Transcription]) -> list[TimedText]:
    """Return the words of each voice as it is heard alone, at the times that they have in the mix."""
    return [word for voice in mix.voices for word in words_of(alone[voice.clip.path], voice.start_s)]


def words_of(transcription: Transcription, offset_s: float = 0.0) -> list[TimedText]:
    """Return the words of a transcription, later by an offset."""
    return [
        TimedText(
            text=normal(word.text, "en"),
            start_s=offset_s + word.start_ms / 1000,
            end_s=offset_s + word.end_ms / 1000,
        )
        for segment in transcription.segments
        for word in segment.words or ()
    ]


def time_errors_s(right: Sequence[TimedText], heard: Transcription) -> list[float]:
    """Return how far the beginning and the end of each word is off, for the words that both have in common."""
    found = words_of(heard)
    first, second = ([word.text for word in words] for words in (right, found))
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    return [
        error_s
        for block in matcher.get_matching_blocks()
        for one, other in zip(
            right[block.a : block.a + block.size], found[block.b : block.b + block.size], strict=True
        )
        for error_s in (abs(one.start_s - other.start_s), abs(one.end_s - other.end_s))
    ]
