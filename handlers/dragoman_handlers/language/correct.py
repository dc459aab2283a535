"""One chunk of a text through a language model: asked, checked, asked again where the answer cannot be believed."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from dragoman_engines.base import Capabilities
from dragoman_engines.work import CorrectedText, CorrectionStyle, CorrectText, Kind, TextEdit, Usage
from dragoman_handlers.base import Context, Question
from dragoman_handlers.concurrency import off_loop
from dragoman_handlers.language.checks import fault_of
from dragoman_handlers.language.edits import apply_edits, find_edits
from dragoman_wire.errors import EngineFailed, EngineUnavailable

_ATTEMPTS = 2


class CorrectedChunk(Question, frozen=True, kw_only=True):
    """A chunk of a text, and all that decides how it is corrected."""

    kind: ClassVar[Kind] = "language"
    cached_as: ClassVar[str] = "correction"
    text: str
    language: str
    style: CorrectionStyle
    instructions: str


class ChunkEdits(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed in a chunk; places are counted from its beginning."""

    edits: list[TextEdit]
    suggestions: list[TextEdit]
    """Left as they are."""


class Answered(msgspec.Struct, kw_only=True):
    """A chunk that is done."""

    edits: ChunkEdits
    model: str = ""
    """By its name in units."""
    usage: Usage = Usage()
    """What it has taken just now; nothing where it was known."""


async def correct_chunk(context: Context, question: CorrectedChunk, size_s: float) -> Answered:
    """Return the corrections of a chunk; of a model's fallback where it is not available and has one.

    Raises:
        DragomanError: the engine's error; `engine_failed` where its answers cannot be believed.
    """
    try:
        return await _answered(context, question, size_s)
    except EngineUnavailable:
        model = context.fallback(question.model)
        if model is None or model == question.model:
            raise
        return await _answered(context, msgspec.structs.replace(question, model=model), size_s)


async def _answered(context: Context, question: CorrectedChunk, size_s: float) -> Answered:
    can = await context.capabilities("language", question.model)
    spent: list[Usage] = []

    async def compute() -> ChunkEdits:
        return await _compute(context, question, can, size_s, spent)

    edits = await context.once(question, ChunkEdits, compute)
    return Answered(edits=edits, model=question.model, usage=sum(spent, Usage()))


async def _compute(
    context: Context, question: CorrectedChunk, can: Capabilities, size_s: float, spent: list[Usage]
) -> ChunkEdits:
    fault = ""
    for _ in range(_ATTEMPTS):
        work = CorrectText(
            text=question.text,
            language=question.language,
            style=question.style,
            instructions=question.instructions,
            model=question.model,
            fault=fault,
        )
        result = (await context.run(work, size_s=size_s)).result
        spent.append(result.usage)
        edits, problem = await off_loop(lambda result=result: _checked(question, result))  # type: ignore[misc]
        if problem is None:
            return edits
        fault = problem
    raise EngineFailed(f"the answer of {can.model} was not taken: {fault}")


def _checked(question: CorrectedChunk, result: CorrectedText) -> tuple[ChunkEdits, str | None]:
    """Return the edits of an answer, and what is wrong with it."""
    text = question.text
    if result.text is None:
        edits = [edit for edit in result.edits if edit.sure]
        if not _are_places(edits, len(text)):
            return ChunkEdits(edits=[], suggestions=[]), "its edits overlap"
        suggestions = [edit for edit in result.edits if not edit.sure]
        return ChunkEdits(edits=edits, suggestions=suggestions), None
    problem = fault_of(text, result.text, question.language, question.style)
    if problem is not None:
        return ChunkEdits(edits=[], suggestions=[]), problem
    edits = find_edits(text, result.text)
    if apply_edits(text, edits) != result.text:
        return ChunkEdits(edits=[], suggestions=[]), "its changes cannot be told apart"
    return ChunkEdits(edits=edits, suggestions=[]), None


def _are_places(edits: list[TextEdit], size: int) -> bool:
    """Tell whether edits are in order, inside the text, and apart from each other."""
    at = 0
    for edit in edits:
        if not at <= edit.start <= edit.end <= size:
            return False
        at = edit.end
    return True
