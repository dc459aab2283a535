"""A transcription as subtitles. Pure: the server answers with them, and the client writes them."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman_wire.events.speech import Transcription


def to_srt(transcription: Transcription) -> str:
    """Format as SubRip: numbered cues, a comma before the milliseconds; no markup is defined, so none is escaped."""
    return "\n\n".join(
        # The arrow is what parsers look for: it may not stand in a cue's text.
        f"{number}\n{_time(start_ms, ',')} --> {_time(end_ms, ',')}\n{text.replace('-->', '->')}"
        for number, (start_ms, end_ms, text) in enumerate(_cues(transcription), start=1)
    )


def to_vtt(transcription: Transcription) -> str:
    """Format as WebVTT: a dot before the milliseconds; `&`, `<` and `>` (hence the arrow) are escaped."""
    cues = (
        f"{_time(start_ms, '.')} --> {_time(end_ms, '.')}\n{_escaped(text)}"
        for start_ms, end_ms, text in _cues(transcription)
    )
    return "\n\n".join(("WEBVTT", *cues))


def _cues(transcription: Transcription) -> Iterator[tuple[int, int, str]]:
    """Start and end in milliseconds, and a text without blank lines: a blank line ends a cue in both formats."""
    pieces = [(each.start_ms, each.end_ms, each.text) for each in transcription.segments]
    if not any(text.strip() for _, _, text in pieces):
        pieces = [(0, transcription.duration_ms, transcription.text)]
    for start_ms, end_ms, text in pieces:
        said = "\n".join(line.strip() for line in text.splitlines() if line.strip())
        if said:
            start = max(0, round(start_ms))
            # A cue that ends where it starts is never shown, and WebVTT forbids it.
            yield start, max(start + 1, round(end_ms)), said


def _time(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
