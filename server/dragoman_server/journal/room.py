"""The room of the journal, shared by its rows and its blobs: neither can take what the other needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dragoman_server.journal.blobs import Blobs, BlobsFull, Owner
from dragoman_server.journal.operations import Kind, Operation
from dragoman_server.journal.schema import FEWEST_PAGES
from dragoman_server.sqlite_file import pragma

_ROWS_BYTES = 256 << 20
"""Room that blobs leave to rows, where there is as much: large recordings do not keep texts out."""
_NO_TASK = -1
"""Holds blobs until their rows are written."""


class Room:
    """Writes blobs before the rows that refer to them, and removes those that no row needs any more.

    Args:
        connection: to the file of the rows.
        blobs: the large binaries.
        max_bytes: the rows and the blobs together.
    """

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs, max_bytes: int) -> None:
        self._blobs = blobs
        self._max_bytes = max_bytes
        self._fresh: dict[int, set[bytes]] = {}
        """The blobs of operations that are being written, by the identity of the operation."""
        self.use(connection)

    def use(self, connection: sqlite3.Connection) -> None:
        """Go on with another file for the rows."""
        self._connection = connection
        self._page_bytes = pragma(connection, "page_size")
        self._share()

    @property
    def has_garbage(self) -> bool:
        """Return whether `collect` has something to do."""
        return self._blobs.has_garbage

    @contextmanager
    def packed(self, operations: Sequence[Operation]) -> Iterator[tuple[Sequence[Operation], Sequence[Operation]]]:
        """Write the blobs of operations; the rows are to be written in the block.

        Returns: the rows, and the requests for whose recordings there is no room.

        Raises:
            OSError: a blob cannot be written.
        """
        if all(one.large is None for one in operations):
            yield operations, ()
            return
        rows: list[Operation] = []
        refused: list[Operation] = []
        known: dict[int, bytes] = {}
        try:
            for one in operations:
                if one.large is None:
                    rows.append(one)
                    continue
                self._share()
                digests: set[bytes] = set()
                try:
                    row = one.packed(self._blobs, digests, known)
                except BlobsFull:
                    refused.append(one)
                    continue
                self._blobs.hold(_NO_TASK, Owner.REQUEST, digests)
                self._fresh[id(row)] = digests
                rows.append(row)
            yield rows, refused
        finally:
            self._blobs.release(_NO_TASK, Owner.REQUEST)  # those that have no row by now are given up
            self._fresh.clear()
            self._share()

    def wrote(self, operations: Sequence[Operation]) -> None:
        """Note what the rows that were just written refer to, and what those that they removed did."""
        blobs = self._blobs
        if not blobs.in_use:
            return
        for one in operations:
            if one.large is not None:
                owner = Owner.EVENT if one.kind is Kind.EVENT else Owner.REQUEST
                blobs.hold(one.parameters[0], owner, self._fresh.get(id(one), ()))
            elif one.kind is Kind.DEAD_LETTER:
                blobs.bury(one.parameters[0])
            elif one.kind is Kind.FINISH:
                blobs.release(one.parameters[0], Owner.REQUEST)
            elif one.kind is Kind.FORGET:
                blobs.release(one.parameters[0], Owner.REQUEST, Owner.EVENT)

    def collect(self) -> None:
        """Remove the blobs that no row needs. It may wait for the disk."""
        if self._blobs.has_garbage:
            self._blobs.collect()
            self._share()

    def _share(self) -> None:
        """Leave to each what the other does not take."""
        rows_bytes = pragma(self._connection, "page_count") * self._page_bytes
        self._blobs.most_bytes = self._max_bytes - max(rows_bytes, min(_ROWS_BYTES, self._max_bytes // 2))
        pages = max((self._max_bytes - self._blobs.bytes) // self._page_bytes, FEWEST_PAGES)
        self._connection.execute(f"PRAGMA max_page_count = {pages}")
