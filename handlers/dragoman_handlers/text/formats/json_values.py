"""JSON: the values that are texts. Keys, numbers and all blanks stay as they are.

The standard library checks the file and reads each string; where the strings stand is found here, for no library
keeps a file's blanks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # what json's own decoder reads strings with

from dragoman_handlers.text.formats.document import (
    MOST_DEPTH,
    Broken,
    Document,
    SkeletonDocument,
    Unit,
    Words,
    has_letters,
)

_NEXT = re.compile(r'["{}\[\],:]')
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}:(?://)?\S+|[\w.-]+@[\w.-]+|[#./\\][\w#./\\-]*)\Z")
_IDENTIFIER = re.compile(r"(?=\S*(?:\d|[_#]\w|\w[.:]\w|/\S*/))\S+\Z|[a-z]+(?:[A-Z][a-z]+)+\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(text: str) -> Document:
    """Parse a JSON file.

    Raises:
        Broken: it is none, or nested too deep.
    """
    try:
        json.loads(text.removeprefix("\ufeff"), parse_int=str)
    except json.JSONDecodeError as error:
        raise Broken("JSON", error.msg, text, error.pos) from None
    except RecursionError:
        raise Broken("JSON", "it is nested too deep", text, 0) from None
    return SkeletonDocument(list(_skeleton(text)))


def _skeleton(text: str) -> Iterator[str | Unit]:
    reached = at = 0
    containers: list[str] = []
    key = False
    while match := _NEXT.search(text, at):
        sign, at = match[0], match.end()
        if sign == '"':
            value, at = scanstring(text, at, True)  # noqa: FBT003 - strict, as json.loads is
            if not key and is_language(value):
                yield text[reached : match.end()]
                yield Unit([Words(value, text[match.end() : at - 1])], encode_json)
                reached = at - 1
        elif sign in "{[":
            containers.append(sign)
            if len(containers) > MOST_DEPTH:
                raise Broken("JSON", f"it is nested more than {MOST_DEPTH} deep", text, match.start())
            key = sign == "{"
        elif sign in "}]":
            containers.pop()
            key = False
        else:
            key = sign == "," and containers[-1] == "{"
    yield text[reached:]


def is_language(value: str) -> bool:
    """Return whether a value is a text for people, and not an address, a path or an identifier of a program's."""
    if not has_letters(value) or _SURROGATE.search(value):
        return False
    return not (_ADDRESS.match(value) or _IDENTIFIER.match(value))


def encode_json(text: str) -> str:
    """Return a text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
