"""Units of work and their results: what crosses from the server to a model's process and back.

A unit is small on purpose (a batch of sentences, a window of audio, a sentence to speak), so that a pool can put
a short request between two units of a long one. Audio stays in a spool file of raw samples (signed 16 bit, mono,
16 kHz) that server and children share by path; units name places in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Literal

import msgspec

Kind = Literal["audio", "transcription", "translation", "speech"]
SPOOL_RATE_HZ = 16_000


def pool_name(kind: Kind, model: str = "") -> str:
    """`translation`, or `translation.premium` for a model beside the default one."""
    return f"{kind}.{model}" if model else kind


class Work(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the units; each class names the pool that does it and how it may share a model call."""

    kind: ClassVar[Kind]
    cost_by_model: ClassVar[bool] = False
    """Whether the model decides so much of the cost that the pool has to learn it; see `Pace`."""
    model: str = ""
    """Which of several models does it, by its name in the configuration; empty: the default one."""
    cached_as: ClassVar[str] = ""
    """What the cache calls the answers to such units; empty: they are not kept."""

    @property
    def pool(self) -> str:
        """The name of the pool that does it."""
        return pool_name(self.kind, self.model)

    def cost_s(self) -> float:
        """A rough guess of the seconds on one core, for fair shares; right within a factor of a few."""
        return 0.01

    def batch_key(self) -> str | None:
        """Units with the same key may share one model call; None never shares."""
        return None

    def share_key(self) -> Hashable:
        """Units with the same key have the same result and are done once while in flight; None is like no other."""
        return None

    def pieces(self, result: AnyResult) -> Sequence[tuple[AnyWork, AnyResult]]:  # noqa: ARG002 - not of this unit
        """The smallest units that the result answers, each with its own result: what the cache keeps."""
        return ()


class Result(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the results."""


class Failure(Result, frozen=True, kw_only=True):
    """A unit that did not work out: a public code and a sentence."""

    code: str
    message: str


class DecodeAudio(Work, frozen=True, kw_only=True):
    """A recording in any container, to a new spool file."""

    kind: ClassVar[Kind] = "audio"
    data: bytes
    """On the server's side any buffer: it is copied once, into the pipe."""
    pcm_path: str
    max_duration_s: float

    def cost_s(self) -> float:
        """About 1 s for each 10 MB of compressed audio."""
        return 0.01 + len(self.data) / 1e7


class DecodedAudio(Result, frozen=True, kw_only=True):
    """How much audio the spool file holds."""

    samples: int


class FindSpeech(Work, frozen=True, kw_only=True):
    """Where somebody speaks in samples [start, end) of a spool file."""

    kind: ClassVar[Kind] = "audio"
    pcm_path: str
    start: int
    end: int

    def cost_s(self) -> float:
        """Voice activity detection runs at about 300 times real time."""
        return (self.end - self.start) / SPOOL_RATE_HZ / 300


class SpeechSpans(Result, frozen=True, kw_only=True):
    """Spans [start, end) of speech, in samples from the start of the file, in order, none longer than 30 s."""

    spans: list[tuple[int, int]]


class TranscribeWindow(Work, frozen=True, kw_only=True):
    """Spans of one spool file, together at most 30 s, to text."""

    kind: ClassVar[Kind] = "transcription"
    cost_by_model: ClassVar[bool] = True
    pcm_path: str
    spans: list[tuple[int, int]]
    language: str | None = None
    """What is spoken; None lets the model find out."""
    hint: str | None = None
    """What is probably spoken, where the model is to find out."""
    words: bool = False
    """Whether the place of every word is wanted."""

    def duration_s(self) -> float:
        """Seconds of speech in the window."""
        return sum(end - start for start, end in self.spans) / SPOOL_RATE_HZ

    def cost_s(self) -> float:
        """A window costs one encoder pass whatever its length, then decoding by length; guessed for Whisper tiny."""
        return 0.3 + self.duration_s() / 20

    def batch_key(self) -> str | None:
        """Windows in one language share a model call."""
        return self.language or "?"


class SpokenWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word with its place, in seconds from the start of the file."""

    text: str
    start_s: float
    end_s: float
    confidence: float
    """Mean probability of its tokens, 0 to 1."""


class SpokenSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase with its place, in seconds from the start of the file."""

    text: str
    start_s: float
    end_s: float
    confidence: float
    """Mean probability of the words, 0 to 1."""
    words: list[SpokenWord] = []
    """Where they were asked for."""


class WindowText(Result, frozen=True, kw_only=True):
    """What was said in a window."""

    segments: list[SpokenSegment]
    language: str
    language_probability: float
    """What the model thinks of that language, 0 to 1; 0 where it heard nothing."""


class TranslateSentences(Work, frozen=True, kw_only=True):
    """A batch of sentences, each on its own."""

    kind: ClassVar[Kind] = "translation"
    cost_by_model: ClassVar[bool] = True
    cached_as: ClassVar[str] = "sentence"
    source: str
    target: str
    sentences: list[str]
    careful: bool = False
    """Another way than usual, and a slower one: asked for where the usual one gave a bad translation."""

    def of(self, sentences: list[str]) -> TranslateSentences:
        """The same unit for other sentences."""
        return TranslateSentences(
            source=self.source, target=self.target, sentences=sentences, careful=self.careful, model=self.model
        )

    def cost_s(self) -> float:
        """About 30 ms for a sentence of 120 characters; guessed for Firefox Translations."""
        return 0.002 + sum(map(len, self.sentences)) / 4000

    def batch_key(self) -> str | None:
        """Sentences of one language pair share a model call."""
        return f"{self.source}-{self.target}"

    def share_key(self) -> Hashable:
        """The same sentences between the same languages."""
        return (self.source, self.target, self.careful, *self.sentences)

    def pieces(self, result: AnyResult) -> Sequence[tuple[AnyWork, AnyResult]]:
        """Each sentence by itself."""
        assert isinstance(result, Translations)  # noqa: S101 - what this unit is answered with
        return [
            (self.of([sentence]), Translations(sentences=[translation]))
            for sentence, translation in zip(self.sentences, result.sentences, strict=True)
        ]


class Translations(Result, frozen=True, kw_only=True):
    """One translation for each sentence, in order."""

    sentences: list[str]


CHARACTERS_PER_S = 15.0
"""How fast people speak, in most languages, within a factor of two."""


class Speak(Work, frozen=True, kw_only=True):
    """A sentence, or a part of one, to say aloud."""

    kind: ClassVar[Kind] = "speech"
    cached_as: ClassVar[str] = "speech"
    text: str
    language: str
    """Two letters."""
    speed: float = 1.0
    voice: str = ""
    """By name; empty: the voice that speaks the language where nobody names one."""
    pace: float = 50.0
    """Of the voice, for the cost alone: seconds of speech that one core makes in a second."""

    def cost_s(self) -> float:
        """As long as the speech is, by the pace of the voice."""
        return 0.005 + len(self.text) / CHARACTERS_PER_S / self.speed / self.pace

    def share_key(self) -> Hashable:
        """The same words in the same voice."""
        return (self.language, self.voice, self.speed, self.text)

    def pieces(self, result: AnyResult) -> Sequence[tuple[AnyWork, AnyResult]]:
        """A sentence is one already."""
        return [(self, result)]


class Speech(Result, frozen=True, kw_only=True):
    """Sound: signed 16-bit little-endian mono samples."""

    pcm: bytes
    sample_rate_hz: int


class EncodeAudio(Work, frozen=True, kw_only=True):
    """Speech to a file that is smaller than a WAV."""

    kind: ClassVar[Kind] = "audio"
    pcm: bytes
    """Signed 16-bit little-endian mono samples."""
    sample_rate_hz: int

    def cost_s(self) -> float:
        """Opus is made at about 80 times real time."""
        return 0.005 + len(self.pcm) / 2 / self.sample_rate_hz / 80


class EncodedAudio(Result, frozen=True, kw_only=True):
    """A whole file."""

    data: bytes


AnyWork = DecodeAudio | FindSpeech | TranscribeWindow | TranslateSentences | Speak | EncodeAudio
AnyResult = Failure | DecodedAudio | SpeechSpans | WindowText | Translations | Speech | EncodedAudio
