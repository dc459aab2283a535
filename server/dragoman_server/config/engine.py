"""One pool of engine processes, as it is configured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dragoman_engines.base import FirefoxProgram
from dragoman_server.config.sections import Section
from dragoman_wire.requests import SoundFormat


class EngineConfig(Section):
    """One pool of engine processes."""

    model: str = ""
    processes: Annotated[int, Field(ge=1, le=256)] = 1
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: str = "int8"
    beam: Annotated[int, Field(ge=1, le=32)] = 4
    """Only for translation with CTranslate2: how many translations of a sentence are followed at a time."""
    engine: FirefoxProgram = "onnx"
    """Only for translation with Firefox models: what runs them, fxtranslate by sentence or onnxruntime in batches."""
    nice: Annotated[int, Field(ge=0, le=19)] = 0
    """Added to the processes' niceness, so that long work yields to short work, and all of it to the server itself."""
    batch: Annotated[int, Field(ge=1)] = 1
    """Units in one model call, at most."""
    batch_cost_s: Annotated[float, Field(gt=0)] = 0.2
    """Their expected seconds together, at most."""
    unit_timeout_s: Annotated[float, Field(gt=0)] = 120.0
    preload: bool = True
    """Load the model at the start; otherwise when work first comes."""
    idle_unload_s: Annotated[float, Field(ge=0)] = 0.0
    """Unload the model after so long without work; 0: never."""
    child_memory_mb: Annotated[float, Field(ge=0)] = 0.0
    """A process that has grown past this, in MiB, is replaced between two model calls; 0: it may grow."""
    memory_limit_mb: Annotated[float, Field(ge=0)] = 0.0
    """The kernel refuses a process more private memory than this, in MiB; 0: any. Needs `confine`."""
    delay_ms: Annotated[float, Field(ge=0)] = 0.0
    """Only for `model = "echo"`: its time for one unit."""


class SpeechConfig(EngineConfig):
    """The pool of voices."""

    quality: Literal["fast", "best"] = "best"
    """The voices that speak a language where neither the request nor `voices` says: the fastest voice or the best."""
    format: SoundFormat = "wav"
    """Of speech where the request asks for none."""
    voices: dict[str, str] = Field(default={})
    """By two-letter language, the voice that speaks it where the request does not say."""
