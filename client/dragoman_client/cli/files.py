"""Which files a `dragoman translate` reads, and where their translations go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from dragoman_wire.formats import TextFormat, format_of

STDIN = "-"
MOST_BYTES = 64 << 20
PART = ".part"
"""Ends the name of a file that is being written."""


class FilesError(Exception):
    """The files that were named cannot be worked on; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to translate."""

    path: Path | None
    """None: standard input."""
    inside: PurePath
    """Its name below the folder that was named; what its translations are named after."""
    text: str | None = None
    """Its content, where it was read already."""

    @property
    def name(self) -> str:
        """Return its name for people."""
        return str(self.path) if self.path else "standard input"

    def format(self) -> TextFormat:
        """Return its format by its name."""
        return "text" if self.path is None else format_of(self.path)

    def output(self, out: Path, language: str) -> Path:
        """Return where its translation goes: `NAME.LANG.EXT` in the same folder below `out`."""
        safe = re.sub(r"[^A-Za-z0-9-]", "_", language)
        return out / self.inside.parent / f"{self.inside.stem}.{safe}{self.inside.suffix}"

    def is_done(self, output: Path) -> bool:
        """Return whether a translation is there that is not older than the source."""
        try:
            written_s = output.stat().st_mtime
        except OSError:
            return False
        return self.path is None or written_s >= self.path.stat().st_mtime


def find_sources(names: Sequence[str], out: Path | None, languages: Sequence[str]) -> list[Source]:
    """Return the files that are named, and those in the folders that are named, in order.

    In a folder, files of a known format count; hidden ones, links, what lies in `out`, and translations that an
    earlier run wrote are left out.

    Raises:
        FilesError: a name is no file, a folder has none, or two files would be written to the same place.
    """
    sources = [source for name in names for source in _sources(name, out, languages)]
    seen: dict[PurePath, Source] = {}
    for source in sources:
        other = seen.setdefault(source.inside, source)
        if out is not None and other is not source:
            same = source.output(out, languages[0])
            raise FilesError(f"{other.name} and {source.name} would both be written to {same}")
    return sources


def _sources(name: str, out: Path | None, languages: Sequence[str]) -> Iterator[Source]:
    path = Path(name)
    if name == STDIN:
        yield Source(None, PurePath("stdin.txt"))
    elif path.is_dir():
        if out is None:
            raise FilesError(f"{name} is a folder; name one for the translations with --out")
        found = list(_in_folder(path, out.resolve(), languages))
        if not found:
            raise FilesError(f"the folder {name} has no file of a known format")
        yield from found
    elif path.is_file():
        yield Source(path, PurePath(path.name))
    else:
        raise FilesError(f"there is no file {name}")


def _in_folder(folder: Path, out: Path, languages: Sequence[str]) -> Iterator[Source]:
    root = folder.resolve()
    for path in files_in(folder, out):
        ours = root == out and _is_translation(path, languages)
        if format_of(path) != "auto" and not ours:
            yield Source(path, path.relative_to(folder))


def files_in(folder: Path, out: Path | None) -> Iterator[Path]:
    """Yield the files in a folder and in the folders in it, in order; not hidden ones, links, and the folder `out`."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            one
            for one in folders
            if not one.startswith(".") and (here / one).resolve() != out and not (here / one).is_symlink()
        )
        for file in sorted(files):
            path = here / file
            if not file.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _is_translation(path: Path, languages: Sequence[str]) -> bool:
    """Return whether a file is named as the translation of another one beside it."""
    stem, dot, language = path.stem.rpartition(".")
    return bool(dot) and language in languages and path.with_name(stem + path.suffix).is_file()


def read_text(source: Source, data: bytes) -> tuple[str, str]:
    """Decode a file; return its text and the name of its encoding.

    Raises:
        FilesError: it is no text.
    """
    encoding = "utf-8"
    if data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FilesError(f"{source.name} is no text in UTF-8 (byte {error.start})") from error
    if "\0" in text:
        raise FilesError(f"{source.name} is no text: it has null bytes")
    return text, encoding


class Output:
    """A translation that is being written as it comes: to `NAME.part`, which gets its name when it is complete."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self._part = path.with_name(path.name + PART)
        self._part.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("w", encoding=encoding, newline="")

    def write(self, text: str) -> None:
        """Add to it; on the disk at once."""
        self._file.write(text)
        self._file.flush()

    def finish(self) -> None:
        """Give it its name, in place of an older translation."""
        self._file.close()
        self._part.replace(self.path)

    def leave(self) -> None:
        """Close it as it is."""
        self._file.close()

    def discard(self) -> None:
        """Remove what was written."""
        self._file.close()
        self._part.unlink(missing_ok=True)
