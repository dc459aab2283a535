"""What a peer may ask: one frozen class for each request type.

Field names are snake_case here and camelCase on the wire. A field that a peer leaves out or sends as null has
the default; unknown fields are ignored; a field of another type is refused by name when the header is converted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from dragoman_wire.formats import TextFormat

Priority = Literal["high", "normal", "low"]
PriorityLevel = Annotated[int, Meta(ge=1, le=10)]
"""1 to 3 is low, 4 to 7 normal, 8 to 10 high."""
CacheUse = Literal["use", "refresh", "off"]
TaskId = Annotated[str, Meta(min_length=1, max_length=128)]
PeerId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]
SubtitleFormat = Literal["srt", "vtt"]
Language = Annotated[str, Meta(min_length=1, max_length=35)]
SourceLanguage = Annotated[str, Meta(max_length=35)]
"""An empty one is as a missing one."""
TargetLanguages = Sequence[Annotated[str, Meta(max_length=35)] | None]
"""As peers send them; empty and null entries are dropped as the message is decoded, and `warnings` say so."""
NamedTargets = Annotated[TargetLanguages, Meta(extra_json_schema={"contains": {"type": "string", "minLength": 1}})]
"""Such a list in which one language at least has a name; the decoder sees to it."""
Identifier = Annotated[str, Meta(max_length=1024)]
_LOW_UP_TO, _HIGH_FROM = 3, 8
"""Priorities as numbers."""
DETECT_CHARS = 4000
"""Characters of a text that its language is found in."""
Speed = Annotated[float, Meta(ge=0.5, le=2.0)]
SoundFormat = Literal["wav", "ogg", "mp3", "flac", "pcm"]
"""Of speech that is sent out. `ogg` is Opus in Ogg; `pcm` is bare samples, 16 bits, little endian, mono."""
AskedFormat = SoundFormat | Literal["opus"]
"""As a peer asks for it; `opus` is another name of `ogg`."""
Columns = Annotated[list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(max_length=64)]
VOCABULARY_CHARS = 500
"""Of all terms of a vocabulary together: what models have room for."""
Vocabulary = Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)]
Replacement = str | dict[str, str | None] | None
"""What a term of a glossary becomes: null, the term itself; a text, in every language; or one of these by language."""


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields common to every request."""

    task_id: TaskId | None = None
    """Correlation and idempotency key; the server makes one where it is missing."""
    message_id: Identifier | None = None
    conversation_id: Identifier | None = None
    attachment_id: Identifier | None = None
    sender_id: Identifier | None = None
    reply_to: PeerId | None = None
    """Where set, the answers go to *routed events* under this topic only."""
    priority: Priority | PriorityLevel | None = None
    timeout_ms: Annotated[int, Meta(ge=1, le=7 * 24 * 3600 * 1000)] | None = None
    """The answer is worthless this many milliseconds after the request arrived."""
    cache: CacheUse | None = None
    """`use` (the default): what is known is not computed. `refresh`: it is, and kept. `off`: it is, and not kept."""
    traceparent: Annotated[str, Meta(max_length=256)] | None = None
    progress: bool | None = None
    """Whether `task_progress` events are wanted."""

    @property
    def languages(self) -> list[str]:
        """Return the target languages that are named, each once; none where the request has no such field."""
        return list(dict.fromkeys(filter(None, getattr(self, "target_languages", None) or ())))

    @property
    def priority_class(self) -> Priority:
        """Return the class that the priority, a word or a number, stands for."""
        priority = self.priority
        if priority is None:
            return "normal"
        if isinstance(priority, str):
            return priority
        return "low" if priority <= _LOW_UP_TO else "high" if priority >= _HIGH_FROM else "normal"


class PingRequest(Request, frozen=True, kw_only=True):
    """Ask whether the server is alive."""

    timestamp: float | int | str | None = None
    """Echoed as it came; seconds, milliseconds or anything else."""


class StatsRequest(Request, frozen=True, kw_only=True):
    """The document of GET /stats, in band."""


class VoicesRequest(Request, frozen=True, kw_only=True):
    """Ask for the voices that can speak."""


class LanguagesRequest(Request, frozen=True, kw_only=True):
    """Ask which languages can be translated, heard and spoken."""

    source_language: Language | None = None
    """Only pairs from it; a model for many languages is then listed pair by pair."""
    target_language: Language | None = None
    """Only pairs into it, in the same way."""


class DetectRequest(Request, frozen=True, kw_only=True):
    """Ask which language a text is in."""

    text: str
    """Only its first `DETECT_CHARS` are looked at."""


class CancelRequest(Request, frozen=True, kw_only=True):
    """Stop the task of this `taskId` (and of this `replyTo`)."""

    task_id: TaskId


class ResultRequest(Request, frozen=True, kw_only=True):
    """The stored events of this `taskId` (and of this `replyTo`), again."""

    task_id: TaskId


class TranslationRequest(Request, frozen=True, kw_only=True):
    """A text into one or more languages."""

    text: str
    source_language: SourceLanguage | None = None
    """ISO 639-1, or "auto" (the default)."""
    target_languages: NamedTargets
    model_type: Identifier | None = None
    glossary: dict[str, Replacement] | None = None
    format: TextFormat | None = None
    """The file format of the text. A request that states it, "text" included, may be as long as a document."""
    columns: Columns | None = None
    """The columns of a CSV file that are translated."""


class StoryTextRequest(Request, frozen=True, kw_only=True):
    """One text object of a story into several languages, answered in one event."""

    post_id: Identifier
    text_object_index: Annotated[int, Meta(ge=0)]
    text: str
    source_language: SourceLanguage | None = None
    target_languages: NamedTargets
    model_type: Identifier | None = None
    glossary: dict[str, Replacement] | None = None
    format: TextFormat | None = None
    """The file format of the text. A request that states it, "text" included, may be as long as a document."""
    columns: Columns | None = None
    """The columns of a CSV file that are translated."""


class MobileSegment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A piece of a transcription that the phone made."""

    text: str = ""
    start_ms: float | int = 0
    end_ms: float | int = 0
    confidence: float | int | None = None
    speaker_id: Identifier | None = None
    language: SourceLanguage | None = None


class MobileTranscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A transcription that the phone made; with text it stands in for the model."""

    text: str | None = None
    language: SourceLanguage | None = None
    confidence: float | int | None = None
    source: Identifier | None = None
    segments: list[MobileSegment] | None = None


class BinaryFrames(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Names of binary frames, each with its 1-based index; other keys beside them are hints."""

    audio: int | None = None
    embedding: int | None = None
    voice_profile: int | None = None


class AudioRequest(Request, frozen=True, kw_only=True):
    """The common fields of requests with a recording: the bytes in a binary frame or as base64."""

    binary_frames: BinaryFrames | None = None
    audio_data: str | None = None
    audio_base64: str | None = None
    audio_data_snake: str | None = msgspec.field(default=None, name="audio_data")
    audio_format: str | None = None
    """The container of a recording in base64; see also `AudioProcessRequest.wanted_format`."""
    audio_mime_type: str | None = None
    audio_path: str | None = None
    audio_url: str | None = None
    mobile_transcription: MobileTranscription | None = None
    word_timestamps: bool | None = None
    """Whether each segment of the transcription is to say where its words are."""
    formats: Annotated[list[SubtitleFormat], Meta(max_length=8)] | None = None
    """Further formats of the transcription."""
    vocabulary: Vocabulary | None = None
    """Names and terms that are probably said, for the model to listen for."""
    audio_track: Annotated[int, Meta(ge=0)] | None = None
    """Which audio track of the recording is heard, counted from 0; None: the default one, or the first with speech."""
    stream: bool | None = None
    """Whether results are sent bit by bit as well: segments as they are heard, or sentences as they are spoken."""


class TranscriptionRequest(AudioRequest, frozen=True, kw_only=True):
    """Speech to text."""

    language: SourceLanguage | None = None
    """The spoken language; None, "" and "auto" let the model find out."""


class AudioProcessRequest(AudioRequest, frozen=True, kw_only=True):
    """A voice message into voice messages in other languages."""

    target_languages: TargetLanguages | None = None
    """Without one, the recording is only transcribed."""
    user_language: SourceLanguage | None = None
    """The language that is probably spoken: a hint."""
    speak_original: bool | None = None
    """Whether the language that was spoken is a target like others; by default it is left out."""
    post_id: Identifier | None = None
    post_media_id: Identifier | None = None
    model_type: Identifier | None = None
    """"premium" asks for the best models and voices at hand, however slow."""
    glossary: dict[str, Replacement] | None = None
    generate_voice_clone: bool | None = None
    voice: Identifier | None = None
    """The voice that speaks, in every language; by default the usual voice of each."""
    voices: Annotated[dict[Language, Identifier], Meta(max_length=128)] | None = None
    """The voice that speaks, by language; before `voice`."""
    speed: Speed | None = None
    """1 (the default) is the voice's own pace."""
    output_format: AskedFormat | None = None
    """The audio format of the speech; by default the server's."""

    @property
    def wanted_format(self) -> SoundFormat | None:
        """Return the format of the answer; None where the request leaves it to the server.

        `audioFormat` says what a base64 recording is in. Where none came it cannot mean that, and "ogg" and "opus" ask
        for the format of the answer as `outputFormat` does.
        """
        if self.output_format is not None:
            return sound_format(self.output_format)
        in_base64 = self.audio_data or self.audio_base64 or self.audio_data_snake
        asked = None if in_base64 else self.audio_format
        return "ogg" if (asked or "").lower() in {"ogg", "opus"} else None


class SpeakRequest(Request, frozen=True, kw_only=True):
    """A text to speech."""

    text: str
    language: Language | None = None
    """ISO 639-1 or any tag; None and "auto" let the server find out."""
    voice: Identifier | None = None
    """By default the usual voice of the language."""
    model_type: Identifier | None = None
    """"premium" asks for the best voice of the language, however slow."""
    speed: Speed | None = None
    """1 (the default) is the voice's own pace."""
    output_format: AskedFormat | None = None
    """The audio format of the speech; by default the server's."""
    stream: bool | None = None
    """Whether the speech is sent piece by piece as well, each as soon as it is spoken."""

    @property
    def wanted_format(self) -> SoundFormat | None:
        """Return the format of the answer; None where the request leaves it to the server."""
        return None if self.output_format is None else sound_format(self.output_format)


CorrectionStyle = Literal["grammar", "proofread", "formal", "casual", "concise"]
Instructions = Annotated[str, Meta(max_length=2000)]


class CorrectionRequest(Request, frozen=True, kw_only=True):
    """A text to correct, as long as a novel."""

    text: str
    language: SourceLanguage | None = None
    """ISO 639-1, or "auto" (the default)."""
    style: CorrectionStyle | None = None
    """How far it may go; "grammar" (the default) changes mistakes only."""
    instructions: Instructions | None = None
    """Free words to the model."""
    model_type: Identifier | None = None
    """Which of the configured language models."""
    chunk_chars: Annotated[int, Meta(ge=200, le=20_000)] | None = None
    """Characters of a chunk; by default as the model likes."""
    concurrency: Annotated[int, Meta(ge=1, le=64)] | None = None
    """Chunks at work at a time; 4 by default, and never more than the model takes."""
    stream: bool | None = None
    """Whether each chunk is sent as soon as it is done as well."""


class ConversationMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message of a conversation."""

    text: str
    role: Identifier | None = None
    sender: Identifier | None = None
    at: str | int | float | None = None
    """When it was sent, in any form."""


class ExtractionRequest(Request, frozen=True, kw_only=True):
    """Structured data out of a text, or out of a conversation."""

    text: str | None = None
    messages: Annotated[list[ConversationMessage], Meta(max_length=10_000)] | None = None
    """The oldest first; instead of a text."""
    schema: dict[str, Any]
    """A JSON Schema (draft 2020-12) of type object: what the answer must be."""
    instructions: Instructions | None = None
    """What to look for."""
    model_type: Identifier | None = None
    language: SourceLanguage | None = None
    """Of the text: a hint."""


def sound_format(asked: AskedFormat) -> SoundFormat:
    """Return the format that a peer asks for by one of its names."""
    return "ogg" if asked == "opus" else asked
