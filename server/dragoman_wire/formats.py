"""The formats that a text may be in, and which one a file is in by its name. Pure: shared by server and client."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal

TextFormat = Literal[
    "text", "auto", "markdown", "html", "json", "po", "strings", "srt", "vtt", "ass", "csv", "xliff", "icu"
]
"""`auto`: whichever the text is plainly in."""

_ENDINGS: Mapping[TextFormat, str] = {
    "text": "txt text",
    "markdown": "md markdown mdown mkd mdx",
    "html": "html htm xhtml",
    "json": "json arb",
    "po": "po pot",
    "strings": "properties strings",
    "srt": "srt",
    "vtt": "vtt",
    "ass": "ass ssa",
    "csv": "csv tsv",
    "xliff": "xliff xlf",
    "icu": "icu",
}
FORMAT_OF_ENDING: Mapping[str, TextFormat] = {
    ending: name for name, endings in _ENDINGS.items() for ending in endings.split()
}
"""By the end of a file's name, without its dot."""


def format_of(name: str | PurePath) -> TextFormat:
    """Return the format of a file by its name; `auto` where the name does not tell.

    `strings.xml` is Android's; another `.xml` may be XLIFF or something else, and is `auto`.
    """
    path = PurePath(name)
    if path.name.lower() in ("strings.xml", "arrays.xml", "plurals.xml"):
        return "strings"
    return FORMAT_OF_ENDING.get(path.suffix[1:].lower(), "auto")
