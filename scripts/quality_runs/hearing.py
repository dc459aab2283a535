"""Transcription: word error rates of real speech, through the server and from the engine called directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman_client import Client, Transcription
from dragoman_engines.models.defaults import BASE
from scripts.embedded_server import TINY
from scripts.quality_runs.asking import ask_directly, ask_server, each
from scripts.quality_runs.plan import Clip, Plan
from scripts.quality_runs.report import Check, against_engine, at_most
from scripts.quality_runs.words import error_rate

WER_POINTS = 1.0
"""How far the server may be from the engine called directly. It hears the same windows, as a rule the same words."""
FEW_CLIPS_POINTS = 5.0
"""The same where a set has so few clips that two words make a point."""
LANGUAGES = ("en", "de", "es", "fr", "pt")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came back."""

    told: list[Transcription]
    """Of every clip, its language stated."""
    untold: list[Transcription]
    """Of the FLEURS clips, the language left to the model, with a wrong hint."""


def measure(plan: Plan) -> list[Check]:
    """English with both models; five languages, stated and found out, with the one that hears them."""
    english = plan.some_recordings("librispeech", "en")
    many = [clip for language in LANGUAGES for clip in plan.some_recordings("fleurs", language)]
    checks = _model("tiny.en", TINY, english, []) if "tiny.en" in plan.models else []
    return checks + (_model("base", BASE, english, many) if "base" in plan.models else [])


def _model(name: str, source: str, english: Sequence[Clip], many: Sequence[Clip]) -> list[Check]:
    clips = [*english, *many]

    async def work(client: Client) -> Heard:
        return Heard(told=await hear(client, clips), untold=await hear_with_wrong_hints(client, many))

    heard = ask_server(work, {"engines.transcription.model": source})
    job = {"model": source, "clips": [(str(clip.path), clip.language) for clip in clips]}
    texts: list[str] = ask_directly("hearing_direct", job)
    count = len(english)
    checks = [
        _errors(f"{count} LibriSpeech clips, {name}", english, heard.told[:count], texts[:count], bound=WER_POINTS),
    ]
    for language in LANGUAGES if many else ():
        places = [index for index, clip in enumerate(clips) if index >= count and clip.language == language]
        checks.append(
            _errors(
                f"{len(places)} FLEURS clips in {language}, {name}",
                [clips[index] for index in places],
                [heard.told[index] for index in places],
                [texts[index] for index in places],
                bound=FEW_CLIPS_POINTS,
            )
        )
    return [*checks, *_found_out(name, heard.told[count:], heard.untold)]


async def hear(client: Client, clips: Sequence[Clip]) -> list[Transcription]:
    """Return the server's transcriptions of the recordings, with their languages stated."""

    async def one(clip: Clip) -> Transcription:
        return await client.transcribe(clip.path, clip.language)

    return await each(one, clips)


async def hear_with_wrong_hints(client: Client, clips: Sequence[Clip]) -> list[Transcription]:
    """Return its transcriptions where it has to find the languages, and the hint is another one."""

    async def one(clip: Clip) -> Transcription:
        wrong = LANGUAGES[(LANGUAGES.index(clip.language) + 1) % len(LANGUAGES)]
        # The recording is translated into what it is in already, and said in nothing.
        result = await client.voice(clip.path, to=clip.language, language=wrong)
        return result.transcription

    return await each(one, clips)


def _errors(
    name: str, clips: Sequence[Clip], heard: Sequence[Transcription], direct: Sequence[str], *, bound: float
) -> Check:
    language, references = clips[0].language, [clip.text for clip in clips]
    return against_engine(
        f"word error rate, {name}",
        error_rate(references, [each.text for each in heard], language),
        error_rate(references, direct, language),
        unit="%",
        bound=bound,
    )


def _found_out(name: str, told: Sequence[Transcription], untold: Sequence[Transcription]) -> list[Check]:
    """Check that a wrong hint changes nothing: the same language is found and the same words are heard."""
    if not untold:
        return []
    changed = sum(
        (one.language, one.text) != (other.language, other.text) for one, other in zip(told, untold, strict=True)
    )
    return [at_most(f"of {len(untold)} FLEURS clips changed by a wrong hint, {name}", changed, unit="clips", bound=0)]
