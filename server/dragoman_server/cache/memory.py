"""The first level: values in the server's own memory, the least recently used are evicted first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import ClassVar

from typing_extensions import override

from dragoman_server.cache.store import Store, StoreStatistics

_ENTRY_BYTES = 250
"""The memory that an entry takes beside its value: key, objects, table."""
_LARGEST_SHARE = 8
"""A value may take an eighth of the room."""


class MemoryStore(Store):
    """Bounded by entries and by bytes.

    Args:
        entries: at most so many.
        limit_bytes: at most so many of values, keys and an estimate of the rest.
    """

    name: ClassVar[str] = "memory"

    def __init__(self, entries: int, limit_bytes: int) -> None:
        self._most_entries = entries
        self._limit_bytes = limit_bytes
        self._values: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0
        self._evictions = 0

    def get(self, key: bytes) -> bytes | None:
        """Return the value, if it is known."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    @override
    async def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        return {key: value for key in keys if (value := self.get(key)) is not None}

    @override
    def put_many(self, entries: Mapping[bytes, bytes]) -> None:
        for key, value in entries.items():
            self.put(key, value)

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value."""
        size_bytes = len(value) + _ENTRY_BYTES
        self._remove(key)
        if size_bytes * _LARGEST_SHARE > self._limit_bytes:
            return
        self._values[key] = value
        self._bytes += size_bytes
        while self._bytes > self._limit_bytes or len(self._values) > self._most_entries:
            self._remove(next(iter(self._values)))
            self._evictions += 1

    @override
    async def clear(self) -> None:
        self._values.clear()
        self._bytes = 0

    @override
    def statistics(self) -> StoreStatistics:
        return StoreStatistics(
            state="ok",
            entries=len(self._values),
            bytes=self._bytes,
            limit_bytes=self._limit_bytes,
            evictions=self._evictions,
        )

    @override
    async def close(self) -> None:
        await self.clear()

    def _remove(self, key: bytes) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._bytes -= len(value) + _ENTRY_BYTES
