"""What the catalogue says of a model, and how that is read: from our TOML files and from the user's own.

A table is an entry, its key the name that the configuration may say, as in `model = "base"`. Its `files` are all that
makes up the model's folder:

    "model.bin" = { bytes = 3, sha256 = "...", from = ["package:one/a.part1", "package:two/a.part2"] }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from dragoman_engines.base import ModelMissing
from dragoman_engines.work import Kind

OWN_ENTRIES = Path(__file__).parent / "entries"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ModelFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a model."""

    size_bytes: int = msgspec.field(name="bytes", default=0)
    """0 where it is not known before the file is here."""
    sha256: str = ""
    """Empty where it is not known here: then the hash of the first download is kept and holds from there on."""
    parts: tuple[str, ...] = msgspec.field(name="from", default=())
    """Where its bytes are: SCHEME:PLACE/FILE, joined in order. Empty: in the entry's source, under its own name."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of the catalogue."""

    kind: Kind
    engine: str
    """The program part that runs it: `whisper`, `firefox`, `kokoro`."""
    about: str
    """One line for people."""
    languages: tuple[str, ...]
    """ISO 639-1, or 639-3 where there is none; empty: see `about`."""
    licence: str
    """SPDX expression, and whose it is where that is no plain matter."""
    source: str = ""
    """Where files without parts of their own are: `package:NAME/FOLDER`, `hub:OWNER/NAME@REVISION`, ..."""
    requires: tuple[str, ...] = ()
    """What pip installs for it, with versions: the hashes belong to them."""
    extra: str = ""
    """The extra of ours that brings these."""
    files: dict[str, ModelFile]
    """By name in the model's folder."""
    name: str = ""
    """Its key in the catalogue."""

    @property
    def size_bytes(self) -> int:
        """All its files together, as far as that is known."""
        return sum(file.size_bytes for file in self.files.values())

    @property
    def install(self) -> str:
        """The command that brings the packages it is made of."""
        return f"pip install 'dragoman[{self.extra}]'" if self.extra else f"pip install {' '.join(self.requires)}"

    def parts_of(self, file: str) -> tuple[str, ...]:
        """Where the bytes of a file are."""
        return self.files[file].parts or (f"{self.source}/{file}",)

    def schemes(self) -> set[str]:
        """Every kind of place that it needs: `package`, `npm`, `hub`, ..."""
        return {part.partition(":")[0] for file in self.files for part in self.parts_of(file)}


Catalogue = Mapping[str, Entry]
"""Name to model."""


def load_catalogue(own: Path | None = None) -> Catalogue:
    """Every entry: ours, and those of the `*.toml` files in a folder, which win over ours.

    Raises:
        ModelMissing: a file of the folder is no catalogue; the sentence names it.
    """
    folders = [OWN_ENTRIES, *([own] if own is not None and own.is_dir() else [])]
    return {entry.name: entry for folder in folders for path in sorted(folder.glob("*.toml")) for entry in _read(path)}


def _read(path: Path) -> Iterator[Entry]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelMissing(f"the catalogue {path} cannot be read: {error}") from error
    for name, table in tables.items():
        try:
            entry = msgspec.convert({"name": name, **table} if isinstance(table, dict) else table, Entry)
            _check(entry)
        except (msgspec.ValidationError, ValueError) as error:
            raise ModelMissing(f"the entry {name} of the catalogue {path} is wrong: {error}") from error
        yield entry


def _check(entry: Entry) -> None:
    if not _NAME.fullmatch(entry.name):
        raise ValueError("a name is small letters, digits, dots, hyphens and underscores")
    if not entry.files:
        raise ValueError("it has no files")
    for name, file in entry.files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or not path.parts or any(part.startswith(".") for part in path.parts):
            raise ValueError(f"the file {name!r} must have a plain path below the model's folder")
        if file.sha256 and not _SHA256.fullmatch(file.sha256):
            raise ValueError(f"the sha256 of {name} is not 64 small hexadecimal digits")
        if not file.parts and not entry.source:
            raise ValueError(f"nothing says where the file {name} comes from; give it `from`, or the entry a `source`")
        if any(":" not in part for part in entry.parts_of(name)):
            raise ValueError(f"the file {name} comes from nowhere known; write package:, npm:, hub: or path:")
