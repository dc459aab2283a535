"""A text from one language to another by way of the cache and the translation engine, for several handlers."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from dragoman_engines.base import Capabilities
from dragoman_engines.pool.unit import Answer
from dragoman_engines.work import Kind, TranslateSentences, Translations
from dragoman_handlers.base import Context, Question, RequestView
from dragoman_handlers.concurrency import all_of, loop_turn, off_loop
from dragoman_handlers.text.language_id import probabilities
from dragoman_handlers.text.languages import base_language, find_route
from dragoman_handlers.text.marks.glossary import Terms
from dragoman_handlers.text.marks.markup import is_prose
from dragoman_handlers.text.marks.writable import Letters, letters_for
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.retry import Judge, translate_pieces
from dragoman_handlers.text.revision import revision
from dragoman_handlers.text.sentences.segmentation import Piece, batches, has_letters, join_text, split_text
from dragoman_handlers.text.wording.candidates import PLAIN, Wording
from dragoman_handlers.text.wording.numbers import NumberCheck
from dragoman_handlers.text.wording.phrasebook import NO_PHRASES, PhraseBook
from dragoman_handlers.text.wording.quality import fault_of

IDENTITY = "identity"
_SHORT_CHARS = 300
"""Up to here a text is cut in less than a millisecond if it is plain prose, in some milliseconds if it is not."""
_LONG_CHARS = 1000
"""Up to here plain prose is cut in some milliseconds."""


class WholeText(Question, frozen=True, kw_only=True):
    """A text with all its sentences. The answer is its translation."""

    kind: ClassVar[Kind] = "translation"
    cached_as: ClassVar[str] = "text"
    text: str
    source: str
    target: str
    glossaries: list[str]
    """The digests of the terms that are in force, the request's own first."""
    phrases: str
    """The digest of the configuration's phrases."""
    rules: str
    """The revision of the code and the tables that make a translation of what a model says."""


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A text in another language, and its times."""

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
    warnings: list[str] = []
    """The warnings about it: a sentence each."""


def known_translations(
    view: RequestView, engine: Capabilities, text: str, source: str, targets: Sequence[str], wish: TranslationWish
) -> list[Translated] | None:
    """Return `text` in every one of `targets` where all are known in memory; None where one is not.

    Args:
        view: knows the answers.
        engine: what the translation engine can do.
        text: to be translated.
        source: its language, a base language.
        targets: any tags.
        wish: model and glossaries.
    """
    composed = _composed(text)
    others = [target for target in targets if base_language(target) != source]
    known = view.recall_all([_whole(composed, source, target, wish) for target in others], str)
    if known is None:
        # Asked last, for it takes longer than what is mostly enough; such a text is never kept.
        return None if has_letters(text) else [_unchanged(text)] * len(targets)
    found = [Translated(text=one, model=engine.model, revision=engine.revision, from_cache=True) for one in known]
    if len(others) == len(targets):
        return found
    by_target = dict(zip(others, found, strict=True))
    return [by_target.get(target) or _unchanged(text) for target in targets]


def _unchanged(text: str) -> Translated:
    return Translated(text=text, model=IDENTITY)


def _composed(text: str) -> str:
    """Return the text in composed form: the composition makes no other text, also not for a model."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _whole(text: str, source: str, target: str, wish: TranslationWish) -> WholeText:
    return WholeText(
        text=text,
        source=source,
        target=base_language(target),
        model=wish.model,
        glossaries=[terms.digest for terms in wish.terms(target)],
        phrases=wish.phrases.digest,
        rules=revision(),
    )


async def translate_text(context: Context, text: str, source: str, target: str, wish: TranslationWish) -> Translated:
    """Translate `text` from `source` (a base language) to `target` (any tag).

    Raises:
        DragomanError: no route, the engine's error, or a translation that cannot be one.
    """
    goal = base_language(target)
    if source == goal or not has_letters(text):
        return _unchanged(text)
    engine = await context.capabilities("translation", wish.model)
    if len(text) > _SHORT_CHARS or wish.has_many_terms:
        await loop_turn()  # a request may have it done for a hundred languages
    text = _composed(text)
    whole = _whole(text, source, target, wish)
    known = (await context.recall([whole], str))[0]
    if known is not None:
        return Translated(text=known, model=engine.model, revision=engine.revision, from_cache=True)
    route = find_route(source, goal, engine.pairs, engine.languages)
    # An engine that names no languages (echo) gives what it is given, and is given what there is.
    wording = Wording(source, goal, wish.phrases) if engine.languages else PLAIN
    models = _Models(context, route, wish.model, wish.phrases if engine.languages else NO_PHRASES)
    letters = letters_for(engine, route)
    pieces = await _cut(text, source, wish.terms(target), letters, engine.sentence_tokens, wish)
    sentences = [piece for piece in pieces if piece.translatable]
    translate = models.translate if letters is None else letters.around(models.translate)
    numbers = NumberCheck(source, goal)
    if len(text) > _SHORT_CHARS:
        await loop_turn()
    done = await translate_pieces(sentences, translate, _judge(engine, source, goal), numbers, wording)
    join = functools.partial(join_text, pieces, done.texts)
    joined = join() if len(text) <= _LONG_CHARS else await off_loop(join)
    if not done.warnings:  # a doubtful one is tried again
        context.remember(whole, joined, compute_s=models.model_s)
    return Translated(
        text=joined,
        model=engine.model,
        revision=engine.revision,
        worker=models.worker,
        queued_s=models.queued_s,
        compute_s=models.call_s,
        from_cache=models.asked and not models.worker,
        warnings=done.warnings,
    )


async def _cut(
    text: str, source: str, terms: Sequence[Terms], letters: Letters | None, most_tokens: int, wish: TranslationWish
) -> Sequence[Piece]:
    """Return the pieces of a text: cut at once where that is a moment's work, in a thread where it is more."""
    split = functools.partial(split_text, text, source, terms, letters, carried=True, most_tokens=most_tokens)
    is_short, prose = len(text) <= _SHORT_CHARS, is_prose(text[:_LONG_CHARS])
    if (is_short or (prose and len(text) <= _LONG_CHARS)) and not (terms and wish.has_many_terms):
        if not (is_short and prose):
            await loop_turn()
        return split()
    key = (text, source, tuple([each.digest for each in terms]), id(letters), most_tokens)
    return await wish.pieces.result(key, split)


def _judge(engine: Capabilities, source: str, target: str) -> Judge:
    judged = probabilities if engine.languages else None
    return functools.partial(fault_of, source=source, target=target, probabilities=judged)


class _Models:
    """The models that a text goes through; adds up what its units take.

    Args:
        context: runs the units.
        route: from which language to which each translates, in order.
        model: which engine has them.
        book: the phrases that no model is asked for on the way through a third language.
    """

    def __init__(
        self, context: Context, route: Sequence[tuple[str, str]], model: str, book: PhraseBook = NO_PHRASES
    ) -> None:
        self.worker = ""
        """The last one; empty where everything was known."""
        self.asked = False
        """Whether there was any sentence for them."""
        self.queued_s = 0.0
        self.call_s = 0.0
        self.model_s = 0.0
        """Shares of calls that several units had."""
        self._context = context
        self._route = route
        self._model = model
        self._book = book

    async def translate(self, sentences: Sequence[str], *, careful: bool) -> Sequence[str]:
        """Translate each sentence through all steps of the route, as a `Translate`."""
        self.asked = True
        for source, target in self._route:
            unit = TranslateSentences(
                source=source, target=target, sentences=list(sentences), careful=careful, model=self._model
            )
            known = self._phrases(unit) if len(self._route) > 1 else {}
            if known:
                rest = unit.of([one for one in unit.sentences if one not in known])
                answers = await self._in_batches(rest)
                known |= zip(rest.sentences, answers, strict=True)
                sentences = [known[one] for one in unit.sentences]
            else:
                sentences = await (self._alone(unit) if len(sentences) == 1 else self._in_batches(unit))
        return sentences

    def _phrases(self, unit: TranslateSentences) -> dict[str, str]:
        """Return the phrase book's translations of a step's sentences. A route of one step looked all up before."""
        found = {one: self._book.find(one, unit.source, unit.target) for one in unit.sentences}
        return {one: translation for one, translation in found.items() if translation is not None}

    async def _alone(self, unit: TranslateSentences) -> list[str]:
        """Answer a unit of one sentence, as most messages of a chat are."""
        [known] = await self._context.recall([unit], Translations)
        if known is not None:
            return known.sentences
        return self._counted(await self._context.run(unit, size_s=unit.cost_s()))

    async def _in_batches(self, unit: TranslateSentences) -> list[str]:
        """Answer a unit of any size by smaller ones: each sentence that is not known is translated once."""
        distinct = list(dict.fromkeys(unit.sentences))
        answers = await self._context.recall([unit.of([one]) for one in distinct], Translations)
        known = {one: answer.sentences[0] for one, answer in zip(distinct, answers, strict=True) if answer is not None}
        batched = [unit.of(group) for group in batches([one for one in distinct if one not in known])]
        size_s = sum(batch.cost_s() for batch in batched)
        done = await all_of([self._context.run(batch, size_s=size_s) for batch in batched])
        for batch, answer in zip(batched, done, strict=True):
            known |= zip(batch.sentences, self._counted(answer), strict=True)
        return [known[one] for one in unit.sentences]

    def _counted(self, answer: Answer[Translations]) -> list[str]:
        """Return the translations in a unit's answer, and add up their times."""
        self.worker = answer.worker
        self.queued_s = max(self.queued_s, answer.queued_s)
        self.call_s += answer.ended_s - answer.began_s
        self.model_s += answer.compute_s
        return answer.result.sentences
