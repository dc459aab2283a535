"""English speech with hibari: a small network that speaks at about 50 times real time on one core."""

from __future__ import annotations

import numpy as np
from hibari import SAMPLE_RATE, Hibari

from dragoman_engines.base import VoiceInfo
from dragoman_engines.models.resolve import resolve
from dragoman_engines.speech.sound import finished
from dragoman_engines.work import Speech

NAME = "hibari"
_PACE = 50.0
# Breath and hiss are noise: with a fixed seed, equal text is equal sound, so that it may be cached.
_SEED = 0


class HibariVoices:
    """The voice that is in the package; nothing is downloaded."""

    name = NAME

    def __init__(self, threads: int) -> None:
        """Load the model: about 0.7 s with its dictionary.

        Raises:
            ModelMissing: the package is not installed or damaged.
        """
        self.revision = resolve("package:hibari").revision()
        self.voices = [VoiceInfo(name=NAME, engine=NAME, languages=["en"], pace=_PACE)]
        self._tts = Hibari(threads=threads)
        # The dictionary is loaded at first use; better now than in a peer's request.
        self._tts("Ready.", seed=_SEED)

    def speak(self, text: str, language: str, speed: float, voice: str) -> Speech:
        """Say a text aloud, at 24 kHz, in English; text with nothing to say gives no samples."""
        del language, voice
        return finished(np.asarray(self._tts(text, speed=speed, seed=_SEED), np.float32), SAMPLE_RATE)
