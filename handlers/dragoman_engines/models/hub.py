"""Downloads from the Hugging Face hub into a folder: continued where they broke off, and checked by hash.

The hub states a sha256 for each large file and git's own hash for each small one. Both are held against what came:
the library compares sizes only.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.entry import Entry
from dragoman_engines.models.files import hash_file

INSTALL = "pip install 'dragoman[models]'"
_OURS_TO_SAY = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS})
"""Errors of the disk, not of the net."""
_UNFINISHED = ".downloads"
_UNWANTED = frozenset({".gitattributes", "README.md"})


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """A file of a repository, as the hub describes it."""

    name: str
    size_bytes: int
    sha256: str
    """Empty for a small file, which has only `blob`."""
    blob: str
    """Git's hash of it."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One revision of a repository."""

    repository: str
    revision: str
    """The commit."""
    files: tuple[HubFile, ...]

    @property
    def size_bytes(self) -> int:
        """Return the size of all files together."""
        return sum(file.size_bytes for file in self.files)


def look_up(entry: Entry, kept_revision: str = "") -> Snapshot:
    """Ask the hub what an entry's files are.

    Args:
        entry: a model of the hub.
        kept_revision: which commit is wanted where the entry names none; empty: the newest.

    Raises:
        ModelMissing: the hub does not answer, or has no such repository, revision or files.
    """
    repository, _, revision = entry.place.partition("@")
    with _explained(entry):
        info = (
            _library()
            .HfApi(endpoint=_endpoint())
            .model_info(repository, revision=revision or kept_revision or None, files_metadata=True)
        )
    wanted = entry.select or tuple(entry.files)
    found = tuple(_hub_file(one) for one in info.siblings or () if _is_wanted(one.rfilename, wanted))
    missing = [name for name in entry.files if name not in {file.name for file in found}]
    if missing or not found:
        raise ModelMissing(f"the repository {repository} on the hub has no file {', '.join(missing or wanted)}")
    return Snapshot(repository=repository, revision=info.sha, files=found)


def fetch_snapshot(entry: Entry, snapshot: Snapshot, folder: Path) -> dict[str, str]:
    """Download the files into a folder, from where an earlier run stopped; return the sha256 of each.

    Raises:
        ModelMissing: the net or the hub fails, or a file came damaged.
        OSError: the disk is full or cannot be written.
    """
    return {file.name: _fetch_file(entry, snapshot, file, folder) for file in snapshot.files}


def _fetch_file(entry: Entry, snapshot: Snapshot, file: HubFile, folder: Path) -> str:
    target = folder / file.name
    if target.is_file() and _is_whole(target, file, digest := hash_file(target)):
        return digest
    # The library's own download begins anew in every process; the part of a broken-off one is kept here instead.
    part = folder / _UNFINISHED / (file.sha256 or file.blob or quote(file.name, safe=""))
    part.parent.mkdir(exist_ok=True)
    with _explained(entry):
        _go_on(snapshot, file, part)
    digest = hash_file(part)
    if not _is_whole(part, file, digest):
        part.unlink()
        raise ModelMissing(
            f"the file {file.name} of {snapshot.repository} came damaged; run again:"
            f" dragoman models pull {entry.name}",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    return digest


def _go_on(snapshot: Snapshot, file: HubFile, part: Path) -> None:
    """Ask for the bytes that are not here yet. A revision's files never change, so that they fit to the others."""
    library = _library()
    url = library.hf_hub_url(snapshot.repository, file.name, revision=snapshot.revision, endpoint=_endpoint())
    with part.open("ab") as out:
        have = out.tell()
        if have > file.size_bytes:
            have = out.truncate(0)
        if have < file.size_bytes:
            headers = library.utils.build_hf_headers()
            http_get = library.file_download.http_get
            http_get(url, out, resume_size=have, headers=headers, expected_size=file.size_bytes)
        out.flush()
        os.fsync(out.fileno())


def _endpoint() -> str | None:
    """Return another hub than the public one, as the library itself would have it."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def _library() -> Any:
    try:
        # Importing it takes a third of a second, and only this source needs it.
        import huggingface_hub  # noqa: PLC0415
        import huggingface_hub.file_download  # noqa: PLC0415
        from huggingface_hub.utils.tqdm import disable_progress_bars  # noqa: PLC0415
    except ImportError as error:
        raise ModelMissing(f"the library huggingface_hub is not installed; run: {INSTALL}") from error
    disable_progress_bars()
    return huggingface_hub


def _hub_file(sibling: Any) -> HubFile:
    return HubFile(
        name=sibling.rfilename,
        size_bytes=sibling.size or 0,
        sha256=sibling.lfs.sha256 if sibling.lfs else "",
        blob=sibling.blob_id or "",
    )


def _is_wanted(name: str, patterns: tuple[str, ...]) -> bool:
    if any(part.startswith(".") for part in Path(name).parts):
        return False
    return any(fnmatchcase(name, pattern) for pattern in patterns) if patterns else name not in _UNWANTED


def _is_whole(path: Path, file: HubFile, sha256: str) -> bool:
    if file.sha256:
        return sha256 == file.sha256
    data = path.read_bytes()
    # Not for secrecy: it is how git names a file.
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return not file.blob or blob == file.blob


@contextmanager
def _explained(entry: Entry) -> Iterator[None]:
    try:
        yield
    except ModelMissing:
        raise
    except Exception as error:  # the library's transport, and with it the errors, changes with its versions
        if isinstance(error, OSError) and error.errno in _OURS_TO_SAY:
            raise
        raise ModelMissing(
            f"the model {entry.name} could not be fetched from {entry.source} ({_reason(error)});"
            f" run where there is a net: dragoman models pull {entry.name}",
        ) from error


def _reason(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"{type(error).__name__}, status {status}"
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"[:200]
