"""Translations that a client has had before, so that a repeated text costs no message at all."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from dragoman_client.results import Translation
from dragoman_wire.requests import TranslationRequest

_ENTRY_BYTES = 500
"""What an entry takes beside its texts."""


class TranslationCache:
    """A cache for `Client(cache=...)`; several clients and threads may share one.

    A translation is known by everything in its request that decides it. The client cannot see that the server's model
    has changed: `keep_s` is how long it may go on answering as before.

    Args:
        entries: at most so many translations; the least recently used leave first.
        max_bytes: at most so many bytes of them.
        keep_s: how long a translation is good for.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        entries: int = 10_000,
        max_bytes: int = 16 << 20,
        keep_s: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hits = 0
        """Translations that were known."""
        self.misses = 0
        self.bytes = 0
        self._entries = entries
        self._max_bytes = max_bytes
        self._keep_s = keep_s
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[float, int, Translation]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def recall(self, request: TranslationRequest) -> dict[str, Translation]:
        """Return the cached ones of the translations that a request asks for, by language."""
        with self._lock:
            found = {language: self._get(_key(request, language)) for language in request.languages}
        known = {language: one for language, one in found.items() if one is not None}
        self.hits += len(known)
        self.misses += len(found) - len(known)
        return known

    def remember(self, request: TranslationRequest, translations: Mapping[str, Translation]) -> None:
        """Keep what a request was answered with, but for what the server finds doubtful."""
        now_s = self._clock()
        with self._lock:
            for language, translation in translations.items():
                key = _key(request, language)
                if translation.warnings:
                    self._remove(key)
                    continue
                size = len(key) + 4 * len(translation.text) + _ENTRY_BYTES
                self._remove(key)
                self._known[key] = (now_s, size, replace(translation, from_cache=True, processing_time_s=0.0))
                self.bytes += size
            while self._known and (len(self._known) > self._entries or self.bytes > self._max_bytes):
                self._remove(next(iter(self._known)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
            self.bytes = 0

    def _get(self, key: bytes) -> Translation | None:
        kept = self._known.get(key)
        if kept is None:
            return None
        if self._clock() - kept[0] > self._keep_s:
            self._remove(key)
            return None
        self._known.move_to_end(key)
        return kept[2]

    def _remove(self, key: bytes) -> None:
        kept = self._known.pop(key, None)
        if kept is not None:
            self.bytes -= kept[1]


def missing(languages: Sequence[str], known: Mapping[str, Translation]) -> list[str]:
    """Return the languages that have still to be asked for."""
    return [language for language in languages if language not in known]


def _key(request: TranslationRequest, language: str) -> bytes:
    """Build a key of all in the request that decides the translation into one language."""
    alone = msgspec.structs.replace(
        request,
        target_languages=[language],
        task_id=None,
        message_id=None,
        conversation_id=None,
        attachment_id=None,
        sender_id=None,
        reply_to=None,
        priority=None,
        timeout_ms=None,
        cache=None,
        traceparent=None,
        progress=None,
    )
    return msgspec.msgpack.encode(alone)
