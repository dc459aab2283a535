"""The models folder: one folder for each model by its name, complete or not there.

    base/              the files, and `.dragoman.json`, which says what they must hash to
    .base.part/        one that is being made; a download goes on from here
    .base.lock         held by whoever makes or removes it

A folder is made beside its place and renamed into it, so that half a model is never seen. The lock ends with the
process that holds it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.entry import STORE_SCHEMES, Entry
from dragoman_engines.models.files import hash_file
from dragoman_engines.models.paths import check_names, open_plain, plain_folder

MANIFEST = ".dragoman.json"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The description that a finished folder holds."""

    name: str
    sha256: dict[str, str]
    """Of each file, as it was when the folder was made."""
    revision: str = ""
    """The revision of a download; empty for what has none."""


_READ_MANIFEST = msgspec.json.Decoder(Manifest).decode
"""Made at import: manifests are read in several threads, and a type that two of them meet first ends the process."""


class ModelStore:
    """The folder, and the only code that writes into it.

    Args:
        root: the folder; made when it is first needed. Empty: the user's own, `~/.local/share/dragoman/models`.
    """

    def __init__(self, root: Path | str = "") -> None:
        self.root = (Path(root) if str(root) else default_models_dir()).expanduser()

    def folder(self, name: str) -> Path:
        """Return where the model is, or would be."""
        return self.root / name

    def names(self) -> list[str]:
        """Return the models that are here whole."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(path.name for path in folders if self.manifest(path.name) is not None)

    def manifest(self, name: str) -> Manifest | None:
        """Read the description in the finished folder; return None where there is none."""
        try:
            data = (self.folder(name) / MANIFEST).read_bytes()
            return _READ_MANIFEST(data)
        except (OSError, msgspec.MsgspecError):
            return None

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep every other process from making or removing this model; wait for one that does.

        Raises:
            ModelMissing: the folder cannot be written.
        """
        with self._explained(name):
            self.root.mkdir(parents=True, exist_ok=True)
            file = open_plain(self.root / f".{name}.lock")
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def making(self, name: str, size_bytes: int) -> Iterator[Path]:
        """Open a folder to make the model in; needs the lock. The files of a broken-off run are in it.

        Raises:
            ModelMissing: there is no room, or the folder cannot be written; also where the body's own writing says so.
        """
        folder = self.root / f".{name}.part"
        with self._explained(name):
            plain_folder(folder, self.root)
            self._need_room(name, size_bytes - folder_bytes(folder))
            yield folder

    def publish(self, name: str, hashes: Mapping[str, str], revision: str = "") -> Path:
        """Put the folder that was made into its place, in place of an earlier one; needs the lock."""
        made, place = self.root / f".{name}.part", self.folder(name)
        check_names(hashes, f"the model {name}")
        manifest = Manifest(name=name, sha256=dict(sorted(hashes.items())), revision=revision)
        with self._explained(name):
            _prune(made, hashes)
            _write(made / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            if place.exists():
                old = self.root / f".{name}.old"
                shutil.rmtree(old, ignore_errors=True)
                place.rename(old)
                made.rename(place)
                shutil.rmtree(old, ignore_errors=True)
            else:
                made.rename(place)
        return place

    def remove(self, name: str) -> int:
        """Remove a model with the files of a broken-off run; return the bytes that this freed.

        Raises:
            ModelMissing: it is not in this folder, is no model, or cannot be removed.
        """
        place, part = self.folder(name), self.root / f".{name}.part"
        if Path(name).name != name or name.startswith("."):
            raise ModelMissing(f"{name!r} is no name of a model")
        if place.is_symlink() or (place.exists() and self.manifest(name) is None):
            raise ModelMissing(f"{place} was not made by this program and is left as it is")
        if not place.exists() and not part.exists():
            raise ModelMissing(f"the model {name} is not in {self.root}")
        with self.locked(name), self._explained(name):
            freed_bytes = folder_bytes(place) + folder_bytes(part)
            old = self.root / f".{name}.old"
            if place.exists():
                place.rename(old)  # from here on it is not found, also not in half
            for folder in (old, part):
                if folder.exists():
                    shutil.rmtree(folder)
        return freed_bytes

    def pinned(self, entry: Entry) -> Mapping[str, str]:
        """Return the sha256 that each file must have: that of the catalogue, else that of the first fetch."""
        manifest = self.manifest(entry.name)
        kept = manifest.sha256 if manifest is not None else {}
        if entry.scheme in STORE_SCHEMES:
            return {**kept, **entry.pins()}
        return {name: entry.pins().get(name) or kept.get(name, "") for name in entry.files}

    def is_whole(self, entry: Entry) -> bool:
        """Return whether the model is here and every file of it as it must be."""
        return self.manifest(entry.name) is not None and self.wrong_file(entry.name, self.pinned(entry)) is None

    def wrong_file(self, name: str, hashes: Mapping[str, str]) -> str | None:
        """Find the first file that is not there or does not hash to what it must; None where all do."""
        for file, expected in hashes.items():
            try:
                if hash_file(self.folder(name) / file) != expected:
                    return file
            except OSError:
                return file
        return None

    def _need_room(self, name: str, needed_bytes: int) -> None:
        free_bytes = shutil.disk_usage(self.root).free
        if needed_bytes > free_bytes:
            raise ModelMissing(
                f"there is no room for the model {name} in {self.root}: it needs {needed_bytes >> 20} MB and"
                f" {free_bytes >> 20} MB are free; make room or name another folder with engines.models_dir",
            )

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                problem = f"there is no room for the model {name} in {self.root}; make room"
            else:
                problem = (
                    f"the model {name} cannot be kept in {self.root} ({error.strerror or error}); make it writable"
                )
            raise ModelMissing(f"{problem} or name another folder with engines.models_dir") from error


def default_models_dir() -> Path:
    """Return the user's own: `$XDG_DATA_HOME/dragoman/models`, as a rule `~/.local/share/dragoman/models`."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "dragoman" / "models"


def folder_bytes(folder: Path) -> int:
    """Sum up the size of all files below a folder; 0 where there is none."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # another process removed it
            continue
    return total


def _prune(folder: Path, files: Iterable[str]) -> None:
    """Remove files that do not belong to the model: an earlier run may have made another version of it here."""
    wanted = {folder / file for file in files}
    for path in sorted(folder.rglob("*"), reverse=True):  # what is inside comes before the folder around it
        if path.is_dir() and not path.is_symlink():
            if not any(path in file.parents for file in wanted):
                path.rmdir()
        elif path not in wanted:
            path.unlink()


def _write(path: Path, data: bytes) -> None:
    with open_plain(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
