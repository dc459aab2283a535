"""Recordings of several voices made from recordings of one: where each voice begins and how loud it is are known.

The same seed gives the same mixes on every machine.
"""

from __future__ import annotations

import io
import random
import wave
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper.audio import decode_audio
from numpy.typing import NDArray

from scripts.quality_runs.plan import Clip, Plan

RATE_HZ = 16_000
SEED = 17
MOST_VOICES = 4
QUIETEST_DB = -20.0
GAPS_S = (0.2, 1.0)
_RMS = 0.05
"""Of the loudest voice: speech as telephones and chat programs record it."""
_EDGE_S = 0.3
"""Silence before the first voice and after the last."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A recording inside a mix."""

    clip: Clip
    start_s: float
    level_db: float
    """Against the loudest voice of the mix."""


@dataclass(frozen=True, kw_only=True)
class Mix:
    """A recording of several voices, one after the other."""

    voices: Sequence[Voice]
    wav: bytes

    @property
    def text(self) -> str:
        """Return what is said in it."""
        return " ".join(voice.clip.text for voice in self.voices)


def make_mix(plan: Plan, number: int) -> Mix:
    """Make a mix of two to four English voices, with 0 to -20 dB between them and gaps of 0.2 to 1 s."""
    return _mix(random.Random(f"{SEED}/{number}"), _speakers(plan), 2 + number % (MOST_VOICES - 1))


def as_wav(samples: NDArray[np.float32]) -> bytes:
    """Make a WAV file of mono samples, -1 to 1."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def load(path: Path) -> NDArray[np.float32]:
    """Return a recording's samples, mono, 16 kHz."""
    return np.asarray(decode_audio(str(path), sampling_rate=RATE_HZ), np.float32)


def _speakers(plan: Plan) -> list[list[Clip]]:
    """Return the English clips by who speaks; of FLEURS each clip has a speaker of its own."""
    groups: defaultdict[str, list[Clip]] = defaultdict(list)
    for clip in plan.recordings("librispeech", "en"):
        groups[clip.path.name.partition("-")[0]].append(clip)
    groups["librivox"] = plan.recordings("librivox", "en")
    for clip in plan.recordings("fleurs", "en"):
        groups[clip.path.name].append(clip)
    return list(groups.values())


def _mix(chance: random.Random, speakers: Sequence[Sequence[Clip]], count: int) -> Mix:
    # The two with many recordings are in most mixes, so that few sentences are heard twice.
    weights = [len(clips) ** 0.5 for clips in speakers]
    chosen: list[Sequence[Clip]] = []
    while len(chosen) < count:
        [speaker] = chance.choices(speakers, weights)
        if speaker not in chosen:
            chosen.append(speaker)
    levels_db = [chance.uniform(QUIETEST_DB, 0.0) for _ in chosen]
    levels_db[chance.randrange(count)] = 0.0
    pieces = [np.zeros(round(_EDGE_S * RATE_HZ), np.float32)]
    voices = []
    for speaker, level_db in zip(chosen, levels_db, strict=True):
        clip = chance.choice(speaker)
        voices.append(Voice(clip=clip, start_s=sum(map(len, pieces)) / RATE_HZ, level_db=level_db))
        pieces += [_levelled(load(clip.path), level_db), _silence(chance.uniform(*GAPS_S))]
    return Mix(voices=voices, wav=as_wav(np.concatenate([*pieces, _silence(_EDGE_S)])))


def _levelled(samples: NDArray[np.float32], level_db: float) -> NDArray[np.float32]:
    rms = float(np.sqrt(np.mean(samples**2)))
    return np.asarray(samples * (_RMS / max(rms, 1e-6) * 10 ** (level_db / 20)), np.float32)


def _silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE_HZ), np.float32)
