"""Samples of a voice made fit to stand beside others."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")

from dragoman_engines.speech.sound import finished, joined  # noqa: E402 -- needs numpy

RATE_HZ = 24_000


def tone(seconds: float, loudness: float = 0.5) -> Any:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (loudness * np.sin(2 * np.pi * 200 * time_s)).astype(np.float32)


def silence(seconds: float) -> Any:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def samples_of(speech: Any) -> Any:
    return np.frombuffer(speech.pcm, "<i2").astype(np.int32)


def test_silence_around_a_voice_is_cut_and_a_breath_of_it_left() -> None:
    speech = finished(np.concatenate([silence(0.5), tone(1.0), silence(0.7)]), RATE_HZ)
    assert len(speech.pcm) / 2 / RATE_HZ == pytest.approx(1.0 + 0.09, abs=0.005)


def test_a_pause_within_is_kept() -> None:
    speech = finished(np.concatenate([tone(0.2), silence(0.5), tone(0.2)]), RATE_HZ)
    assert len(speech.pcm) / 2 / RATE_HZ == pytest.approx(0.9, abs=0.005)


def test_it_begins_and_ends_at_zero_so_that_nothing_clicks() -> None:
    samples = samples_of(finished(np.full(RATE_HZ, 0.5, np.float32), RATE_HZ))
    assert samples[0] == samples[-1] == 0
    # 0.5 is 16384: a click would be a step of about that.
    assert np.abs(np.diff(samples)).max() < 200


@pytest.mark.parametrize("loudness", [0.9, 1.0, 3.0, 1000.0])
def test_nothing_is_clipped_however_loud(loudness: float) -> None:
    samples = samples_of(finished(tone(0.5, loudness), RATE_HZ))
    assert np.abs(samples).max() <= 32767 * 0.981
    # A clipped wave has many samples at its top, a whole one few.
    assert np.count_nonzero(np.abs(samples) >= np.abs(samples).max() - 1) < 0.03 * samples.size


def test_a_quiet_voice_stays_quiet() -> None:
    assert np.abs(samples_of(finished(tone(0.5, 0.1), RATE_HZ))).max() == pytest.approx(3277, abs=5)


@pytest.mark.parametrize("nothing", [silence(0), silence(1), np.full(100, np.nan, np.float32)])
def test_silence_is_no_speech(nothing: Any) -> None:
    assert finished(nothing, RATE_HZ).pcm == b""


def test_samples_that_are_no_numbers_are_silence() -> None:
    broken = np.concatenate([tone(0.5), np.array([np.nan, np.inf, -np.inf], np.float32)])
    assert np.abs(samples_of(finished(broken, RATE_HZ))).max() <= 32767


def test_pieces_are_joined_with_a_pause_and_those_without_sound_left_out() -> None:
    pieces = [
        silence(0.2),
        tone(0.5),
        np.zeros(0, np.float32),
        np.concatenate([silence(0.4), tone(0.5), silence(0.4)]),
    ]
    together = joined(pieces, 0.25, RATE_HZ)
    assert together.size / RATE_HZ == pytest.approx(0.5 + 0.25 + 0.5 + 0.09, abs=0.005)
    assert joined([], 0.25, RATE_HZ).size == 0
