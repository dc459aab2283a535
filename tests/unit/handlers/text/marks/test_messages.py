from __future__ import annotations

import time

import pytest

from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.marks.messages import find_messages
from dragoman_handlers.text.sentences.segmentation import split_text


def language(text: str) -> list[str]:
    return [piece.text for piece in split_text(text, "en") if piece.translatable]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "{n, plural, =0 {Nobody came} one {{name} came} other {{name} and # others came}}",
            ["Nobody came", "{name} came", "{name} and # others came"],
        ),
        (
            "You have {count, plural,\n one {one message}\n other {# messages}\n}.",
            ["You have", "one message", "# messages"],
        ),
        ("{g, select, male {He came} other {They came}}", ["He came", "They came"]),
        (
            "{g, select, a {{n, plural, one {one house} other {# houses}}} other {no house}}",
            ["one house", "# houses", "no house"],
        ),
        ("{n, selectordinal, one {#st floor} other {#th floor}}", ["#st floor", "#th floor"]),
        ("{n, plural, offset:1 =1 {you} other {you and # others}}", ["you", "you and # others"]),
    ],
)
def test_the_branches_of_a_message_are_its_language(text: str, sentences: list[str]) -> None:
    assert language(text) == sentences


@pytest.mark.parametrize(
    "text", ["{n, plural, one {a", "{n, plural, }{", "{n, plural one {a}}", "{n, number} of {m}", "}}"]
)
def test_what_is_no_complete_message_has_none(text: str) -> None:
    assert list(find_messages(text)) == []


def test_a_number_sign_is_a_number_in_a_plural_and_not_in_a_select() -> None:
    roles = [token.role.value for token in find_messages("{n, plural, other {# x}} {g, select, other {# y}}")]
    assert roles == ["break", "number", "break", "break", "break"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("[b]Now[/b] go", [("open", "[b]"), ("close", "[/b]")]),
        ("[url=https://x.org]it[/url] is", [("open", "[url=https://x.org]"), ("close", "[/url]")]),
        ("see [url]https://x.org[/url] there", [("name", "[url]https://x.org[/url]")]),
        ("[img]a.png[/img] so", [("name", "[img]a.png[/img]")]),
        ("[quote=ana]yes[/quote] no", [("break", "[quote=ana]"), ("break", "[/quote]")]),
        (
            "[color=red]a [b]c[/b][/color]",
            [("open", "[color=red]"), ("open", "[b]"), ("close", "[/b]"), ("close", "[/color]")],
        ),
        ('[it](https://x.org "The title") is', [("open", "["), ("close", '](https://x.org "The title")')]),
        ("[it](https://x.org 'A title') is", [("open", "["), ("close", "](https://x.org 'A title')")]),
        ("a && b || c", [("mark", "&&"), ("mark", "||")]),
        ("00:01.000 --> 00:04.000 line:0 align:start\nHi", [("break", "00:01.000 --> 00:04.000 line:0 align:start")]),
        ("00:00:01,000 --> 00:00:04,000\nHi", [("break", "00:00:01,000 --> 00:00:04,000")]),
    ],
)
def test_markup_of_forums_and_subtitles_is_found(text: str, tokens: list[tuple[str, str]]) -> None:
    assert [(token.role.value, token.text) for token in find_tokens(text)] == tokens


@pytest.mark.parametrize(
    "unit", ["{n, plural, one {", "{n,plural,", "{n, select, a {b}} ", "[b]", "[/b]", "[code]", '[a](b "']
)
def test_what_is_made_to_be_slow_takes_time_by_its_length_alone(unit: str) -> None:
    begin_s = time.process_time()
    find_tokens(unit * 5_000)

    assert time.process_time() - begin_s < 5
