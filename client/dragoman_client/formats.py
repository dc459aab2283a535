"""A transcription as text, subtitles or JSON; `dragoman_wire` writes the subtitles, for the server as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum

import msgspec

from dragoman_wire.events import Transcription
from dragoman_wire.subtitles import to_srt, to_vtt


class Format(StrEnum):
    """What a transcription can be written as."""

    TEXT = "text"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


def render(transcription: Transcription, form: Format) -> str:
    """The transcription in a format, without a newline at its end."""
    return _RENDERERS[form](transcription)


def to_text(transcription: Transcription) -> str:
    """What was said, and nothing else."""
    return transcription.text.strip()


def to_json(transcription: Transcription) -> str:
    """The wire's document, indented."""
    return json.dumps(msgspec.to_builtins(transcription), ensure_ascii=False, indent=2)


_RENDERERS: dict[Format, Callable[[Transcription], str]] = {
    Format.TEXT: to_text,
    Format.JSON: to_json,
    Format.SRT: to_srt,
    Format.VTT: to_vtt,
}
