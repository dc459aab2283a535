from __future__ import annotations

import pytest

from dragoman_handlers.text.wording.shorthand import may_be_spelled_out, spelled_out


def full(text: str, language: str) -> str:
    for start, end, word in reversed(list(spelled_out(text, language))):
        text = text[:start] + word + text[end:]
    return text


@pytest.mark.parametrize(
    ("text", "language", "written"),
    [
        ("i dont know, im late", "en", "I don't know, I'm late"),
        ("Dont go", "en", "Don't go"),
        ("u r the best", "en", "you are the best"),
        ("vc vem hj?", "pt", "você vem hoje?"),
        ("nao esquece de comprar pao", "pt", "não esquece de comprar pão"),
        ("a informacao nao ta boa", "pt", "a informação não está boa"),
        ("q horas sao", "pt", "que horas são"),
    ],
)
def test_what_phones_leave_out_is_written_out(text: str, language: str, written: str) -> None:
    assert may_be_spelled_out(text, language)
    assert full(text, language) == written


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I think I'm fine.", "en"),
        ("R is a language", "en"),
        ("i@u.com", "en"),
        ("ao meio-dia", "pt"),
        ("n.º 5", "pt"),
        ("João foi ao mercado", "pt"),
        ("u r", "de"),
    ],
)
def test_what_is_written_as_it_should_be_stays(text: str, language: str) -> None:
    assert full(text, language) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Two others came.", "Two other people came."),
        ("Others said it was late.", "Other people said it was late."),
        ("Ana and 3 others liked your photo.", "Ana and 3 other people liked your photo."),
        ("The others are waiting.", None),
        ("This file and 3 others were deleted.", None),
        ("Brothers came.", None),
    ],
)
def test_others_who_do_what_people_do_are_people(text: str, written: str | None) -> None:
    edits = list(spelled_out(text, "en"))
    assert may_be_spelled_out(text, "en") is (written is not None)
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    assert text == (written or text)
    assert bool(edits) is (written is not None)
