"""A text from one language to another by way of the translation engine: what several handlers need."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman_engines.work import TranslateSentences, Translations
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.languages import base_language, find_route
from dragoman_handlers.text import batches, join_text, split_text

IDENTITY = "identity"


@dataclass(frozen=True, kw_only=True, slots=True)
class Translated:
    """A text in another language, and what it took."""

    text: str
    model: str
    revision: str
    worker: str
    queued_s: float
    """The longest that a unit waited."""
    compute_s: float
    """All model calls together."""


async def translate_text(context: Context, text: str, source: str, target: str) -> Translated:
    """`text` from `source` (a base language) to `target` (any tag).

    Raises:
        DragomanError: no route, or the engine's error.
    """
    goal = base_language(target)
    if source == goal or not any(character.isalnum() for character in text):
        return Translated(text=text, model=IDENTITY, revision="", worker="", queued_s=0.0, compute_s=0.0)
    engine = await context.capabilities("translation")
    pieces = split_text(text, source)
    sentences = [piece.text for piece in pieces if piece.translatable]
    worker, queued_s, compute_s = "", 0.0, 0.0
    for start, end in find_route(source, goal, engine.pairs):
        units = [TranslateSentences(source=start, target=end, sentences=group) for group in batches(sentences)]
        size_s = sum(unit.cost_s() for unit in units)
        answers = await all_of([context.run(unit, size_s=size_s) for unit in units])
        sentences = []
        for answer in answers:
            assert isinstance(answer.result, Translations)  # noqa: S101 - what this unit is answered with
            sentences += answer.result.sentences
            worker = answer.worker
            queued_s = max(queued_s, answer.queued_s)
            compute_s += answer.ended_s - answer.began_s
    return Translated(
        text=join_text(pieces, sentences),
        model=engine.model,
        revision=engine.revision,
        worker=worker,
        queued_s=queued_s,
        compute_s=compute_s,
    )
