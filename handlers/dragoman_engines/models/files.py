"""Hashes of files: a model decides what people read, so the files that were tested are the files that run."""

from __future__ import annotations

import hashlib
from pathlib import Path

BLOCK_BYTES = 1 << 20


def hash_file(path: Path) -> str:
    """Compute the sha256 of a file's bytes in hexadecimal, read block by block."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
