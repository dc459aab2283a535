"""The documents of the project, and how tests read them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.harness import ROOT

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        ROOT / "client" / "typescript" / "README.md",
    ],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)
PAGES = [page for page in PAGES if "node_modules" not in page.parts]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)]+)\)")


def name_of(page: Path) -> str:
    """The path of a page inside the project."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of these languages."""
    return [text for language, text in _BLOCK.findall(text_of(page)) if language in languages]


def languages_of(page: Path) -> set[str]:
    """The languages of a page's fenced blocks."""
    return {language for language, _ in _BLOCK.findall(text_of(page))}


def prose_of(page: Path) -> str:
    """The page without its fenced blocks."""
    return _BLOCK.sub("", text_of(page))


def links_of(page: Path) -> list[str]:
    """The targets of the links that stay inside the project, with their anchors."""
    return _LINK.findall(prose_of(page))


def anchors_of(page: Path) -> set[str]:
    """What a link may name after its `#`, as GitHub makes it from a heading."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shell_lines(page: Path) -> Iterator[str]:
    """Every command of the blocks `sh` and `console`, its continued lines joined; of `console` only what is typed."""
    for block in blocks(page, "sh"):
        yield from (line for line in block.replace("\\\n", " ").splitlines() if line and not line.startswith("#"))
    for block in blocks(page, "console"):
        yield from re.findall(r"^\$ (.*)$", block, re.MULTILINE)


def dragoman_lines(page: Path) -> Iterator[list[str]]:
    """The words of every `dragoman ...` command, in blocks and in sentences."""
    for line in (*shell_lines(page), *re.findall(r"`([^`\n]+)`", prose_of(page))):
        words = line.split()
        if words and words[0] in ("dragoman", "/opt/dragoman/bin/dragoman"):
            yield shlex.split(line, comments=True)[1:]


def table(page: Path, first_cell: str) -> list[dict[str, str]]:
    """The rows of the one table whose head begins so, by the head's cells."""
    [found] = tables(page, first_cell)
    return found


def tables(page: Path, first_cell: str) -> list[list[dict[str, str]]]:
    """The same of all tables whose head begins so."""
    found = re.findall(rf"^\| {re.escape(first_cell)} \|.*\n(?:\|.*\n)+", text_of(page), re.MULTILINE)
    return [_rows(text) for text in found]


def _rows(text: str) -> list[dict[str, str]]:
    head, _, *rows = ([cell.strip() for cell in _cells(line)] for line in text.splitlines())
    return [dict(zip((cell.strip("`") for cell in head), row, strict=True)) for row in rows]


def _cells(line: str) -> list[str]:
    """The cells of a line; a bar with a backslash before it is none between cells."""
    return re.split(r"(?<!\\)\|", line.strip())[1:-1]


def code(cell: str) -> str:
    """What a cell has in backticks."""
    return cell.strip("`")
