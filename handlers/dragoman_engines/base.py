"""What a model is to the rest: an object that answers batches of units, made once in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from dragoman_engines.work import AnyResult, AnyWork, Kind

Device = Literal["cpu", "cuda", "auto"]


class EngineSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a child process needs to make its engine."""

    kind: Kind
    model: str
    """A name of the catalogue, `package:NAME`, `path:FOLDER`, `hub:OWNER/NAME`, or `echo` for capacity tests."""
    models_dir: str = ""
    """The folder of the catalogue's models; empty: the user's own."""
    threads: int = 1
    device: Device = "cpu"
    compute_type: str = "int8"
    nice: int = 0
    """Added to the process's niceness, so that long work yields to short work."""
    delay_ms: float = 0.0
    """The echo engine's time for one unit; other engines ignore it."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine can do; it tells the pool when its model is loaded."""

    model: str
    """The model's name for people, logs and results: `tiny.en`, `firefox`."""
    revision: str
    """Changes whenever the model's answers may change: a hash of its files or a version."""
    languages: list[str] = []
    """Languages that it hears or speaks, ISO 639-1; empty: any."""
    pairs: list[tuple[str, str]] = []
    """(source, target) that it translates directly; empty: any."""
    multilingual: bool = False
    """Transcription: it can find out the language by itself."""


class Engine(Protocol):
    """A loaded model. One thread of one child process calls it."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """One result for each unit, in order; a unit that fails is a `Failure`, the others are not touched.

        Raises:
            Exception: the whole batch failed; the worker turns it into one `engine_failed` for each unit.
        """
        ...


class ModelMissing(Exception):
    """The model, or the library that runs it, is not here; the sentence says what to install or to run."""
