"""Lines between which a sentence goes on.

The lines around a break tell:

    goes on     the next line begins with a small letter, or the line ends with a word that ends nothing (`the`, `of`),
                or with a hyphen inside a word, or with an abbreviation; or the lines are filled: the next word would
                not have had room
    ends        a blank line; a bullet, a heading, a rule, a table, code; another depth of `>` or a deeper indentation;
                lines that nearly all begin with capitals though no sentence has ended (verses, addresses, lists);
                lines in small letters without any stop (a shopping list, a chat)

"Goes on" means that the lines are one stretch of prose: where a sentence ends at the break, it is cut there as
anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise

import msgspec

from dragoman_handlers.text.sentences.abbreviations import ends_in_abbreviation
from dragoman_handlers.text.sentences.line_words import GOING_ON_WORDS, OPEN_WORDS, STARTING_WORDS
from dragoman_handlers.text.tokens import BLANK, Role, Token

_BREAK = re.compile(r"\r\n|[\n\r\u2028]")
_INDENT = re.compile(r"[ \t\u00a0]*")
_QUOTING = re.compile(r"[ \t]{0,8}(?:>[ \t]?)+")
_CODE = re.compile(
    r"[{}]\s*$|\)\s*[;{:]\s*$|[=!]=|=>|->|\w\(\)|^[\w.\[\]]{1,60}\s*[+*/-]?=\s*\S|^\$ "
    r"|^(?:def|class|import|from \S+ import|#include|var|let|const|function|elif|else:|try:)\b"
)
_KEY = re.compile(r"[^\W\d_][\w .'’/-]{0,28}:(?:\s|$)")  # noqa: RUF001 - the apostrophe of phones
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # noqa: RUF001
_CLOSERS = " \t\"'”’»)]}*_~\0"  # noqa: RUF001 - quotation marks of all kinds
_STOPS = ".!?…。！？؟।"  # noqa: RUF001 - the stops of all scripts are meant
_HYPHENATED = re.compile(r"[^\W\d_]{2}[-\u2010\u00ad]$")
_AND = frozenset({"and", "or", "e", "ou", "y", "o", "et", "und", "oder", "bzw"})
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
"""Scripts without blanks between words."""

_NARROW, _WIDE, _WIDEST = 40, 60, 120
"""Characters of a line: narrower ones tell nothing by being full, wider ones much, and no mail is wider."""
_MANY_WORDS = 5
"""An item of a list seldom has so many, in a text without stops."""
_HEADING_WORDS = 12
_LOOK_BACK = 60


class Case(Enum):
    """The letter case of a line's beginning."""

    SMALL = "small"
    CAPITAL = "capital"
    NUMBER = "number"
    OTHER = "other"
    """A letter of a script without capitals, or a text in capitals: they tell nothing."""


class Line(msgspec.Struct, frozen=True):
    """A line of a text, and its features."""

    start: int
    end: int
    """Before its break."""
    content_start: int
    """Behind `> ` and blanks."""
    content_end: int
    content: str
    seen: str
    """The content with its tokens blanked."""
    depth: int
    """The depth of its quotation."""
    indent: int
    bullet: bool
    apart: bool
    """No part of any prose: blank, a heading, a row of a table, code."""
    case: Case
    ended: bool
    """With a stop."""
    break_text: str

    @property
    def length(self) -> int:
        """Return the number of characters with indentation and `> `, without blanks at the end."""
        return self.content_end - self.start


def find_lines(text: str, rest: str, tokens: Sequence[Token]) -> list[Line]:
    """Return every line, in order."""
    breaking = [token for token in tokens if token.role is Role.BREAK]
    lines: list[Line] = []
    start = at = 0
    for match in [*_BREAK.finditer(rest), None]:
        end = match.start() if match else len(rest)
        inside: list[Token] = []
        while at < len(breaking) and breaking[at].start < end:
            inside.append(breaking[at])
            at += 1
        lines.append(_line(text, rest, start, end, inside, match[0] if match else ""))
        start = match.end() if match else end
    return lines


def _line(text: str, rest: str, start: int, end: int, breaking: Sequence[Token], break_text: str) -> Line:
    quoting = _QUOTING.match(text, start, end)
    content_start = quoting.end() if quoting else start
    indent = _INDENT.match(text, content_start, end)
    if indent:
        content_start = indent.end()
    indent_width = content_start - (quoting.end() if quoting else start)
    content_end = start + len(text[start:end].rstrip())
    bullets = [token for token in breaking if token.start < content_end and token.end > content_start]
    bullet = heading = False
    if bullets and bullets[0].start <= content_start:
        mark = text[content_start : bullets[0].end].strip()
        heading = mark.startswith("#")
        bullet = not heading and bullets[0].end < content_end
        content_start = bullets.pop(0).end
    content, seen = text[content_start:content_end], rest[content_start:content_end]
    apart = heading or bool(bullets) or not _WORD.search(seen) or _CODE.search(content) is not None
    tail = seen.rstrip(_CLOSERS)
    return Line(
        start=start,
        end=end,
        content_start=content_start,
        content_end=max(content_end, content_start),
        content=content,
        seen=seen,
        depth=text.count(">", start, quoting.end()) if quoting else 0,
        indent=indent_width,
        bullet=bullet,
        apart=apart,
        case=_case(seen),
        ended=(tail != "" and tail[-1] in _STOPS) or _ends_in_picture(content),
        break_text=break_text,
    )


def _ends_in_picture(content: str) -> bool:
    """Return whether an emoji stands last: it ends a sentence as a stop does."""
    return content[-1:] >= "\u2190" and not content[-1:].isalnum() and not UNSPACED.match(content[-1:])


def _case(seen: str) -> Case:
    found = _WORD.search(seen)
    if found is None or (BLANK in seen[: found.start()] and seen[found.start() - 1] != BLANK):
        return Case.CAPITAL  # a token stands first, like a name; `**` belongs to the word after it
    letter = found[0][0]
    if letter.isdigit():
        return Case.NUMBER
    if letter.islower():
        return Case.SMALL
    if letter.upper() == letter.lower() or (len(found[0]) > 1 and seen.isupper()):
        return Case.OTHER
    return Case.CAPITAL


def inside_sentences(lines: Sequence[Line], language: str) -> Iterator[tuple[Line, Line]]:
    """Yield the neighbouring lines between which a sentence may go on."""
    groups = list(_groups(lines))
    width = max((max(line.length for line in group) for group in groups if _is_filled(group)), default=0)
    for group in groups:
        block = _Block(group, width, language)
        for index in range(len(group) - 1):
            if block.goes_on(index):
                yield group[index], group[index + 1]


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield groups of lines, two at least, that may belong together by their form."""
    group = [lines[0]]
    for line in lines[1:]:
        if _belongs(group[-1], group[0], line):
            group.append(line)
            continue
        if len(group) > 1:
            yield group
        group = [line]
    if len(group) > 1:
        yield group


def _belongs(before: Line, first: Line, line: Line) -> bool:
    """Return whether a line may go on with the one before it; `first`: the first of these."""
    if before.apart or line.apart or line.bullet or before.depth != line.depth:
        return False
    if line.indent > before.indent + 1 and not (first.bullet and before is first):
        return line.case is Case.SMALL and not before.ended and len(before.content) >= _NARROW
    keys = _KEY.match(line.content) is not None
    if keys and (_KEY.match(before.content) or (line.case is not Case.SMALL and before.length < _NARROW)):
        return False
    hard = before.end - before.content_end >= 2 and line.case is not Case.SMALL
    return not hard


def _is_filled(group: Sequence[Line]) -> bool:
    """Return whether lines were broken where they were full: no line has room for the next line's first word."""
    width = max(line.length for line in group)
    if len(group) < 3 or not _NARROW <= width <= _WIDEST:
        return False
    if width < _WIDE and not any(line.case is Case.SMALL for line in group[1:]):
        return False
    return all(_is_full(before, after, width) for before, after in pairwise(group))


def _is_full(line: Line, after: Line, width: int) -> bool:
    word = after.content.split(maxsplit=1)[0]
    return line.length + 1 + len(word) > width


class _Block:
    """Lines that may belong together, and their common features."""

    def __init__(self, lines: Sequence[Line], width: int, language: str) -> None:
        self._lines = lines
        self._language = language
        self._filled = _is_filled(lines)
        self._width = max(line.length for line in lines)
        if not self._filled:
            self._width = max(self._width, width)
        pairs = [(before, after) for before, after in pairwise(lines) if not before.ended]
        small = sum(after.case is Case.SMALL for _, after in pairs)
        capital = sum(after.case in (Case.CAPITAL, Case.NUMBER) for _, after in pairs)
        self._verses = not self._filled and capital >= 2 and capital > 2 * small
        """Or an address, or a list: lines that begin like sentences, though none has ended."""
        self._stopped = lines[-1].ended
        short = all(len(line.content) <= _NARROW for line in lines)
        later = all(line.case in (Case.SMALL, Case.NUMBER) for line in lines[1:])
        self._unstopped = (
            later
            and short
            and not any(line.ended for line in lines)
            and (len(lines) > 2 or lines[0].case is not Case.CAPITAL)
        )
        """A list in small letters, or a chat without stops."""

    def goes_on(self, index: int) -> bool:
        """Return whether a sentence may go on from a line to the next."""
        before, after = self._lines[index], self._lines[index + 1]
        if self._filled or hyphenated(before, after):
            return True
        if self._verses:
            return False
        if before.ended and ends_in_abbreviation(before.content[-_LOOK_BACK:] + " ", after.content, self._language):
            return True
        if after.case is Case.SMALL:
            return self._small_goes_on(before, after)
        if before.ended:
            return False
        return self._capital_goes_on(before, after)

    def _small_goes_on(self, before: Line, after: Line) -> bool:
        if not self._unstopped:
            return not before.seen.endswith(":") or before.length >= _NARROW
        if self._is_open(before) or word_of(after, 0) in GOING_ON_WORDS.get(self._language, ()):
            return True
        starts = word_of(after, 0) in STARTING_WORDS.get(self._language, ())
        return len(before.content.split()) >= _MANY_WORDS and not starts

    def _capital_goes_on(self, before: Line, after: Line) -> bool:
        if self._is_open(before):
            return True
        last = before.seen.rstrip(_CLOSERS)[-1:]
        full = _is_full(before, after, self._width) and _NARROW <= self._width <= _WIDEST
        if full and self._stopped and last not in ":," and (after.content[0] == "(" or not _is_title(before)):
            return len(before.content) >= _NARROW
        if full and last == ",":
            return before.length >= _NARROW and self._stopped
        if after.case is Case.OTHER:
            return self._stopped and last != ":" and before.case is Case.OTHER
        if after.case is Case.NUMBER and self._stopped:
            numbers = sum(line.case is Case.NUMBER for line in self._lines)
            return numbers == 1 and len(before.content) >= _NARROW // 2
        return False

    def _is_open(self, line: Line) -> bool:
        """Return whether a line ends with a word that no sentence ends on."""
        found = word_of(line, -1)
        if not line.seen.endswith(line.content[-1:]) or not line.content[-1:].isalpha():
            return False
        # A letter alone may be a name: `Plan A`.
        return found in OPEN_WORDS.get(self._language, ()) and not (len(found) == 1 and line.content[-1:].isupper())


def hyphenated(before: Line, after: Line) -> bool:
    """Return whether a word is divided between two lines; `short- and long-term` is not."""
    found = _HYPHENATED.search(before.seen[-_LOOK_BACK:])
    return found is not None and after.case is Case.SMALL and word_of(after, 0) not in _AND


def word_of(line: Line, index: int) -> str:
    """Return a word of a line by its index, in small letters and without marks around it."""
    words = line.seen.replace(BLANK, " ").split()
    return words[index].strip("\"'“”‘’«»()[],;:.!?").lower() if words else ""  # noqa: RUF001 - marks of all kinds


def _is_title(line: Line) -> bool:
    """Return whether nearly all words have capitals, as in an English heading."""
    words = [word for word in _WORD.findall(line.seen) if len(word) >= 4]
    capitals = sum(word[0].isupper() for word in words)
    return len(words) >= 2 and capitals * 4 >= 3 * len(words) and len(words) <= _HEADING_WORDS
