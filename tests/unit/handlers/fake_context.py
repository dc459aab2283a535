"""A context for handlers, with engines that are functions: no server, no processes, no clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dragoman_engines.base import Capabilities, VoiceInfo
from dragoman_engines.pool.unit import Answer
from dragoman_engines.work import (
    SPOOL_RATE_HZ,
    DecodeAudio,
    DecodedAudio,
    FindSpeech,
    Speak,
    Speech,
    SpeechSpans,
    SpokenWord,
    TranscribeWindow,
    TranslateSentences,
    Translations,
    WindowText,
)
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.wording.phrasebook import NO_PHRASES
from dragoman_server.config import LimitsConfig
from dragoman_wire.codec import Codec
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import Event, TaskProgress, type_of
from dragoman_wire.inbound import Buffer

RATE_HZ = 1000
WINDOW_S = 30
_VOICE = VoiceInfo(name="ana", engine="test", languages=[], pace=1e6)
ENGINES = {
    "decoder": Capabilities(model="decoder", revision="1"),
    "transcription": Capabilities(model="ear", revision="1", languages=["en", "fr", "pt"], multilingual=True),
    "translation": Capabilities(model="echo", revision="1"),
    "speech": Capabilities(model="mouth", revision="1", voices=[_VOICE]),
}
Hook = Callable[[Any], Awaitable[None]]


class FakeContext:
    """A recording of windows of 30 s, each with a text; a second of sound for ten characters of speech.

    Args:
        windows: text and language of each window.
        before: awaited before each unit of work.
    """

    task_id = "task-1"
    codec = Codec.JSON
    audio: bytes | None = b"recording"
    speech_format = "pcm"
    warnings: Sequence[str] = ()

    def __init__(self, *windows: tuple[str, str], before: Hook | None = None) -> None:
        self.windows = windows
        self.before = before
        self.units: list[Any] = []
        self.at_work = 0
        self.published: list[tuple[Event, Sequence[Buffer]]] = []
        self.told: list[TaskProgress] = []
        self.earlier: list[dict[str, Any]] = []
        """What an earlier run has sent."""
        self.settled: dict[str, DragomanError | None] = {}
        self.stages: dict[str, Any] = {}
        self.held_bytes = 0
        self.limits = LimitsConfig()
        self.glossary = Glossary()
        self.phrases = NO_PHRASES
        self.models = {"basic": ""}
        self.time_s = 0.0

    # --- what it says --------------------------------------------------------------------------------------

    def types(self) -> list[str]:
        return [type_of(type(event)) for event, _ in self.published]

    def of(self, kind: str) -> list[tuple[Any, Sequence[Buffer]]]:
        return [(event, binaries) for event, binaries in self.published if type_of(type(event)) == kind]

    def only(self, kind: str) -> Any:
        [(event, _)] = self.of(kind)
        return event

    def now_s(self) -> float:
        return 1e9

    def elapsed_s(self) -> float:
        return self.time_s

    def publish(self, event: Event, binaries: Sequence[Buffer] = (), *, settles: str | None = None) -> None:
        self.published.append((event, binaries))
        if settles is not None:
            self.settled[settles] = None

    def sent(self, event_type: type[Event]) -> list[dict[str, Any]]:
        return [fields for fields in self.earlier if fields["type"] == type_of(event_type)]

    def tell(self, event: Event) -> None:
        assert isinstance(event, TaskProgress)
        self.told.append(event)

    def fail(self, error: DragomanError, part: str) -> None:
        self.settled[part] = error

    def settle(self, part: str, error: DragomanError | None = None) -> None:
        self.settled[part] = error

    def hold(self, size_bytes: int, speech_s: float = 0.0) -> None:
        self.held_bytes += size_bytes

    # --- what it asks --------------------------------------------------------------------------------------

    async def capabilities(self, kind: str, model: str = "") -> Capabilities:
        return ENGINES[kind]

    async def recall(self, questions: Sequence[Any], answer_type: type[Any]) -> list[Any]:
        return [None] * len(questions)

    def remember(self, question: Any, answer: object, *, compute_s: float) -> None:
        """Nothing is kept."""

    async def once(self, question: Any, answer_type: type[Any], compute: Callable[[], Awaitable[Any]]) -> Any:
        return await compute()

    @contextmanager
    def spool_file(self) -> Iterator[Path]:
        yield Path("spool")

    def check_spool(self, path: Path) -> None:
        """There is room."""

    async def run(self, work: Any, *, size_s: float) -> Answer[Any]:
        self.units.append(work)
        self.at_work += 1
        try:
            if self.before is not None:
                await self.before(work)
        finally:
            self.at_work -= 1
        return Answer(result=self._result(work), queued_s=0, began_s=0, ended_s=0, compute_s=0, worker="engine-0")

    def _result(self, work: Any) -> Any:
        match work:
            case DecodeAudio():
                return DecodedAudio(samples=len(self.windows) * WINDOW_S * SPOOL_RATE_HZ)
            case FindSpeech():
                step = WINDOW_S * SPOOL_RATE_HZ
                starts = range(work.start, work.end, step)
                return SpeechSpans(spans=[(start, min(start + step, work.end)) for start in starts])
            case TranscribeWindow():
                return self._heard(work)
            case TranslateSentences():
                return Translations(sentences=[f"{work.target}: {sentence}" for sentence in work.sentences])
            case Speak():
                return Speech(pcm=b"\1\0" * (RATE_HZ // 10 * len(work.text)), sample_rate_hz=RATE_HZ)
        raise AssertionError(work)

    def _heard(self, work: TranscribeWindow) -> WindowText:
        text, language = self.windows[number_of(work)]
        words, step_s = text.split(), 0.3
        # A sentence goes on from the first window to the second: its words are at their common edge.
        is_early = number_of(work) % 2
        start_s = work.spans[0][0] / SPOOL_RATE_HZ if is_early else work.spans[-1][1] / SPOOL_RATE_HZ
        start_s -= 0 if is_early else len(words) * step_s
        return WindowText(
            words=[
                SpokenWord(
                    text=f" {word}", start_s=start_s + n * step_s, end_s=start_s + (n + 1) * step_s, confidence=0.9
                )
                for n, word in enumerate(words)
            ],
            language=language,
            language_probability=0.99,
        )


def number_of(work: TranscribeWindow) -> int:
    """Which window of the recording it is, from 0."""
    return work.spans[0][0] // (WINDOW_S * SPOOL_RATE_HZ)
