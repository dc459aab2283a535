"""How much memory an engine will take, guessed before it is loaded for the first time."""

from __future__ import annotations

from pathlib import Path

from dragoman_engines.base import EngineSpec, ModelMissing
from dragoman_engines.models import ModelStore, find_entry
from dragoman_engines.models.defaults import EMBEDDED, embedded_transcription
from dragoman_engines.models.packages import package_folder
from dragoman_engines.models.store import folder_bytes

PROGRAM_MB = 100.0
"""Python with the libraries that run models; measured 65 to 190."""


def expected_mb(spec: EngineSpec) -> float:
    """Add up the program and the model's files; the true figure is known once a process has loaded."""
    return PROGRAM_MB + _files_bytes(spec) / 2**20


def _files_bytes(spec: EngineSpec) -> int:
    scheme, colon, place = spec.model.partition(":")
    if not colon:
        try:
            embedded = spec.kind == "transcription" and spec.model == EMBEDDED
            name = embedded_transcription(spec.models_dir) if embedded else spec.model
            entry = find_entry(name, ModelStore(spec.models_dir).root)
        except ModelMissing:
            return 0  # the process that cannot read the catalogue says so
        return entry.size_bytes if entry is not None else 0
    if scheme == "path":
        return folder_bytes(Path(place).expanduser())
    folder = package_folder(place.partition("/")[0]) if scheme == "package" else None
    return folder_bytes(folder) if folder is not None else 0
