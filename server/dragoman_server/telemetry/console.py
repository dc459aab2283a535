"""The log on a terminal: one short line for each task that is over, for people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dragoman_wire.printable import printable

_LONGEST_ID = 36
_LONGEST_SENTENCE = 80
_RED, _YELLOW, _FAINT, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
_COLOURS = {"failed": _RED, "refused": _RED, "partial": _YELLOW, "cancelled": _YELLOW, "expired": _RED}
_SHORT_TYPES = {
    "story_text_object_translation": "story",
    "transcription_only": "transcription",
    "audio_process": "voice message",
}
"""Families by what people call them."""


def task_line(fields: Mapping[str, Any], *, colours: bool) -> str:
    """Return the line of a task that is over: when, what, how it ended, how long it took, and whose it was."""
    status = str(fields["status"])
    kind = _cut(_SHORT_TYPES.get(fields["type"], fields["type"]), _LONGEST_ID)
    took_ms = fields["queue_ms"] + fields["compute_ms"] + fields["publish_ms"]
    waited = f", waited {_time(fields['queue_ms'])}" if fields["queue_ms"] >= 1.0 else ""
    ids = "  ".join(_cut(fields[name], _LONGEST_ID) for name in ("task_id", "reply_to") if fields.get(name))
    told = (fields.get("error_code"), _cut(fields.get("error") or "", _LONGEST_SENTENCE))
    why = "".join(f"  {each}" if each is told[0] else f": {each}" for each in told if each)
    colour = _COLOURS.get(status, "") if colours else ""
    faint, plain = (_FAINT, _PLAIN) if colours else ("", "")
    begin = f"{time.strftime('%H:%M:%S')}  {kind:13}  {colour}{status:9}{plain if colour else ''}"
    return f"{begin}  {_time(took_ms):>7}{waited}  {faint}{ids}{plain}{why}"


def _time(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _cut(text: str, most: int) -> str:
    safe = printable(text)
    return safe if len(safe) <= most else f"{safe[: most - 1]}…"
