"""`correction`: a text, as long as a novel, corrected chunk by chunk through a language model.

A chunk that fails stays as it was and is named; what stands between chunks is kept to the letter. A chunk that is done
is a stage of the task: after a restart it is not asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec
import structlog
from msgspec import UNSET

from dragoman_engines.base import Capabilities
from dragoman_engines.work import CorrectionStyle, TextEdit, Usage
from dragoman_handlers.base import WHOLE, Context, Handler
from dragoman_handlers.concurrency import all_of, off_loop
from dragoman_handlers.language.chunks import Chunk, cut_chunks
from dragoman_handlers.language.correct import CorrectedChunk, correct_chunk
from dragoman_handlers.language.edits import apply_edits, moved
from dragoman_handlers.language.models import language_model
from dragoman_handlers.progress import Progress
from dragoman_handlers.text.language_id import find_source
from dragoman_handlers.text.languages import AUTO, UNDETERMINED
from dragoman_wire.errors import DragomanError, EngineUnavailable, InvalidRequest, TooLarge, UnsupportedLanguage
from dragoman_wire.events import (
    ChunkCounts,
    Correction,
    CorrectionChunk,
    CorrectionCompleted,
    FailedChunk,
    ProgressUnit,
    TokenUsage,
)
from dragoman_wire.requests import CorrectionRequest

log = structlog.get_logger()

_CONCURRENCY = 4
_CHUNK_CHARS = 3000
"""About 1,000 tokens, where the model does not say."""
_SURE, _LIKELY, _UNSURE = 0.9, 0.7, 0.4
"""The confidence of a safe rule, of a model's change that passed the checks, and of a suggestion."""
_MOST_SUGGESTIONS = 1000
_STAGE = "chunk"
_FAILED_PART = "failed chunks"
"""Settled beside the whole where chunks failed: the task is partial, then."""


class ChunkDone(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk that is corrected, as it survives a restart; places are counted from its beginning."""

    edits: list[TextEdit]
    suggestions: list[TextEdit]
    model: str
    usage: Usage


@dataclass(slots=True)
class _Job:
    """A request at work."""

    request: CorrectionRequest
    context: Context
    model: str
    can: Capabilities
    language: str
    chunks: list[Chunk]
    progress: Progress
    done: dict[int, ChunkDone] = field(default_factory=dict)
    failed: dict[int, DragomanError] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    """The chunks that ended and that no line in the log tells of yet, those before `told` apart."""
    told: int = 0
    """So many chunks from the first are in the log."""

    @property
    def style(self) -> CorrectionStyle:
        return self.request.style or "grammar"


class CorrectionHandler(Handler[CorrectionRequest]):
    """Chunks go to the model a few at a time; each has its own failure."""

    request_type: ClassVar[str] = "correction"
    lane: ClassVar[str] = "language"
    progress_unit: ClassVar[ProgressUnit] = "chunks"
    stage_types: ClassVar[Mapping[str, type[msgspec.Struct]]] = {_STAGE: ChunkDone}

    async def handle(self, request: CorrectionRequest, context: Context) -> None:
        """Publish each chunk where that is wanted, then one `correction_completed`."""
        limit = context.limits.document_chars
        if len(request.text) > limit:
            raise TooLarge(f"text has {len(request.text)} characters; the limit document_chars is {limit}")
        if not request.text.strip():
            raise InvalidRequest("text: the field is empty")
        model = language_model(request.model_type, context)
        can = await context.capabilities("language", model)
        language = _language(request, can)
        most_chars = request.chunk_chars or can.chunk_chars or _CHUNK_CHARS
        chunks = await off_loop(lambda: cut_chunks(request.text, language, most_chars))
        progress = Progress(context, len(chunks), "chunks", wanted=bool(request.progress))
        job = _Job(request, context, model, can, language, chunks, progress)
        await _run(job)
        if not job.done:
            raise next(iter(job.failed.values()))
        context.publish(await off_loop(lambda: _completed(job)), settles=WHOLE)
        if job.failed:
            context.settle(_FAILED_PART, next(iter(job.failed.values())))


async def _run(job: _Job) -> None:
    """Correct every chunk that is not done yet, the first ones first."""
    waiting = iter(job.chunks)

    async def work() -> None:
        for chunk in waiting:
            await _one(job, chunk)

    at_a_time = min(job.request.concurrency or _CONCURRENCY, len(job.chunks))
    await all_of([work() for _ in range(at_a_time)])


async def _one(job: _Job, chunk: Chunk) -> None:
    known = job.context.stages.get(f"{_STAGE}:{chunk.index}")
    if isinstance(known, ChunkDone):
        job.done[chunk.index] = known
        await asyncio.sleep(0)  # a novel that is resumed does not hold the loop
    else:
        try:
            await _correct(job, chunk)
        except DragomanError as error:
            job.failed[chunk.index] = error
    if job.request.stream and chunk.index in job.done:
        job.context.publish(_chunk_event(job, chunk))
    job.progress.advance(1)
    _log(job, chunk)


async def _correct(job: _Job, chunk: Chunk) -> None:
    request = job.request
    question = CorrectedChunk(
        text=request.text[chunk.start : chunk.end],
        language=job.language,
        style=job.style,
        instructions=(request.instructions or "") if job.can.instructable else "",
        model=job.model,
    )
    answered = await correct_chunk(job.context, question, size_s=float(len(job.chunks)))
    done = ChunkDone(
        edits=answered.edits.edits,
        suggestions=answered.edits.suggestions,
        model=answered.model,
        usage=answered.usage,
    )
    job.context.stages[f"{_STAGE}:{chunk.index}"] = job.done[chunk.index] = done


def _log(job: _Job, chunk: Chunk) -> None:
    """Log a line for each few chunks in a row that ended, and for the last."""
    job.ended.add(chunk.index)
    reached = job.told
    while reached in job.ended:
        reached += 1
    total, at_a_time = len(job.chunks), job.request.concurrency or _CONCURRENCY
    if reached - job.told < at_a_time and len(job.done) + len(job.failed) < total:
        return
    if reached == job.told:
        return
    rows = range(job.told, reached)
    log.info(
        "correction.progress",
        task_id=job.context.task_id,
        chunks=f"{job.told + 1}-{reached}" if len(rows) > 1 else str(reached),
        of=total,
        corrections=sum(len(job.done[index].edits) for index in rows if index in job.done),
        failed=sum(index in job.failed for index in rows),
    )
    job.ended.difference_update(rows)
    job.told = reached


def _language(request: CorrectionRequest, can: Capabilities) -> str:
    """Return the language of the text, two letters; empty where nobody says and the model finds out by itself.

    Raises:
        UnsupportedLanguage: the model does not correct it.
    """
    try:
        source = find_source(request.language, request.text, can.languages)
    except EngineUnavailable:
        if can.languages:
            raise
        return ""
    if source.language == UNDETERMINED:
        if can.languages:
            raise InvalidRequest("language: state it; the text has no words to tell it by")
        return ""
    if can.languages and source.language not in can.languages:
        refusal = f"{can.model} corrects {can.languages_named()}, and not {source.language!r}"
        raise source.explained(UnsupportedLanguage(refusal))
    return source.language


def _chunk_event(job: _Job, chunk: Chunk) -> CorrectionChunk:
    done, text = job.done[chunk.index], job.request.text
    original = text[chunk.start : chunk.end]
    return CorrectionChunk(
        task_id=job.context.task_id,
        message_id=job.request.message_id,
        index=chunk.index,
        total=len(job.chunks),
        start=chunk.start,
        end=chunk.end,
        corrected_text=apply_edits(original, done.edits),
        corrections=[_correction(text, moved(edit, chunk.start), job) for edit in done.edits],
        usage=token_usage(done.usage),
        timestamp=job.context.now_s(),
    )


def _completed(job: _Job) -> CorrectionCompleted:
    request, context, text = job.request, job.context, job.request.text
    spans = {chunk.index: chunk for chunk in job.chunks}
    edits = [moved(edit, spans[index].start) for index in sorted(job.done) for edit in job.done[index].edits]
    suggestions = [
        moved(edit, spans[index].start) for index in sorted(job.done) for edit in job.done[index].suggestions
    ]
    usage = sum((done.usage for done in job.done.values()), Usage())
    return CorrectionCompleted(
        task_id=context.task_id,
        message_id=request.message_id,
        language=job.language or UNDETERMINED,
        corrected_text=apply_edits(text, edits),
        corrections=[_correction(text, edit, job) for edit in edits],
        suggestions=[_correction(text, edit, job) for edit in suggestions[:_MOST_SUGGESTIONS]] or UNSET,
        chunks=ChunkCounts(total=len(job.chunks), ok=len(job.done), failed=len(job.failed)),
        failed_chunks=[
            FailedChunk(
                index=index,
                start=spans[index].start,
                end=spans[index].end,
                error=error.message,
                error_code=error.code,
            )
            for index, error in sorted(job.failed.items())
        ],
        model=job.can.model,
        engine="model" if job.can.instructable else "rules",
        usage=token_usage(usage),
        warnings=[*context.warnings, *_warnings(job, len(suggestions))],
        processing_time_ms=round(context.elapsed_s() * 1000),
        timestamp=context.now_s(),
    )


def token_usage(usage: Usage) -> TokenUsage:
    """Return what was used in the words of the wire."""
    return TokenUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        requests=usage.requests,
        retries=usage.retries,
        cost=usage.cost or UNSET,
    )


def _correction(text: str, edit: TextEdit, job: _Job) -> Correction:
    confidence = _UNSURE if not edit.sure else _LIKELY if job.can.instructable else _SURE
    return Correction(
        start=edit.start,
        end=edit.end,
        original=text[edit.start : edit.end],
        replacement=edit.replacement,
        message=edit.message,
        category=edit.category,
        confidence=confidence,
    )


def _warnings(job: _Job, suggestions: int) -> list[str]:
    request, warnings = job.request, []
    if not job.can.instructable:
        if request.instructions:
            warnings.append(f"instructions: {job.can.model} has no use for them")
        if job.style not in ("grammar", "proofread"):
            warnings.append(f"style: {job.can.model} corrects mistakes only, and knows no {job.style!r}")
    stood_in = sum(done.model != job.model for done in job.done.values())
    if stood_in:
        warnings.append(f"{job.can.model} was not available: another model corrected {stood_in} chunks")
    if (request.language or AUTO).lower() == AUTO and job.language:
        warnings.append(f"the text was taken for {job.language!r}")
    if suggestions > _MOST_SUGGESTIONS:
        warnings.append(f"suggestions: {suggestions - _MOST_SUGGESTIONS} more are left out")
    return warnings
