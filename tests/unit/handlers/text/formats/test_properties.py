"""Whatever is in a file: an identity translation gives the same bytes, and time grows with the length alone."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.formats.registry import BILINGUAL, FORMATS, ParseOptions, detect, parse_document
from dragoman_wire.errors import DragomanError

SIGNS = {
    "text": "ab .\n",
    "markdown": 'ab *_`[]()!<>#-|\\\n:"&;1. \t~=',
    "html": "<p>/a b=\"'!-&amp;bi\n?",
    "json": '{}[]":,\\nau0 e1\n',
    "po": 'msgid str"\\\n#[0]_plual ',
    "strings": "key=:\\u0 #\n\"/*;a'{}",
    "srt": "0:1,->\n <i>/a-{\\}♪",
    "vtt": "0:1.->\n <c>/aWEBTNO&;",
    "ass": "[Events]\nFormatDilgu:,0. {\\N}",
    "csv": 'a,;"\n\r b\t|',
    "xliff": '<xlifsourcetag>/ ="a1&;!-',
    "icu": "{}#',plural select=0a b\n",
}
PIECES = {
    "markdown": [
        '[a](b "c") ',
        "![a](b)",
        "`c d` ",
        "**b** ",
        "> q\n",
        "- i\n",
        "| a | b |\n|---|---|\n",
        "```\n",
        "<b>x</b>",
        "\n\n",
        "word ",
        "  \n",
        "\\\n",
        "# h\n",
        "\t",
    ],
    "html": [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<br>",
        "<code>x</code>",
        "text ",
        "&amp;",
        "<img alt='a b'>",
        "<!-- c -->",
        '<a title="t">',
        "</a>",
        "\n  ",
        "<pre>x</pre>",
        "<p translate=no>n</p>",
    ],
    "json": ['{"a": "b c"}'],
    "po": ['msgid "a"\nmsgstr ""\n\n', 'msgid "a"\n"b"\nmsgstr "c"\n', "# c\n", "\r\n"],
    "strings": ["a=b c\n", "k\\ 1 : v\\\n  w\n", "# c\n", "\n", "u=\\u00e9t\n", "e=\n"],
    "srt": [
        "1\n00:00:01,000 --> 00:00:02,000\nI am\n\n",
        "00:00:03,000 --> 00:00:04,000\n<i>here</i>\nnow.\n\n",
        "2\n00:00:05,000 --> 00:00:06,000\n- A b\n- C d\n\n",
        "\n",
    ],
    "vtt": [
        "WEBVTT\n\n",
        "00:01.000 --> 00:02.000 line:0\n<v A>a b\n\n",
        "NOTE x\n\n",
        "id\n00:02.000 --> 00:03.000\nc &amp; d\n\n",
    ],
    "ass": ["[Events]\nFormat: Start, End, Text\n", "Dialogue: 0:00:01.00,0:00:02.00,{\\i1}a b\\Nc\n", "Comment: x\n"],
    "csv": ["a,b\n", '"x ""y""",z\n', "c d,e\r\n", "\n"],
    "icu": ["{n} ", "{n, plural, one {a b} other {# c}} ", "it's ", "'{x}' ", "{d, date, ::y} "],
}


def options(name: str) -> ParseOptions:
    return ParseOptions(columns=["a"] if name == "csv" else ())


def check_identity(text: str, name: str) -> None:
    try:
        document = parse_document(text, name, options(name))
    except DragomanError:
        return
    assert document.render({}) == text
    if name not in BILINGUAL:
        assert document.render({each: each for each in document.texts}) == text
    for each in document.texts:
        assert document.fits(each, each)
        assert document.joined(each, {}) == each


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_text_stays_to_the_letter_where_nothing_is_translated(name: str, data: st.DataObject) -> None:
    check_identity(data.draw(st.text(SIGNS[name], max_size=120)), name)
    check_identity(data.draw(st.lists(st.sampled_from(PIECES.get(name, ["a "])), max_size=12).map("".join)), name)


@settings(deadline=None, max_examples=60)
@given(text=st.text(max_size=200))
def test_a_format_is_found_for_any_text(text: str) -> None:
    assert detect(text) in FORMATS


@pytest.mark.parametrize("name", ["markdown", "html", "srt", "ass", "icu", "strings", "csv"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_file_is_whole_after_any_translation(name: str, data: st.DataObject) -> None:
    """Words become other words; everything that is no language is still there, in its order."""
    text = data.draw(st.lists(st.sampled_from(PIECES[name]), max_size=12).map("".join))
    word = data.draw(st.text("xyz <>&'\"{}=,;#é", min_size=1, max_size=12))
    try:
        document = parse_document(text, name, options(name))
    except DragomanError:
        return
    written = document.render({each: f"{each} {word}" for each in document.texts})
    parse_document(written, name, options(name))


HARD: dict[str, list[Callable[[int], str]]] = {
    "markdown": [
        lambda n: "[" * n,
        lambda n: "> a\n" * (n // 4),
        lambda n: "a\n\n" * (n // 3),
        lambda n: "- a\n" * (n // 4),
    ],
    "html": [
        lambda n: "<b>" * (n // 3),
        lambda n: "<p>a" * (n // 4),
        lambda n: "<" * n,
        lambda n: "<a b='" * (n // 6) + "'>",
    ],
    "json": [lambda n: "[" + '"a b",' * (n // 6) + "0]"],
    "po": [lambda n: 'msgid "a"\nmsgstr ""\n' * (n // 20), lambda n: "\n" * n],
    "strings": [lambda n: "a=b c\n" * (n // 6), lambda n: "//" * (n // 2), lambda n: "a\\\n" * (n // 3)],
    "srt": [
        lambda n: "00:00:01,000 --> 00:00:02,000\na b\n\n" * (n // 36),
        lambda n: "00:00:01,000 --> 00:00:02,000\n" + "a\n" * (n // 2),
    ],
    "ass": [lambda n: "[Events]\nFormat: Start, End, Text\n" + "Dialogue: 0:00:01.00,0:00:02.00,a b\n" * (n // 36)],
    "csv": [lambda n: "a\n" + '"b c"\n' * (n // 6), lambda n: "a\n" + "," * n],
    "xliff": [
        lambda n: "<xliff version='1.2'>" + "<trans-unit><source>a</source></trans-unit>" * (n // 43) + "</xliff>"
    ],
    "icu": [lambda n: "{a} b " * (n // 6), lambda n: "'" * n],
}


@pytest.mark.parametrize(("name", "made"), [(name, made) for name, each in HARD.items() for made in each])
def test_four_times_the_file_takes_less_than_ten_times_the_time(name: str, made: Callable[[int], str]) -> None:
    def took_s(chars: int) -> float:
        text = made(chars)
        best = 60.0
        for _ in range(2):
            begin_s = time.process_time()
            try:
                document = parse_document(text, name, options(name))
                document.render({each: each + "x" for each in document.texts})
            except DragomanError:
                pass
            best = min(best, time.process_time() - begin_s)
        return best

    once, four_times = took_s(5_000), took_s(20_000)
    assert four_times < 10 * max(once, 0.005), f"{once:.4f} s, then {four_times:.4f} s"
