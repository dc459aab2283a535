"""Word error rates, after the normalisation that Whisper's authors publish."""

from __future__ import annotations

from collections.abc import Sequence

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

_english = EnglishTextNormalizer()
_other = BasicTextNormalizer()


def normal(text: str, language: str) -> str:
    """English: spelling, numbers, contractions and case; other languages: case, punctuation and marks."""
    return str(_english(text) if language == "en" else _other(text))


def error_rate(references: Sequence[str], texts: Sequence[str], language: str = "en") -> float:
    """Word error rate in percent, over all texts together."""
    return 100 * float(
        jiwer.wer([normal(text, language) for text in references], [normal(text, language) for text in texts])
    )
