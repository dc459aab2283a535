"""How loud speech is, and how it is made as loud as the networks expect. Pure: samples in, samples out.

Voice activity detection learned from recordings of usual loudness: speech at -50 dB may be nothing to it. To Whisper a
voice that is 15 dB below the one before it is background, which it leaves out; and its spectrum has a lowest power,
below which speech of less than -60 dB loses its soft sounds. What is loud enough, and as loud as the rest, is not
touched: its samples stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.work import SPOOL_RATE_HZ

Samples = NDArray[np.float32]
USUAL = 0.03
"""Root mean square of speech that is loud enough: -30 dB of full scale."""
MOST_GAIN = 100.0
"""40 dB. The noise of 16-bit samples themselves stays inaudible."""
UNEVEN = 2.0
"""Speech that is less than this factor (6 dB) below the rest of a window is as loud as the rest."""
FAINT = 0.001
"""Root mean square, -60 dB of full scale: a window whose speech is below it is raised to it.

Whisper takes spectral powers below 1e-10 for 1e-10, and looks at the 80 dB below the loudest. The loudest power of
speech at -60 dB is about 1e-2, so that both limits are the same; of softer speech the first cuts off a part. More than
this is not gained by a higher level: up to there Whisper hears soft recordings as well as raised ones.
"""
_FRAME = SPOOL_RATE_HZ // 20
_LOUD_FRAMES = 10
"""Half a second: one click is not loud."""
_REACH_FRAMES = 100
"""The gain at a place is that of the loudest within 5 s: what is between the words of a speaker stays below them."""
_SHORTEST = SPOOL_RATE_HZ
_FADE = SPOOL_RATE_HZ // 50


def with_slow_gain(samples: Samples) -> Samples:
    """Raise the stretches of a recording that are quiet for seconds, by at most 40 dB.

    Args:
        samples: mono, 16 kHz, shape (samples,), -1 to 1.
    """
    powers = _frame_powers(samples)
    if not powers.size:
        return samples
    around = np.convolve(powers, np.full(_LOUD_FRAMES, 1 / _LOUD_FRAMES), "same")
    loudest = np.lib.stride_tricks.sliding_window_view(np.pad(around, _REACH_FRAMES), 2 * _REACH_FRAMES + 1).max(
        axis=1
    )
    gains = np.clip(USUAL / np.sqrt(np.maximum(loudest, 1e-12)), 1.0, MOST_GAIN)
    if gains.max() <= 1.0:
        return samples
    middles = (np.arange(gains.size) + 0.5) * _FRAME
    curve = np.interp(np.arange(samples.size), middles, gains)
    return np.asarray(np.clip(samples * curve, -1, 1), np.float32)


def evened(spans: Sequence[Samples]) -> Samples:
    """Put the spans of a window together, each about as loud as the loudest, and that at -60 dB or above.

    Args:
        spans: mono, 16 kHz, each of shape (samples,), -1 to 1.
    """
    gains = _gains(spans)
    if max(gains, default=1.0) <= 1.0:
        return np.concatenate(spans) if spans else np.zeros(0, np.float32)
    curve = _curve(gains, [span.size for span in spans])
    return np.asarray(np.clip(np.concatenate(spans) * curve, -1, 1), np.float32)


def _gains(spans: Sequence[Samples]) -> list[float]:
    """Return the gain of each span. A short one, often a breath, has that of the louder one beside it."""
    levels = {index: speech_level(span) for index, span in enumerate(spans) if span.size >= _SHORTEST}
    levels = levels or {index: speech_level(span) for index, span in enumerate(spans)}
    reference = max(levels.values(), default=0.0)
    if reference <= 0.0:
        return [1.0] * len(spans)
    whole = max(1.0, FAINT / reference)
    gains = {
        index: min(MOST_GAIN, whole * (reference / level if 0 < level < reference / UNEVEN else 1.0))
        for index, level in levels.items()
    }
    return [
        gains[index] if index in gains else min(gains[near] for near in _beside(index, list(gains)))
        for index in range(len(spans))
    ]


def _beside(index: int, places: Sequence[int]) -> list[int]:
    """Return the nearest place before an index, and the nearest after it."""
    return [*[place for place in places if place < index][-1:], *[place for place in places if place > index][:1]]


def speech_level(samples: Samples) -> float:
    """Return the root mean square of the louder half: that of speech with the pauses in it left out."""
    powers = np.sort(_frame_powers(samples))
    return float(np.sqrt(powers[powers.size // 2 :].mean())) if powers.size else 0.0


def _frame_powers(samples: Samples) -> NDArray[np.float64]:
    whole = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.asarray(np.square(whole, dtype=np.float64).mean(axis=1))


def _curve(gains: Sequence[float], lengths: Sequence[int]) -> NDArray[np.float64]:
    """Return the gain of every sample: steps between spans are short fades, so that none of them clicks."""
    curve = np.repeat(np.asarray(gains, np.float64), lengths)
    places = np.cumsum(lengths)[:-1]
    for place, before, after in zip(places, gains, gains[1:], strict=False):
        start, end = max(0, place - _FADE), min(curve.size, place + _FADE)
        curve[start:end] = np.linspace(before, after, end - start)
    return curve
