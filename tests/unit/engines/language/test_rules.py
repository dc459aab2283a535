"""Corrections by rules: English by the real ones, other languages by what their library says of places."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman_engines.language.rules import RulesEngine, _other_edits, settled
from dragoman_engines.work import CorrectedText, CorrectText, ExtractData, Failure, TextEdit

pytest.importorskip("harper")


@pytest.fixture(scope="module")
def rules() -> RulesEngine:
    return RulesEngine()


def edits_of(rules: RulesEngine, text: str, language: str = "en") -> list[TextEdit]:
    [result] = rules.run([CorrectText(text=text, language=language)])
    assert isinstance(result, CorrectedText)
    assert result.text is None
    return result.edits


def corrected(text: str, edits: list[TextEdit]) -> str:
    for edit in reversed([edit for edit in edits if edit.sure]):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("I has a question about teh report. 😀 He go home.", "I have a question about the report. 😀 He goes home."),
        ("This is an test of the the linter.", "This is a test of the linter."),
    ],
)
def test_mistakes_that_are_safe_are_corrected(rules: RulesEngine, text: str, better: str) -> None:
    assert corrected(text, edits_of(rules, text)) == better


@pytest.mark.parametrize(
    "text", ["Mr. Bennet went to Longbourn with Bingley.", "They flew to Pago Pago.", "I recieved it."]
)
def test_what_is_not_safe_is_a_suggestion_at_most(rules: RulesEngine, text: str) -> None:
    assert corrected(text, edits_of(rules, text)) == text


def test_other_work_and_other_languages_are_failures(rules: RulesEngine) -> None:
    other, unknown = rules.run([ExtractData(text="Hello.", schema="{}"), CorrectText(text="Halló.", language="zz")])
    assert isinstance(other, Failure)
    assert isinstance(unknown, Failure)
    assert unknown.code == "unsupported_language"
    assert "en" in rules.capabilities.languages
    assert not rules.capabilities.instructable


def match(offset: int, length: int, *suggestions: str, category: str = "GRAMMAR") -> dict[str, Any]:
    return {
        "offset": offset,
        "length": length,
        "suggestions": list(suggestions),
        "category_id": category,
        "message": "Substitua por <suggestion>ao</suggestion>.",
    }


def test_places_in_bytes_become_places_in_code_points() -> None:
    text = "😀 Ele fui à à praia é."
    start = len("😀 Ele ".encode())
    [edit] = _other_edits([match(start, 3, "foi")], text)

    assert (text[edit.start : edit.end], edit.replacement, edit.sure) == ("fui", "foi", True)
    assert edit.message == "Substitua por «ao»."


@pytest.mark.parametrize(
    ("found", "sure"),
    [
        (match(0, 2, "a"), True),
        (match(0, 2, "a", "b"), False),
        (match(0, 2, "a", category="MISSPELLING"), False),
        (match(0, 2, "a", category="AGREEMENT_VERBS"), True),
        (match(7, 4, "Anne"), False),
    ],
)
def test_one_remedy_of_a_safe_kind_is_applied_and_no_name_is_changed(found: dict[str, Any], sure: bool) -> None:
    [edit] = _other_edits([found], "as vez Anna e")

    assert edit.sure is sure


def test_a_place_outside_of_the_text_is_left_out() -> None:
    assert list(_other_edits([match(50, 3, "a"), match(0, 3)], "abc")) == []


def test_of_edits_that_overlap_one_is_applied() -> None:
    edits = [TextEdit(start=0, end=5, replacement="a"), TextEdit(start=3, end=8, replacement="b")]

    assert [edit.sure for edit in settled(reversed(edits))] == [True, False]
