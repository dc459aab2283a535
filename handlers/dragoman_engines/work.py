"""Units of work and their results: what crosses from the server to a model's process and back.

A unit is small on purpose (a batch of sentences, a window of audio, a sentence to speak), so that a pool can put
a short request between two units of a long one. Audio stays in a spool file of raw samples (signed 16 bit, mono,
16 kHz) that server and children share by path; units name places in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, Literal, TypeVar, get_args

import msgspec
from typing_extensions import get_original_bases, override

Kind = Literal["decoder", "transcription", "translation", "speech", "language"]
SPOOL_RATE_HZ = 16_000


def pool_name(kind: Kind, model: str = "") -> str:
    """Return `translation`, or `translation.premium` for a model beside the default one."""
    return f"{kind}.{model}" if model else kind


class Result(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the results."""


R = TypeVar("R", bound=Result)


class Work(msgspec.Struct, Generic[R], frozen=True, kw_only=True, tag=True):
    """Base of the units: `Work[R]` is answered with an `R`, or with a `Failure`.

    Each class names its result's type, the kind of engine that does it, and how it may share a model call.
    """

    kind: ClassVar[Kind]
    result_type: ClassVar[type[Result]]
    """The `R` of the class."""
    cost_by_model: ClassVar[bool] = False
    """Whether the model decides so much of the cost that the pool has to learn it; see `CostModel`."""
    model: str = ""
    """Which of several models does it, by its name in the configuration; empty: the default one."""
    cached_as: ClassVar[str] = ""
    """The cache's name for the answers to such units; empty: they are not kept."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        [base] = get_original_bases(cls)
        [cls.result_type] = get_args(base)

    @property
    def pool(self) -> str:
        """Return the name of the pool that does it."""
        return pool_name(self.kind, self.model)

    def cost_s(self) -> float:
        """Guess the seconds that it takes on one core, for fair shares; right within a factor of a few."""
        return 0.01

    def batch_key(self) -> str | None:
        """Return what units must have in common to share one model call; None never shares."""
        return None

    def share_key(self) -> Hashable:
        """Return what tells equal units, which are done once while in flight; None is like no other."""
        return None

    def pinned_to(self) -> str:
        """Return the process that alone can do it, while it lives; empty: any."""
        return ""

    def pieces(self, result: R) -> Sequence[tuple[Work[R], R]]:  # noqa: ARG002 - not of this unit
        """Split it into the smallest units that the result answers, each with its own result: what the cache keeps."""
        return ()


class Failure(Result, frozen=True, kw_only=True):
    """A unit that did not work out: a public code and a sentence."""

    code: str
    message: str


DECODING_STEP_S = 0.1
"""A recording is decoded for so long, then others have their turn."""


class DecodedAudio(Result, frozen=True, kw_only=True):
    """How much audio the spool file holds, and whether that is all."""

    samples: int
    state: Literal["done", "more", "lost"] = "done"
    """`more`: it goes on with `ContinueDecoding`. `lost`: the process knows nothing of it; it has to begin anew."""
    track: int = 0
    """The audio track, counted from 0."""
    tracks: int = 1
    """How many audio tracks the recording has."""


class DecodeAudio(Work[DecodedAudio], frozen=True, kw_only=True):
    """Decode a recording in any container into a new spool file: the beginning of it, or all where that is quick."""

    kind: ClassVar[Kind] = "decoder"
    data: bytes
    """On the server's side any buffer: it is copied once, into the pipe."""
    pcm_path: str
    max_duration_s: float
    max_samples: int = 3_000_000_000
    """In all channels together."""
    track: int | None = None
    """The audio track, counted from 0; None: the default one, or the first with speech."""

    @override
    def cost_s(self) -> float:
        """Guess as `whole_s`; a call does no more than its step."""
        return min(DECODING_STEP_S, self.whole_s())

    def whole_s(self) -> float:
        """Guess 1 s for each 10 MB of compressed audio."""
        return 0.01 + len(self.data) / 1e7


class ContinueDecoding(Work[DecodedAudio], frozen=True, kw_only=True):
    """Decode the next part of a recording. Its decoder lives in the process that began it."""

    kind: ClassVar[Kind] = "decoder"
    pcm_path: str
    worker: str
    """The process that began it."""

    @override
    def cost_s(self) -> float:
        """Return the length of a step."""
        return DECODING_STEP_S

    @override
    def pinned_to(self) -> str:
        """Return the process that began it."""
        return self.worker


class SpeechSpans(Result, frozen=True, kw_only=True):
    """Spans [start, end) of speech, in samples from the start of the file, in order, none longer than 30 s."""

    spans: list[tuple[int, int]]


class FindSpeech(Work[SpeechSpans], frozen=True, kw_only=True):
    """Find the speech in samples [start, end) of a spool file."""

    kind: ClassVar[Kind] = "decoder"
    pcm_path: str
    start: int
    end: int

    @override
    def cost_s(self) -> float:
        """Guess as voice activity detection runs: at about 300 times real time."""
        return (self.end - self.start) / SPOOL_RATE_HZ / 300


class SpokenWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word with its place, in seconds from the start of the file."""

    text: str
    """With the space before it, if there is one: words put together are the text."""
    start_s: float
    end_s: float
    confidence: float
    """Mean probability of its tokens, 0 to 1."""


class WindowText(Result, frozen=True, kw_only=True):
    """The text of a window."""

    words: list[SpokenWord]
    """In order; their times never go backwards."""
    language: str
    language_probability: float
    """The model's probability of that language, 0 to 1; 0 where it heard nothing."""
    unheard: list[list[tuple[int, int]]] = []
    """Stretches of the window's speech that none of the words covers, each as spans: worth a hearing of their own."""


class TranscribeWindow(Work[WindowText], frozen=True, kw_only=True):
    """Transcribe spans of one spool file, together at most 30 s."""

    kind: ClassVar[Kind] = "transcription"
    cost_by_model: ClassVar[bool] = True
    pcm_path: str
    spans: list[tuple[int, int]]
    language: str | None = None
    """The spoken language; None lets the model find out."""
    hint: str | None = None
    """The probable language, where the model is to find out."""
    vocabulary: list[str] = []
    """Names and terms that are probably said."""

    def duration_s(self) -> float:
        """Return the seconds of speech in the window."""
        return sum(end - start for start, end in self.spans) / SPOOL_RATE_HZ

    @override
    def cost_s(self) -> float:
        """Guess one encoder pass whatever the length, then decoding by length, as Whisper tiny takes them."""
        return 0.3 + self.duration_s() / 20

    @override
    def batch_key(self) -> str | None:
        """Let windows in one language and with one vocabulary share a model call: they are asked in the same words."""
        return "\n".join([self.language or "?", *self.vocabulary])


class Translations(Result, frozen=True, kw_only=True):
    """One translation for each sentence, in order."""

    sentences: list[str]


class TranslateSentences(Work[Translations], frozen=True, kw_only=True):
    """Translate a batch of sentences, each on its own."""

    kind: ClassVar[Kind] = "translation"
    cost_by_model: ClassVar[bool] = True
    cached_as: ClassVar[str] = "sentence"
    source: str
    target: str
    sentences: list[str]
    careful: bool = False
    """Another way than usual, and a slower one: asked for where the usual one gave a bad translation."""

    def of(self, sentences: list[str]) -> TranslateSentences:
        """Return the same unit for other sentences."""
        return TranslateSentences(
            source=self.source, target=self.target, sentences=sentences, careful=self.careful, model=self.model
        )

    @override
    def cost_s(self) -> float:
        """Guess 30 ms for a sentence of 120 characters, as Firefox Translations takes them."""
        return 0.002 + sum(map(len, self.sentences)) / 4000

    @override
    def batch_key(self) -> str | None:
        """Let sentences of one language pair share a model call."""
        return f"{self.source}-{self.target}"

    @override
    def share_key(self) -> Hashable:
        """Do the same sentences between the same languages once."""
        return (self.source, self.target, self.careful, *self.sentences)

    @override
    def pieces(self, result: Translations) -> Sequence[tuple[TranslateSentences, Translations]]:
        """Keep each sentence by itself."""
        return [
            (self.of([sentence]), Translations(sentences=[translation]))
            for sentence, translation in zip(self.sentences, result.sentences, strict=True)
        ]


CHARACTERS_PER_S = 15.0
"""How fast people speak, in most languages, within a factor of two."""


class Speech(Result, frozen=True, kw_only=True):
    """Sound: signed 16-bit little-endian mono samples."""

    pcm: bytes
    sample_rate_hz: int


class Speak(Work[Speech], frozen=True, kw_only=True):
    """Say a sentence, or a part of one, aloud."""

    kind: ClassVar[Kind] = "speech"
    cached_as: ClassVar[str] = "speech"
    text: str
    language: str
    """Two letters."""
    speed: float = 1.0
    voice: str = ""
    """By name; empty: the default voice of the language."""
    pace: float = 50.0
    """Of the voice, for the cost alone: seconds of speech that one core makes in a second."""

    @override
    def cost_s(self) -> float:
        """Guess as long as the speech is, by the pace of the voice."""
        return 0.005 + len(self.text) / CHARACTERS_PER_S / self.speed / self.pace

    @override
    def share_key(self) -> Hashable:
        """Speak the same words in the same voice once."""
        return (self.language, self.voice, self.speed, self.text)

    @override
    def pieces(self, result: Speech) -> Sequence[tuple[Speak, Speech]]:
        """Keep the sentence as it is."""
        return [(self, result)]


FileFormat = Literal["ogg", "mp3", "flac"]
"""A format that an encoder is needed for; `ogg` is Opus in Ogg."""


class EncodedAudio(Result, frozen=True, kw_only=True):
    """A whole file."""

    data: bytes


class EncodeAudio(Work[EncodedAudio], frozen=True, kw_only=True):
    """Write speech into a file that is smaller than a WAV."""

    kind: ClassVar[Kind] = "decoder"
    pcm: bytes
    """Signed 16-bit little-endian mono samples."""
    sample_rate_hz: int
    form: FileFormat = "ogg"

    @override
    def cost_s(self) -> float:
        """Guess as Opus is made: at about 80 times real time."""
        return 0.005 + len(self.pcm) / 2 / self.sample_rate_hz / 80


CorrectionStyle = Literal["grammar", "proofread", "formal", "casual", "concise"]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the calls to a model have taken."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    """Calls, repeats among them."""
    retries: int = 0
    cost: float = 0.0
    """Money, by the prices of the configuration."""

    def __add__(self, other: Usage) -> Usage:
        """Add up."""
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            requests=self.requests + other.requests,
            retries=self.retries + other.retries,
            cost=self.cost + other.cost,
        )


class TextEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text that should be another one, and why."""

    start: int
    """In code points of the text, as is `end`."""
    end: int
    replacement: str
    message: str = ""
    """One sentence for a person; empty where there is no reason given."""
    category: str = ""
    """The kind of mistake, in the engine's own word."""
    sure: bool = True
    """Whether it may be applied without asking; what is not sure is a suggestion."""


class CorrectedText(Result, frozen=True, kw_only=True):
    """A corrected text: whole, or as edits."""

    text: str | None = None
    """The text as a model wrote it; None where there are only edits."""
    edits: list[TextEdit] = []
    """In order, none overlapping another that is sure."""
    usage: Usage = Usage()


class CorrectText(Work[CorrectedText], frozen=True, kw_only=True):
    """Correct a chunk of a text."""

    kind: ClassVar[Kind] = "language"
    text: str
    language: str
    """Two letters."""
    style: CorrectionStyle = "grammar"
    instructions: str = ""
    """Free words to the model."""
    fault: str = ""
    """What was wrong with its answer before."""

    @override
    def cost_s(self) -> float:
        """Guess as the rules for English take it: a millisecond for 100 characters."""
        return 0.005 + len(self.text) / 1e5


class ExtractedData(Result, frozen=True, kw_only=True):
    """Data as a model wrote it: JSON, or what it took for that."""

    json: str
    usage: Usage = Usage()


class ExtractData(Work[ExtractedData], frozen=True, kw_only=True):
    """Find data in a text."""

    kind: ClassVar[Kind] = "language"
    text: str
    schema: str
    """The JSON Schema of the answer, as JSON."""
    instructions: str = ""
    answer: str = ""
    """The answer before, where it was not valid."""
    fault: str = ""
    """What was wrong with it."""

    @override
    def cost_s(self) -> float:
        """Guess a second: a model of another server does it."""
        return 1.0


AnyWork = (
    DecodeAudio
    | ContinueDecoding
    | FindSpeech
    | TranscribeWindow
    | TranslateSentences
    | Speak
    | EncodeAudio
    | CorrectText
    | ExtractData
)
AnyResult = (
    Failure
    | DecodedAudio
    | SpeechSpans
    | WindowText
    | Translations
    | Speech
    | EncodedAudio
    | CorrectedText
    | ExtractedData
)
