"""Natural speech with Kokoro-82M: about real time on one core, 24 kHz, phonemes by espeak-ng.

A folder of it holds `model.onnx`, `vocab.json` and one file of style vectors for each voice, whose name says the
language by its first letter and the sex by its second: `pf_dora`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from dragoman_engines.base import ModelMissing, VoiceInfo
from dragoman_engines.models.resolve import ModelFolder
from dragoman_engines.speech.espeak_library import espeak
from dragoman_engines.speech.kokoro_phonemes import kokoro_letters
from dragoman_engines.speech.marks import keep_marks
from dragoman_engines.speech.onnx import open_model
from dragoman_engines.speech.sound import Samples, finished, joined
from dragoman_engines.work import Speech

NAME = "kokoro"
MODEL, VOCABULARY, VOICES = "model.onnx", "vocab.json", "voices"
MOST_TOKENS = 500
"""The model takes 510; the style vectors are as many."""
_PACE = 1.0
_RATE_HZ = 24_000
_STYLE_VALUES = 256
_PAUSE_S = 0.1
_END = 0
_LANGUAGES: Mapping[str, tuple[str, str]] = {
    "a": ("en", "en-us"),
    "b": ("en", "en-gb"),
    "e": ("es", "es"),
    "f": ("fr", "fr-fr"),
    "i": ("it", "it"),
    "p": ("pt", "pt-br"),
}
"""First letter of a voice to its language and to the voice of espeak-ng that gives its phonemes."""
_FIRST = ("af_heart", "ef_dora", "ff_siwis", "if_sara", "pf_dora")
"""The default voices: those that their authors grade highest, or that are alone."""


class KokoroVoices:
    """Its voices for English, Spanish, French, Italian and Portuguese; the others need phonemes that we have not.

    The model is loaded when it is first asked to speak: it takes 2 s and much memory.

    Args:
        model: the folder.
        threads: of the model.

    Raises:
        ModelMissing: espeak-ng is not installed, or a file is not what it should be.
    """

    name = NAME

    def __init__(self, model: ModelFolder, threads: int) -> None:
        self._folder = model.folder
        self._threads = threads
        self._espeak = espeak()
        self._ids = _vocabulary(model.folder / VOCABULARY)
        self._styles: dict[str, NDArray[np.float32]] = {}
        files = sorted((model.folder / VOICES).glob("*.bin"))
        names = [path.stem for path in files if path.stem[:1] in _LANGUAGES]
        if not names:
            raise ModelMissing(f"there are no voices of Kokoro in {model.folder / VOICES}")
        names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
        self.revision = model.revision([model.folder / MODEL, model.folder / VOCABULARY, *files])
        self.voices = [
            VoiceInfo(name=name, engine=NAME, languages=[_LANGUAGES[name[0]][0]], pace=_PACE) for name in names
        ]
        self._session: onnxruntime.InferenceSession | None = None

    def load(self) -> onnxruntime.InferenceSession:
        """Return the model, loaded now if it is not yet.

        Raises:
            ModelMissing: the file is not what it should be.
        """
        if self._session is None:
            self._session = open_model(self._folder / MODEL, self._threads)
        return self._session

    def speak(self, text: str, language: str, speed: float, voice: str) -> Speech:
        """Say a text aloud, at 24 kHz; text with nothing to say gives no samples.

        Raises:
            ModelMissing: a file of the model is not what it should be.
        """
        del language  # the voice tells it
        code = _LANGUAGES[voice[0]][1]
        phonemes = keep_marks(text, lambda each: kokoro_letters(self._espeak.phonemes(each, code, tied=True), code))
        style = self._style(voice)
        sounds = [self._say(part, style, speed) for part in split_phonemes(phonemes, MOST_TOKENS)]
        return finished(joined(sounds, _PAUSE_S / speed, _RATE_HZ), _RATE_HZ)

    def _say(self, phonemes: str, style: NDArray[np.float32], speed: float) -> Samples:
        ids = [self._ids[letter] for letter in phonemes if letter in self._ids]
        if not any(letter.isalpha() for letter in phonemes) or not ids:
            return np.zeros(0, np.float32)
        # A style for each length: the first belongs to one token.
        inputs = {
            "tokens": np.array([[_END, *ids, _END]], np.int64),
            "style": style[len(ids) - 1],
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self.load().run(None, inputs)[0], np.float32).ravel()

    def _style(self, voice: str) -> NDArray[np.float32]:
        style = self._styles.get(voice)
        if style is None:
            path = self._folder / VOICES / f"{voice}.bin"
            values = np.fromfile(path, "<f4")
            if values.size % _STYLE_VALUES or values.size < MOST_TOKENS * _STYLE_VALUES:
                raise ModelMissing(f"{path} is no voice of Kokoro: it holds {values.size} numbers")
            style = self._styles[voice] = values.reshape(-1, 1, _STYLE_VALUES)
        return style


def split_phonemes(phonemes: str, most: int) -> list[str]:
    """Cut into pieces of at most so many letters, behind punctuation if there is some, else between words."""
    pieces = []
    rest = phonemes
    while len(rest) > most:
        head = rest[:most]
        cut = max(head.rfind(f"{mark} ") + 1 for mark in ".!?;:,…—")
        cut = cut or head.rfind(" ") or most
        cut = cut if cut > 0 else most
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [piece for piece in [*pieces, rest] if piece]


def _vocabulary(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelMissing(f"the vocabulary {path} of Kokoro cannot be read: {error}") from error
    table = found.get("vocab", found) if isinstance(found, dict) else None
    if not isinstance(table, dict) or not all(isinstance(value, int) for value in table.values()):
        raise ModelMissing(f"{path} is no vocabulary of Kokoro: it must map letters to numbers")
    return table
