"""Which model `embedded` stands for: the best of those that come as packages and are here."""

from __future__ import annotations

from dragoman_engines.models import ModelStore, find_entry
from dragoman_engines.models.packages import package_folder

EMBEDDED = "embedded"
BASE, TINY = "base", "tiny.en"
"""Whisper models: in 99 languages, from the extra `models-large`; and in English, from `models`."""
KOKORO = "kokoro"
"""Natural voices: those that speak their languages by default, where they are here."""
WHISPER_FILES = ("config.json", "model.bin", "tokenizer.json")
"""A Whisper model in CTranslate2's format cannot do without these."""
EMBEDDED_VOICES = ("hibari", "kokoro", "espeak-ng")
"""What speaks where it is installed."""


def embedded_transcription(models_dir: str = "") -> str:
    """Choose base where it is here or its packages are installed, as it hears every language; else tiny.en.

    Raises:
        ModelMissing: a file of the user's own catalogue is wrong.
    """
    return BASE if is_at_hand(BASE, models_dir) else TINY


def is_at_hand(name: str, models_dir: str = "") -> bool:
    """Return whether a model of the catalogue is in the models folder, or all that it is made of is installed.

    Nothing is made or checked: `resolve` does that, and may still find a damaged file.

    Raises:
        ModelMissing: a file of the user's own catalogue is wrong.
    """
    store = ModelStore(models_dir)
    entry = find_entry(name, store.root)
    if entry is None:
        return False
    if store.manifest(name) is not None:
        return True
    parts = [part.partition(":")[2] for file in entry.files for part in entry.parts_of(file)]
    packages = {part.partition("/")[0] for part in parts}
    return entry.schemes() == {"package"} and all(package_folder(package) is not None for package in packages)
