"""What this package makes of a text beside the model's part: its revision is part of every cached translation."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

_SUFFIXES = (".py", ".toml")


@functools.cache
def revision() -> str:
    """Return the digest of the package's code and tables: answers that older ones made are never served again."""
    digest = hashlib.blake2b(digest_size=16)
    for file in _files(resources.files(__package__)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith(_SUFFIXES):
            yield entry
