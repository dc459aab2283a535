"""The languages between which a server translates, as the answer to `languages` lists them.

The quality of a way is that of its model (`Capabilities.quality`), and one class lower for each language in between:
`good` is a model made for just this pair; `fair` one model for many languages, or two good models one after the other;
`gist` rules instead of a model, or more models than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET

from dragoman_engines.base import Capabilities
from dragoman_handlers.text.languages import all_routes, base_language
from dragoman_handlers.text.options import DEFAULT_MODEL_TYPE
from dragoman_wire.events import ANY_LANGUAGE, LanguagePair, QualityClass

MOST_PAIRS = 5000
_CLASSES: tuple[QualityClass, ...] = ("good", "fair", "gist")


def quality_of(engine: Capabilities, via: Sequence[str]) -> QualityClass:
    """Return the class of a way through the languages `via`."""
    return _CLASSES[min(_CLASSES.index(engine.quality) + len(via), len(_CLASSES) - 1)]


class PairLists:
    """The pairs of engines, each list made once: a loaded engine does not change."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Capabilities, list[LanguagePair]]] = {}

    def of(self, model_type: str, engine: Capabilities, source: str | None, target: str | None) -> list[LanguagePair]:
        """Return the pairs of an engine.

        Args:
            model_type: the name that peers ask for it by.
            engine: what it can do.
            source: only from this language; a model for many is then listed pair by pair. None: from any.
            target: the same for the other side.
        """
        made = self._made.get(model_type)
        if made is None or made[0] is not engine:
            made = self._made[model_type] = (engine, _pairs(model_type, engine))
        source, target = (None if one is None else base_language(one) for one in (source, target))
        if source is None and target is None:
            return made[1]
        if engine.pairs:
            return [pair for pair in made[1] if source in (None, pair.source) and target in (None, pair.target)]
        return _named(model_type, engine, source, target)


def heard(engine: Capabilities | None) -> list[str]:
    """Return the languages of a transcription engine; none where it is not loaded."""
    return [] if engine is None else sorted(engine.languages) or [ANY_LANGUAGE]


def spoken(engine: Capabilities | None) -> list[str]:
    """Return the languages of a speech engine's voices; none where it is not loaded."""
    voices = () if engine is None else engine.voices
    if any(not voice.languages for voice in voices):
        return [ANY_LANGUAGE]
    return sorted({language for voice in voices for language in voice.languages})


def missing_engines(engines: Mapping[str, Capabilities | None]) -> list[str]:
    """Return a warning for each engine, by name, that is not loaded, so that its languages are not listed."""
    return [
        f"the languages of {name} are not listed: its model is not loaded"
        for name, engine in engines.items()
        if not engine
    ]


def _pairs(model_type: str, engine: Capabilities) -> list[LanguagePair]:
    if engine.pairs:
        return [_pair(model_type, engine, *route) for route in all_routes(engine.pairs)]
    group = _pair(model_type, engine, ANY_LANGUAGE, ANY_LANGUAGE, languages=sorted(engine.languages))
    return [group]


def _named(model_type: str, engine: Capabilities, source: str | None, target: str | None) -> list[LanguagePair]:
    """List a model for many languages pair by pair."""
    known = sorted(engine.languages)

    def side(wanted: str | None) -> Iterable[str]:
        if wanted is None:
            return known or [ANY_LANGUAGE]
        return [wanted] if not known or wanted in known else []

    return [_pair(model_type, engine, one, other) for one in side(source) for other in side(target) if one != other]


def _pair(
    model_type: str,
    engine: Capabilities,
    source: str,
    target: str,
    via: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> LanguagePair:
    return LanguagePair(
        source=source,
        target=target,
        via=list(via),
        engine=engine.model,
        quality=quality_of(engine, via),
        model_type=UNSET if model_type == DEFAULT_MODEL_TYPE else model_type,
        languages=list(languages) or UNSET,
    )
