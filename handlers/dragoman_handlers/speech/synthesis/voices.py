"""The choice of the voice: the one that the peer names, or that of the language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman_engines.base import Capabilities, VoiceInfo
from dragoman_handlers.text.languages import base_language
from dragoman_wire.errors import InvalidRequest, UnsupportedLanguage

BEST_TYPES = frozenset({"premium", "best"})
"""Values of `modelType` that ask for the best voice of a language, however slow."""
MOST_NAMED = 20
"""Voices that one sentence lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """The peer's options for its spoken texts."""

    voice: str = ""
    """For every language."""
    voices: Mapping[str, str] = field(default_factory=dict)
    """By language, in the peer's tags (`pt`, `pt-PT`); before `voice`."""
    best: bool = False
    """Where no voice is named: the best one and not the usual one."""
    speed: float = 1.0
    """1 is the voice's own pace."""


def choose_voice(engine: Capabilities, target: str, wishes: Wishes) -> VoiceInfo:
    """Choose the voice for a language (any tag).

    Raises:
        UnsupportedLanguage: no voice speaks it.
        InvalidRequest: the peer named a voice that there is not, or that does not speak it.
    """
    language = base_language(target)
    if engine.languages and language not in engine.languages:
        raise UnsupportedLanguage(f"no voice of {engine.model} speaks {language!r}")
    field_name, name = named_voice(target, wishes)
    if not name:
        usual = engine.best_voices if wishes.best else engine.default_voices
        name = usual.get(language) or next(each.name for each in engine.voices if _speaks(each, language))
    voice = next((each for each in engine.voices if each.name == name), None)
    if voice is None or not _speaks(voice, language):
        problem = "there is no voice" if voice is None else f"{language!r} is not spoken by"
        raise InvalidRequest(f"{field_name}: {problem} {name[:100]!r}; {_known(engine, language)}")
    return voice


def named_voice(target: str, wishes: Wishes) -> tuple[str, str]:
    """Return the field that names a voice for a language (any tag), and the voice; it may be empty."""
    for tag in (target, base_language(target)):
        if wishes.voices.get(tag):
            return f"voices.{tag}", wishes.voices[tag]
    return "voice", wishes.voice


def _speaks(voice: VoiceInfo, language: str) -> bool:
    return not voice.languages or language in voice.languages


def _known(engine: Capabilities, language: str) -> str:
    names = [voice.name for voice in engine.voices if _speaks(voice, language)]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"the voices for {language!r} are {', '.join(names[:MOST_NAMED])}{more}"
