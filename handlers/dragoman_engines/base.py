"""An engine: an object that answers batches of units with a model, made once in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from dragoman_engines.work import AnyResult, AnyWork, Kind, pool_name
from dragoman_wire.events import QualityClass

_FEW = 12
Device = Literal["cpu", "cuda", "auto"]
Quality = Literal["fast", "best"]
FirefoxProgram = Literal["fxtranslate", "onnx"]
"""What runs Firefox Translations models: fxtranslate sentence by sentence, or onnxruntime in batches."""


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
    quality: Quality = "best"
    """Speech: which voice of a language is the default."""
    voices: dict[str, str] = {}
    """Speech: the default voice of a language, by two letters; before `quality`."""
    name: str = ""
    """Of several models of a kind, the one beside the default that this is: `premium`."""
    beam: int = 4
    """Translation with CTranslate2: how many translations of a sentence are followed at a time."""
    engine: FirefoxProgram = "onnx"
    """Translation with Firefox models: the program that runs them."""
    confine: bool = False
    """Give up what a model does not need, before it is loaded: see `dragoman_engines.confinement`."""
    spool_dir: str = ""
    """The folder of decoded audio, the only one that the decoder may write to; empty: that of temporary files."""
    memory_limit_mb: float = 0.0
    """Private memory in MiB that the kernel refuses to exceed, where it is confined; 0: any."""
    file_bytes: int = 0
    """The largest file that it may write, where it is confined; 0: any."""

    @property
    def pool(self) -> str:
        """Return the name of its pool."""
        return pool_name(self.kind, self.name)


class VoiceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A voice that can be asked for."""

    name: str
    """Unlike any other: `hibari`, `pf_dora`."""
    engine: str
    """The engine's name: `kokoro`."""
    languages: list[str]
    """ISO 639-1; empty: any."""
    pace: float
    """Seconds of speech that one core makes in a second, right within a factor of a few."""


class Alphabet(msgspec.Struct, frozen=True, kw_only=True):
    """The signs that a translation model has in its vocabularies; it loses all others."""

    source: str = ""
    """The language that it translates from; empty, as is `target`: between any two of the engine's languages."""
    target: str = ""
    reads: str
    """Every sign of the source's vocabulary, in order."""
    writes: str


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """The abilities of an engine; it tells the pool when its model is loaded."""

    model: str
    """The model's name for people, logs and results: `tiny.en`, `firefox`."""
    revision: str
    """Changes whenever the model's answers may change: a hash of its files or a version."""
    languages: list[str] = []
    """Languages that it hears, speaks or translates, ISO 639-1; empty: any, and what it says is in none."""
    pairs: list[tuple[str, str]] = []
    """(source, target) that it translates directly; empty: any two of `languages`."""
    quality: QualityClass = "good"
    """Translation: how good a direct pair is."""
    sentence_tokens: int = 0
    """Translation: a sentence of more tokens (pieces of words) loses something; 0: of any length none does."""
    alphabets: list[Alphabet] = []
    """Translation: what each model can read and write, where that is known and is not everything."""
    multilingual: bool = False
    """Transcription: it can find out the language by itself."""
    voices: list[VoiceInfo] = []
    """Speech: all that can be asked for."""
    default_voices: dict[str, str] = {}
    """Speech: language to its default voice."""
    best_voices: dict[str, str] = {}
    """Speech: language to the voice that speaks it best, at whatever pace."""
    instructable: bool = False
    """Language: it understands free instructions, styles and schemas; rules do not."""
    chunk_chars: int = 0
    """Language: the characters of a text that it gets at a time, unless the request says; 0: as the server likes."""

    def languages_named(self) -> str:
        """Name the languages as in a sentence: one by one, or how many they are."""
        return ", ".join(self.languages) if len(self.languages) <= _FEW else f"{len(self.languages)} languages"


class Engine(Protocol):
    """A loaded model. One thread of one child process calls it."""

    @property
    def capabilities(self) -> Capabilities:
        """Return the abilities of the model."""
        ...

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Return one result for each unit, in order; a unit that fails is a `Failure`, the others are not touched.

        Raises:
            Exception: the whole batch failed; the worker turns it into one `engine_failed` for each unit.
        """
        ...


class AnswerSource(Protocol):
    """What answers units: the processes of a pool, or a model of another server."""

    @property
    def capabilities(self) -> Capabilities | None:
        """Return the abilities of the engine; None while they are not known."""
        ...

    @property
    def facts(self) -> tuple[str, ...]:
        """Return what its answers depend on beside model and revision: the kind first."""
        ...

    async def known(self) -> Capabilities:
        """Return the abilities of the engine; load its model where it never was.

        Raises:
            EngineUnavailable: it cannot be loaded.
        """
        ...


class ModelMissing(Exception):
    """The model, or the library that runs it, is not here; the sentence says what to install or to run."""


class ModelDamaged(ModelMissing):
    """It is here, and not what it should be."""
