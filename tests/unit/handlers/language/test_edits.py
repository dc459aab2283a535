from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_handlers.language.edits import apply_edits, find_edits, moved

WORDS = st.lists(st.sampled_from(["the", "The", "a", "house", ",", ".", " ", "\n", "é", "😀", "it's"]), max_size=40)


@given(WORDS, WORDS)
def test_edits_give_exactly_the_corrected_text(ours: list[str], theirs: list[str]) -> None:
    text, corrected = "".join(ours), "".join(theirs)
    edits = find_edits(text, corrected)

    assert apply_edits(text, edits) == corrected
    assert all(one.end <= other.start for one, other in pairwise(edits))


@pytest.mark.parametrize(
    ("text", "corrected", "edit"),
    [
        ("Teh end.", "The end.", (0, 3, "The", "spelling")),
        ("the the end", "the end", (4, 8, "", "repetition")),
        ("He said hello", "He said hello.", (13, 13, ".", "punctuation")),
        ("i know", "I know", (0, 1, "I", "casing")),
        ("a  b", "a b", (1, 3, " ", "spacing")),
        ("He go home", "He went home", (3, 5, "went", "wording")),
        ("😀 teh", "😀 the", (2, 5, "the", "spelling")),
    ],
)
def test_a_change_is_of_whole_words_and_has_its_kind(
    text: str, corrected: str, edit: tuple[int, int, str, str]
) -> None:
    [found] = find_edits(text, corrected)

    assert (found.start, found.end, found.replacement, found.category) == edit
    assert found.message


def test_a_text_that_is_right_has_no_edits() -> None:
    assert find_edits("All is well.", "All is well.") == []


def test_an_edit_can_be_moved() -> None:
    [edit] = find_edits("Teh", "The")

    assert (moved(edit, 10).start, moved(edit, 10).end) == (10, 13)


def test_a_comparison_of_texts_that_are_all_alike_is_not_quadratic() -> None:
    begin_s = time.process_time()
    text, corrected = "x " + "a " * 10_000, "y " + "a " * 9_000 + "b"

    assert apply_edits(text, find_edits(text, corrected)) == corrected
    assert time.process_time() - begin_s < 5
