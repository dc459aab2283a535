"""`story_text_object_translation`: a story's text object into several languages, answered in one event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from msgspec import UNSET

from dragoman_handlers.base import Context, Handler
from dragoman_handlers.concurrency import all_of
from dragoman_handlers.text.documents import Translatable, open_translatable
from dragoman_handlers.text.language_id import Source, find_source, served_languages
from dragoman_handlers.text.languages import base_language
from dragoman_handlers.text.options import TranslationWish, translation_wish
from dragoman_handlers.text.translate import Translated
from dragoman_wire.errors import DragomanError, InvalidRequest, TooLarge, UnsupportedLanguage
from dragoman_wire.events import StoryTextCompleted
from dragoman_wire.requests import StoryTextRequest


class StoryTextHandler(Handler[StoryTextRequest]):
    """A language that fails gets a `translation_error` of its own; the event holds the others."""

    request_type: ClassVar[str] = "story_text_object_translation"
    lane: ClassVar[str] = "translation"

    async def handle(self, request: StoryTextRequest, context: Context) -> None:
        """Publish the event once all languages are known."""
        try:
            await self._translate(request, context)
        except DragomanError as error:
            # It always ends with the event: a gateway waits for it.
            self._complete(request, context, {})
            for part in self.parts(request):
                context.fail(error, part)

    async def _translate(self, request: StoryTextRequest, context: Context) -> None:
        limits = context.limits
        name, limit = "text_chars", limits.text_chars
        if request.format is not None:
            name, limit = "document_chars", limits.document_chars
        if len(request.text) > limit:
            raise TooLarge(f"text has {len(request.text)} characters; the limit {name} is {limit}")
        if not request.text:
            raise InvalidRequest("text: the field is empty")
        wish = translation_wish(request, context)
        served = await served_languages(context, request.source_language, wish.model)
        languages = self.parts(request)
        opened = await open_translatable(context, request, languages)
        source = find_source(request.source_language, opened.sample, served)
        others = [target for target in languages if base_language(target) != base_language(source.language)]
        answers = await all_of([self._one(context, opened, source, wish, target) for target in others])
        done = {target: answer for target, answer in zip(others, answers, strict=True) if answer is not None}
        self._complete(request, context, done)
        for target in languages:
            if target in done or target not in others:
                context.settle(target)

    def _complete(self, request: StoryTextRequest, context: Context, done: Mapping[str, Translated]) -> None:
        warnings = [f"{target}: {each}" for target, answer in done.items() for each in answer.warnings]
        context.publish(
            StoryTextCompleted(
                task_id=context.task_id,
                post_id=request.post_id,
                text_object_index=request.text_object_index,
                translations={target: answer.text for target, answer in done.items()},
                warnings=[*context.warnings, *warnings] or UNSET,
                timestamp=round(context.now_s() * 1000),
            )
        )

    async def _one(
        self, context: Context, opened: Translatable, source: Source, wish: TranslationWish, target: str
    ) -> Translated | None:
        try:
            return await opened.translate(context, source.language, target, wish)
        except UnsupportedLanguage as error:
            context.fail(source.explained(error), target)
            return None
        except DragomanError as error:
            context.fail(error, target)
            return None
