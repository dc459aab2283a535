"""An entry of the catalogue.

A table is an entry, its key the name that the configuration may say, as in `model = "base"`. Its files come either one
by one, each from one or more parts that are joined:

    "model.bin" = { bytes = 3, sha256 = "...", from = ["package:one/a.part1", "package:two/a.part2"] }

or from the entry's `source`: a package or a folder, where they are used in place, or a store on the net, from which
they are downloaded.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping

import msgspec

from dragoman_engines.models.paths import path_problem
from dragoman_engines.work import Kind

PART_SCHEMES = frozenset({"package", "npm", "path"})
"""Places whose files can be joined."""
STORE_SCHEMES = frozenset({"hub", "firefox"})
"""Places from which a model is downloaded as a whole."""
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

    name: str = ""
    """Its key in the catalogue."""
    kind: Kind
    engine: str
    """The program part that runs it: `whisper`, `firefox`, `kokoro`."""
    about: str
    """One line for people."""
    languages: tuple[str, ...] | str
    """ISO 639-1, or 639-3 where there is none; in a file also the name of an entry before it that has the same."""
    licence: str
    """SPDX expression, and whose it is where that is no plain matter."""
    source: str = ""
    """Where the files without parts are: `package:NAME/FOLDER`, `path:FOLDER`, `hub:OWNER/NAME@REVISION`, ..."""
    select: tuple[str, ...] = ()
    """Of a store on the net: the files to download, as patterns; empty: those in `files`, or all."""
    requires: tuple[str, ...] = ()
    """The packages that pip installs for it, with versions: the hashes belong to them."""
    extra: str = ""
    """The extra of ours that brings these."""
    files: dict[str, ModelFile] = {}
    """By name in the model's folder."""
    native: bool = False
    """The files are machine code: the hashes hold on Linux x86-64 only, elsewhere nothing is checked."""
    size_mb: int = 0
    """About how large it is, in 10^6 bytes, where the files' sizes are not listed."""

    @property
    def scheme(self) -> str:
        """Return the scheme of the source, such as `package`."""
        return self.source.partition(":")[0]

    @property
    def place(self) -> str:
        """Return the source without its scheme."""
        return self.source.partition(":")[2]

    @property
    def in_place(self) -> bool:
        """Return whether it is used inside its package or folder, without a copy in the models folder."""
        return self.scheme in PART_SCHEMES and not any(file.parts for file in self.files.values())

    @property
    def size_bytes(self) -> int:
        """Return the size of all its files together, as far as it is known."""
        return sum(file.size_bytes for file in self.files.values()) or self.size_mb * 1_000_000

    @property
    def install(self) -> str:
        """Return the command that installs the packages it is made of."""
        return f"pip install 'dragoman[{self.extra}]'" if self.extra else f"pip install {' '.join(self.requires)}"

    def pins(self) -> Mapping[str, str]:
        """Return file to sha256, of those that are known and hold on this machine."""
        here = sys.platform == "linux" and platform.machine() in {"x86_64", "AMD64"}
        if self.native and not here:
            return {}
        return {name: file.sha256 for name, file in self.files.items() if file.sha256}

    def parts_of(self, file: str) -> tuple[str, ...]:
        """Return where the bytes of a file are."""
        return self.files[file].parts or (f"{self.source}/{file}",)

    def schemes(self) -> set[str]:
        """Return every kind of place that it needs: `package`, `npm`, `hub`, ..."""
        if self.scheme in STORE_SCHEMES or not self.files:
            return {self.scheme}
        return {part.partition(":")[0] for file in self.files for part in self.parts_of(file)}


# Entries are read in several threads. msgspec describes a type to itself at its first use, and two threads that do
# so at once end the process: it is done here, at import.
msgspec.json.Decoder(Entry)


def check_entry(entry: Entry) -> None:
    """Hold an entry against the rules.

    Raises:
        ValueError: it breaks one; the sentence says which.
    """
    if not _NAME.fullmatch(entry.name):
        raise ValueError("a name is small letters, digits, dots, hyphens and underscores")
    if entry.source and (entry.scheme not in PART_SCHEMES | STORE_SCHEMES or not entry.place):
        raise ValueError(f"its source {entry.source!r} is none of package:, path:, npm:, hub: and firefox:")
    if not entry.files and not entry.source:
        raise ValueError("it has neither files nor a source")
    if entry.scheme == "npm" and not entry.files:
        raise ValueError("of an npm package the files must be named")
    for name, file in entry.files.items():
        _check_file(entry, name, file)


def _check_file(entry: Entry, name: str, file: ModelFile) -> None:
    problem = path_problem(name)
    if problem is not None:
        raise ValueError(f"the file {name!r} must have a plain path below the model's folder: {problem}")
    if file.sha256 and not _SHA256.fullmatch(file.sha256):
        raise ValueError(f"the sha256 of {name} is not 64 small hexadecimal digits")
    if not file.parts and not entry.source:
        raise ValueError(f"nothing says where the file {name} comes from; give it `from`, or the entry a `source`")
    if file.parts and entry.scheme in STORE_SCHEMES:
        raise ValueError(f"the file {name} has parts, but {entry.scheme}: brings the model as a whole")
    if any(part.partition(":")[0] not in PART_SCHEMES or not part.partition(":")[2] for part in file.parts):
        raise ValueError(f"the file {name} comes from nowhere known; write package:, npm: or path:")
