"""Sentences that a model cannot do at once."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.sentences.long_sentences import cut_long, estimated_tokens, fits, fitted, unglued
from dragoman_handlers.text.sentences.segmentation import join_text, split_text

MOST = 80
CLAUSES = {
    "en": ("and", "the boy saw the cat", "while the girl fed the horse", "because it was late"),
    "pt": ("e", "o menino viu o gato", "enquanto a menina lia um livro", "porque já era tarde"),
    "es": ("y", "el niño vio al gato", "mientras la niña leía un libro", "porque ya era tarde"),
    "fr": ("et", "le garçon a vu le chat", "pendant que la fille lisait", "car il était tard"),
    "de": ("und", "der Junge sah die Katze", "während das Mädchen las", "weil es schon spät war"),
    "it": ("e", "il ragazzo vide il gatto", "mentre la ragazza leggeva", "perché era già tardi"),
}


def parts_of(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in cut_long(text, language, MOST)]


@pytest.mark.parametrize("language", CLAUSES)
@pytest.mark.parametrize("repeats", [10, 40, 120])
def test_a_sentence_without_an_end_is_cut_at_its_conjunctions(language: str, repeats: int) -> None:
    conjunction, *clauses = CLAUSES[language]
    text = f" {conjunction} ".join(clauses[number % len(clauses)] for number in range(repeats))
    parts = parts_of(text, language)
    assert " ".join(parts) == text
    assert all(estimated_tokens(part) <= MOST for part in parts)
    assert all(part.startswith(f"{conjunction} ") for part in parts[1:])


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("red apples, green pears, " * 40 + "plums", ","),
        ("we came; we saw it all there; " * 20 + "we left", ";"),
        ("He said it. They all went home together. " * 20 + "End", "."),
    ],
)
def test_a_cut_is_behind_the_mark_that_is_there(text: str, ends: str) -> None:
    parts = parts_of(text)
    assert " ".join(parts) == text
    assert all(part.endswith(ends) for part in parts[:-1])


@pytest.mark.parametrize("text", ["word " * 200 + "end", "x" * 3000, "ab " * 10 + "y" * 900, "今天天气很好" * 60])
def test_what_has_no_clause_is_cut_all_the_same(text: str) -> None:
    spans = cut_long(text, "en", MOST)
    assert len(spans) > 1
    assert all(estimated_tokens(text[start:end]) <= MOST for start, end in spans)
    between = [text[end:start] for (_, end), (start, _) in pairwise(spans)]
    assert {each.strip() for each in between} == {""}
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)


def test_no_token_is_cut() -> None:
    link = '<a href="x" title="one two three four">'
    text = " ".join(["the boy saw", link, "the cat</a> and"] * 40) + " left"
    tokens = find_tokens(text)
    for start, end in cut_long(text, "en", MOST, tokens):
        for token in tokens:
            assert not token.start < start < token.end
            assert not token.start < end < token.end


def test_a_sentence_that_a_model_can_do_is_left_whole() -> None:
    text = "the boy saw the cat and the girl fed the horse"
    assert fits(text, MOST)
    assert parts_of(text) == [text]
    assert cut_long(text * 100, "en", 0) == [(0, len(text) * 100)]


@pytest.mark.parametrize(
    ("source", "translation", "begins", "ends", "expected"),
    [
        ("and the girl left", "E a menina saiu.", False, True, "e a menina saiu."),
        ("the boy saw it", "O menino viu.", True, False, "O menino viu"),
        ("he came,", "ele veio.", False, False, "ele veio,"),
        ("eu vim", "I came", False, False, "I came"),
        ("os EUA", "USA it is", False, True, "USA it is"),
        ("The boy", "O menino", False, False, "O menino"),
        ("and so on.", "e assim por diante.", False, True, "e assim por diante."),
    ],
)
def test_the_joint_keeps_its_case_and_its_marks(
    source: str, translation: str, begins: bool, ends: bool, expected: str
) -> None:
    assert fitted(source, translation, begins=begins, ends=ends) == expected


def test_sentences_of_a_quotation_do_not_stick_together() -> None:
    source = '"I have called. For now, that is enough."'
    assert unglued(source, '"Eu liguei.Por enquanto, isso chega."') == '"Eu liguei. Por enquanto, isso chega."'
    assert unglued("See example.Com now", "Veja exemplo.Com agora") == "Veja exemplo.Com agora"


@given(st.lists(st.sampled_from(["a", "and", "word,", "x;", "(in", "out)", "{b}", "\n", "y" * 90]), max_size=200))
@settings(max_examples=200, deadline=None)
def test_the_parts_joined_are_the_text(words: list[str]) -> None:
    text = " ".join(words)
    pieces = split_text(text, "en", most_tokens=20)
    assert join_text(pieces, [piece.text for piece in pieces if piece.translatable]) == text


@pytest.mark.parametrize("unit", ["and the boy ", "x", "a, ", "(a ", "<b>a b</b> ", "今天、"])
def test_eight_times_the_sentence_takes_about_eight_times_as_long(unit: str) -> None:
    def took_s(count: int) -> float:
        text = (unit * count).strip()
        best = float("inf")
        for _ in range(3):
            begin_s = time.thread_time()
            split_text(text, "en", most_tokens=MOST)
            best = min(best, time.thread_time() - begin_s)
        return best

    assert took_s(8_000) < 30 * took_s(1_000)
