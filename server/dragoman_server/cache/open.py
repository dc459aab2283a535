"""From the configuration to a cache."""

from __future__ import annotations

from pathlib import Path

from dragoman_server.cache.cache import Cache
from dragoman_server.cache.disk import DiskStore
from dragoman_server.cache.file import FILE
from dragoman_server.cache.memory import MemoryStore
from dragoman_server.config import CacheConfig


def open_cache(folder: Path, config: CacheConfig) -> Cache:
    """Return the levels that are switched on; `folder` is the state directory. To be called in the loop."""
    memory = MemoryStore(config.memory_entries, config.memory_bytes) if config.memory_bytes else None
    disk = [DiskStore(folder / FILE, config.disk_bytes, config.disk_keep_s)] if config.disk_bytes else []
    return Cache(memory, disk)
