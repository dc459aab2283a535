"""A document from one language to another: parsed, translated unit by unit as texts are, and written again."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from dragoman_engines.pool.unit import EngineDied
from dragoman_handlers.base import Context
from dragoman_handlers.concurrency import all_of, off_loop
from dragoman_handlers.progress import Progress
from dragoman_handlers.text.formats.document import Document
from dragoman_handlers.text.formats.registry import (
    BILINGUAL,
    ParseOptions,
    check_plain,
    detect,
    parse_document,
)
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.translate import IDENTITY, Translated, translate_text
from dragoman_wire.errors import DragomanError, EngineFailed

T = TypeVar("T")

_AT_ONCE = 32
"""Units of a document that are at work: enough to keep the engine's processes busy, few enough to keep memory flat."""
_CHUNK_CHARS = 2000
"""A longer unit is cut: what is done of it can be told, kept and cancelled."""
_SAMPLE_CHARS = 4000
_SMALL_CHARS = 2000
"""So short a document is parsed where it stands: in well under a millisecond."""
_NAMED_WARNINGS = 5
_CUTS = tuple(map(re.compile, (r"\n[ \t\r]*\n\s*", r"(?<=[.!?…。！？])[\"'”’»)]*\s+", r"\n\s*", r"\s+")))  # noqa: RUF001


class DocumentRequest(Protocol):
    """A request with a text that is a file of a format."""

    @property
    def text(self) -> str:
        """Return the file."""
        ...

    @property
    def format(self) -> str | None:
        """Return its format; None and "text" for none."""
        ...

    @property
    def columns(self) -> Sequence[str] | None:
        """Return the columns of a CSV file that are translated."""
        ...

    @property
    def progress(self) -> bool | None:
        """Return whether progress is wanted."""
        ...


class OpenDocument:
    """A request's document, parsed.

    Args:
        request: has the file.
        name: of the format.
        document: for its first language.
        progress: of all languages.
    """

    def __init__(self, request: DocumentRequest, name: str, document: Document, progress: Progress) -> None:
        self._request = request
        self._name = name
        self._document = document
        self._progress = progress

    @property
    def sample(self) -> str:
        """Return the text by which the language is identified."""
        found: list[str] = []
        chars = 0
        for text in self._document.texts:
            found.append(text[:_SAMPLE_CHARS])
            chars += len(text)
            if chars > _SAMPLE_CHARS:
                break
        return "\n".join(found)

    async def translate(self, context: Context, source: str, target: str, wish: TranslationWish) -> Translated:
        """Return the file in another language.

        Raises:
            DragomanError: no route, or the engine's error. A unit that alone cannot be translated stays as it was,
                and is named in the warnings.
        """
        document = self._document
        if self._name in BILINGUAL:
            options = ParseOptions(language=target)
            document = await _off_loop(
                self._request.text, lambda: parse_document(self._request.text, self._name, options)
            )
        work = _Work(context, document, source, target, wish, self._progress)
        return await work.done(self._request.text)


class PlainText:
    """The text of a message: it is translated as a whole.

    Args:
        text: what the request holds.
        progress: of all languages.
    """

    def __init__(self, text: str, progress: Progress) -> None:
        self.sample = text
        """The text by which the language is identified."""
        self._progress = progress

    async def translate(self, context: Context, source: str, target: str, wish: TranslationWish) -> Translated:
        """Return the text in another language; raises as `translate_text`."""
        done = await translate_text(context, self.sample, source, target, wish)
        self._progress.advance(len(self.sample))
        return done


Translatable = OpenDocument | PlainText


async def open_translatable(context: Context, request: DocumentRequest, targets: Sequence[str]) -> Translatable:
    """Return a request's text, as a document where the request states a format; raises as `open_document`."""
    if request.format is not None:
        return await open_document(context, request, targets)
    check_plain(request.text)
    total = len(request.text) * len(targets)
    return PlainText(request.text, Progress(context, total, "characters", wanted=bool(request.progress)))


async def open_document(context: Context, request: DocumentRequest, targets: Sequence[str]) -> OpenDocument:
    """Parse a request's document.

    Raises:
        InvalidRequest: it is none of its format; the sentence says where. Or it is a text that is plainly JSON or PO.
        TooLarge: it has too many parts.
    """
    text = request.text
    options = ParseOptions(language=targets[0], columns=request.columns or ())

    def parsed() -> tuple[str, Document]:
        name = request.format or "text"
        if name == "auto":
            name = detect(text)
        elif name == "text":
            check_plain(text)
        return name, parse_document(text, name, options)

    name, document = await _off_loop(text, parsed)
    total = sum(map(len, document.texts)) * len(targets)
    progress = Progress(context, total, "characters", wanted=bool(request.progress))
    return OpenDocument(request, name, document, progress)


async def _off_loop(text: str, compute: Callable[[], T]) -> T:
    if len(text) <= _SMALL_CHARS:
        return compute()
    return await off_loop(compute)


class _Work:
    """One document into one language."""

    def __init__(
        self,
        context: Context,
        document: Document,
        source: str,
        target: str,
        wish: TranslationWish,
        progress: Progress,
    ) -> None:
        self._context = context
        self._document = document
        self._source = source
        self._target = target
        self._wish = wish
        self._progress = progress
        self._translations: dict[str, str] = {}
        self._answers: list[Translated] = []
        self._failures: list[tuple[str, DragomanError]] = []

    async def done(self, text: str) -> Translated:
        """Translate all units, and write the file."""
        await each_of(self._document.texts, self._unit, _AT_ONCE)
        if self._failures and not any(answer.worker or answer.from_cache for answer in self._answers):
            raise self._failures[0][1]
        written = await _off_loop(text, lambda: self._document.render(self._translations))
        told = [answer for answer in self._answers if answer.model != IDENTITY]
        return Translated(
            text=written,
            model=told[-1].model if told else IDENTITY,
            revision=told[-1].revision if told else "",
            worker=next((answer.worker for answer in reversed(told) if answer.worker), ""),
            queued_s=max((answer.queued_s for answer in told), default=0.0),
            compute_s=sum(answer.compute_s for answer in told),
            from_cache=bool(told) and all(answer.from_cache for answer in told),
            warnings=self._warnings(),
        )

    def _warnings(self) -> list[str]:
        found = [
            f"not translated: {text[:60]!r} ({error.message})" for text, error in self._failures[:_NAMED_WARNINGS]
        ]
        found += [warning for answer in self._answers for warning in answer.warnings]
        if len(self._failures) > _NAMED_WARNINGS:
            found.append(f"not translated: {len(self._failures)} pieces in all")
        return list(dict.fromkeys(found))[: 4 * _NAMED_WARNINGS]

    async def _unit(self, text: str) -> None:
        """Translate a unit; where its translation has lost what is not language, its words run by run."""
        translation = await self._text(text)
        if translation is None:
            return
        if not self._document.fits(text, translation):
            runs: dict[str, str] = {}
            for run in dict.fromkeys(self._document.runs(text)):
                runs[run] = await self._text(run, counted=False) or run
            translation = self._document.joined(text, runs)
        self._translations[text] = translation

    async def _text(self, text: str, *, counted: bool = True) -> str | None:
        """Return a text's translation; None where there is none."""
        parts: list[str] = []
        try:
            for chunk in chunks(text):
                answer = await translate_text(self._context, chunk, self._source, self._target, self._wish)
                parts.append(answer.text)
                self._noted(answer)
                if counted:
                    self._progress.advance(len(chunk))
        except EngineDied:
            raise
        except EngineFailed as error:
            self._failures.append((text, error))
            return None
        return "".join(parts)

    def _noted(self, answer: Translated) -> None:
        """Keep what an answer took, without its text."""
        last = self._answers[-1] if self._answers else None
        if last is not None and not answer.warnings and not last.warnings and (last.model == answer.model):
            self._answers[-1] = Translated(
                text="",
                model=answer.model,
                revision=answer.revision,
                worker=answer.worker or last.worker,
                queued_s=max(answer.queued_s, last.queued_s),
                compute_s=answer.compute_s + last.compute_s,
                from_cache=answer.from_cache and last.from_cache,
            )
        elif len(self._answers) < 1000:
            self._answers.append(msgspec.structs.replace(answer, text=""))


async def each_of(items: Sequence[T], work: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Do the work of each item, so many at a time, in order. The first error stops all."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    await all_of([worker() for _ in range(min(at_once, len(items)))])


def chunks(text: str) -> Iterator[str]:
    """Cut a long text into parts of about 2,000 characters: after a paragraph, else a sentence, a line, a word."""
    start = 0
    while len(text) - start > _CHUNK_CHARS:
        end = _cut(text, start)
        yield text[start:end]
        start = end
    yield text[start:]


def _cut(text: str, start: int) -> int:
    least, most = start + _CHUNK_CHARS // 4, start + _CHUNK_CHARS
    for pattern in _CUTS:
        found = None
        for match in pattern.finditer(text, least, most):
            found = match
        if found is not None:
            return found.end()
    return most
