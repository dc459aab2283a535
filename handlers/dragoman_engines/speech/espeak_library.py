"""The espeak-ng library that espeakng-loader ships, through ctypes: loaded once in a process, used by one thread.

It keeps its state in globals, so everything in a process that speaks or asks for phonemes shares one `Espeak`, and
sets the voice before each text.
"""

# ruff: noqa: RUF001 -- letters of phonetics are meant

from __future__ import annotations

import ctypes
import functools
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.resolve import INSTALL_MODELS, resolve

# From espeak-ng's speak_lib.h.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1
_PHONEMES_IPA = 0x02
_PHONEMES_TIE = 0x80
_OK = 0

TIE = "^"
"""Between the letters of one sound, where ties are asked for: `t^ʃ`, `a^ɪ`."""

_LIBRARIES: Mapping[str, str] = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}
_OTHER_LANGUAGE = re.compile(r"\([^)]*\)")
"""The marks that espeak-ng puts around words that it reads in another language: `(en)`, or tied `(e^n)`."""


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


@functools.cache
def espeak() -> Espeak:
    """Return the one of this process, loaded at the first call: about 10 ms.

    Raises:
        ModelMissing: the package is not installed, damaged or not for this machine.
    """
    return Espeak()


class Espeak:
    """Sound and phonemes. Make it with `espeak()`."""

    def __init__(self) -> None:
        folder = resolve("package:espeakng_loader").folder
        self._library = _load(folder)
        self.sample_rate_hz: int = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS,
            0,
            str(folder / "espeak-ng-data").encode(),
            _INITIALIZE_DONT_EXIT,
        )
        if self.sample_rate_hz <= 0:
            raise ModelMissing(f"espeak-ng cannot read its data in {folder}; run: {INSTALL_MODELS}")
        self._sound = bytearray()
        # ctypes frees a callback without a reference, and the library would call into nothing.
        self._callback = _SynthCallback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)
        self.revision: str = self._library.espeak_Info(None).decode()
        self.voices: Mapping[str, str] = _list_voices(self._library)
        """Every voice: its first language code (`pt-br`, `cmn`) to its identifier (`roa/pt-BR`, `sit/cmn`)."""

    def speak(self, text: str, code: str, words_per_minute: int) -> bytes:
        """Speak a text into signed 16-bit samples; none where there is nothing to say.

        Args:
            text: what to say.
            code: a key of `voices`.
            words_per_minute: 80 to 450.

        Raises:
            RuntimeError: espeak-ng refused the voice or the text.
        """
        self._set_voice(code)
        self._library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
        data = _encoded(text)
        self._sound = bytearray()
        status = self._library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        if status != _OK:
            raise RuntimeError(f"espeak-ng refused the text with status {status}")
        return bytes(self._sound)

    def phonemes(self, text: str, code: str, *, tied: bool = False) -> str:
        """Return the sounds of a text in IPA, words apart, without its punctuation.

        Args:
            text: a phrase; punctuation in it ends a breath and leaves no mark.
            code: a key of `voices`.
            tied: put `TIE` between the letters of one sound.

        Raises:
            RuntimeError: espeak-ng refused the voice.
        """
        self._set_voice(code)
        mode = _PHONEMES_IPA | (_PHONEMES_TIE | ord(TIE) << 8 if tied else 0)
        data = _encoded(text)
        rest = ctypes.c_char_p(data)
        phrases = []
        # Each call does one phrase and moves the pointer on; behind the last one it is null.
        while rest.value is not None:
            phrase = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _CHARS_UTF8, mode)
            phrases.append(phrase.decode("utf-8", "replace") if phrase else "")
        return " ".join(_OTHER_LANGUAGE.sub("", " ".join(phrases)).split())

    def _set_voice(self, code: str) -> None:
        # By identifier: by code, espeak-ng does not find its own `fr-fr` and `en-gb`.
        identifier = self.voices.get(code)
        if identifier is None or self._library.espeak_SetVoiceByName(identifier.encode()) != _OK:
            raise RuntimeError(f"espeak-ng has no voice {code}")

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        # The last call of a text has no samples.
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, count * ctypes.sizeof(ctypes.c_short))
        return 0


def _encoded(text: str) -> bytes:
    # A zero byte would end the text for C; a lone surrogate has no UTF-8.
    return text.replace("\0", " ").encode("utf-8", "replace")


def _load(folder: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(folder / _LIBRARIES.get(sys.platform, "libespeak-ng.so")))
    except OSError as error:
        raise ModelMissing(f"espeak-ng does not load: {error}; run: {INSTALL_MODELS}") from error
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceRecord))
    library.espeak_Info.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = (ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int)
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
