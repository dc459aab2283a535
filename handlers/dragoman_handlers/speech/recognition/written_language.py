"""The languages of what was written down, by its words: a model that follows a change does not say so."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman_engines.work import SpokenWord
from dragoman_handlers.speech.recognition.cues import to_cues
from dragoman_handlers.text.language_id import identify
from dragoman_wire.errors import EngineUnavailable

_LEAST_WORDS = 5
_LEAST_PROBABILITY, _OF_THE_HEARD = 0.8, 0.5
"""Another language than the one that was heard must be plainer."""
_LEAST_S = 1.5


def changes(words: Sequence[SpokenWord], language: str) -> list[float]:
    """Return the times at which the words plainly go on in another language, in seconds of the file.

    Args:
        words: of a passage, in order.
        language: that the model took the passage for.
    """
    found: list[float] = []
    current: str | None = None
    for cue in to_cues(words, language):
        written = _language_of(cue.text, language)
        if written is None or cue.end_s - cue.start_s < _LEAST_S:
            continue
        if current is not None and written != current:
            found.append(cue.start_s)
        current = written
    return found


def _language_of(text: str, heard: str) -> str | None:
    """Return the language of a text of some words; None where that is not plain."""
    if len(text.split()) < _LEAST_WORDS:
        return None
    try:
        language, probability = identify(text)
    except EngineUnavailable:
        return None
    least = _OF_THE_HEARD if language == heard else _LEAST_PROBABILITY
    return language if probability >= least else None
