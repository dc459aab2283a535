"""Words of others made safe to show: what could move a cursor, begin a line or turn text around is written out.

Ids, names and errors come from peers, from servers and from files. A terminal obeys control characters, also those of
the second set (U+0080 to U+009F), and a reader of a log takes each line for an event.
"""

from __future__ import annotations

import re

_CONTROLS = r"\x00-\x1f\x7f-\x9f"
_SEPARATORS = r"\u2028\u2029"
_TURNING = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks of the direction of writing."""
_SURROGATES = r"\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROLS}{_SEPARATORS}{_TURNING}{_SURROGATES}]")
_UNSAFE_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")
"""Lines, tabs and the marks that Arabic and Hebrew need belong to a text; one that turns letters around does not."""
_UNSAFE_BYTES = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xed[\xa0-\xbf][\x80-\xbf]"
)
"""The same in UTF-8, but for the first set of control characters, which JSON never holds as they are."""


def printable(text: str) -> str:
    r"""Write unsafe characters as escapes, as in `a\x1bb`: for an id, a name, an error; the answer is one line."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escaped, text)


def printable_text(text: str) -> str:
    """Write the control characters of a longer text as escapes; its lines, tabs and directions stay."""
    return _UNSAFE_IN_TEXT.sub(_escaped, text)


def printable_json(document: bytes) -> bytes:
    """Write unsafe characters in a JSON document as JSON's escapes; it says the same as before."""
    if document.isascii() and b"\x7f" not in document:
        return document
    return _UNSAFE_BYTES.sub(_json_escaped, document)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _json_escaped(match: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(match[0].decode("utf-8", "surrogatepass"))
