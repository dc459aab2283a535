"""What peers send cannot steer a terminal, nor look like a line of a log."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_wire.printable import printable, printable_json, printable_text

HOSTILE = [
    "\x1b[2J\x1b]0;title\x07",
    "a\nlevel=error event=fake",
    "a\r\nb",
    "\x9b31m",
    "\x90q\x9c",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "\u2028next",
    "\x7f\x08\x08",
    "\0",
    "\ud800",
    "\u061c\u200f",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert "\\" in shown


@pytest.mark.parametrize("text", ["plain", "Ünïcode 漢字 🙂", "a\\b", "👩\u200d👩", ""])
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_text_keeps_its_lines_and_directions() -> None:
    text = "one\n\ttwo \u200fمرحبا\u200e"  # noqa: RUF001 - a text that is written from the right
    assert printable_text(text) == text
    assert printable_text("a\x1b[2Jb\u202ec\x9bd") == "a\\x1b[2Jb\\u202ec\\x9bd"


@given(st.text())
def test_json_says_the_same_and_holds_no_control_character(text: str) -> None:
    document = json.dumps({"id": text}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    safe = printable_json(document)
    assert json.loads(safe) == {"id": text}
    kinds = {unicodedata.category(letter) for letter in safe.decode()}
    assert kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"})


@given(st.text())
def test_no_control_character_passes(text: str) -> None:
    kinds = {unicodedata.category(letter) for letter in printable(text)}
    assert kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
