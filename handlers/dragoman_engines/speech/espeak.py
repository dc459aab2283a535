"""Speech in a hundred languages with espeak-ng.

Its state runs on from text to text, so equal text is nearly, and not exactly, equal sound.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dragoman_engines.base import VoiceInfo
from dragoman_engines.speech.espeak_library import espeak
from dragoman_engines.speech.sound import finished
from dragoman_engines.work import Speech

NAME = "espeak-ng"
_PACE = 400.0
_FULL_SCALE = 32768.0
_WORDS_PER_MINUTE = 175
_SLOWEST, _FASTEST = 80, 450
PREFERRED: Mapping[str, str] = {"en": "en-us", "fr": "fr-fr", "no": "nb", "pt": "pt-br", "zh": "cmn"}
"""The voice of a language that has several, or another code; otherwise the voice whose code is the language."""

_LEFT_OUT = frozenset({"py", "fo"})
"""The code of a constructed language that is espeak-ng's own, and Faroese, whose dictionary is not in the package."""


class EspeakVoices:
    """`espeak-ng` speaks every language that has a two-letter code and rules; `espeak-ng:en-gb` is one accent."""

    name = NAME

    def __init__(self) -> None:
        """Load the library and its data: about 10 ms.

        Raises:
            ModelMissing: the package is not installed, damaged or not for this machine.
        """
        self._espeak = espeak()
        self._main = main_voices(self._espeak.voices)
        self._accents = _accents(self._espeak.voices, self._main)
        self.revision = self._espeak.revision
        self.voices = [
            VoiceInfo(name=NAME, engine=NAME, languages=sorted(self._main), pace=_PACE),
            *(
                VoiceInfo(name=f"{NAME}:{code}", engine=NAME, languages=[language], pace=_PACE)
                for code, language in sorted(self._accents.items())
            ),
        ]

    def speak(self, text: str, language: str, speed: float, voice: str) -> Speech:
        """Say a text aloud, at 22.05 kHz; text with nothing to say gives no samples.

        Args:
            text: what to say.
            language: two letters; one that the voice speaks.
            speed: 1 is 175 words a minute; espeak-ng goes from 80 to 450.
            voice: one of `voices` by name.

        Raises:
            RuntimeError: espeak-ng refused the voice or the text.
        """
        code = voice.partition(":")[2] or self._main[language]
        words_per_minute = min(_FASTEST, max(_SLOWEST, round(_WORDS_PER_MINUTE * speed)))
        pcm = self._espeak.speak(text, code, words_per_minute)
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(_FULL_SCALE)
        return finished(samples, self._espeak.sample_rate_hz)


def main_voices(voices: Mapping[str, str]) -> dict[str, str]:
    """Map a two-letter language to the code of the voice that speaks it."""
    chosen = {code: code for code in voices if len(code) == 2 and code not in _LEFT_OUT}
    return chosen | {language: code for language, code in PREFERRED.items() if code in voices}


def _accents(voices: Mapping[str, str], main: Mapping[str, str]) -> dict[str, str]:
    """Map the code of a voice (`en-gb`) to its two-letter language, of every language that has several."""
    found = {code: code.partition("-")[0] for code in voices if code.partition("-")[0] in main}
    several = {language for language in found.values() if list(found.values()).count(language) > 1}
    return {code: language for code, language in found.items() if language in several}
