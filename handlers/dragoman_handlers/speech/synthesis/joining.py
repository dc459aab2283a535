"""The sounds of a text's pieces joined into one, with pauses between, and where each sentence is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dragoman_engines.work import Speech
from dragoman_handlers.speech.synthesis.phrases import ends_clause
from dragoman_wire.errors import EngineFailed
from dragoman_wire.events import TranscriptSegment

SENTENCE_PAUSE_S = 0.25
PIECE_PAUSE_S = 0.1
"""Between two clauses of one sentence. Between two words it is none: the edges of the sounds are pause enough."""
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is written, and the pieces in which it is said."""

    text: str
    pieces: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """Samples of a voice: signed 16 bits, little-endian, mono."""

    pcm: bytes
    rate_hz: int
    start_ms: int = 0
    """Where they begin in the whole."""
    last: bool = True
    """Whether nothing follows."""

    @property
    def duration_ms(self) -> int:
        """Return how long they last."""
        return _ms(len(self.pcm), self.rate_hz)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a piece stands."""

    text: str
    """Of the piece."""
    first: bool
    """In its sentence."""
    ends: str | None
    """The sentence that it ends, as it is written."""
    pause_s: float
    """Before it."""


NOWHERE = Place(text="", first=False, ends=None, pause_s=0.0)
"""Of a piece without any text."""


def places_in(sentence: Sentence) -> Iterator[Place]:
    """Yield the pieces of a sentence."""
    pause_s = SENTENCE_PAUSE_S
    for number, piece in enumerate(sentence.pieces, start=1):
        ends = sentence.text if number == len(sentence.pieces) else None
        yield Place(text=piece, first=number == 1, ends=ends, pause_s=pause_s)
        pause_s = PIECE_PAUSE_S if ends_clause(piece) else 0.0


class Joiner:
    """Takes the sounds of pieces one by one.

    Args:
        language: of the segments.
        speed: faster speech has shorter pauses.
    """

    def __init__(self, language: str, speed: float) -> None:
        self.segments: list[TranscriptSegment] = []
        """Of the sentences that are whole."""
        self.size_bytes = 0
        """Of the samples so far."""
        self._language = language
        self._speed = speed
        self._start = 0
        self._rate_hz = 0
        self._parts: list[bytes] = []

    def add(self, place: Place, speech: Speech, *, last: bool) -> Sound | None:
        """Join the sound of the next piece; return it with the pause before it, or None where it has no sound.

        The last piece is always returned, so that a listener hears of the end; without a sound it is a pause.
        """
        self._rate_hz = self._rate_hz or speech.sample_rate_hz
        pcm = speech.pcm
        begin = self.size_bytes
        pause = self._silence(place.pause_s) if pcm and begin else b""
        if place.first:
            self._start = begin + len(pause)
        self._parts += (pause, pcm)
        self.size_bytes += len(pause) + len(pcm)
        if place.ends is not None:
            self.segments.append(self._segment(place.ends))
        sound = pause + pcm or (self._silence(PIECE_PAUSE_S) if last else b"")
        if not sound:
            return None
        return Sound(pcm=sound, rate_hz=self._rate_hz, start_ms=_ms(begin, self._rate_hz), last=last)

    def whole(self) -> Sound:
        """Return everything that was added.

        Raises:
            EngineFailed: there is no sound at all.
        """
        if not self.size_bytes:
            raise EngineFailed("the speech engine gave no sound")
        return Sound(pcm=b"".join(self._parts), rate_hz=self._rate_hz)

    def _silence(self, seconds: float) -> bytes:
        return bytes(_SAMPLE_BYTES * round(seconds / self._speed * self._rate_hz))

    def _segment(self, text: str) -> TranscriptSegment:
        return TranscriptSegment(
            text=text,
            start_ms=_ms(self._start, self._rate_hz),
            end_ms=_ms(self.size_bytes, self._rate_hz),
            language=self._language,
        )


def short_pause(rate_hz: int) -> bytes:
    """Return the samples of a pause that stands for a last piece without a sound."""
    return bytes(_SAMPLE_BYTES * round(PIECE_PAUSE_S * rate_hz))


def _ms(pcm_bytes: int, rate_hz: int) -> int:
    return round(pcm_bytes / _SAMPLE_BYTES / rate_hz * 1000)
