"""A text from one language to another by way of the cache and the translation engine: what several handlers need."""

from __future__ import annotations

import asyncio
import functools
import unicodedata
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from dragoman_engines.base import Capabilities
from dragoman_engines.unit import Answer
from dragoman_engines.work import Kind, TranslateSentences, Translations
from dragoman_handlers.base import Asked, Context, Question
from dragoman_handlers.checks import fault_of
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.glossary import Terms
from dragoman_handlers.identifying import probabilities
from dragoman_handlers.languages import base_language, find_route
from dragoman_handlers.sentences import Judge, translate_pieces
from dragoman_handlers.text import Piece, batches, has_letters, join_text, split_text
from dragoman_handlers.wish import TranslationWish

IDENTITY = "identity"
_LONG_CHARS = 2000
"""Up to here a text is cut in some milliseconds, whatever is in it."""


class WholeText(Question, frozen=True, kw_only=True):
    """A text with all its sentences. The answer is its translation."""

    kind: ClassVar[Kind] = "translation"
    cached_as: ClassVar[str] = "text"
    text: str
    source: str
    target: str
    glossaries: list[str]
    """The digests of the terms that are in force, the request's own first."""


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A text in another language, and what it took."""

    text: str
    model: str
    revision: str = ""
    worker: str = ""
    queued_s: float = 0.0
    """The longest that a unit waited."""
    compute_s: float = 0.0
    """All model calls together."""
    from_cache: bool = False
    """No model was asked."""


def known_translations(
    asked: Asked, engine: Capabilities, text: str, source: str, targets: Sequence[str], wish: TranslationWish
) -> list[Translated] | None:
    """`text` in every one of `targets`, where all of that is known in memory; None where something is not.

    Args:
        asked: knows the answers.
        engine: what the translation engine can do.
        text: to be translated.
        source: its language, a base language.
        targets: any tags.
        wish: model and glossaries.
    """
    same = Translated(text=text, model=IDENTITY)
    if not has_letters(text):
        return [same] * len(targets)
    composed = _composed(text)
    others = [target for target in targets if base_language(target) != source]
    known = asked.recall_all([_whole(composed, source, target, wish) for target in others], str)
    if known is None:
        return None
    found = [Translated(text=one, model=engine.model, revision=engine.revision, from_cache=True) for one in known]
    if len(others) == len(targets):
        return found
    by_target = dict(zip(others, found, strict=True))
    return [by_target.get(target, same) for target in targets]


def _composed(text: str) -> str:
    """The same letters in another composition are the same text, also to a model."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _needs_nothing(text: str, source: str, goal: str) -> bool:
    return source == goal or not has_letters(text)


def _whole(text: str, source: str, target: str, wish: TranslationWish) -> WholeText:
    return WholeText(
        text=text, source=source, target=base_language(target), model=wish.model, glossaries=wish.digests(target)
    )


class _Effort(msgspec.Struct, kw_only=True):
    """What the units of a text took."""

    worker: str = ""
    queued_s: float = 0.0
    call_s: float = 0.0
    model_s: float = 0.0
    """Shares of calls that several units had."""

    def add(self, answer: Answer) -> None:
        """One more unit."""
        self.worker = answer.worker
        self.queued_s = max(self.queued_s, answer.queued_s)
        self.call_s += answer.ended_s - answer.began_s
        self.model_s += answer.compute_s


async def translate_text(context: Context, text: str, source: str, target: str, wish: TranslationWish) -> Translated:
    """`text` from `source` (a base language) to `target` (any tag).

    Raises:
        DragomanError: no route, the engine's error, or a translation that cannot be one.
    """
    goal = base_language(target)
    if _needs_nothing(text, source, goal):
        return Translated(text=text, model=IDENTITY)
    engine = await context.capabilities("translation", wish.model)
    text = _composed(text)
    whole = _whole(text, source, target, wish)
    known = (await context.recall([whole], str))[0]
    if known is not None:
        return Translated(text=known, model=engine.model, revision=engine.revision, from_cache=True)
    effort = _Effort()
    route = find_route(source, goal, engine.pairs, engine.languages)

    async def translate(sentences: Sequence[str], *, careful: bool) -> list[str]:
        for start, end in route:
            unit = TranslateSentences(source=start, target=end, sentences=[], careful=careful, model=wish.model)
            sentences = await _translate_sentences(context, unit, sentences, effort)
        return list(sentences)

    pieces = await _split(text, source, wish.terms(target))
    translatable = [piece for piece in pieces if piece.translatable]
    joined = join_text(pieces, await translate_pieces(translatable, translate, _judge(engine, source, goal)))
    context.remember(whole, joined, compute_s=effort.model_s)
    return Translated(
        text=joined,
        model=engine.model,
        revision=engine.revision,
        worker=effort.worker,
        queued_s=effort.queued_s,
        compute_s=effort.call_s,
        from_cache=not effort.worker,
    )


async def _split(text: str, source: str, glossaries: Sequence[Terms]) -> list[Piece]:
    """The pieces of a text; those of a long one are found beside the event loop, which they would hold too long."""
    if len(text) <= _LONG_CHARS:
        return split_text(text, source, glossaries)
    return await asyncio.to_thread(split_text, text, source, glossaries)


def _judge(engine: Capabilities, source: str, target: str) -> Judge:
    judged = probabilities if engine.languages else None
    return functools.partial(fault_of, source=source, target=target, probabilities=judged)


async def _translate_sentences(
    context: Context, like: TranslateSentences, sentences: Sequence[str], effort: _Effort
) -> list[str]:
    """The sentences in another language, by units like the one given: each that is not known is translated once."""
    distinct = list(dict.fromkeys(sentences)) if len(sentences) > 1 else list(sentences)
    answers = await context.recall([like.of([one]) for one in distinct], Translations)
    known = {one: answer.sentences[0] for one, answer in zip(distinct, answers, strict=True) if answer is not None}
    units = [like.of(group) for group in batches([one for one in distinct if one not in known])]
    size_s = sum(unit.cost_s() for unit in units)
    done = await all_of([context.run(unit, size_s=size_s) for unit in units])
    for unit, answer in zip(units, done, strict=True):
        assert isinstance(answer.result, Translations)  # noqa: S101 - what this unit is answered with
        known |= zip(unit.sentences, answer.result.sentences, strict=True)
        effort.add(answer)
    return [known[one] for one in sentences]
