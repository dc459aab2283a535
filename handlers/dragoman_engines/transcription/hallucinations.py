"""Text that a model makes up where there is no speech, and how it is told from speech. Pure.

A model that was trained on subtitles answers noise and music with what subtitles say most ("Thank you.", "you"), or
with one phrase over and over. It does not believe it itself: it finds silence likely and its own words unlikely.
No list of such phrases is kept, because people say them too.
"""

from __future__ import annotations

from collections.abc import Sequence

from dragoman_engines.transcription.timed_words import LOOP_REPEATS, TimedWord, cut_loops

DOUBT = 1.1
"""The most doubt that leaves the words standing. Whisper's authors drop a window whose silence is more probable than
0.6 and whose mean log probability is under -1. The bound is the line through that corner: the likelier the silence,
the surer the words must be."""
DOUBT_BY_LOG_PROBABILITY = 0.5
LOOP_DOUBT = 0.4
"""A window that is nothing but one phrase over and over is dropped where silence is likelier than this."""


def is_invented(words: Sequence[TimedWord], *, no_speech: float, log_probability: float) -> bool:
    """Return whether a window's words were made up.

    Args:
        words: all of the window.
        no_speech: the model's probability that there is no speech, 0 to 1.
        log_probability: mean of the tokens'; 0 is certain.
    """
    if not any(character.isalnum() for word in words for character in word.text):
        return True
    if no_speech - DOUBT_BY_LOG_PROBABILITY * log_probability > DOUBT:
        return True
    return no_speech > LOOP_DOUBT and _is_one_loop(words)


def _is_one_loop(words: Sequence[TimedWord]) -> bool:
    """Return whether little but rounds of one phrase is there: the last one may be cut off in the middle."""
    return len(words) >= LOOP_REPEATS * len(cut_loops(words))
