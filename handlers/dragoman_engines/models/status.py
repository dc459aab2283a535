"""The state of the catalogue's models on this machine: for lists, for checks, and before anything is removed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.assemble import installed_parts
from dragoman_engines.models.entry import Entry
from dragoman_engines.models.files import hash_file
from dragoman_engines.models.pairs import pair_entry
from dragoman_engines.models.ready import place_of
from dragoman_engines.models.store import ModelStore, folder_bytes
from dragoman_engines.models.table import find_entry, load_catalogue
from dragoman_engines.work import Kind

State = Literal["here", "in parts", "absent"]
_ORDER: tuple[Kind, ...] = ("transcription", "translation", "speech", "decoder")
"""In which kinds are listed."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """One model, and what is here of it."""

    name: str
    entry: Entry | None
    """None for a model in the models folder that no catalogue knows any more."""
    state: State
    """`in parts`: the first that needs it joins it from installed packages."""
    folder: Path | None = None
    """Where it is."""
    disk_bytes: int = 0
    pins: Mapping[str, str]
    """File to the sha256 that it must have."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A file that is not what it must be."""

    path: Path
    sha256: str
    """As it is now; `missing` where there is no such file."""
    expected: str


def all_models(store: ModelStore) -> list[Status]:
    """Return every model of the catalogue, and those in the models folder that are not listed.

    Raises:
        ModelMissing: a catalogue of the user's own cannot be read.
    """
    catalogue = load_catalogue(store.root)
    listed = [_status(name, entry, store) for name, entry in catalogue.items()]
    unlisted = [_status(name, pair_entry(name), store) for name in store.names() if name not in catalogue]
    return sorted([*listed, *unlisted], key=lambda one: _ORDER.index(one.entry.kind) if one.entry else len(_ORDER))


def status_of(name: str, store: ModelStore) -> Status:
    """Return one model; `absent`, without an entry, where the name is unknown.

    Raises:
        ModelMissing: see `all_models`.
    """
    return _status(name, find_entry(name, store.root), store)


def _status(name: str, entry: Entry | None, store: ModelStore) -> Status:
    if entry is not None and entry.in_place:
        return _in_place(entry)
    manifest = store.manifest(name)
    if manifest is not None:
        folder = store.folder(name)
        pins = store.pinned(entry) if entry is not None else manifest.sha256
        return Status(name=name, entry=entry, state="here", folder=folder, disk_bytes=folder_bytes(folder), pins=pins)
    joinable = False
    if entry is not None and entry.schemes() <= {"package", "path"}:
        with contextlib.suppress(ModelMissing):
            joinable = all(path.is_file() for path in installed_parts(entry).values())
    return Status(name=name, entry=entry, state="in parts" if joinable else "absent", pins={})


def wrong_files(status: Status) -> Iterator[Wrong]:
    """Yield every file of a model that is here and is not what it must be."""
    for name, expected in status.pins.items():
        path = (status.folder or Path()) / name
        try:
            actual = hash_file(path)
        except OSError:
            actual = "missing"
        if actual != expected:
            yield Wrong(path=path, sha256=actual, expected=expected)


def _in_place(entry: Entry) -> Status:
    try:
        folder = place_of(entry)
    except ModelMissing:
        return Status(name=entry.name, entry=entry, state="absent", pins={})
    sizes = [path.stat().st_size for name in entry.files if (path := folder / name).is_file()]
    return Status(
        name=entry.name,
        entry=entry,
        state="here",
        folder=folder,
        disk_bytes=sum(sizes) if entry.files else folder_bytes(folder),
        pins=entry.pins(),
    )
