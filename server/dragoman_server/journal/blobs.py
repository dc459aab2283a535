"""Large binaries of the journal: each is kept once, as a file named by its SHA-256, and rows refer to it.

A file is written whole and renamed before the transaction that refers to it, and removed after the one that no longer
does. So a row never refers to a file that was not there; after a kill a file may be left that no row refers to, and
the next start removes it. The rows are the only record of the references: there is nothing to repair beside them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

import msgspec
import structlog

from dragoman_wire.inbound import Buffer

log = structlog.get_logger()

FOLDER = "blobs"
BLOB_BYTES = 1 << 17
"""Binaries from this size on are files: SQLite would write them twice, and once for every row that has them."""
FULL = "it is full: journal.max_bytes is reached"
"""The reason of a refusal."""
_REFERENCE = 1
"""MessagePack's extension type of a reference; its data is the digest."""
_NAME = re.compile(r"[0-9a-f]{64}")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class BlobsFull(Exception):
    """There is no room for a blob."""


class Owner(IntEnum):
    """The rows of a task that refer to a blob, by when they are removed."""

    REQUEST = 0
    """Requests and stages: at the task's end."""
    EVENT = 1
    """Events: when it is forgotten."""
    DEAD = 2
    """A dead letter: by hand."""


def is_large(value: object) -> bool:
    """Return whether a value is kept as a blob."""
    return isinstance(value, bytes | bytearray | memoryview) and len(value) >= BLOB_BYTES


class Blobs:
    """The folder of the blobs. For one thread at a time.

    Args:
        folder: created, readable by its owner alone, where it does not exist.
        most_bytes: all files together; 0: nothing is written.
        durable: whether a file has to survive a loss of power.

    Raises:
        OSError: it cannot be created or listed.
    """

    def __init__(self, folder: Path, most_bytes: int, *, durable: bool) -> None:
        self._folder = folder
        self.most_bytes = most_bytes
        """May change."""
        self._durable = durable
        self._held: defaultdict[tuple[int, Owner], set[bytes]] = defaultdict(set)
        self._users: Counter[bytes] = Counter()
        self._garbage: set[bytes] = set()
        self._sizes: dict[bytes, int] = {}
        self.bytes = 0
        if most_bytes:
            folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_dir():
            self._list()

    @property
    def in_use(self) -> bool:
        """Return whether there is any blob."""
        return bool(self._sizes)

    # --- writing -------------------------------------------------------------------------------------------

    def pack(
        self, content: Any, digests: set[bytes], known: dict[int, bytes] | None = None, *, forced: bool = False
    ) -> bytes:
        """Encode a list or a map in which each large binary is a reference, and write their files.

        Args:
            content: the values.
            digests: the references in it are added here.
            known: digests by the identity of values that live as long as it does; more are added. One sound is told
                in many events, and hashed once.
            forced: refer to a blob for which there is no room as well; it is missing at the next start.

        Raises:
            BlobsFull: there is no room for one.
            OSError: one cannot be written.
        """
        known = {} if known is None else known

        def packed(value: Any) -> Any:
            if not is_large(value):
                return value
            digest = known.get(id(value)) or hashlib.sha256(value).digest()
            known[id(value)] = digest
            try:
                self._write(digest, value)
            except BlobsFull:
                if not forced:
                    raise
                log.warning("journal.blob_left_out", bytes=len(value), reason=FULL)
                return msgspec.msgpack.Ext(_REFERENCE, digest)
            digests.add(digest)
            return msgspec.msgpack.Ext(_REFERENCE, digest)

        if isinstance(content, dict):
            return _encode({name: packed(value) for name, value in content.items()})
        return _encode([packed(value) for value in content])

    def hold(self, task: int, owner: Owner, digests: Iterable[bytes]) -> None:
        """Note that rows of a task refer to these."""
        held = self._held[task, owner]
        for digest in digests:
            if digest not in held and digest in self._sizes:
                held.add(digest)
                self._users[digest] += 1
                self._garbage.discard(digest)
        if not held:
            del self._held[task, owner]

    def bury(self, task: int) -> None:
        """Note that the requests of a task are a dead letter as well."""
        self.release(task, Owner.DEAD)
        self.hold(task, Owner.DEAD, self._held.get((task, Owner.REQUEST), ()))

    def release(self, task: int, *owners: Owner) -> None:
        """Note that these rows of a task are gone."""
        for owner in owners:
            for digest in self._held.pop((task, owner), ()):
                self._users[digest] -= 1
                self.drop([digest])

    def drop(self, digests: Iterable[bytes]) -> None:
        """Give up those of these blobs to which no row refers; `collect` removes them."""
        for digest in digests:
            if not self._users[digest]:
                del self._users[digest]
                self._garbage.add(digest)

    @property
    def has_garbage(self) -> bool:
        """Return whether `collect` has something to do."""
        return bool(self._garbage)

    def collect(self) -> None:
        """Remove the files that were given up. It may wait for the disk."""
        for digest in self._garbage:
            self._path(digest).unlink(missing_ok=True)
            self.bytes -= self._sizes.pop(digest, 0)
        self._garbage.clear()

    # --- reading -------------------------------------------------------------------------------------------

    def unpack(self, packed: bytes, known: dict[bytes, bytes] | None = None) -> tuple[Any, set[bytes], bool]:
        """Return a list or a map with its blobs, the references in it, and whether one of them is missing or damaged.

        A missing blob is None. `known` are blobs that were read before: equal ones share their memory.
        """
        content = _decode(packed)
        digests: set[bytes] = set()
        missing = False
        known = {} if known is None else known

        def unpacked(value: Any) -> Any:
            nonlocal missing
            if not isinstance(value, msgspec.msgpack.Ext):
                return value
            digest = bytes(value.data)
            digests.add(digest)
            blob = known.get(digest)
            if blob is None:
                blob = self._read(digest)
                if blob is None:
                    missing = True
                    return None
                known[digest] = blob
            return blob

        if isinstance(content, dict):
            return {name: unpacked(value) for name, value in content.items()}, digests, missing
        return [unpacked(value) for value in content], digests, missing

    def start(self) -> None:
        """Remove every file that no row refers to. To be called once all rows are known by `hold`."""
        self.drop([digest for digest in self._sizes if not self._users[digest]])
        self.collect()

    # --- files ---------------------------------------------------------------------------------------------

    def _list(self) -> None:
        for entry in os.scandir(self._folder):
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                size_bytes = entry.stat(follow_symlinks=False).st_size
                self._sizes[bytes.fromhex(entry.name)] = size_bytes
                self.bytes += size_bytes
            elif self.most_bytes and not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)  # half of a file, of a server that was killed  # noqa: PTH108

    def _path(self, digest: bytes) -> Path:
        return self._folder / digest.hex()

    def _write(self, digest: bytes, data: Buffer) -> None:
        if digest in self._sizes:
            return
        if self._garbage and self.bytes + len(data) > self.most_bytes:
            self.collect()
        if self.bytes + len(data) > self.most_bytes:
            raise BlobsFull
        path = self._path(digest)
        part = path.with_suffix(".part")
        self._folder.mkdir(mode=0o700, exist_ok=True)  # it may have been removed
        try:
            with open(part, "wb", buffering=0, opener=_opener) as file:
                _write_all(file.fileno(), data)
                if self._durable:
                    os.fsync(file.fileno())
            part.replace(path)
            if self._durable:
                _sync_folder(self._folder)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self._sizes[digest] = len(data)
        self.bytes += len(data)

    def _read(self, digest: bytes) -> bytes | None:
        try:
            descriptor = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read()
        except OSError as error:
            log.error("journal.blob_missing", name=digest.hex(), error=str(error))
            return None
        if hashlib.sha256(data).digest() != digest:
            log.error("journal.blob_damaged", name=digest.hex(), bytes=len(data))
            self._sizes.pop(digest, None)  # an equal one is written anew
            self.bytes -= len(data)
            return None
        return data


def references(packed: bytes | None) -> set[bytes]:
    """Return the digests of the blobs that a packed value refers to, without reading them."""
    content = _decode(packed) if packed else ()
    values: Sequence[Any] = list(content.values()) if isinstance(content, dict) else content
    return {bytes(value.data) for value in values if isinstance(value, msgspec.msgpack.Ext)}


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _write_all(descriptor: int, data: Buffer) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
