"""Translations laid back into cues: between words, by what each cue said, in lines that can be read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dragoman_handlers.text.formats.cues import LINE_CHARS, shared_out, wrapped
from dragoman_handlers.text.formats.registry import ParseOptions, parse_document

WORDS = st.lists(st.text("abcdefgh,.", min_size=1, max_size=12), min_size=1, max_size=40)


@given(words=WORDS, cues=st.lists(st.tuples(st.integers(1, 80), st.integers(100, 6000)), min_size=1, max_size=8))
def test_no_word_is_lost_or_moved(words: list[str], cues: list[tuple[int, int]]) -> None:
    shares = shared_out(" ".join(words), [chars for chars, _ in cues], [ms for _, ms in cues])
    assert len(shares) == len(cues)
    assert all(shares)
    assert [word for share in shares for word in share.split()] == [*words, *["…"] * (len(cues) - len(words))]


@given(words=WORDS, count=st.integers(1, 6))
def test_a_cue_is_two_lines_that_fit_wherever_the_translation_does(words: list[str], count: int) -> None:
    text = " ".join(words)
    for share in shared_out(text, [20] * count, [2000] * count):
        lines = wrapped(share, {})
        assert len(lines) <= 2
        assert " ".join(lines) == share
        if len(share) <= 2 * LINE_CHARS - 14:
            assert max(map(len, lines)) <= LINE_CHARS


def test_a_sentence_goes_over_cues_and_ends_where_they_do() -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:03,000\nI wanted to tell you\n\n"
        "2\n00:00:03,100 --> 00:00:05,000\nabout the house. And\n\n"
        "3\n00:00:05,000 --> 00:00:07,000\nabout the river.\n\n"
        "4\n00:00:30,000 --> 00:00:31,000\nGood night\n"
    )
    document = parse_document(text, "srt", ParseOptions())
    assert document.texts == ["I wanted to tell you about the house. And about the river.", "Good night"]


def test_cues_with_a_pause_between_them_or_with_other_tags_are_sentences_of_their_own() -> None:
    text = (
        "00:00:01,000 --> 00:00:02,000\nthe door\n\n00:00:05,000 --> 00:00:06,000\nthe key\n\n"
        "00:00:06,000 --> 00:00:07,000\n<i>the house</i>\n"
    )
    assert parse_document(text, "srt", ParseOptions()).texts == ["the door", "the key", "the house"]


def test_a_translation_that_is_too_long_has_two_lines_all_the_same() -> None:
    lines = wrapped("word " * 30 + "end", {})
    assert len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) < 12
