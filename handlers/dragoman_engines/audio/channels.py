"""The channels of a recording to the one that is heard. Mono is not the mean: it is what is spoken.

A mean of all channels loses speech in one of many below the noise of the others, and speech that two channels carry
in opposite phase entirely. So, in blocks of eight seconds (of three, where there are many channels):

1.  Channels without sound are left out. Channels that are the same sound (correlation of 0.95 and more, of either
    sign) are one, added with their signs.
2.  Where several remain, Silero's network tells in which of them speech is, piece by piece. They are mixed by that,
    and by how far speech stands above the channel's noise: as in an automatic microphone mixer (D. Dugan, "Automatic
    microphone mixing", 1975), with the network's probability in place of the level, so that noise does not win by
    being loud. Channels with 20 dB and more of signal to noise count alike; below that by the ratio, as in
    maximal-ratio combining (D. Brennan, 1959). Speakers who talk in turns, each into a channel, are all heard.
3.  Where no channel has speech that stands 10 dB above its noise, differences between channels are tried: quiet
    speech in opposite phase hides under noise in phase.
4.  The mix is listened to as well. Where it has less speech than the best channel, that channel alone is taken.
5.  Where nothing has speech, the block before decides; at the beginning, the mean of the channels that have sound.

Which loudspeaker a channel is meant for plays no part: an LFE channel that has speech is heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.audio.speech_finder import FRAME_SAMPLES, frame_levels, speech_probabilities
from dragoman_engines.work import SPOOL_RATE_HZ

Samples = NDArray[np.float32]

MOST_CHANNELS = 64
"""What FFmpeg's resampler takes."""
BLOCK_S = 8
_SHORTEST_S = 3
_BLOCK_CHANNELS = 8
"""Blocks of more channels are shorter, down to `_SHORTEST_S`: a step of work should not grow with them."""
_SILENT = 3e-5
"""Root mean square below which a channel has no sound: the last bit of 16."""
_SAME = 0.95
"""Correlation from which two channels are the same sound."""
_SPEECH = 0.5
"""Probability from which a piece is speech."""
_DOUBT = 0.3
"""Probability below which a channel has no part in the mix."""
_HOLD_FRAMES = 10
"""A channel stays in the mix for 0.3 s before and after its speech: words begin and end softly."""
_GOOD_RATIO = 100.0
"""Signal to noise, in power, from which channels count alike: 20 dB."""
_DOUBTFUL = 0.1
"""Quality, as 10 dB of signal to noise have it, below which the differences between channels are tried as well."""
_LEAST_SHARE = 0.01
"""What has less of the mix than the hundredth part of the strongest has none."""
_FLOOR = 1e-6
_WORSE = 0.1
"""Mean probability that the mix may lack beside the best channel."""
_FULL_SCALE = 32767.0
NOTHING = np.zeros(0, np.int16)
"""A pause between two steps of work."""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A sound that may have the speech: a channel, several that are the same, or the difference between two."""

    gains: Samples
    """Shape (channels,): how it is mixed of the channels."""
    probabilities: Samples
    """Of speech, by piece."""
    quality: float
    """0 to 1, by its signal to noise."""

    @property
    def speech(self) -> float:
        """Return the pieces that are speech, added up by probability."""
        return float(self.probabilities[self.probabilities >= _SPEECH].sum())


class ChannelMixer:
    """Mixes the channels of one recording into one, block by block.

    Args:
        channels: how many there are, 2 to `MOST_CHANNELS`.
    """

    def __init__(self, channels: int) -> None:
        self._blocks: list[Samples] = []
        self._have = 0
        self.channels = channels
        self._block = int(max(_SHORTEST_S, min(BLOCK_S, _BLOCK_CHANNELS * BLOCK_S / channels)) * SPOOL_RATE_HZ)
        """Samples of a block."""
        self._gains: Samples | None = None
        """At the end of the block before."""

    def feed(self, samples: Samples) -> Iterator[NDArray[np.int16]]:
        """Yield the mix of the blocks that are full now, and `NOTHING` between two steps of work.

        Args:
            samples: float32, shape (channels, samples), 16 kHz.
        """
        self._blocks.append(samples)
        self._have += samples.shape[1]
        while self._have >= self._block:
            whole = np.concatenate(self._blocks, axis=1)
            block, rest = np.split(whole, [self._block], axis=1)
            self._blocks, self._have = [rest], rest.shape[1]
            yield from self._mixed(block)

    def flush(self) -> Iterator[NDArray[np.int16]]:
        """Yield the mix of the rest, as `feed` does."""
        rest = np.concatenate(self._blocks, axis=1) if self._blocks else np.zeros((self.channels, 0), np.float32)
        self._blocks, self._have = [], 0
        if rest.shape[1]:
            yield from self._mixed(rest)

    def _mixed(self, block: Samples) -> Iterator[NDArray[np.int16]]:
        block = np.nan_to_num(block, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
        levels = np.sqrt(np.mean(np.square(block), axis=1))
        sounding = np.flatnonzero(levels > _SILENT)
        if not sounding.size:
            yield np.zeros(block.shape[1], np.int16)
            return
        groups = _same(block, sounding)
        yield NOTHING
        if len(groups) == 1 and _alike(block, groups[0]):
            yield self._applied(block, groups[0][:, None])
            return
        candidates: list[_Candidate] = []
        for gains in groups:
            candidates.append(_candidate(block, gains))
            yield NOTHING
        if all(candidate.quality < _DOUBTFUL for candidate in candidates):
            for gains in _differences(block, groups) + _difference_of_two(block, groups):
                candidates.append(_candidate(block, gains))
                yield NOTHING
        gains = self._chosen(block, candidates, sounding)
        yield NOTHING
        yield self._applied(block, gains)

    def _chosen(self, block: Samples, candidates: list[_Candidate], sounding: NDArray[np.intp]) -> Samples:
        """Return the gains, shape (channels, pieces) or (channels, 1)."""
        best = max(candidates, key=lambda one: one.speech * one.quality)
        if not best.speech:
            if self._gains is not None:
                return self._gains[:, None]
            mean = np.zeros((self.channels, 1), np.float32)
            mean[sounding] = 1 / sounding.size
            return mean
        if len(candidates) == 1:
            return best.gains[:, None]
        gains = _shared(block, candidates, best)
        heard = best.probabilities >= _SPEECH
        mixed = speech_probabilities(_apply(block, gains))
        if mixed[heard].mean() < best.probabilities[heard].mean() - _WORSE:
            return best.gains[:, None]
        return gains

    def _applied(self, block: Samples, gains: Samples) -> NDArray[np.int16]:
        before = gains[:, :1] if self._gains is None else self._gains[:, None]
        self._gains = gains[:, -1].copy()
        mix = _apply(block, np.concatenate([before, gains], axis=1))
        return np.asarray(np.clip(np.rint(mix * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE), np.int16)


def _same(block: Samples, sounding: NDArray[np.intp]) -> list[Samples]:
    """Group channels that are the same sound; return the gains of each group, shape (channels,), loudest first."""
    heard = block[sounding]
    power = heard @ heard.T
    levels = np.sqrt(np.diag(power))
    correlation = power / np.outer(levels, levels)
    left = list(np.argsort(-levels, kind="stable"))
    groups = []
    while left:
        first = left[0]
        members = [other for other in left if abs(correlation[first, other]) >= _SAME]
        left = [other for other in left if other not in members]
        gains = np.zeros(block.shape[0], np.float32)
        gains[sounding[members]] = np.sign(correlation[first, members]) / len(members)
        groups.append(gains)
    return groups


def _alike(block: Samples, gains: Samples) -> bool:
    """Return whether the channels of a group differ by nothing that could be speech of its own."""
    return not _differences(block, [gains])


def _differences(block: Samples, groups: list[Samples]) -> list[Samples]:
    """Return, for each group, the gains of the difference between the two of its channels that differ most."""
    found = []
    for gains in groups:
        members = np.flatnonzero(gains)
        if members.size < 2:
            continue
        first = members[0]
        # Each is brought to the level at which it lies in the first: what is the same in both goes away.
        reference = float(block[first] @ block[first])
        factors = block[members] @ block[first] / reference
        rests = block[members] / np.where(factors == 0, 1, factors)[:, None] - block[first]
        levels = np.sqrt(np.mean(np.square(rests), axis=1))
        most = int(np.argmax(levels))
        if levels[most] > _SILENT:
            difference = np.zeros_like(gains)
            difference[first], difference[members[most]] = -0.5, 0.5 / factors[most]
            found.append(difference / max(1.0, float(np.abs(difference).sum())))
    return found


def _difference_of_two(block: Samples, groups: list[Samples]) -> list[Samples]:
    """Return the gains of the plain difference, where there are two different channels with sound and no more."""
    if len(groups) != 2 or np.count_nonzero(groups[0]) + np.count_nonzero(groups[1]) > 2:
        return []
    first, second = (int(np.argmax(np.abs(gains))) for gains in groups)
    difference = np.zeros(block.shape[0], np.float32)
    difference[first], difference[second] = 0.5, -0.5
    return [difference]


def _candidate(block: Samples, gains: Samples) -> _Candidate:
    sound = gains @ block
    probabilities = speech_probabilities(sound)
    powers = np.square(frame_levels(sound))
    speech = powers[probabilities >= _SPEECH]
    if not speech.size:
        return _Candidate(gains=gains, probabilities=probabilities, quality=0.0)
    signal = float(speech.mean())
    noise = max(float(np.percentile(powers, 10)), signal * _FLOOR)
    return _Candidate(
        gains=gains, probabilities=probabilities, quality=min(1.0, max(0.0, signal / noise - 1) / _GOOD_RATIO + 1e-3)
    )


def _shared(block: Samples, candidates: list[_Candidate], best: _Candidate) -> Samples:
    """Return the gains of the mix by piece, shape (channels, pieces)."""
    reference = best.gains @ block
    shares, signed = [], []
    for candidate in candidates:
        active = np.where(candidate.probabilities >= _DOUBT, candidate.probabilities, 0)
        shares.append(_held(active) * np.float32(candidate.quality))
        with_best = float(reference @ (candidate.gains @ block))
        signed.append(candidate.gains if with_best >= 0 else -candidate.gains)
    weights = np.stack(shares)
    weights[weights < _LEAST_SHARE * weights.max(axis=0)] = 0
    total = weights.sum(axis=0)
    usual = weights.mean(axis=1)
    # Where nobody speaks, each has its usual part.
    weights = np.where(total > _FLOOR, weights / np.maximum(total, _FLOOR), (usual / usual.sum())[:, None])
    gains: Samples = (np.stack(signed).T @ weights).astype(np.float32)
    return gains


def _held(active: Samples) -> Samples:
    """Widen each stretch of speech by `_HOLD_FRAMES` to both sides and let its ends fade."""
    padded = np.pad(active, _HOLD_FRAMES, mode="edge")
    widest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HOLD_FRAMES + 1).max(axis=1)
    faded = np.pad(widest, _HOLD_FRAMES // 2, mode="edge")
    smooth: Samples = np.lib.stride_tricks.sliding_window_view(faded, _HOLD_FRAMES + 1).mean(axis=1).astype(np.float32)
    return smooth


def _apply(block: Samples, gains: Samples) -> Samples:
    """Return the mix; gains that change do so evenly from the middle of a piece to the middle of the next.

    Args:
        block: shape (channels, samples).
        gains: shape (channels, pieces), or one more piece: that at the beginning is what was before.
    """
    if np.all(gains == gains[:, :1]):
        constant: Samples = gains[:, 0] @ block
        return constant
    extra = gains.shape[1] - -(-block.shape[1] // FRAME_SAMPLES)
    middles = (np.arange(gains.shape[1]) - (extra > 0) + 0.5) * FRAME_SAMPLES
    places = np.arange(block.shape[1])
    mix = np.zeros(block.shape[1], np.float32)
    for channel, channel_gains in zip(block, gains, strict=True):
        if channel_gains.any():
            mix += channel * np.interp(places, middles, channel_gains).astype(np.float32)
    return mix
