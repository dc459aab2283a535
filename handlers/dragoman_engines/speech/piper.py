"""Piper's voices from a folder: `NAME.onnx` with `NAME.onnx.json` beside it, at any depth.

The JSON says the voice's language, rate and phonemes; espeak-ng makes these from text. A model with several speakers
is one voice for each: `NAME` is the first of them, `NAME:SPEAKER` any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime

from dragoman_engines.base import ModelMissing, VoiceInfo
from dragoman_engines.models.resolve import ModelFolder
from dragoman_engines.speech.espeak import main_voices
from dragoman_engines.speech.espeak_library import espeak
from dragoman_engines.speech.marks import keep_marks
from dragoman_engines.speech.onnx import open_model
from dragoman_engines.speech.sound import Samples, finished
from dragoman_engines.work import Speech

NAME = "piper"
CONFIG_SUFFIX = ".onnx.json"
_PACE = 8.0
_BEGIN, _END, _PAD = "^", "$", "_"


class _Audio(msgspec.Struct, frozen=True, kw_only=True):
    sample_rate: int


class _Espeak(msgspec.Struct, frozen=True, kw_only=True):
    voice: str


class _Language(msgspec.Struct, frozen=True, kw_only=True):
    code: str = ""
    """`pt_BR`; only newer files have it."""


class _Inference(msgspec.Struct, frozen=True, kw_only=True):
    noise_scale: float = 0.667
    length_scale: float = 1.0
    noise_w: float = 0.8


class PiperConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a voice's JSON that is used."""

    audio: _Audio
    phoneme_id_map: dict[str, list[int]]
    espeak: _Espeak = _Espeak(voice="")
    language: _Language = _Language()
    inference: _Inference = _Inference()
    phoneme_type: str = "espeak"
    num_speakers: int = 1
    speaker_id_map: dict[str, int] = {}

    @property
    def spoken(self) -> str:
        """Return the language in two letters."""
        return (self.language.code or self.espeak.voice).replace("_", "-").partition("-")[0].lower()


@dataclass(slots=True)
class _Model:
    """One file, loaded when it is first asked to speak."""

    path: Path
    config: PiperConfig
    threads: int
    session: onnxruntime.InferenceSession | None = None

    def run(self, ids: list[int], speed: float, speaker: int) -> Samples:
        if self.session is None:
            self.session = open_model(self.path, self.threads)
        scales = self.config.inference
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([scales.noise_scale, scales.length_scale / speed, scales.noise_w], np.float32),
        }
        if self.config.num_speakers > 1:
            inputs["sid"] = np.array([speaker], np.int64)
        return np.asarray(self.session.run(None, inputs)[0], np.float32).ravel()


class PiperVoices:
    """Every voice of a folder, the first by name first.

    Raises:
        ModelMissing: there is none, a file of it cannot be read, or espeak-ng is not installed.
    """

    name = NAME

    def __init__(self, folder: ModelFolder, threads: int) -> None:
        self._espeak = espeak()
        self._codes = self._espeak.voices.keys() | main_voices(self._espeak.voices)
        self.voices: list[VoiceInfo] = []
        self._speakers: dict[str, tuple[_Model, int]] = {}
        files: list[Path] = []
        for path in voice_files(folder.folder):
            model = _Model(path.with_suffix(""), _read(path), threads)
            files += [path, model.path]
            self._check(model)
            self._add(model)
        if not self.voices:
            raise ModelMissing(f"there are no voices of Piper (NAME.onnx with NAME{CONFIG_SUFFIX}) in {folder.folder}")
        self.revision = folder.revision(files)

    def speak(self, text: str, language: str, speed: float, voice: str) -> Speech:
        """Say a text aloud at the voice's own rate; text with nothing to say gives no samples.

        Raises:
            ModelMissing: the model is not what it should be.
        """
        del language  # the voice tells it
        model, speaker = self._speakers[voice]
        ids = phoneme_ids(self._phonemes(text, model.config), model.config.phoneme_id_map)
        rate_hz = model.config.audio.sample_rate
        if not ids:
            return finished(np.zeros(0, np.float32), rate_hz)
        return finished(model.run(ids, speed, speaker), rate_hz)

    def _phonemes(self, text: str, config: PiperConfig) -> str:
        if config.phoneme_type == "text":
            return text
        voice = config.espeak.voice
        code = voice if voice in self._espeak.voices else main_voices(self._espeak.voices)[voice]
        return keep_marks(text, lambda phrase: self._espeak.phonemes(phrase, code))

    def _check(self, model: _Model) -> None:
        config, name = model.config, model.path.stem
        if not model.path.is_file():
            raise ModelMissing(f"the voice {name} of Piper has a JSON and no model: {model.path} is not there")
        if config.phoneme_type not in {"espeak", "text"}:
            raise ModelMissing(f"the voice {name} of Piper needs {config.phoneme_type!r} for phonemes; remove it")
        if config.phoneme_type == "espeak" and config.espeak.voice not in self._codes:
            raise ModelMissing(f"the voice {name} of Piper needs {config.espeak.voice!r} of espeak-ng, which has none")
        if name in self._speakers:
            raise ModelMissing(f"two voices of Piper are called {name}; rename {model.path} and its JSON")

    def _add(self, model: _Model) -> None:
        name = model.path.stem
        speakers = {name: 0} | {f"{name}:{speaker}": number for speaker, number in model.config.speaker_id_map.items()}
        for each, number in speakers.items():
            self._speakers[each] = (model, number)
            self.voices.append(VoiceInfo(name=each, engine=NAME, languages=[model.config.spoken], pace=_PACE))


def voice_files(folder: Path) -> list[Path]:
    """Return the JSON of each voice in a folder, by name."""
    return sorted(folder.rglob(f"*{CONFIG_SUFFIX}"), key=lambda path: path.name)


def phoneme_ids(phonemes: str, ids: Mapping[str, list[int]]) -> list[int]:
    """Return the numbers of a phrase: marks of beginning and end around it, a pad behind each sound.

    A sound that the voice does not know is left out; where none is left, so are the marks.
    """
    known = [ids[letter] for letter in unicodedata.normalize("NFD", phonemes) if letter in ids]
    if not known:
        return []
    pad = ids.get(_PAD, [])
    body = [number for sound in known for number in (*sound, *pad)]
    return [*ids.get(_BEGIN, []), *pad, *body, *ids.get(_END, [])]


def _read(path: Path) -> PiperConfig:
    try:
        return msgspec.json.decode(path.read_bytes(), type=PiperConfig)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelMissing(f"{path} does not describe a voice of Piper: {error}") from error
