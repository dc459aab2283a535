from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.marks.patterns import TOKEN
from dragoman_handlers.text.marks.slices import slice_ends

PARTS = [
    "the house is big, ",
    "so\n",
    "see https://example.org/a-page ",
    '<a href="x"\n title="one two"> ',
    "it costs € 5 or 1 000 € ",
    "`some code here` ",
    "{name} ",
    "**bold words** ",
    "- item\n",
    "a\tb ",
    "😀 ",
    "\n\n",
]


@given(st.lists(st.sampled_from(PARTS), min_size=50, max_size=400))
@settings(max_examples=60, deadline=None)
def test_a_search_by_slices_finds_what_a_search_of_the_whole_finds(parts: list[str]) -> None:
    text = "".join(parts)
    by_slices, start = [], 0
    for end in slice_ends(text):
        by_slices += [match.span() for match in TOKEN.finditer(text, start, end)]
        start = end
    assert by_slices == [match.span() for match in TOKEN.finditer(text)]


@pytest.mark.parametrize("unit", ["the house is big, ", "the house\n", "a small house. It is blue\n\n"])
def test_slices_of_prose_are_short(unit: str) -> None:
    text = unit * 1000
    ends = [0, *slice_ends(text)]
    assert ends[-1] == len(text)
    assert all(0 < end - start <= 1600 for start, end in pairwise(ends))
