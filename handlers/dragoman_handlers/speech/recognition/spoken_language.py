"""The languages of a recording: as the peer states it, or as the model finds them with the peer's hint.

A stated language is used as it is: the peer knows what was said, and a model that is free to disagree would
answer a Portuguese message that it takes for Galician in Galician. A hint (the user's own language) only helps where
the model is unsure: it is sure of clear sentences, so a wrong hint loses there, and unsure of a single word, where the
user's own language is the best guess. How the two are weighed is the engine's affair.

A recording may change its language. The one that it began with is the hint for all that follows: a word or two that
could be anything are in it, and another language counts where the model is sure of some seconds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from dragoman_engines.base import Capabilities
from dragoman_engines.work import WindowText
from dragoman_handlers.text.languages import AUTO, base_language
from dragoman_wire.errors import UnsupportedLanguage

UNKNOWN = "und"
SURE = 0.5
"""A language that is more probable than all others together needs no second window."""
SURE_AFTER_S = 3.0
"""In less speech, no change of the language is believed."""
UNSURE = 0.9
"""A window whose language is less probable may be in two."""
MOST_OPINIONS = 3
"""After so many windows the likeliest language decides."""
_OTHER_NAMES = {"cmn": "zh", "fil": "tl", "in": "id", "iw": "he", "jv": "jw", "mo": "ro", "nb": "no", "yue": "zh"}
"""What peers write, and how Whisper says it."""


@dataclass(kw_only=True)
class SpokenLanguage:
    """The language of one recording, as far as it is known."""

    decided: str | None = None
    """None: the next window is to find out."""
    hint: str | None = None
    opinions: list[WindowText] = field(default_factory=list)

    def heard(self, window: WindowText) -> None:
        """Take a window into account that was to find out."""
        self.opinions.append(window)
        sure = bool(window.words) and window.language_probability > SURE
        if sure or len(self.opinions) >= MOST_OPINIONS:
            self.decided = self.likeliest()

    def likeliest(self) -> str:
        """Return the language that the model was surest of over all windows with words."""
        votes: defaultdict[str, float] = defaultdict(float)
        for window in self.opinions:
            votes[window.language] += window.language_probability if window.words else 0.0
        return max(votes, key=votes.__getitem__, default=UNKNOWN)


def spoken_language(engine: Capabilities, stated: str | None, hint: str | None) -> SpokenLanguage:
    """Return the language as far as it is known before the model has heard anything.

    Args:
        engine: what the model can do.
        stated: what the peer says is spoken; "auto" and None: it does not say.
        hint: what is probably spoken.

    Raises:
        UnsupportedLanguage: the model does not hear the stated language.
    """
    language = _known(engine, stated)
    if language is not None and engine.languages and language not in engine.languages:
        raise UnsupportedLanguage(f"the model {engine.model} hears {engine.languages_named()}, not {language!r}")
    if language is None and not engine.multilingual and engine.languages:
        language = engine.languages[0]
    return SpokenLanguage(decided=language, hint=_known(engine, hint))


def is_sure(heard: WindowText, seconds: float) -> bool:
    """Return whether the language of so many seconds of speech is plain."""
    return bool(heard.words) and seconds >= SURE_AFTER_S and heard.language_probability > SURE


class Settling:
    """Settles the languages of windows, in order: one that is not sure is in that of the last sure one before it.

    Those before the first sure one are in its language. Where none is sure, the likeliest of all decides.
    """

    def __init__(self) -> None:
        self._language: str | None = None
        self._waiting: list[WindowText] = []

    def add(self, heard: WindowText, *, is_sure: bool) -> list[str]:
        """Take a window; return the languages of those that wait, it included, or nothing while none is known."""
        self._waiting.append(heard)
        if is_sure:
            self._language = heard.language
        if self._language is None:
            return []
        waiting, self._waiting = self._waiting, []
        return [self._language] * len(waiting)

    def rest(self) -> list[str]:
        """Return the languages of those that still wait: nothing follows."""
        return [SpokenLanguage(opinions=self._waiting).likeliest()] * len(self._waiting)


def _known(engine: Capabilities, tag: str | None) -> str | None:
    """Return the language of a tag by the name that the model knows; None where the tag names none."""
    if not tag or tag.lower() == AUTO:
        return None
    language = base_language(tag)
    other = _OTHER_NAMES.get(language, language)
    return other if language not in engine.languages and other in engine.languages else language
