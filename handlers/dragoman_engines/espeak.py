"""Speech in a hundred languages with espeak-ng, through ctypes on the library that espeakng-loader ships.

espeak-ng keeps its state in globals: one process has one voice, called by one thread. That state runs on from text to
text, so equal text is nearly, and not exactly, equal sound.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from pathlib import Path

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import INSTALL_MODELS, resolve
from dragoman_engines.work import Speech

# From espeak-ng's speak_lib.h.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1
_OK = 0

_WORDS_PER_MINUTE = 175
_SLOWEST, _FASTEST = 80, 450
_PREFERRED: Mapping[str, str] = {"en": "en-us", "fr": "fr-fr", "no": "nb", "pt": "pt-br", "zh": "cmn"}
"""The voice of a language that has several, or another code; otherwise the voice whose code is the language."""

_LEFT_OUT = frozenset({"py", "fo"})
"""The code of a constructed language that is espeak-ng's own, and Faroese, whose dictionary is not in the package."""

_LIBRARIES: Mapping[str, str] = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}


class _VoiceRecord(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        # Pairs of a priority byte and a zero-terminated code; a priority of zero ends the list.
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class EspeakVoice:
    """Every language that the data in the package has rules for, by its two-letter code."""

    name = "espeak-ng"

    def __init__(self) -> None:
        """Load the library and its data: about 10 ms.

        Raises:
            ModelMissing: the package is not installed, damaged or not for this machine.
        """
        folder = resolve("package:espeakng_loader").folder
        self._library = _load(folder)
        self._rate_hz = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS,
            0,
            str(folder / "espeak-ng-data").encode(),
            _INITIALIZE_DONT_EXIT,
        )
        if self._rate_hz <= 0:
            raise ModelMissing(f"espeak-ng cannot read its data in {folder}; run: {INSTALL_MODELS}")
        self._sound = bytearray()
        # ctypes frees a callback that nobody refers to, and the library would call into nothing.
        self._callback = _SynthCallback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)
        self._voices = _choose_voices(_list_voices(self._library))
        self.languages = sorted(self._voices)
        self.revision = self._library.espeak_Info(None).decode()

    def speak(self, text: str, language: str, speed: float) -> Speech:
        """Say a text aloud, at 22.05 kHz; text with nothing to say gives no samples.

        Args:
            text: what to say.
            language: one of `languages`.
            speed: 1 is 175 words a minute; espeak-ng goes from 80 to 450.

        Raises:
            RuntimeError: espeak-ng refused the voice or the text.
        """
        voice = self._voices[language]
        if self._library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        words_per_minute = min(_FASTEST, max(_SLOWEST, round(_WORDS_PER_MINUTE * speed)))
        self._library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
        # A zero byte would end the text for C; a lone surrogate has no UTF-8.
        data = text.replace("\0", " ").encode("utf-8", "replace")
        self._sound = bytearray()
        status = self._library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        if status != _OK:
            raise RuntimeError(f"espeak-ng refused the text with status {status}")
        return Speech(pcm=bytes(self._sound), sample_rate_hz=self._rate_hz)

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        # The last call of a text has no samples.
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, count * ctypes.sizeof(ctypes.c_short))
        return 0


def _load(folder: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(folder / _LIBRARIES.get(sys.platform, "libespeak-ng.so")))
    except OSError as error:
        raise ModelMissing(f"espeak-ng does not load: {error}; run: {INSTALL_MODELS}") from error
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceRecord))
    library.espeak_Info.restype = ctypes.c_char_p
    library.espeak_Synth.argtypes = (
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    return library


def _list_voices(library: ctypes.CDLL) -> dict[str, str]:
    """Every voice: its first language code (`pt-br`, `cmn`) to its identifier (`roa/pt-BR`, `sit/cmn`).

    Voices are set by identifier: by code, espeak-ng does not find its own `fr-fr` and `en-gb`.
    """
    records = library.espeak_ListVoices(None)
    voices: dict[str, str] = {}
    index = 0
    while records[index]:
        record = records[index].contents
        voices[_first_code(record.languages)] = record.identifier.decode()
        index += 1
    return voices


def _first_code(languages: int) -> str:
    return ctypes.string_at(languages + 1).decode()


def _choose_voices(voices: Mapping[str, str]) -> dict[str, str]:
    """Two-letter language to the voice that speaks it."""
    chosen = {code: voice for code, voice in voices.items() if len(code) == 2 and code not in _LEFT_OUT}
    chosen |= {language: voices[code] for language, code in _PREFERRED.items() if code in voices}
    return chosen
