"""`translation`: a text into one or more languages, each published as soon as it is ready."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import time
from collections.abc import Sequence
from typing import ClassVar

from msgspec import UNSET

from dragoman_handlers.base import Context, Handler, RequestView
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.text.documents import Translatable, open_translatable
from dragoman_handlers.text.language_id import Source, find_source, served_languages
from dragoman_handlers.text.options import TranslationWish, translation_wish
from dragoman_handlers.text.translate import Translated, known_translations
from dragoman_wire.errors import DragomanError, InvalidRequest, TooLarge, UnsupportedLanguage
from dragoman_wire.events import (
    Event,
    TranslationCompleted,
    TranslationMetadata,
    TranslationResult,
    TranslationSkipped,
)
from dragoman_wire.requests import TranslationRequest


class TranslationHandler(Handler[TranslationRequest]):
    """Every target language is its own unit of work; one that fails hides no other."""

    request_type: ClassVar[str] = "translation"
    lane: ClassVar[str] = "translation"

    async def handle(self, request: TranslationRequest, context: Context) -> None:
        """Publish one completed or error event for each target language."""
        limits = context.limits
        limit = limits.text_chars if request.format is None else limits.document_chars
        if len(request.text) > limit:
            self._skip(request, context, limit)
            return
        if not request.text:
            raise InvalidRequest("text: the field is empty")
        wish = translation_wish(request, context)
        served = await served_languages(context, request.source_language, wish.model)
        opened = await open_translatable(context, request, self.parts(request))
        source = find_source(request.source_language, opened.sample, served)
        await all_of([self._one(request, context, opened, source, wish, target) for target in self.parts(request)])

    def known(self, request: TranslationRequest, view: RequestView) -> list[tuple[Event, str]] | None:
        """Answer from texts that were translated lately."""
        if request.format or request.progress:
            return None
        if request.glossary or not 0 < len(request.text) <= view.limits.text_chars:
            return None  # a glossary of its own may take milliseconds to look into
        begin_s = time.perf_counter()
        try:
            wish = translation_wish(request, view)
            engine = view.loaded("translation", wish.model)
            if engine is None:
                return None
            source = find_source(request.source_language, request.text, engine.languages)
        except DragomanError:
            return None
        targets = self.parts(request)
        known = known_translations(view, engine, request.text, source.language, targets, wish)
        if known is None:
            return None
        took_s = time.perf_counter() - begin_s
        return [
            (_completed(request, view, done, source=source, wish=wish, target=target, took_s=took_s), target)
            for target, done in zip(targets, known, strict=True)
        ]

    def _skip(self, request: TranslationRequest, context: Context, limit: int) -> None:
        context.publish(
            TranslationSkipped(
                task_id=context.task_id,
                message_id=request.message_id,
                length=len(request.text),
                max_length=limit,
                conversation_id=request.conversation_id,
            )
        )
        error = TooLarge(f"the text has {len(request.text)} characters; the limit is {limit}")
        context.fail_all(error, self.parts(request))

    async def _one(
        self,
        request: TranslationRequest,
        context: Context,
        opened: Translatable,
        source: Source,
        wish: TranslationWish,
        target: str,
    ) -> None:
        begin_s = time.perf_counter()
        try:
            done = await opened.translate(context, source.language, target, wish)
        except UnsupportedLanguage as error:
            context.fail(source.explained(error), target)
            return
        except DragomanError as error:
            context.fail(error, target)
            return
        took_s = time.perf_counter() - begin_s
        context.publish(
            _completed(
                request,
                context,
                done,
                source=source,
                wish=wish,
                target=target,
                took_s=took_s,
                waited_s=context.waited_s() + done.queued_s,
                warnings=context.warnings,
            ),
            settles=target,
        )


def _completed(
    request: TranslationRequest,
    view: RequestView,
    done: Translated,
    *,
    source: Source,
    wish: TranslationWish,
    target: str,
    took_s: float,
    waited_s: float = 0.0,
    warnings: Sequence[str] = (),
) -> TranslationCompleted:
    result = TranslationResult(
        message_id=request.message_id,
        translated_text=done.text,
        source_language=source.language,
        target_language=target,
        confidence_score=source.confidence,
        processing_time=took_s,
        model_type=wish.model_type,
        translator_model=done.model,
        worker_name=done.worker,
        worker_id=done.worker.rpartition("-")[2],
        pool_type=request.priority_class,
        queue_time=waited_s,
        translation_time=done.compute_s,
        from_cache=done.from_cache,
        warnings=[*warnings, *done.warnings] or UNSET,
    )
    metadata = TranslationMetadata(
        translator_version=version(),
        model_version=done.revision,
        processing_node=_node(),
        request_id=view.task_id,
        protocol="zmq",
        encoding=view.codec.value,
    )
    return TranslationCompleted(
        task_id=view.task_id, target_language=target, timestamp=view.now_s(), result=result, metadata=metadata
    )


@functools.cache
def version() -> str:
    """Return the version of this distribution."""
    return importlib.metadata.version("dragoman")


@functools.cache
def _node() -> str:
    return platform.node()
