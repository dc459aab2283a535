"""Formats by their names in requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from dragoman_handlers.text.formats.csv_columns import parse_csv
from dragoman_handlers.text.formats.document import Document, SkeletonDocument, plain_unit
from dragoman_handlers.text.formats.html import parse_html
from dragoman_handlers.text.formats.icu import parse_icu
from dragoman_handlers.text.formats.json_values import parse_json
from dragoman_handlers.text.formats.markdown import parse_markdown
from dragoman_handlers.text.formats.po import parse_po
from dragoman_handlers.text.formats.strings import is_apple, is_properties, parse_strings
from dragoman_handlers.text.formats.subtitles import parse_ass, parse_srt, parse_vtt
from dragoman_handlers.text.formats.xliff import parse_xliff
from dragoman_wire.errors import InvalidRequest

_LOOKED_AT = 20_000
_PO = re.compile(
    r"(?>[ \t\r]*+(?:#[^\n]*+)?\n)*+[ \t]*+(?:msgctxt[ \t]+\"[^\n]*+\n[ \t]*+)?"
    r"msgid[ \t]+\"[^\n]*+\n(?>[ \t]*+\"[^\n]*+\n)*+[ \t]*+msg(?:str|id_plural)"
)
_TIMING = re.compile(
    r"^[ \t]{0,9}(?:\d{1,4}:)?\d{1,2}:\d{2}([.,])\d{3}[ \t]{1,9}-->[ \t]{1,9}(?:\d{1,4}:)?\d{1,2}:\d{2}", re.MULTILINE
)
_HTML = re.compile(
    r"(?:<!doctype html|<html[\s>]|<(?:p|div|body|head|section|article|h[1-6]|ul|ol|table)\b[^<>]{0,500}>)",
    re.IGNORECASE,
)
_ICU = re.compile(r"\{\s*[\w.-]{1,60}\s*,\s*(?:plural|selectordinal|select)\s*,")
_MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|```|~~~|> |[-*+] \[[ xX]\] |\[[^\]\n]{1,200}\]: \S|\|.{1,500}\|[ \t]*\r?\n\|[ \t:|-]{3,500}\|)"
    r"|\[[^\]\n]{1,300}\]\((?:https?:|/|\.|#)[^()\s]{0,500}(?: \"[^\"\n]{0,300}\")?\)",
    re.MULTILINE,
)


class ParseOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a parser."""

    language: str = ""
    """The target; of files that hold both languages."""
    columns: Sequence[str] = ()
    """Of a CSV file."""


def _parse_text(text: str) -> Document:
    return SkeletonDocument([plain_unit(text)])


_PARSERS: Mapping[str, Callable[[str, ParseOptions], Document]] = {
    "text": lambda text, _: _parse_text(text),
    "markdown": lambda text, _: parse_markdown(text),
    "html": lambda text, _: parse_html(text),
    "json": lambda text, _: parse_json(text),
    "po": lambda text, options: parse_po(text, options.language),
    "strings": lambda text, _: parse_strings(text),
    "srt": lambda text, _: parse_srt(text),
    "vtt": lambda text, _: parse_vtt(text),
    "ass": lambda text, _: parse_ass(text),
    "csv": lambda text, options: parse_csv(text, options.columns),
    "xliff": lambda text, options: parse_xliff(text, options.language),
    "icu": lambda text, _: parse_icu(text),
}
FORMATS = tuple(_PARSERS)
"""Their names; `auto` is none of them."""
BILINGUAL = frozenset({"po", "xliff"})
"""Files that hold both languages: each target has a document of its own."""


def parse_document(text: str, name: str, options: ParseOptions) -> Document:
    """Parse a text as a format, `auto` being the one that `detect` finds.

    Raises:
        InvalidRequest: it is none of that format; the sentence says where it is broken.
        TooLarge: it has too many parts.
    """
    return _PARSERS[detect(text) if name == "auto" else name](text, options)


def detect(text: str) -> str:  # noqa: PLR0911 - a format each
    """Return the format that a text is plainly in, else `text`."""
    head = text[:_LOOKED_AT].removeprefix("\ufeff")
    start = head.lstrip()
    if start.startswith("<") and (found := _of_xml(start)):
        return found
    if head.startswith("WEBVTT"):
        return "vtt"
    if "[Script Info]" in head or "[Events]" in head:
        return "ass"
    timing = _TIMING.search(head)
    if timing is not None:
        return "srt" if timing[1] == "," else "vtt"
    refused = structured(text)
    if refused is not None:
        return refused
    if _ICU.search(head):
        return "icu"
    if is_apple(head) or (len(text) <= _LOOKED_AT and is_properties(head)):
        return "strings"
    return "markdown" if _MARKDOWN.search(head) else "text"


def _of_xml(start: str) -> str:
    if re.search(r"<xliff[\s>]", start[:4000]):
        return "xliff"
    if re.search(r"<resources[\s>]", start[:4000]):
        return "strings"
    return "html" if _HTML.match(start) else ""


def structured(text: str) -> str | None:
    """Return `json` or `po` for a text that is plainly one, and so no text for people."""
    start = text[:200].lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "[") and re.match(r"\{\s*\"|\[\s*\{\s*\"|\[\s*\]|\{\s*\}", start):
        try:
            found = json.loads(text.removeprefix("\ufeff"), parse_int=str)
        except (ValueError, RecursionError):
            return None
        return "json" if found else None
    if start.startswith(("msgid", "msgctxt", "#")) and _PO.match(text[:_LOOKED_AT].removeprefix("\ufeff")):
        return "po"
    return None


def check_plain(text: str) -> None:
    """Refuse a text that is plainly a file of a format.

    Raises:
        InvalidRequest: it is.
    """
    found = structured(text)
    if found is not None:
        raise InvalidRequest(
            f"text: this is {'JSON' if found == 'json' else 'a PO file'}, of which only the language is translated "
            f'where the request says so: state format "{found}", or "auto"'
        )
