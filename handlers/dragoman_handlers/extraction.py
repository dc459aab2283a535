"""`extraction`: structured data out of a text or a conversation, valid by a JSON Schema of the request."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from dragoman_engines.base import Capabilities
from dragoman_engines.work import ExtractData, ExtractedData, Kind, Usage
from dragoman_handlers.base import WHOLE, Context, Handler, Question
from dragoman_handlers.concurrency import off_loop
from dragoman_handlers.correction import token_usage
from dragoman_handlers.language.models import language_model
from dragoman_handlers.language.schemas import DataSchema, parsed
from dragoman_wire.errors import EngineFailed, EngineUnavailable, InvalidRequest, TooLarge
from dragoman_wire.events import ExtractionCompleted, ProgressUnit
from dragoman_wire.requests import ConversationMessage, ExtractionRequest

_ATTEMPTS = 2


class ExtractedFrom(Question, frozen=True, kw_only=True):
    """A text, and all that decides what is extracted from it."""

    kind: ClassVar[Kind] = "language"
    cached_as: ClassVar[str] = "extraction"
    text: str
    schema: str
    instructions: str


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What was extracted."""

    data: dict[str, Any]
    repaired: bool


class ExtractionHandler(Handler[ExtractionRequest]):
    """One call; an answer that is not valid is sent back once with what is wrong with it."""

    request_type: ClassVar[str] = "extraction"
    lane: ClassVar[str] = "language"
    progress_unit: ClassVar[ProgressUnit] = "items"

    async def handle(self, request: ExtractionRequest, context: Context) -> None:
        """Publish one `extraction_completed`."""
        text = _text_of(request)
        limit = context.limits.document_chars
        if len(text) > limit:
            raise TooLarge(f"text has {len(text)} characters; the limit document_chars is {limit}")
        schema = await off_loop(lambda: DataSchema(request.schema))
        model = language_model(request.model_type, context)
        question = ExtractedFrom(text=text, schema=schema.as_json, instructions=_instructions(request), model=model)
        can, found, usage, warnings = await _found(context, question, schema)
        context.publish(
            ExtractionCompleted(
                task_id=context.task_id,
                message_id=request.message_id,
                data=found.data,
                model=can.model,
                engine="model",
                usage=token_usage(usage),
                repaired=found.repaired,
                warnings=[*context.warnings, *warnings] or UNSET,
                processing_time_ms=round(context.elapsed_s() * 1000),
                timestamp=context.now_s(),
            ),
            settles=WHOLE,
        )


async def _found(
    context: Context, question: ExtractedFrom, schema: DataSchema
) -> tuple[Capabilities, Data, Usage, list[str]]:
    """Return the data with the model that found it; a fallback does it where the model is not available."""
    try:
        return *await _answered(context, question, schema), []
    except EngineUnavailable as error:
        other = context.fallback(question.model)
        if other is None or not (await context.capabilities("language", other)).instructable:
            raise
        answer = await _answered(context, msgspec.structs.replace(question, model=other), schema)
        return *answer, [f"another model did it: {error.message}"]


async def _answered(context: Context, question: ExtractedFrom, schema: DataSchema) -> tuple[Capabilities, Data, Usage]:
    can = await context.capabilities("language", question.model)
    if not can.instructable:
        raise EngineUnavailable(
            f"{can.model} extracts nothing: that needs a language model, as engines.language or in models.language"
        )
    spent: list[Usage] = []

    async def compute() -> Data:
        return await _compute(context, question, can, schema, spent)

    found = await context.once(question, Data, compute)
    return can, found, sum(spent, Usage())


async def _compute(
    context: Context, question: ExtractedFrom, can: Capabilities, schema: DataSchema, spent: list[Usage]
) -> Data:
    answer, fault = "", ""
    for attempt in range(_ATTEMPTS):
        work = ExtractData(
            text=question.text,
            schema=question.schema,
            instructions=question.instructions,
            model=question.model,
            answer=answer,
            fault=fault,
        )
        result: ExtractedData = (await context.run(work, size_s=1.0)).result
        spent.append(result.usage)
        data, problem = await off_loop(lambda text=result.json: _checked(schema, text))  # type: ignore[misc]
        if data is not None:
            return Data(data=data, repaired=attempt > 0)
        answer, fault = result.json, problem
    raise EngineFailed(f"the answer of {can.model} is not valid by the schema: {fault}")


def _checked(schema: DataSchema, text: str) -> tuple[dict[str, Any] | None, str]:
    """Return the data of an answer; None where it is not valid, with what is wrong with it."""
    try:
        data = parsed(text)
    except ValueError as error:
        return None, str(error)
    problem = schema.problem_of(data)
    return (data, "") if problem is None else (None, problem)


def _text_of(request: ExtractionRequest) -> str:
    """Return the text, or the conversation as one.

    Raises:
        InvalidRequest: there is neither, or both.
    """
    if request.text and request.messages:
        raise InvalidRequest("messages: send a text or messages, not both")
    lines = [_line(message) for message in request.messages or ()]
    text = "\n".join(lines) if lines else request.text or ""
    if not text.strip():
        raise InvalidRequest("text: the field is empty; send a text, or messages")
    return text


def _line(message: ConversationMessage) -> str:
    speaker = message.role or message.sender or "?"
    at = "" if message.at is None else f"[{message.at}] "
    return f"{at}{speaker}: {message.text}"


def _instructions(request: ExtractionRequest) -> str:
    given = request.instructions or ""
    stated = request.language and request.language.lower() != "auto"
    return f"{given}\nThe text is in the language {request.language!r}.".strip() if stated else given
