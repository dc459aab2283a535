"""A level of the cache, whatever it is made of: memory, a file, or a server that several share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec


class StoreStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """A level's figures."""

    state: str
    """`ok`, or why nothing is kept now."""
    entries: int
    bytes: int
    limit_bytes: int
    evictions: int


class Store(ABC):
    """Values by key. Both are opaque bytes; what does not fit any more, or fails, is not kept: no error leaves it."""

    name: ClassVar[str]

    @abstractmethod
    async def get_many(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return those of the keys that are known, with their values."""

    @abstractmethod
    def put_many(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep values; returns at once, and `get_many` has them after a while."""

    @abstractmethod
    async def clear(self) -> None:
        """Forget everything."""

    @abstractmethod
    def statistics(self) -> StoreStatistics:
        """Return its figures of this moment."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what is to be written, and let go of everything."""
