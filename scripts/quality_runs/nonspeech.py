"""Sounds that are no speech, made with numpy, the same on every machine: what a microphone hears without speech.

Each function gives float samples of about full scale or less, mono, at 16 kHz.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
SECONDS = 6.0
Sound = NDArray[np.float64]


def _times(seconds: float = SECONDS) -> Sound:
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def _random(seed: int, seconds: float = SECONDS) -> Sound:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))


def _loud(sound: Sound, peak: float = 0.5) -> Sound:
    return np.asarray(peak * sound / max(1e-9, float(np.abs(sound).max())))


def coloured(seed: int, power: float, seconds: float = SECONDS) -> Sound:
    """Noise whose power falls with frequency to the `power`: 0 white, 1 pink, 2 brown, -1 blue."""
    spectrum = np.fft.rfft(_random(seed, seconds))
    frequencies = np.fft.rfftfreq(round(seconds * RATE_HZ), 1 / RATE_HZ)
    frequencies[0] = frequencies[1]
    spectrum *= np.where(frequencies < 20, 0, frequencies ** (-power / 2))
    return _loud(np.fft.irfft(spectrum, round(seconds * RATE_HZ)))


def band(seed: int, low_hz: float, high_hz: float, seconds: float = SECONDS) -> Sound:
    """Noise between two frequencies."""
    spectrum = np.fft.rfft(_random(seed, seconds))
    frequencies = np.fft.rfftfreq(round(seconds * RATE_HZ), 1 / RATE_HZ)
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0
    return _loud(np.fft.irfft(spectrum, round(seconds * RATE_HZ)))


def tones(frequencies_hz: Sequence[float], seconds: float = SECONDS) -> Sound:
    """Sine waves together."""
    return _loud(np.sum([np.sin(2 * np.pi * each * _times(seconds)) for each in frequencies_hz], axis=0))


def note(frequency_hz: float, seconds: float, harmonics: int = 6) -> Sound:
    """Make a plucked note: harmonics that die away, the higher the sooner."""
    times = _times(seconds)
    parts = [
        np.sin(2 * np.pi * frequency_hz * number * times) * np.exp(-3.0 * number * times / seconds) / number
        for number in range(1, harmonics + 1)
    ]
    return _loud(np.sum(parts, axis=0))


def sequence(pieces: Sequence[Sound], seconds: float = SECONDS) -> Sound:
    """Sounds one after the other, over and over."""
    one = np.concatenate(pieces)
    length = round(seconds * RATE_HZ)
    return np.asarray(np.tile(one, -(-length // one.size))[:length])


def melody(names: Sequence[int], seconds_each: float = 0.3) -> Sound:
    """Notes by half tones above 220 Hz."""
    return sequence([note(220 * 2 ** (name / 12), seconds_each) for name in names])


def music() -> Sound:
    """Make a melody over chords and a beat."""
    tune = melody([12, 16, 19, 24, 19, 16, 14, 17, 21, 26, 21, 17])
    low = [[note(110 * 2 ** (step / 12), 1.2) for step in chord] for chord in ([0, 4, 7], [2, 5, 9])]
    chords = sequence([np.sum(notes, axis=0) for notes in low])
    return _loud(tune + 0.6 * chords + 0.7 * drums())


def reverse(sound: Sound) -> Sound:
    """From its end to its beginning."""
    return sound[::-1].copy()


def drums() -> Sound:
    """Kick and snare."""
    times = _times(0.25)
    kick = np.sin(2 * np.pi * 60 * times * (1 - times)) * np.exp(-12 * times)
    snare = band(21, 800, 6000, 0.25) * np.exp(-20 * times)
    return _loud(sequence([kick, 0.5 * snare, 0.6 * kick, snare]))


def clicks(seed: int, rate_hz: float) -> Sound:
    """Single samples at random moments."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(round(SECONDS * RATE_HZ))
    sound[rng.integers(0, sound.size, round(rate_hz * SECONDS))] = rng.uniform(0.3, 1.0, round(rate_hz * SECONDS))
    return sound


def typing() -> Sound:
    """Keys: short bursts of bright noise, unevenly spaced."""
    rng = np.random.default_rng(31)
    sound = np.zeros(round(SECONDS * RATE_HZ))
    for place in rng.integers(0, sound.size - 800, 40):
        sound[place : place + 480] += band(int(place), 1500, 7000, 0.03) * np.exp(-150 * _times(0.03))
    return _loud(sound)


def sweep(low_hz: float, high_hz: float, *, logarithmic: bool, seconds: float = SECONDS) -> Sound:
    """Make one frequency that rises, evenly or by octaves."""
    times = _times(seconds)
    if logarithmic:
        rate = np.log(high_hz / low_hz) / seconds
        phase = low_hz * (np.exp(rate * times) - 1) / rate
    else:
        phase = low_hz * times + (high_hz - low_hz) * times**2 / (2 * seconds)
    return np.asarray(0.5 * np.sin(2 * np.pi * phase))


def dtmf() -> Sound:
    """Keys of a telephone."""
    low, high = (697, 770, 852, 941), (1209, 1336, 1477)
    pieces = [part for row in low for column in high for part in (tones([row, column], 0.12), np.zeros(1280))]
    return sequence(pieces)


def siren() -> Sound:
    """Up and down in a second."""
    return np.asarray(0.5 * np.sin(2 * np.pi * np.cumsum(800 + 300 * np.sin(2 * np.pi * _times())) / RATE_HZ))


def birds() -> Sound:
    """Chirps with pauses."""
    return sequence([sweep(2500, 5000, logarithmic=True, seconds=0.15), np.zeros(4000)])


def wind() -> Sound:
    """Low noise that swells and falls."""
    return _loud(coloured(41, 2) * (1.2 + np.sin(2 * np.pi * 0.3 * _times())))


def rain() -> Sound:
    """Many small drops on a bed of noise."""
    return _loud(np.convolve(clicks(42, 400), note(1800, 0.01), "same") + 0.1 * coloured(43, 0))


def hum(frequency_hz: float = 50) -> Sound:
    """Make the hum of the mains, with harmonics."""
    return tones([frequency_hz * number for number in (1, 2, 3, 5, 7)])


def engine() -> Sound:
    """Pulses at 30 Hz through a resonance."""
    pulses = np.zeros(round(SECONDS * RATE_HZ))
    pulses[:: RATE_HZ // 30] = 1
    return _loud(np.convolve(pulses, note(120, 0.05), "same") + 0.2 * coloured(44, 2))


def breaths() -> Sound:
    """Soft noise that comes and goes like a sleeper's."""
    return np.asarray(0.3 * band(45, 300, 3000) * np.clip(np.sin(2 * np.pi * 0.4 * _times()), 0, 1))


def syllables_of_noise() -> Sound:
    """Noise of speech's spectrum, as loud and as soft as syllables are: hard for whoever looks for speech."""
    return _loud(band(46, 150, 4000) * np.clip(np.sin(2 * np.pi * 4 * _times()), 0, 1))


def vowel(seconds: float = SECONDS) -> Sound:
    """Make a buzz through two resonances, with vibrato: a machine that sings aah."""
    times = _times(seconds)
    phase = np.cumsum(140 + 4 * np.sin(2 * np.pi * 5 * times)) / RATE_HZ
    sound = np.zeros_like(times)
    for number in range(1, 28):
        frequency_hz = 140 * number
        level = sum(1 / (1 + ((frequency_hz - peak) / 90) ** 2) for peak in (700, 1150))
        sound += level * np.sin(2 * np.pi * number * phase)
    return _loud(sound)


def morse() -> Sound:
    """Dots and dashes."""
    dot, dash, gap = tones([700], 0.08), tones([700], 0.24), np.zeros(1280)
    return sequence([dot, gap, dot, gap, dot, gap, gap, dash, gap, dash, gap, dash, gap, gap])


def modem() -> Sound:
    """Two tones that take turns at random, 300 times a second."""
    bits = np.random.default_rng(47).integers(0, 2, round(SECONDS * 300))
    return np.asarray(
        0.5 * np.sin(2 * np.pi * np.cumsum(np.repeat(np.where(bits, 1270, 1070), RATE_HZ // 300 + 1)) / RATE_HZ)
    )


def bursts() -> Sound:
    """Half a second of noise, half a second of none."""
    return coloured(48, 0) * (np.sin(2 * np.pi * _times()) > 0)


SOUNDS: Mapping[str, Callable[[], Sound]] = {
    "digital silence": lambda: np.zeros(round(SECONDS * RATE_HZ)),
    "half a minute of silence": lambda: np.zeros(30 * RATE_HZ),
    "dither": lambda: 2e-5 * _random(1),
    "quiet room": lambda: 0.003 * coloured(2, 1),
    "white noise": lambda: coloured(3, 0),
    "pink noise": lambda: coloured(4, 1),
    "brown noise": lambda: coloured(5, 2),
    "blue noise": lambda: coloured(6, -1),
    "clipped noise": lambda: np.clip(4 * coloured(7, 0), -1, 1),
    "noise bursts": bursts,
    "syllables of noise": syllables_of_noise,
    "wind": wind,
    "rain": rain,
    "breaths": breaths,
    "tone": lambda: tones([440]),
    "loud square wave": lambda: np.sign(np.sin(2 * np.pi * 220 * _times())),
    "chord": lambda: tones([261.6, 329.6, 392.0]),
    "chords": lambda: sequence([tones([220 * 2 ** (k / 12) for k in c], 1.0) for c in ([0, 4, 7], [5, 9, 12])]),
    "melody": lambda: melody([0, 2, 4, 5, 7, 9, 11, 12]),
    "music": music,
    "reversed music": lambda: reverse(music()),
    "drums": drums,
    "bell": lambda: _loud(note(523, 3.0) + 0.5 * note(1318, 3.0)),
    "hum": hum,
    "engine": engine,
    "linear sweep": lambda: sweep(50, 7500, logarithmic=False),
    "logarithmic sweep": lambda: sweep(50, 7500, logarithmic=True),
    "reversed sweep": lambda: reverse(sweep(50, 7500, logarithmic=True)),
    "siren": siren,
    "birds": birds,
    "vowel": vowel,
    "telephone keys": dtmf,
    "engaged tone": lambda: sequence([tones([425], 0.5), np.zeros(8000)]),
    "ringing": lambda: sequence([tones([440, 480], 1.0), np.zeros(2 * RATE_HZ)]),
    "morse code": morse,
    "modem": modem,
    "clicks": lambda: clicks(8, 5),
    "crackle": lambda: clicks(9, 200),
    "typing": typing,
    "one sample": lambda: np.full(1, 0.5),
    "a click of 20 ms": lambda: coloured(10, 0, 0.02),
    "a tone of 100 ms": lambda: tones([600], 0.1),
    "a burst of 300 ms": lambda: coloured(11, 1, 0.3),
    "a vowel of 200 ms": lambda: vowel(0.2),
}
"""By name."""


def as_wav(sound: Sound) -> bytes:
    """Return a recording of it: mono, 16 bit."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
