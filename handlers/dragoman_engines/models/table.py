"""Reading the catalogue: our TOML files beside this one, and those that a user puts into the models folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.entry import Entry, check_entry
from dragoman_engines.models.pairs import pair_entry

OWN_ENTRIES = Path(__file__).parent / "entries"

Catalogue = Mapping[str, Entry]
"""Name to model."""


def load_catalogue(own: Path | None = None) -> Catalogue:
    """Read every entry: ours, and those of the `*.toml` files in a folder, which win over ours.

    Raises:
        ModelMissing: a file of the folder is no catalogue; the sentence names it.
    """
    folders = [OWN_ENTRIES, *([own] if own is not None and own.is_dir() else [])]
    return {entry.name: entry for folder in folders for path in sorted(folder.glob("*.toml")) for entry in _read(path)}


def find_entry(name: str, own: Path | None = None) -> Entry | None:
    """Return the entry of a name; `firefox-de-en` and the like are entries though they are not listed.

    Raises:
        ModelMissing: see `load_catalogue`.
    """
    return load_catalogue(own).get(name) or pair_entry(name)


def _read(path: Path) -> Iterator[Entry]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelMissing(f"the catalogue {path} cannot be read: {error}") from error
    seen: dict[str, Entry] = {}
    for name, table in tables.items():
        try:
            seen[name] = _entry(name, table, seen)
        except (msgspec.ValidationError, ValueError) as error:
            raise ModelMissing(f"the entry {name} of the catalogue {path} is wrong: {error}") from error
    yield from seen.values()


def _entry(name: str, table: Any, before: Catalogue) -> Entry:
    entry = msgspec.convert(table | {"name": name} if isinstance(table, dict) else table, Entry)
    if isinstance(entry.languages, str):
        if entry.languages not in before:
            raise ValueError(f"no entry {entry.languages!r} before it has languages to share")
        entry = msgspec.structs.replace(entry, languages=before[entry.languages].languages)
    check_entry(entry)
    return entry
