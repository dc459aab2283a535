"""From windows to segments, while the recording is still being heard. Pure: no model, no audio."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from dragoman_engines.work import SpokenWord, WindowText
from dragoman_handlers.speech.recognition.coverage import in_order
from dragoman_handlers.speech.recognition.cues import Cue, cues_of, sentences_of
from dragoman_wire.events import TranscriptSegment, TranscriptWord

_LONGEST_S = 60.0
"""Of speech without any stop no more is held back."""


class SegmentMaker:
    """Makes segments of windows as they come, in order. What it has given does not change any more.

    A sentence is given when the next one has begun: what follows decides where it ends.

    Args:
        words: whether segments say where their words are.
    """

    def __init__(self, *, words: bool) -> None:
        self._words = words
        self._language = ""
        self._sentence: list[SpokenWord] = []
        """The last one so far."""
        self._reached_s = 0.0
        """The end of the last word in this language."""

    def add(self, window: WindowText) -> list[TranscriptSegment]:
        """Return the segments that are whole now."""
        if not window.words:
            return []
        made: list[TranscriptSegment] = []
        if window.language != self._language:
            made = self.rest()
            self._language, self._reached_s = window.language, 0.0
        words = [*self._sentence, *in_order(window.words, self._reached_s)]
        self._reached_s = words[-1].end_s
        *whole, self._sentence = sentences_of(words, self._language)
        cues = [cue for sentence in whole for cue in cues_of(sentence)]
        if self._sentence[-1].end_s - self._sentence[0].start_s > _LONGEST_S:
            *early, last = cues_of(self._sentence)
            cues += early
            self._sentence = list(last.words)
        return made + [self._segment(cue) for cue in cues]

    def rest(self) -> list[TranscriptSegment]:
        """Return what is held back: nothing follows."""
        sentence, self._sentence = self._sentence, []
        return [self._segment(cue) for cue in cues_of(sentence)] if sentence else []

    def _segment(self, cue: Cue) -> TranscriptSegment:
        return TranscriptSegment(
            text=cue.text,
            start_ms=round(cue.start_s * 1000),
            end_ms=round(cue.end_s * 1000),
            confidence=round(cue.confidence, 4),
            speaker_id=None,
            language=self._language,
            words=[
                TranscriptWord(
                    text=word.text.strip(),
                    start_ms=round(word.start_s * 1000),
                    end_ms=round(word.end_s * 1000),
                    confidence=round(word.confidence, 4),
                )
                for word in cue.words
            ]
            if self._words
            else UNSET,
        )


def segments_of(windows: Iterable[WindowText], *, words: bool) -> list[TranscriptSegment]:
    """Return the segments of all windows of a recording."""
    maker = SegmentMaker(words=words)
    return [segment for window in windows for segment in maker.add(window)] + maker.rest()
