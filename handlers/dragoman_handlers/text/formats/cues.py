"""Subtitles as cues whose sentences go on from one to the next: joined, translated, and laid back into the cues.

Every cue keeps its time. A translation is shared out by how much each cue said, and how long it stands; a cue has at
most two lines of 42 characters wherever its sentence fits into its cues that way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from dragoman_handlers.text.formats.document import (
    MOST_PARTS,
    Inline,
    Marked,
    Unit,
    Words,
    has_letters,
    marked,
    nested,
    split_markers,
)
from dragoman_handlers.text.formats.inline import Part
from dragoman_wire.errors import TooLarge

LINE_CHARS, LINES = 42, 2
_CUE_CHARS = LINE_CHARS * LINES
_MOST_CUES, _MOST_CHARS, _MOST_GAP_MS = 8, 600, 2000
_ENDS = re.compile(r"(?:[.!?…。！？♪:;)\]]|\.\.\.)[\"'”’»)\]]*\Z")  # noqa: RUF001 - full-width marks
_BEGINS = re.compile(r"[-–—♪\[(>]|\.\.\.|…")  # noqa: RUF001 - dashes
_DASH = re.compile(r"[-–—]\s?")  # noqa: RUF001
_GOOD_BREAK = re.compile(r"[,;:.!?…]\Z")
_BY_TIME = 0.3
"""What a cue's time counts beside its words."""


class Cue(msgspec.Struct, frozen=True, eq=False):
    """One cue as its format has read it."""

    start_ms: int
    end_ms: int
    lines: Sequence[Sequence[Part]]
    """The words and the marks of each line."""
    raw: str
    """All lines as the file has them."""


class CueFormat(msgspec.Struct, frozen=True, eq=False):
    """The form in which a format writes a cue."""

    encode: Callable[[str], str]
    newline: str


class _Block(msgspec.Struct, eq=False):
    """A part of a cue that is translated together: the whole, or one line of a dialogue."""

    cue: int
    line: int
    """-1: all lines."""
    before: str
    parts: list[Part]
    after: str

    @property
    def text(self) -> str:
        return "".join([part.text for part in self.parts if isinstance(part, Words)])

    @property
    def plain(self) -> bool:
        return all(isinstance(part, Words) for part in self.parts)


class _Group(msgspec.Struct, frozen=True, eq=False):
    """Blocks with one text."""

    blocks: Sequence[_Block]
    marked: Marked


class SubtitleDocument:
    """A `Document` of cues.

    Args:
        skeleton: text that stays, and cues.
        form: writes cues.

    Raises:
        TooLarge: it has too many parts.
    """

    def __init__(self, skeleton: Sequence[str | Cue], form: CueFormat) -> None:
        self._skeleton = skeleton
        self._form = form
        cues = [part for part in skeleton if isinstance(part, Cue)]
        if sum(len(line) for cue in cues for line in cue.lines) > MOST_PARTS:
            raise TooLarge(f"the document has more than {MOST_PARTS} parts; send it in pieces")
        self._groups = list(_grouped(cues))
        self._by_text: dict[str, Marked] = {}
        for group in self._groups:
            self._by_text.setdefault(group.marked.text, group.marked)
        self.texts: Sequence[str] = list(self._by_text)

    def runs(self, text: str) -> Sequence[str]:
        """Return the words of one of `texts` between its markers."""
        return [run for run in list(split_markers(text, self._by_text[text].inlines))[::2] if has_letters(run)]

    def fits(self, text: str, translation: str) -> bool:
        """Return whether a translation has all markers of its text, well nested."""
        inlines = self._by_text[text].inlines
        found = list(split_markers(translation, inlines))[1::2]
        return sorted(found) == sorted(inlines) and nested(found)

    def joined(self, text: str, runs: Mapping[str, str]) -> str:
        """Return a text with the translations of its runs in their places."""
        return "".join([runs.get(part, part) for part in split_markers(text, self._by_text[text].inlines)])

    def render(self, translations: Mapping[str, str]) -> str:
        """Return the file with the translations in their places."""
        cues = [part for part in self._skeleton if isinstance(part, Cue)]
        laid: dict[tuple[int, int], str] = {}
        for group in self._groups:
            translation = translations.get(group.marked.text)
            if translation is not None and translation != group.marked.text:
                laid |= self._laid(group, cues, translation)
        written = iter([self._written(index, cue, laid) for index, cue in enumerate(cues)])
        return "".join([part if isinstance(part, str) else next(written) for part in self._skeleton])

    def _laid(self, group: _Group, cues: Sequence[Cue], translation: str) -> dict[tuple[int, int], str]:
        shares = shared_out(
            " ".join(translation.split()),
            [len(block.text) for block in group.blocks],
            [cues[block.cue].end_ms - cues[block.cue].start_ms for block in group.blocks],
        )
        found: dict[tuple[int, int], str] = {}
        for block, share in zip(group.blocks, shares, strict=True):
            text = share
            if block.line < 0:
                text = "\n".join(wrapped(share, group.marked.inlines))
            encoded = [
                "".join(map(str, group.marked.inlines[part].skeleton)) if index % 2 else self._form.encode(part)
                for index, part in enumerate(split_markers(text, group.marked.inlines))
            ]
            found[block.cue, block.line] = block.before + "".join(encoded) + block.after
        return found

    def _written(self, index: int, cue: Cue, laid: Mapping[tuple[int, int], str]) -> str:
        if (index, -1) in laid:
            return laid[index, -1].replace("\n", self._form.newline)
        if not any((index, line) in laid for line in range(len(cue.lines))):
            return cue.raw
        return self._form.newline.join(
            [laid.get((index, number), _raw(line)) for number, line in enumerate(cue.lines)]
        )


def _raw(parts: Sequence[Part]) -> str:
    return "".join([part.raw if isinstance(part, Words) else "".join(map(str, part.skeleton)) for part in parts])


def _blocks(index: int, cue: Cue) -> Iterator[_Block]:
    """Yield what is translated of a cue: each line of a dialogue, or all lines as one text."""
    texts = ["".join([part.text for part in line if isinstance(part, Words)]).strip() for line in cue.lines]
    spoken = [text for text in texts if text]
    if len(spoken) > 1 and all(_DASH.match(text) for text in spoken):
        for number, line in enumerate(cue.lines):
            yield from _block(index, number, list(line))
        return
    parts: list[Part] = []
    for number, line in enumerate(cue.lines):
        parts += [Words(" ", " ")] if number and parts else []
        parts += line
    yield from _block(index, -1, parts)


def _block(cue: int, line: int, parts: list[Part]) -> Iterator[_Block]:
    """Yield the block of some parts, with marks, blanks and a dash at its ends taken off; none without letters."""
    before, after = [], []
    while parts and (isinstance(parts[0], Inline) or not parts[0].text.strip()):
        before.append(parts.pop(0))
    while parts and (isinstance(parts[-1], Inline) or not parts[-1].text.strip()):
        after.append(parts.pop())
    first = parts[0] if parts else None
    dash = ""
    if isinstance(first, Words) and line >= 0 and (match := _DASH.match(first.text)):
        dash = match[0]
        parts[0] = Words(first.text[len(dash) :], first.raw[len(dash) :])
    if any(isinstance(part, Words) and has_letters(part.text) for part in parts):
        yield _Block(cue, line, _raw(before) + dash, parts, _raw(after[::-1]))


def _grouped(cues: Sequence[Cue]) -> Iterator[_Group]:
    """Yield blocks joined where a sentence goes on from one cue to the next."""
    run: list[_Block] = []
    for index, cue in enumerate(cues):
        blocks = list(_blocks(index, cue))
        if run and not (len(blocks) == 1 and _goes_on(run, blocks[0], cues)):
            yield _group(run)
            run = []
        for block in blocks:
            if len(blocks) > 1:
                yield _group([block])
            else:
                run.append(block)
    if run:
        yield _group(run)


def _goes_on(run: Sequence[_Block], block: _Block, cues: Sequence[Cue]) -> bool:
    last = run[-1]
    chars = sum(len(each.text) for each in run) + len(block.text)
    if len(run) >= _MOST_CUES or chars > _MOST_CHARS or block.cue != last.cue + 1:
        return False
    gap_ms = cues[block.cue].start_ms - cues[last.cue].end_ms
    alike = last.before == block.before and last.after == block.after and last.plain and block.plain
    if not alike or last.line >= 0 or block.line >= 0 or not -50 <= gap_ms <= _MOST_GAP_MS:
        return False
    return not _ENDS.search(last.text.rstrip()) and not _BEGINS.match(block.text.lstrip())


def _group(blocks: Sequence[_Block]) -> _Group:
    parts: list[Part] = []
    for block in blocks:
        parts += [Words(" ", " ")] if parts else []
        parts += block.parts
    return _Group(blocks, marked(Unit(parts)))


def shared_out(text: str, chars: Sequence[int], times_ms: Sequence[int]) -> list[str]:
    """Cut a translation into as many parts as there are cues, between words, in proportion to the source.

    Args:
        text: with single blanks between its words.
        chars: what each cue said.
        times_ms: how long each stands.
    """
    count = len(chars)
    if count == 1:
        return [text]
    all_chars, all_ms = sum(chars) or 1, sum(max(0, each) for each in times_ms) or 1
    weights = [
        (1 - _BY_TIME) * char / all_chars + _BY_TIME * max(0, ms) / all_ms
        for char, ms in zip(chars, times_ms, strict=True)
    ]
    words = text.split(" ")
    if len(words) < count:
        return [*words, *["…"] * (count - len(words))]
    room = _CUE_CHARS - 4 if len(text) <= (_CUE_CHARS - 4) * count else -(-len(text) // count) + LINE_CHARS // 2
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word) + 1)
    cuts = [0]
    wanted = 0.0
    for number, weight in enumerate(weights[:-1], start=1):
        wanted += weight * len(text)
        left = count - number
        first, last = cuts[-1] + 1, len(words) - left
        fitting = [
            at
            for at in range(first, last + 1)
            if ends[at] - 1 - ends[cuts[-1]] <= room and ends[-1] - 1 - ends[at] <= room * left
        ]
        goal = wanted
        cuts.append(
            min(
                fitting or range(first, last + 1),
                key=lambda at: abs(ends[at] - 1 - goal) - (8 if _GOOD_BREAK.search(words[at - 1]) else 0),
            )
        )
    cuts.append(len(words))
    return [" ".join(words[begin:end]) for begin, end in pairwise(cuts)]


def wrapped(text: str, inlines: Mapping[str, Inline]) -> list[str]:
    """Cut a cue's text into one line, or into two of about the same length; markers take no room."""

    def width(line: str) -> int:
        return sum(len(part) for part in list(split_markers(line, inlines))[::2])

    if width(text) <= LINE_CHARS:
        return [text]
    # Both halves are about as long: only places near the middle are looked at, however long a cue is.
    middle = len(text) // 2
    near = max(0, middle - _CUE_CHARS), middle + _CUE_CHARS
    places = [match.start() for match in re.compile(" ").finditer(text, *near)]
    if not places:
        return [text]

    def cost(at: int) -> tuple[int, float]:
        above, below = width(text[:at]), width(text[at + 1 :])
        over = max(0, above - LINE_CHARS) + max(0, below - LINE_CHARS)
        return over, abs(above - below) - (10 if _GOOD_BREAK.search(text[:at]) else 0)

    at = min(places, key=cost)
    return [text[:at], text[at + 1 :]]
