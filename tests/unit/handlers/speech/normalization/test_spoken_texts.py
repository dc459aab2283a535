"""A table of what people write and what is said of it, and what holds for any text."""

# ruff: noqa: RUF001 -- the signs are meant

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_handlers.speech.normalization.normalize import normalize, speakable, told_warnings
from dragoman_handlers.speech.normalization.utterances import MOST_CHARS, utterances
from dragoman_handlers.speech.normalization.wording import SPOKEN_WORDS

TABLE = Path(__file__).parents[4] / "data" / "spoken_texts.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
LANGUAGES = tuple(dict.fromkeys(row["language"] for row in ROWS))
LEAST_ROWS = 50
"""Of each language that has a table of words."""
fragments = st.sampled_from(
    [row["written"] for row in ROWS] + ["😀", "<b>", ":-)", "https://example.org/a/b", "...", "—"]
)
languages = st.sampled_from([*SPOKEN_WORDS, "nl", "ja"])


def test_the_table_has_many_members_of_each_language_with_words() -> None:
    counts = Counter(row["language"] for row in ROWS)
    assert all(counts[language] >= LEAST_ROWS for language in SPOKEN_WORDS), counts


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_of_the_table_is_said_as_it_says(language: str) -> None:
    wrong = {
        row["written"]: (said, row["said"])
        for row in ROWS
        if row["language"] == language and (said := speakable(row["written"], language)) != row["said"]
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_is_said_again_as_it_is(language: str) -> None:
    said = [row["said"] for row in ROWS if row["language"] == language]
    assert {text: again for text in said if (again := speakable(text, language)) != text} == {}


@given(parts=st.lists(fragments, max_size=6), language=languages)
def test_words_between_any_signs_are_all_said_in_their_order(parts: list[str], language: str) -> None:
    text = "zumba " + " zumba ".join(parts) + " zumba"
    said = "".join(f"{each.said.text} " for each in utterances(text, language))
    assert len(re.findall(r"\bzumba\b", said)) == len(re.findall(r"\bzumba\b", text))


@given(text=st.text(max_size=60), language=languages)
def test_where_nothing_is_said_of_letters_or_digits_a_warning_says_so(text: str, language: str) -> None:
    found = normalize(text, language)
    if not found.text and any(character.isalnum() for character in text):
        assert told_warnings([found])


@given(text=st.text(alphabet="bkzBKZ ,.!?-–…()", max_size=60), language=languages)
def test_no_letter_of_plain_text_is_lost_or_added(text: str, language: str) -> None:
    kept = "".join(filter(str.isalpha, speakable(text, language)))
    assert kept == "".join(filter(str.isalpha, text))


@given(text=st.text(max_size=60) | st.lists(fragments, max_size=4).map(" ".join), language=languages)
def test_what_is_said_settles(text: str, language: str) -> None:
    twice = speakable(speakable(text, language), language)
    assert speakable(twice, language) == twice


@given(number=st.integers(0, 10**6), language=languages)
def test_a_number_alone_is_said(number: int, language: str) -> None:
    [found] = utterances(f"{number}", language)
    assert found.said.text == f"{number}"


def test_a_number_between_sentences_is_an_utterance_of_its_own() -> None:
    found = [each.text for each in utterances("The code is below.\n4821\nDo not share it. Total? $45.50. Paid.", "en")]
    assert found == ["The code is below.", "4821", "Do not share it.", "Total?", "$45.50.", "Paid."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Read this: https://example.org/a", ["Read this: example dot org"]),
        ("ana@example.org", ["ana at example dot org"]),
        ("https://example.org/a", ["example dot org"]),
        ("AB-1234", ["AB-1234"]),
        ("$5 is what it costs.", ["5 dollars is what it costs."]),
        ('He said "4821." Then he left.', ['He said "4821."', "Then he left."]),
        ("1. First\n2. Second", ["1.", "First", "2.", "Second"]),
        ("#travel #lisbon", ["travel lisbon"]),
        ("```\nx = 5\n```", ["x equals 5"]),
    ],
)
def test_what_a_translator_leaves_as_it_is_is_said(text: str, said: list[str]) -> None:
    assert [each.said.text for each in utterances(text, "en") if each.said.text] == said


def test_a_sentence_without_end_is_several_utterances_and_loses_no_word() -> None:
    text = " ".join(f"word{number}" for number in range(1000)) + " " + "x" * 2500
    found = [each.text for each in utterances(text, "en")]
    assert max(map(len, found)) <= MOST_CHARS
    assert "".join("".join(found).split()) == "".join(text.split())


def test_warnings_name_what_is_left_out_once_and_not_without_end() -> None:
    text = "😀 " * 9 + " ".join(f"https://example.org/{number}" for number in range(9))
    pictures, addresses = told_warnings([normalize(text, "en")])
    assert pictures == "not spoken: 😀"
    assert addresses.startswith("of an address only the host is spoken: https://example.org/0 ")
    assert addresses.endswith("https://example.org/4 and 4 more")
    assert told_warnings([normalize("a" * 3 + "<" + "b" * 190 + ">", "en")]) == [f"not spoken: <{'b' * 59}…"]


def test_plain_text_has_no_warnings() -> None:
    assert told_warnings([normalize("Good morning. It is −5 °C, see example.org.", "en")]) == []


PIECES = (
    "\n", " ", ".", "x", "(", "a-", "| ",
    "1", "12 ", "123 ", "1.", "1,", "1-", "1/", "1:1 ", "(1", "+1", "-1", "−", "½", "1½", "$1", "€5m ", "$1-",
    "1k", "9h", "1.º ", "n.º ", "X ", "IV ", "Chapter I ", "a.b", "www.", "a@", "º", "²", "=", "&", "#1",
    "1'", "D. ", "St. ", "Uhr ", "Iª ", "séculos X e ", "1 - 1 = ", "00:00:00,000 --> ", "&amp;", "https://",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "pt", "nl"])
def test_a_text_twice_as_long_takes_about_twice_as_long(language: str) -> None:
    slow = {piece: times for piece in PIECES if (times := _times(piece, language))[1] > 10 * times[0] + 0.1}
    # Four times the text: quadratic work would be sixteen times as much.
    assert slow == {}


def _times(piece: str, language: str) -> tuple[float, float]:
    """The seconds of a core for a text and for one of four times its length."""
    found = []
    for chars in (1_000, 4_000):
        text = piece * (chars // len(piece))
        begin_s = time.process_time()
        normalize(text, language)
        found.append(time.process_time() - begin_s)
    return found[0], found[1]
