"""What a user may choose from. Imports nothing heavy: the command line reads it for its options."""

from __future__ import annotations

from enum import StrEnum


class Priority(StrEnum):
    """Which requests go first."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Format(StrEnum):
    """The text formats of a transcription."""

    TEXT = "text"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


class TextFormat(StrEnum):
    """The file that a text is from."""

    TEXT = "text"
    AUTO = "auto"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    PO = "po"
    STRINGS = "strings"
    SRT = "srt"
    VTT = "vtt"
    ASS = "ass"
    CSV = "csv"
    XLIFF = "xliff"
    ICU = "icu"


class SoundFormat(StrEnum):
    """The audio formats of speech."""

    WAV = "wav"
    OGG = "ogg"
    MP3 = "mp3"
    FLAC = "flac"
    PCM = "pcm"
