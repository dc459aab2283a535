"""Short forms and the words spoken for them, by language. A language that is not here is left to its voice."""

from __future__ import annotations

from collections.abc import Mapping

from dragoman_handlers.speech.normalization.number_words import SpokenWords
from dragoman_handlers.speech.normalization.wording import de, en, es, fr, it, pt

SPOKEN_WORDS: Mapping[str, SpokenWords] = {table.WORDS.language: table.WORDS for table in (en, pt, es, fr, it, de)}
