"""The interface of a handler, and of the server to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from dragoman_engines.base import Capabilities
from dragoman_engines.pool.unit import Answer
from dragoman_engines.work import Kind, Result, Work, pool_name
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.wording.phrasebook import PhraseBook
from dragoman_wire.codec import Codec
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, ProgressUnit
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request, SoundFormat

R = TypeVar("R", bound=Request)
ResultT = TypeVar("ResultT", bound=Result)
T = TypeVar("T")


class Question(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A question to the cache that is no unit: its fields and the engine alone decide the answer."""

    kind: ClassVar[Kind]
    """The engine that the answer comes from."""
    model: str = ""
    """Which of several models, as in `Work`."""
    cached_as: ClassVar[str]
    """The cache's name for such answers."""

    @property
    def pool(self) -> str:
        """Return the name of that engine's pool."""
        return pool_name(self.kind, self.model)


AnyQuestion = Work[Any] | Question

WHOLE = ""
"""The only part of a request that is answered as a whole."""


class HandlerLimits(Protocol):
    """Limits that only a handler can check."""

    @property
    def text_chars(self) -> int:
        """Return the most characters that a text to translate may have."""
        ...

    @property
    def document_chars(self) -> int:
        """Return the most characters that a text whose request states its format may have."""
        ...

    @property
    def audio_s(self) -> float:
        """Return the most seconds that decoded audio may have."""
        ...

    @property
    def audio_samples(self) -> int:
        """Return the most samples, in all channels together, that are decoded of a recording."""
        ...

    @property
    def segments(self) -> int:
        """Return the most segments that a phone's transcription may have."""
        ...

    @property
    def output_bytes(self) -> int:
        """Return the most bytes of sound that the events of a request may carry for its languages."""
        ...

    @property
    def speech_s(self) -> float:
        """Return the most seconds that may be spoken for a request, all languages together."""
        ...

    @property
    def glossary_terms(self) -> int:
        """Return the most terms that a request's glossary may have."""
        ...

    @property
    def glossary_chars(self) -> int:
        """Return the most characters that a term may have, and a replacement."""
        ...


class RequestView(Protocol):
    """The server as a handler sees it before a request is a task."""

    @property
    def task_id(self) -> str:
        """Return the task's id; the server made one where the peer sent none."""
        ...

    @property
    def codec(self) -> Codec:
        """Return the encoding of the request, and so of its events."""
        ...

    @property
    def limits(self) -> HandlerLimits:
        """Return the limits that only a handler can check."""
        ...

    @property
    def glossary(self) -> Glossary:
        """Return the server's own glossary."""
        ...

    @property
    def phrases(self) -> PhraseBook:
        """Return the server's own phrase book."""
        ...

    @property
    def models(self) -> Mapping[str, str]:
        """Return the translation models: `modelType` as peers send it to the name in units, empty for the default."""
        ...

    @property
    def language_models(self) -> Mapping[str, str]:
        """Return the language models in the same way."""
        ...

    def now_s(self) -> float:
        """Return the Unix time, for the timestamps of events."""
        ...

    def loaded(self, kind: Kind, model: str = "") -> Capabilities | None:
        """Return the abilities of the engine of this kind; None while unknown. `model`: one beside the default."""
        ...

    def recall_all(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T] | None:
        """Return the answers where all are known in memory; None where one is not, and nothing is counted then."""
        ...


class Context(RequestView, Protocol):
    """A running task, as its handler sees it."""

    @property
    def audio(self) -> Buffer | None:
        """Return the recording that came with the request."""
        ...

    @property
    def speech_format(self) -> SoundFormat:
        """Return the format of speech where the request asks for none."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """Return a sentence for each thing in the request that was left out as it was read."""
        ...

    @property
    def stages(self) -> dict[str, Any]:
        """Return the results of finished stages, kept with the task: a repeat or a restart goes on from them."""
        ...

    def hold(self, size_bytes: int, speech_s: float = 0.0) -> None:
        """Count sound that the request has made and holds until its end. Negative values take it back.

        Raises:
            TooLarge: it is more than a limit; then it is not counted.
            Overloaded: what other requests hold leaves no room for it.
        """
        ...

    def elapsed_s(self) -> float:
        """Return the seconds since the request arrived."""
        ...

    def waited_s(self) -> float:
        """Return the seconds that the request waited for its lane."""
        ...

    def publish(self, event: Event, binaries: Sequence[Buffer] = (), *, settles: str | None = None) -> None:
        """Send an event now. `settles` names the part of the request that it answers for good."""
        ...

    def sent(self, event_type: type[Event]) -> Sequence[Mapping[str, Any]]:
        """Return the fields of the events of a type, of none that settles a part, that an earlier run has sent."""
        ...

    def tell(self, event: Event) -> None:
        """Send an event that is not kept: a repeat of the task does not bring it again, and nothing counts it."""
        ...

    def fail(self, error: DragomanError, part: str) -> None:
        """Send the family's error event for one part, which is settled by it."""
        ...

    def fail_all(self, error: DragomanError, parts: Sequence[str]) -> None:
        """Settle several parts for one reason, and send one error event: to a peer of *events* only."""
        ...

    def settle(self, part: str, error: DragomanError | None = None) -> None:
        """Note that a part is answered, by an event that covers several."""
        ...

    async def capabilities(self, kind: Kind, model: str = "") -> Capabilities:
        """Return the abilities of the engine of this kind; wait while it loads. `model`: one beside the default.

        Raises:
            EngineUnavailable: there is none.
        """
        ...

    def fallback(self, model: str) -> str | None:
        """Return the language model that does the work of another one which is not available; None: none does."""
        ...

    async def run(self, work: Work[ResultT], *, size_s: float) -> Answer[ResultT]:
        """Return the result of a unit. `size_s` is the cost of all the request's units of this kind together.

        Raises:
            DragomanError: the engine's error.
        """
        ...

    async def recall(self, questions: Sequence[AnyQuestion], answer_type: type[T]) -> list[T | None]:
        """Return the known answers to questions of one kind; None for each that is not known.

        Results of units are kept without being told to, piece by piece; other answers by `remember` and `once`.
        """
        ...

    def remember(self, question: AnyQuestion, answer: object, *, compute_s: float) -> None:
        """Keep an answer; `compute_s` are the model's seconds that it saves the next one."""
        ...

    async def once(self, question: AnyQuestion, answer_type: type[T], compute: Callable[[], Awaitable[T]]) -> T:
        """Return the known answer, that of an equal question in progress, or the result of `compute`.

        Raises:
            DragomanError: what `compute` raised, here or for the request that was first; nothing is kept then.
        """
        ...

    def spool_file(self) -> AbstractContextManager[Path]:
        """Return a path for decoded audio; the file is removed at the end."""
        ...

    def check_spool(self, path: Path) -> None:
        """Check that decoded audio takes no more of the disk than its limit, now that this file has grown.

        Raises:
            Overloaded: it does, and this file has more than its share.
        """
        ...


class Handler(ABC, Generic[R]):
    """A family of requests."""

    request_type: ClassVar[str]
    lane: ClassVar[str]
    progress_unit: ClassVar[ProgressUnit] = "characters"
    """The unit of its progress."""
    stage_types: ClassVar[Mapping[str, type[msgspec.Struct]]] = {}
    """The types of its results in `Context.stages`, by the name up to a colon; such values survive a crash."""

    @abstractmethod
    async def handle(self, request: R, context: Context) -> None:
        """Do the work and publish the results; every part of the request must be settled at the end.

        Raises:
            DragomanError: told to the peer, in the family's error event, for every part not yet settled.
        """

    def known(self, request: R, view: RequestView) -> list[tuple[Event, str]] | None:  # noqa: ARG002 - not of this family
        """Return the whole answer where nothing has to be computed or awaited: events with the parts that they settle.

        Such a request takes no place in its lane. To be found out in microseconds.
        """
        return None

    def parts(self, request: R) -> tuple[str, ...]:
        """Return the parts answered one by one: the target languages, or the request as a whole."""
        return tuple(request.languages) or (WHOLE,)

    def narrowed(self, request: R, parts: Sequence[str]) -> R:
        """Return the same request for some of its parts."""
        if list(parts) in ([WHOLE], getattr(request, "target_languages", None)):
            return request
        return msgspec.structs.replace(request, target_languages=list(parts))
