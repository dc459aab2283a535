"""CSV: the cells of named columns. Quotes, separators and line ends stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from dragoman_handlers.text.formats.document import (
    MOST_PARTS,
    Broken,
    Document,
    SkeletonDocument,
    Unit,
    has_letters,
    plain_unit,
)
from dragoman_wire.errors import InvalidRequest, TooLarge

_SEPARATORS = ",;\t|"
_NAMED_AT_MOST = 12


def parse_csv(text: str, columns: Sequence[str]) -> Document:
    """Parse a CSV file whose first line has the names of its columns.

    Args:
        text: the file. Comma, semicolon, tab or bar separate its cells, whichever its first line has most of.
        columns: the names of those that are translated; white space around them and letter case do not count.

    Raises:
        Broken: a quote is not closed.
        InvalidRequest: no column is named, or one that the file does not have.
        TooLarge: it has too many parts.
    """
    separator = _separator(text)
    return SkeletonDocument(list(_skeleton(text, separator, columns)))


def _separator(text: str) -> str:
    head = re.sub(r'"(?:[^"]|"")*+"', "", text[:20_000]).lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=head.count)


def _skeleton(text: str, separator: str, columns: Sequence[str]) -> Iterator[str | Unit]:
    cell = re.compile(
        rf'"(?P<quoted>(?:[^"]|"")*+)"|(?P<bare>[^"{re.escape(separator)}\r\n][^{re.escape(separator)}\r\n]*+|)'
    )
    wanted: frozenset[int] | None = None
    names: list[str] = []
    reached, at = 0, int(text.startswith("\ufeff"))
    column = 0
    for _ in range(20 * MOST_PARTS):
        match = cell.match(text, at)
        end = match.end() if match else at
        if match is None or (end < len(text) and text[end] not in (separator, "\r", "\n")):
            raise Broken("CSV file", "a quote is not closed, or text follows one", text, at)
        group = "bare" if match["quoted"] is None else "quoted"
        raw = match[group]
        if wanted is None:
            names.append(raw.replace('""', '"').strip())
        elif column in wanted and has_letters(raw):
            yield text[reached : match.start(group)]
            yield _unit(raw, separator, quoted=group == "quoted")
            reached = match.end(group)
        if end >= len(text):
            break
        if text[end] == separator:
            column, at = column + 1, end + 1
            continue
        at = end + (2 if text.startswith("\r\n", end) else 1)
        column = 0
        if wanted is None:
            wanted = _wanted(names, columns)
    else:
        raise TooLarge(f"the document has more than {20 * MOST_PARTS} cells; send it in pieces")
    if wanted is None:
        _wanted(names, columns)
    yield text[reached:]


def _wanted(names: Sequence[str], columns: Sequence[str]) -> frozenset[int]:
    known = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
    shown = ", ".join(repr(name[:60]) for name in names[:_NAMED_AT_MOST])
    if not columns:
        raise InvalidRequest(f"columns: name the columns of the CSV file that are translated; it has {shown}")
    for name in columns:
        if name.strip().lower() not in known:
            raise InvalidRequest(f"columns: the CSV file has no column {name!r}; it has {shown}")
    return frozenset(known[name.strip().lower()] for name in columns)


def _unit(raw: str, separator: str, *, quoted: bool) -> Unit:
    if quoted:
        return plain_unit(raw.replace('""', '"'), lambda text: text.replace('"', '""'), raw)
    return plain_unit(raw, _bare_encoder(separator), raw)


def _bare_encoder(separator: str) -> Callable[[str], str]:
    """Return what writes a cell without quotes: with quotes, where the translation needs them."""
    needs_quotes = re.compile(rf'[{re.escape(separator)}"\r\n]')

    def encode(text: str) -> str:
        if needs_quotes.search(text):
            return '"' + text.replace('"', '""') + '"'
        return text

    return encode
