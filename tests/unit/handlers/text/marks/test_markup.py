from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.marks.markup import find_tokens, is_prose
from dragoman_handlers.text.marks.patterns import TOKEN
from dragoman_handlers.text.tokens import BLANK, blanked

MARKED = st.text(alphabet="ab. \n\t{}<>/@#%$&;:()[]*_~`|€😀\u200d\ufe0f1-!\"'\\", max_size=60)

SOMETHING = re.compile(
    r"[^\w\s.,;!?'\"()\u2018-\u201D-]|_|---|[a-z]\.[a-z]|   |\t|^[ \t]*(?:[-–—]|\w{1,3}[.)])[ \t]",  # noqa: RUF001
    re.MULTILINE,
)


def found(text: str) -> list[tuple[str, str]]:
    return [(token.role.value, token.text) for token in find_tokens(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Plain words, as in most messages. And more!", []),
        ("see https://x.org/a?b=c(d). Yes", [("name", "https://x.org/a?b=c(d)")]),
        ("(see https://x.org/a_(b)).", [("name", "https://x.org/a_(b)")]),
        ("at www.x.org, ok", [("name", "www.x.org")]),
        ("on example.com now", [("name", "example.com")]),
        ("to a.b+c@x.co.uk.", [("name", "a.b+c@x.co.uk")]),
        ("hi @ana_2, hi @joao.silva.", [("name", "@ana_2"), ("name", "@joao.silva")]),
        ("#tag and #1", [("name", "#tag"), ("mark", "#")]),
        ("{name} {{x}} ${y} {0}", [("name", "{name}"), ("name", "{{x}}"), ("name", "${y}"), ("name", "{0}")]),
        ("%s %d %(n).2f %1$s 50% d", [("name", "%s"), ("number", "%d"), ("number", "%(n).2f"), ("name", "%1$s")]),
        ("(%d%%)", [("number", "%d%%")]),
        ("$HOME $5 %APPDATA%", [("name", "$HOME"), ("name", "%APPDATA%")]),
        ("€5 and 1.000,50 € and $5", [("name", "€5"), ("name", "1.000,50 €")]),
        ("run `a b` and ``c ` d``", [("name", "`a b`"), ("name", "``c ` d``")]),
        ("<b>x</b> <i>y</b>", [("open", "<b>"), ("close", "</b>"), ("mark", "<i>"), ("mark", "</b>")]),
        ("a<br/>b", [("break", "<br/>")]),
        ("<code>f(x)</code> is", [("name", "<code>f(x)</code>")]),
        ("R&amp;B caf&eacute; don&#39;t", [("mark", "&amp;")]),
        (
            "**a** _b_ ~~c~~ 2*3*4 a_b_c",
            [*[(r, m) for m in ("**", "_", "~~") for r in ("open", "close")], ("name", "a_b_c")],
        ),
        ("[here](https://x.org/(a))", [("open", "["), ("close", "](https://x.org/(a))")]),
        ("I <3 you :) ok", [("mark", "<3"), ("mark", ":)")]),
        ("👨‍👩‍👧 🇵🇹 1️⃣", [("mark", "👨‍👩‍👧"), ("mark", "🇵🇹"), ("mark", "1️⃣")]),
        ("- one\n2. two", [("break", "- "), ("break", "2. ")]),
        ("a\tb    c", [("break", "\t"), ("break", "    ")]),
        ("https://x.org/{id}", [("name", "https://x.org/{id}")]),
        ("```\ncode {x}\n```\nafter", [("break", "```\ncode {x}\n```")]),
        ("/usr/bin/env and/or km/h", [("name", "/usr/bin/env")]),
        ("__init__ of __a class__", [("open", "__"), ("close", "__")]),
    ],
)
def test_what_is_no_language_is_found(text: str, tokens: list[tuple[str, str]]) -> None:
    assert found(text) == tokens


@given(MARKED)
@settings(max_examples=300)
def test_tokens_are_in_order_and_none_overlaps_another(text: str) -> None:
    reached = 0
    for token in find_tokens(text):
        assert reached <= token.start < token.end
        assert token.text == text[token.start : token.end]
        reached = token.end


@given(MARKED)
@settings(max_examples=100)
def test_a_blanked_text_has_its_length_and_the_rest_in_place(text: str) -> None:
    blank = blanked(text, find_tokens(text))
    assert len(blank) == len(text)
    assert all(one in (other, BLANK) for one, other in zip(blank, text, strict=True))


@example("---")
@given(MARKED | st.text(alphabet="abBé1 .,-)(_\n\r\t'’–", max_size=16))  # noqa: RUF001
@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
def test_prose_is_what_has_nothing_of_all_that_begins_a_token(text: str) -> None:
    assert is_prose(text) == (SOMETHING.search(text) is None)
    if is_prose(text):
        assert not TOKEN.search(text)
