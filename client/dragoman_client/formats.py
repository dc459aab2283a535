"""A transcription as text, subtitles or JSON; `dragoman_wire` writes the subtitles, for the server as well."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec

from dragoman_client.choices import Format
from dragoman_wire.events import Transcription
from dragoman_wire.subtitles import to_srt, to_vtt


def render(transcription: Transcription, form: Format) -> str:
    """Return the transcription in a format, without a newline at its end."""
    return _RENDERERS[form](transcription)


def to_text(transcription: Transcription) -> str:
    """Return the text alone."""
    return transcription.text.strip()


def to_json(transcription: Transcription) -> str:
    """Return the wire's document, indented."""
    return json.dumps(msgspec.to_builtins(transcription), ensure_ascii=False, indent=2)


_RENDERERS: dict[Format, Callable[[Transcription], str]] = {
    Format.TEXT: to_text,
    Format.JSON: to_json,
    Format.SRT: to_srt,
    Format.VTT: to_vtt,
}
