"""Quiet speech comes to the networks as loud as they expect; what is loud enough comes as it is."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")

from dragoman_engines.audio.loudness import (  # noqa: E402 -- it needs numpy
    FAINT,
    MOST_GAIN,
    USUAL,
    evened,
    speech_level,
    with_slow_gain,
)

RATE_HZ = 16_000


def noise(seconds: float, level: float, seed: int = 1) -> Any:
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)) * level).astype(np.float32)


def decibels(factor: float) -> float:
    return float(20 * np.log10(factor))


@pytest.mark.parametrize("level", [USUAL, 0.1, 0.2])
def test_what_is_loud_enough_is_not_touched(level: float) -> None:
    samples = noise(4, level * 1.1)
    assert np.array_equal(with_slow_gain(samples), samples)
    assert np.array_equal(evened([samples[:32_000], samples[32_000:]]), samples)


@pytest.mark.parametrize("level_db", [-40, -50, -58])
def test_quiet_speech_is_raised_to_the_usual_level(level_db: float) -> None:
    samples = noise(4, 10 ** (level_db / 20))
    assert decibels(speech_level(with_slow_gain(samples))) == pytest.approx(decibels(USUAL), abs=1.5)
    assert np.array_equal(evened([samples]), samples), "one level is even"


@pytest.mark.parametrize("level_db", [-64, -70, -80])
def test_speech_below_the_powers_that_whisper_sees_is_raised_to_where_it_sees_all_of_it(level_db: float) -> None:
    loud, low = noise(3, 10 ** (level_db / 20)), noise(3, 10 ** ((level_db - 10) / 20))
    together = evened([loud, low])
    assert decibels(speech_level(together[: loud.size])) == pytest.approx(decibels(FAINT), abs=0.5)
    assert decibels(speech_level(together[loud.size + RATE_HZ :])) == pytest.approx(decibels(FAINT), abs=0.5)


def test_the_gain_has_a_limit_and_silence_stays_silence() -> None:
    faint = noise(2, 1e-5)
    assert np.abs(with_slow_gain(faint)).max() <= MOST_GAIN * np.abs(faint).max() * 1.001
    assert not with_slow_gain(np.zeros(RATE_HZ, np.float32)).any()
    assert not evened([np.zeros(RATE_HZ, np.float32)]).any()
    assert evened([]).size == with_slow_gain(np.zeros(0, np.float32)).size == evened([faint[:0]]).size == 0


def test_a_pause_in_loud_speech_is_not_raised_and_a_quiet_minute_after_it_is() -> None:
    samples = np.concatenate([noise(3, 0.1), noise(4, 0.0005), noise(3, 0.1), noise(20, 0.0005)])
    raised = with_slow_gain(samples)
    assert np.array_equal(raised[: 10 * RATE_HZ], samples[: 10 * RATE_HZ])
    assert decibels(speech_level(raised[20 * RATE_HZ :])) == pytest.approx(decibels(USUAL), abs=1.5)


def test_a_voice_far_below_another_is_raised_and_one_a_little_below_is_not() -> None:
    loud, lower, low = noise(3, 0.1), noise(3, 0.07), noise(3, 0.02)
    together = evened([loud, lower, low])
    assert np.array_equal(together[: 5 * RATE_HZ], np.concatenate([loud, lower])[: 5 * RATE_HZ])
    assert speech_level(together[-2 * RATE_HZ :]) == pytest.approx(speech_level(loud), rel=0.1)


def test_a_click_does_not_decide_how_loud_the_rest_is() -> None:
    quiet, click = noise(3, 0.002), noise(0.1, 0.9)
    together = evened([quiet, click])
    assert np.array_equal(together, np.concatenate([quiet, click]))


def test_a_breath_between_sentences_is_not_raised_and_a_short_word_of_a_quiet_voice_is() -> None:
    breath, loud, low = noise(0.6, 0.0005), noise(3, 0.1), noise(3, 0.02)
    together = evened([loud, breath, loud])
    assert np.array_equal(together, np.concatenate([loud, breath, loud]))
    together = evened([loud, low, low[: RATE_HZ // 2], low])
    start = 6 * RATE_HZ
    assert speech_level(together[start + 1000 : start + 7000]) == pytest.approx(speech_level(loud), rel=0.1)
