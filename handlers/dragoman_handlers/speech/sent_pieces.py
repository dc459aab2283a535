"""The pieces of a sound that a peer has of an earlier run of its task: it was cut off, or failed and is repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dragoman_handlers.base import Context
from dragoman_handlers.speech.synthesis.joining import Sound, short_pause
from dragoman_wire.events import AudioChunk, SpeechChunk

_ROUNDING_MS = 2
"""Two pieces that touch may be told so far apart."""
_SAMPLE_BYTES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class SentPieces:
    """How far a peer has the sound of a text."""

    count: int = 0
    until_ms: int = 0
    """Where the last one ends."""
    ended: bool = False
    """Whether the end was told."""

    def rest(self, sound: Sound) -> Sound | None:
        """Return what of the next piece the peer does not have; None where there is nothing.

        A text that comes at once may be cut into other pieces than one that came bit by bit: what counts is the time.
        """
        known_ms = self.until_ms - sound.start_ms
        if self.ended:
            return None
        if known_ms <= _ROUNDING_MS:
            return sound
        if known_ms < sound.duration_ms - _ROUNDING_MS:
            pcm = sound.pcm[_SAMPLE_BYTES * round(known_ms * sound.rate_hz / 1000) :]
        elif sound.last:
            pcm = short_pause(sound.rate_hz)
        else:
            return None
        return replace(sound, pcm=pcm, start_ms=self.until_ms)


def sent_pieces(
    context: Context, event_type: type[AudioChunk | SpeechChunk], language: str | None = None
) -> SentPieces:
    """Return what an earlier run of this task has sent, in pieces of this type and for this language."""
    sent = SentPieces()
    for piece in context.sent(event_type):
        if piece.get("language") == language:
            sent = SentPieces(
                count=max(sent.count, piece["index"] + 1),
                until_ms=max(sent.until_ms, piece["startMs"] + piece["durationMs"]),
                ended=sent.ended or piece["last"],
            )
    return sent
