"""The key of an answer: a hash of everything that decides it."""

from __future__ import annotations

import functools
import hashlib

import msgspec

from dragoman_engines.pool.pool import EnginePool
from dragoman_handlers.base import AnyQuestion
from dragoman_handlers.translation import version

KEY_BYTES = 32
"""The full width of the hash: two questions never meet."""
_encoder = msgspec.msgpack.Encoder()


def engine_identity(pool: EnginePool) -> bytes | None:
    """Return what the answers of a pool's engine depend on beside the question; None before its model was ever loaded.

    The server's version is part of it, for what the engines' own code makes of a model.
    """
    engine = pool.capabilities
    if engine is None:
        return None
    return _identity(version(), pool.spec.kind, engine.model, engine.revision, pool.spec.compute_type)


@functools.lru_cache(maxsize=64)
def _identity(*facts: str) -> bytes:
    return hashlib.blake2b(_encoder.encode(facts), digest_size=KEY_BYTES).digest()


def key_of(identity: bytes, question: AnyQuestion) -> bytes:
    """BLAKE2b of the question with its class and all its fields, keyed with the engine."""
    return hashlib.blake2b(_encoder.encode(question), digest_size=KEY_BYTES, key=identity).digest()
