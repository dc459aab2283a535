"""How much memory an engine will take, guessed before it is loaded for the first time."""

from __future__ import annotations

from pathlib import Path

from dragoman_engines.base import EngineSpec, ModelMissing
from dragoman_engines.models import ModelStore, find_entry
from dragoman_engines.models.defaults import EMBEDDED, KOKORO, embedded_transcription, is_at_hand
from dragoman_engines.models.packages import package_folder
from dragoman_engines.models.store import folder_bytes

PROGRAM_MB = 100.0
"""Python with the libraries that run models; measured 65 to 190."""


def expected_mb(spec: EngineSpec) -> float:
    """Add up the program and the model's files; the true figure is known once a process has loaded."""
    return PROGRAM_MB + _files_bytes(spec) / 2**20


def _files_bytes(spec: EngineSpec) -> int:
    try:
        return sum(_source_bytes(source, spec.models_dir) for source in _sources(spec))
    except ModelMissing:
        return 0  # the process that cannot read the catalogue says so


def _sources(spec: EngineSpec) -> list[str]:
    """Return the models that will be loaded; small ones that `embedded` brings are not among them."""
    if spec.kind == "transcription" and spec.model == EMBEDDED:
        return [embedded_transcription(spec.models_dir)]
    if spec.kind != "speech":
        return [spec.model]
    named = spec.model.split("+")
    natural = EMBEDDED in named and spec.quality == "best" and is_at_hand(KOKORO, spec.models_dir)
    return list(dict.fromkeys([*(name for name in named if name != EMBEDDED), *([KOKORO] if natural else [])]))


def _source_bytes(source: str, models_dir: str) -> int:
    scheme, colon, place = source.partition(":")
    if not colon:
        entry = find_entry(source, ModelStore(models_dir).root)
        return entry.size_bytes if entry is not None else 0
    if scheme == "path":
        return folder_bytes(Path(place).expanduser())
    folder = package_folder(place.partition("/")[0]) if scheme == "package" else None
    return folder_bytes(folder) if folder is not None else 0
