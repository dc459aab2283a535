"""Downloads from the Hugging Face hub into a folder: continued where they broke off, and checked by hash.

The hub states a sha256 for each large file and git's own hash for each small one. Both are held against what came:
the library compares sizes only.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from typing_extensions import Buffer, override

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.entry import Entry
from dragoman_engines.models.files import BLOCK_BYTES, hash_file
from dragoman_engines.models.paths import check_names, plain_folder

INSTALL = "pip install 'dragoman[models]'"
_OURS_TO_SAY = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS})
"""Errors of the disk, not of the net."""
_UNFINISHED = ".downloads"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII)
"""Git's hash, of a revision or of a file; of 64 digits in a repository with sha256."""
_MOST_BYTES = 1 << 40
_MOST_REDIRECTS = 5
_UNWANTED = frozenset({".gitattributes", "README.md"})


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """A file of a repository, as the hub describes it."""

    name: str
    size_bytes: int
    sha256: str
    """Empty for a small file, which has only `blob`."""
    blob: str
    """Git's hash of it; empty for a large file that has none."""


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
    siblings = [one for one in info.siblings or () if _is_wanted(one.rfilename, wanted)]
    check_names((one.rfilename for one in siblings), entry.source)
    found = tuple(_hub_file(one, entry) for one in siblings)
    if not _COMMIT.fullmatch(info.sha or ""):
        raise ModelMissing(f"the hub gave {str(info.sha)[:100]!r} as the revision of {repository}, which is no commit")
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
    if target.is_file() and not target.is_symlink() and _is_whole(target, file, digest := hash_file(target)):
        return digest
    # The library's own download begins anew in every process; the part of a broken-off one is kept here instead.
    part = plain_folder(folder / _UNFINISHED, folder) / (file.sha256 or file.blob)
    with _explained(entry):
        _go_on(snapshot, file, part)
    digest = hash_file(part)
    if not _is_whole(part, file, digest):
        part.unlink()
        raise ModelMissing(
            f"the file {file.name} of {snapshot.repository} came damaged; run again:"
            f" dragoman models pull {entry.name}",
        )
    plain_folder(target.parent, folder)
    part.replace(target)
    return digest


def _go_on(snapshot: Snapshot, file: HubFile, part: Path) -> None:
    """Ask for the bytes that are not here yet. A revision's files never change, so that they fit to the others."""
    library = _library()
    url = library.hf_hub_url(snapshot.repository, file.name, revision=snapshot.revision, endpoint=_endpoint())
    descriptor = os.open(part, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with _Bounded(descriptor, file.size_bytes) as out:
        have = out.tell()
        if have > file.size_bytes:
            have = out.truncate(0)
        if have < file.size_bytes:
            headers = library.utils.build_hf_headers()
            http_get = library.file_download.http_get
            http_get(url, out, resume_size=have, headers=headers, expected_size=file.size_bytes)
        out.flush()
        os.fsync(out.fileno())


class _Bounded(io.FileIO):
    """A file that takes no more bytes than it is said to have: a hub may send without end."""

    def __init__(self, descriptor: int, most_bytes: int) -> None:
        super().__init__(descriptor, "ab")
        self._most_bytes = most_bytes

    @override
    def write(self, data: Buffer, /) -> int:
        view = memoryview(data)
        if os.fstat(self.fileno()).st_size + view.nbytes > self._most_bytes:
            raise ModelMissing(f"the hub sends more than the {self._most_bytes} bytes that it stated for a file")
        written = 0
        while written < view.nbytes:
            written += super().write(view[written:]) or 0
        return written


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
    client = huggingface_hub.get_session()
    client.max_redirects = _MOST_REDIRECTS
    if _check_redirect not in client.event_hooks["response"]:
        client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], _check_redirect]}
    return huggingface_hub


def _check_redirect(response: Any) -> None:
    """Refuse to be led from an encrypted address to one that is not, or to something else than HTTP.

    Raises:
        ModelMissing: the answer does that.
    """
    if not response.has_redirect_location:
        return
    here, there = response.url, response.url.join(response.headers["location"])
    if there.scheme != "https" and not there.scheme == here.scheme == "http":
        raise ModelMissing(f"the hub leads from {here.scheme}://{here.host} to {there.scheme}://{there.host}, refused")


def _hub_file(sibling: Any, entry: Entry) -> HubFile:
    """Take over a description, whose hashes become names of files here.

    Raises:
        ModelMissing: it has no hash, one that is none, or an impossible size.
    """
    sha256, blob, size_bytes = (sibling.lfs.sha256 if sibling.lfs else ""), sibling.blob_id or "", sibling.size or 0
    hashes_are_hashes = _SHA256.fullmatch(sha256) if sibling.lfs else _COMMIT.fullmatch(blob)
    if not hashes_are_hashes or not isinstance(size_bytes, int) or not 0 <= size_bytes <= _MOST_BYTES:
        raise ModelMissing(
            f"{entry.source} is refused: the hub states no hash or no possible size for the file {sibling.rfilename!r}"
        )
    return HubFile(name=sibling.rfilename, size_bytes=size_bytes, sha256=sha256, blob=blob)


def _is_wanted(name: str, patterns: tuple[str, ...]) -> bool:
    if any(part.startswith(".") for part in Path(name).parts):
        return False
    return any(fnmatchcase(name, pattern) for pattern in patterns) if patterns else name not in _UNWANTED


def _is_whole(path: Path, file: HubFile, sha256: str) -> bool:
    if file.sha256:
        return sha256 == file.sha256
    # Not for secrecy: it is how git names a file.
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as data:
        while block := data.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest() == file.blob


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
