from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_engines.work import CorrectionStyle
from dragoman_handlers.language.checks import fault_of

TEXT = "The committee meet in Geneva on 12 May with 40 members, and Anna writes to info@example.com about it."


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        (TEXT, TEXT),
        (TEXT, TEXT.replace("meet", "meets")),
        ("teh end", "The end."),
        ("i has a question", "I have a question."),
        ("We went to Genevva with Anna.", "We went to Geneva with Anna."),
        ("Use <b>bold</b> txt and `code` here.", "Use <b>bold</b> text and `code` here."),
        ("Hi", "Hi!"),
    ],
)
def test_a_correction_is_taken(text: str, corrected: str) -> None:
    assert fault_of(text, corrected, "en", "grammar") is None


ODD = [
    "Anna",
    "anna",
    "--which",
    "said",
    " ",
    " ",
    "\n\n",
    "12",
    "€ 5",
    "<b>",
    "`x`",
    "http://a.b/c",
    "{name}",
    "😀",
    ".",
]


@given(st.lists(st.sampled_from(ODD), max_size=60), st.sampled_from(list(get_args(CorrectionStyle))))
def test_a_text_that_comes_back_as_it_was_is_always_taken(parts: list[str], style: CorrectionStyle) -> None:
    text = "".join(parts)

    assert fault_of(text, text, "en", style) is None


@pytest.mark.parametrize(
    ("corrected", "fault"),
    [
        ("The committee meets.", "characters for"),
        (TEXT + " It was a long meeting, and they talked about many things until the evening came.", "characters for"),
        (TEXT.replace("40", "400"), "numbers"),
        (TEXT.replace("12 May", "May"), "numbers"),
        (TEXT.replace("info@example.com", "infos@example.com"), "address"),
        (TEXT.replace("Geneva", "the city"), "a name was lost: Geneva"),
        (TEXT.replace(", and", "\n\nAnd"), "paragraphs"),
        (
            "Das Komitee trifft sich in Geneva am 12 Mai mit 40 Leuten, und Anna schreibt info@example.com davon.",
            "other ones",
        ),
    ],
)
def test_an_answer_with_another_meaning_is_not(corrected: str, fault: str) -> None:
    found = fault_of(TEXT, corrected, "en", "grammar")

    assert found is not None
    assert fault in found


def test_an_answer_in_another_language_is_not_taken_in_any_style() -> None:
    text = "We will meet again next week and talk about the plans for the new house near the river."
    german = "Wir treffen uns nächste Woche wieder und reden über die Pläne für das neue Haus am Fluss."

    assert "'de'" in str(fault_of(text, german, "en", "formal"))


@pytest.mark.parametrize(
    ("style", "taken"), [("grammar", False), ("proofread", False), ("concise", True), ("formal", True)]
)
def test_a_style_may_change_the_words(style: CorrectionStyle, taken: bool) -> None:
    text = "So basically what I wanted to say is that we are going to be kind of late for it today."
    other = "In short, our arrival will unfortunately be somewhat delayed this evening, I fear."

    assert (fault_of(text, other, "en", style) is None) is taken
