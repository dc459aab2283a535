"""No function of the text code is worse than linear, whatever a peer sends: each is measured on texts made to be slow.

The functions are found by listing, so a new one is measured by itself, or has to say here how it is called. Times are
those of this thread alone, the least of several; what is found slow once is measured again on longer texts before it
counts as a fault.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dragoman_handlers.text
from dragoman_handlers.text.formats.document import Unit, Words
from dragoman_handlers.text.formats.registry import FORMATS, ParseOptions
from dragoman_handlers.text.language_id import probabilities
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.placeholders import WAYS
from dragoman_handlers.text.sentences.line_breaks import unwrap
from dragoman_handlers.text.sentences.prose_lines import find_lines
from dragoman_handlers.text.sentences.segmentation import Piece, split_text
from dragoman_handlers.text.tokens import Token, blanked
from dragoman_wire.errors import DragomanError

CHARS = 1000
GROWTH = 4
MOST_RATIO = 2.2 * GROWTH
"""Linear is 4, with a logarithm 5; quadratic is 16."""
NOTICED_S = 0.004
"""What a long text takes less for is not looked at: it is noise."""
REPEATS = 2

ALPHABETS = {
    "braces": "{",
    "nested braces": "{{}{",
    "closing braces": "}",
    "stars": "*",
    "emphasis": "_a *b **c ",
    "underscores": "_a ",
    "brackets": "[",
    "links": "[a](",
    "round brackets": "(",
    "quotes": "\"'",
    "curly quotes": "\u201ca \u2018b ",
    "backticks": "`",
    "code": "`a ``b ",
    "fences": "```\n",
    "dots": ".",
    "abbreviations": "e.g. Mr. ",
    "initials": "A.B.",
    "digits": "1",
    "grouped digits": "1,234.5 ",
    "dates": "1/2/3-4:5 ",
    "spaces": " ",
    "newlines": "\n",
    "blank lines": " \n\t\n",
    "lines": "word\n",
    "hyphens at line ends": "hy-\nphen ",
    "pipes": "| a ",
    "angle brackets": "<",
    "tags": "<b>a ",
    "closed tags": "</b>",
    "comments": "<!--",
    "attributes": '<a b="',
    "entities": "&amp;",
    "open entities": "&a",
    "format": "%s%1$d ",
    "percent": "%",
    "dollars": "${a",
    "combining": "a\u0301\u0323",
    "only combining": "\u0301",
    "right to left": "\u200f\u05d0 ",
    "directions": "\u202e\u2067",
    "joiners": "\u200d",
    "emoji": "👩‍👩‍👧‍👦",
    "flags": "🇵🇹",
    "one word": "a",
    "one word in capitals": "A",
    "alternating": "aB1-",
    "letters apart": "a ",
    "repeated words": "no no ",
    "sentences": "One. Two! Three? ",
    "long dashes": "a — b ",
    "commas": "a, ",
    "colons": "City: Lisbon\n",
    "addresses": "a@b.",
    "urls": "http://a.",
    "paths": "/a/b\\c",
    "hashes": "#a @b ",
    "bullets": "- a\n",
    "headings": "# a\n",
    "rules": "---\n",
    "tables": "|-|\n",
    "quotations": "> ",
    "escapes": "\\",
    "escaped": "\\u0041\\n",
    "faces": ":) :-( ",
    "cues": "1\n00:00:01,000 --> 00:00:02,000\na\n\n",
    "messages": "{n, plural, other {",
    "messages closed": "{n, plural, one {#} other {#}}",
    "json lists": "[[",
    "json maps": '{"a":',
    "json values": '{"a": "b c"}, ',
    "csv": '"a, b",',
    "po": 'msgid "a b"\nmsgstr ""\n',
    "properties": "a=b\\\n",
    "xml": '<string name="a">b</string>',
    "shorthand": "u r gonna 2morrow ",
    "chinese": "你好。",
    "replaced": "\ufffd",
    "nothing": "\0",
}

NOT_OF_TEXTS = {
    "translate_text": "asks engines; what it does with the text is in the others",
    "known_translations": "looks the text up",
    "open_translatable": "asks the context",
    "open_document": "asks the context",
    "each_of": "runs work",
    "served_languages": "asks engines",
    "translation_wish": "reads a request",
    "translate_pieces": "asks engines",
    "quality_of": "of engines",
    "heard": "of engines",
    "spoken": "of engines",
    "missing_engines": "of engines",
    "find_route": "of pairs",
    "all_routes": "of pairs",
    "letters_for": "of engines",
    "shipped_pairs": "of the configuration",
    "warm_up": "of models",
    "revision": "of the code",
    "check_entries": "of a glossary, which has limits",
    "base_language": "of a tag, which has a limit",
    "inline_parts": "of a parsed file: in parse_android and parse_xliff",
    "unit_of": "of parsed parts: in the formats",
    "units_of": "yields what there is",
    "in_capitals": "of words: in sentence_case",
    "word_of": "of one line",
    "hyphenated": "of two lines: in unwrap",
    "shared_out": "of one cue: in the subtitles",
}
"""Functions that are not measured here, and why."""


IN_FILES = {
    "html": ("<html><body><p>", "</p></body></html>"),
    "json": ('{"a": "', '"}'),
    "po": ('msgid "', '"\nmsgstr ""\n'),
    "strings": ("<resources><string name='a'>", "</string></resources>"),
    "srt": ("1\n00:00:01,000 --> 00:00:02,000\n", "\n"),
    "vtt": ("WEBVTT\n\n00:01.000 --> 00:02.000\n", "\n"),
    "ass": ("[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,", "\n"),
    "csv": ("id,text\n1,", "\n"),
    "xliff": (
        "<xliff version='1.2'><file source-language='en' target-language='pt'><body><trans-unit id='1'><source>",
        "</source></trans-unit></body></file></xliff>",
    ),
    "icu": ("{n, plural, other {", "}}"),
}
"""What makes a file of a format of a text. Each is measured with it and without."""


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function of the text code."""
    for module in pkgutil.walk_packages(dragoman_handlers.text.__path__, "dragoman_handlers.text."):
        for name, value in vars(importlib.import_module(module.name)).items():
            own = getattr(value, "__module__", None) == module.name and not name.startswith("_")
            if own and callable(value) and not inspect.isclass(value):
                yield name, value


GLOSSARY = Glossary({("a " * length).strip(): "b" for length in range(1, 60)} | {"no": None, "Mr. A": None})


@functools.cache
def tokens_of(text: str) -> list[Token]:
    return find_tokens(text)


@functools.cache
def pieces_of(text: str) -> list[Piece]:
    return split_text(text, "en")


BY_NAME: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        ("text", "answer", "translation", "source_text", "words", "value", "raw", "before", "after", "word", "rest"),
        lambda text: text,
    ),
    **dict.fromkeys(("language", "stated"), lambda _: "en"),
    "source": lambda _: "en",
    "target": lambda _: "pt",
    "served": lambda _: (),
    "tokens": tokens_of,
    "piece": lambda text: Piece(text, translatable=True, tokens=tuple(tokens_of(text))),
    "pieces": pieces_of,
    "translations": lambda text: [piece.text for piece in pieces_of(text) if piece.translatable],
    "sentences": lambda text: text.split(" "),
    "glossaries": lambda _: [GLOSSARY.terms("pt")],
    "letters": lambda _: None,
    "carried": lambda _: True,
    "most_tokens": lambda _: 40,
    "start": lambda _: 0,
    "end": len,
    "at": len,
    "way": lambda _: WAYS[0],
    "lines": lambda text: find_lines(text, text, []),
    "breaks": lambda text: unwrap(text, blanked(text, tokens_of(text)), tokens_of(text), "en").breaks,
    "fixed": lambda _: (),
    "begins": lambda _: False,
    "ends": lambda _: False,
    "others": tokens_of,
    "columns": lambda _: (),
    "encode": lambda _: str,
    "unit": lambda text: Unit([Words(text, text)]),
    "inlines": lambda _: {},
    "markers": list,
    "common": lambda _: frozenset({"no", "a"}),
    "probabilities": lambda _: probabilities,
    "newline": lambda _: "\n",
    "options": lambda _: ParseOptions(language="pt"),
}
"""An argument of a text, by the name of the parameter."""
TEXT_AS_SOURCE = {"restored", "restored_stops", "lay_breaks", "fitted", "unglued"}
"""Functions whose `source` is a text and no language."""


def prepared(name: str, function: Callable[..., Any], text: str, form: str) -> Callable[[], None]:
    """Return a call of a function with arguments made of a text."""
    form, _, framed = form.partition(" ")
    begin, end = IN_FILES[form] if framed else ("", "")
    text = f"{begin}{text}{end}"
    arguments = {}
    for each in inspect.signature(function).parameters:
        if each == "name":
            arguments[each] = form
        elif each == "source" and name in TEXT_AS_SOURCE:
            arguments[each] = text
        else:
            assert each in BY_NAME, f"{name}: say here what {each} is made of, or why the function is not measured"
            arguments[each] = BY_NAME[each](text)

    def call() -> None:
        try:
            result = function(**arguments)
            if inspect.isgenerator(result):
                list(result)
        except DragomanError:
            pass  # a file that is none of its format

    return call


def seconds(call: Callable[[], None]) -> float:
    """Return the least processor time of some calls."""
    best = float("inf")
    for _ in range(REPEATS):
        begin_s = time.thread_time()
        call()
        best = min(best, time.thread_time() - begin_s)
        if best < NOTICED_S:
            break
    return best


def measured() -> list[tuple[str, Callable[..., Any], str]]:
    found = []
    for name, function in functions():
        if name == "parse_document" or not (name in NOT_OF_TEXTS or name.startswith("parse_")):
            forms = [*FORMATS, *(f"{form} file" for form in IN_FILES)] if name == "parse_document" else [""]
            found += [(name, function, form) for form in forms]
    return found


@pytest.mark.parametrize(
    ("name", "function", "form"), measured(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_function_of_the_text_code_is_worse_than_linear(name: str, function: Callable[..., Any], form: str) -> None:
    slow = []
    for kind, unit in ALPHABETS.items():
        chars = CHARS
        for _ in range(3):  # what is found slow is looked at again, on longer texts
            short, long = ((unit * (size // len(unit) + 1))[:size] for size in (chars, GROWTH * chars))
            long_s = seconds(prepared(name, function, long, form))
            ratio = long_s / max(seconds(prepared(name, function, short, form)), 1e-9)
            if long_s < NOTICED_S or ratio < MOST_RATIO:
                break
            chars *= 2
        else:
            slow.append(f"{kind}: {ratio:.1f} times as long for {GROWTH} times the text, {long_s:.3f} s")
    assert not slow, f"{name} {form}: " + "; ".join(slow)


def test_what_is_not_measured_exists() -> None:
    names = {name for name, _ in functions()}
    assert NOT_OF_TEXTS.keys() <= names
