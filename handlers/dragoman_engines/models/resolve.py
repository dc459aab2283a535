"""Where a model's files are: a source string from the configuration becomes a folder whose files were checked.

NAME                         a model of the catalogue: in the models folder, or made from installed packages now
package:NAME[/FOLDER]        inside an installed package, found without importing it
path:FOLDER                  on this machine
hub:OWNER/NAME[@REVISION]    from the Hugging Face hub: its cache on this machine first, then the net
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import Entry, ModelStore, find_entry, load_catalogue, ready_folder
from dragoman_engines.models.files import hash_file
from dragoman_engines.models.packages import package_folder

INSTALL_MODELS = "pip install 'dragoman[models]'"
REVISION_DIGITS = 12

__all__ = ["INSTALL_MODELS", "ModelFolder", "hash_file", "resolve"]


@dataclass(frozen=True, kw_only=True)
class ModelFolder:
    """A model's files, on this machine and as they should be."""

    folder: Path
    name: str
    """For people, logs and results: `tiny.en`, or the last part of the source."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """The pinned hashes that were checked; empty for a model that is not ours to pin."""

    def revision(self, files: Sequence[Path] = ()) -> str:
        """Compute a short hash of the model's content: of the pinned files, or of `files` where nothing is pinned.

        Every byte is read (0.5 s or less for a gigabyte with SHA instructions, several without), because a cached
        answer of another model would be a wrong answer.
        """
        hashes = self.sha256 or {str(path.relative_to(self.folder)): hash_file(path) for path in files}
        lines = "".join(f"{name} {digest}\n" for name, digest in sorted(hashes.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:REVISION_DIGITS]


def resolve(source: str, needs: Sequence[str] = (), models_dir: str = "") -> ModelFolder:
    """Return the folder that a source names, its pinned files checked.

    Args:
        source: a name of the catalogue, `package:NAME`, `path:FOLDER` or `hub:OWNER/NAME`.
        needs: files that the engine cannot do without, relative to the folder.
        models_dir: the models folder; empty: the user's own.

    Raises:
        ModelMissing: there is no such source, package, folder or file, or a file is damaged.
    """
    scheme, colon, place = source.partition(":")
    store = ModelStore(models_dir)
    if source and not colon:
        entry = find_entry(source, store.root)
        if entry is None:
            raise ModelMissing(_no_model(source))
        model = _from_entry(entry, store)
    elif not place or scheme not in {"package", "path", "hub"}:
        raise ModelMissing(_no_model(source))
    elif scheme == "package":
        model = _in_package(place, store)
    elif scheme == "path":
        model = _at_path(place)
    else:
        model = _on_hub(place, needs)
    _require(model.folder, needs, source)
    return model


def _from_entry(entry: Entry, store: ModelStore) -> ModelFolder:
    folder = ready_folder(entry, store)
    return ModelFolder(folder=folder, name=entry.name, sha256=entry.pins() if entry.in_place else store.pinned(entry))


def _no_model(source: str) -> str:
    return (
        f"{source!r} names no model: write a name that `dragoman models list` shows, or"
        " package:NAME, path:FOLDER or hub:OWNER/NAME"
    )


def _in_package(place: str, store: ModelStore) -> ModelFolder:
    package, _, inside = place.partition("/")
    known = [] if inside else [one for one in load_catalogue(store.root).values() if _lies_in(one, package)]
    if known:
        return _from_entry(known[0], store)
    folder = package_folder(package)
    if folder is None:
        name = package.replace("_", "-")
        raise ModelMissing(f"the package {name} is not installed; run: pip install {name}")
    return ModelFolder(folder=folder / inside, name=Path(place).name)


def _lies_in(entry: Entry, package: str) -> bool:
    return entry.in_place and entry.scheme == "package" and entry.place.partition("/")[0] == package


def _at_path(place: str) -> ModelFolder:
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise ModelMissing(f"there is no folder {folder}; put the model's files there or name another source")
    return ModelFolder(folder=folder, name=folder.resolve().name)


def _on_hub(place: str, needs: Sequence[str]) -> ModelFolder:
    repository, _, revision = place.partition("@")
    try:
        # Only this source needs the library, and importing it takes a third of a second.
        from huggingface_hub import snapshot_download  # noqa: PLC0415
    except ImportError as error:
        raise ModelMissing(f"the library huggingface_hub is not installed; run: {INSTALL_MODELS}") from error
    problem: Exception | None = None
    # The cache first: a restart should neither wait for the net nor come back with another model.
    for local_only in (True, False):
        try:
            folder = Path(snapshot_download(repository, revision=revision or None, local_files_only=local_only))
        except (OSError, ValueError) as error:
            problem = error
            continue
        if not local_only or all((folder / name).is_file() for name in needs):
            return ModelFolder(folder=folder, name=repository.rpartition("/")[2])
    raise ModelMissing(
        f"the model {repository} is not in the cache of this machine and could not be downloaded"
        f" ({type(problem).__name__}); run where there is a net: hf download {repository}",
    ) from problem


def _require(folder: Path, needs: Sequence[str], source: str) -> None:
    missing = [name for name in needs if not (folder / name).is_file()]
    if missing:
        raise ModelMissing(f"the model {source} has no file {', '.join(missing)} in {folder}")
