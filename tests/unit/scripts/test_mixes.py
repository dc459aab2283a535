"""Mixes of voices are the same every time, and what is held against them is counted right."""

from __future__ import annotations

from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")
pytest.importorskip("jiwer", reason="the [dev] extra is not installed")

from dragoman_client import Transcription  # noqa: E402 -- what it needs is checked above
from dragoman_wire.events import TranscriptSegment, TranscriptWord  # noqa: E402
from scripts.quality_runs.mixes import checks_of, deletions, expected, time_errors_s  # noqa: E402
from scripts.quality_runs.mixing import QUIETEST_DB, RATE_HZ, Mix, Voice, make_mix  # noqa: E402
from scripts.quality_runs.plan import Clip, Plan  # noqa: E402


def clip(name: str, text: str) -> Clip:
    return Clip(path=Path(name), language="en", text=text, seconds=2.0)


def heard(*words: tuple[str, int, int]) -> Transcription:
    timed = [TranscriptWord(text=text, start_ms=start, end_ms=end, confidence=1) for text, start, end in words]
    text = " ".join(word.text for word in timed)
    segment = TranscriptSegment(
        text=text, start_ms=0, end_ms=0, confidence=1, speaker_id=None, language="en", words=timed
    )
    return Transcription(
        text=text, language="en", confidence=1, duration_ms=0, source="whisper", model="x", segments=[segment]
    )


MIX = Mix(
    voices=[
        Voice(clip=clip("a", "good day"), start_s=0.0, level_db=0.0),
        Voice(clip=clip("b", "how are you"), start_s=3.0, level_db=-10.0),
    ],
    wav=b"",
)
ALONE = {
    Path("a"): heard(("Good", 100, 400), ("day.", 500, 900)),
    Path("b"): heard(("How", 100, 300), ("are", 300, 500), ("you?", 500, 800)),
}


def test_a_mix_has_two_to_four_voices_at_known_places_and_is_the_same_again(shared_data: Path) -> None:
    plan = Plan(data=shared_data, clips=1, lines=1, sentences=1)
    for number in range(3):
        mix = make_mix(plan, number)
        assert make_mix(plan, number) == mix
        assert len(mix.voices) == 2 + number
        levels_db = [voice.level_db for voice in mix.voices]
        assert max(levels_db) == 0.0
        assert min(levels_db) >= QUIETEST_DB
        for before, after in zip(mix.voices, mix.voices[1:], strict=False):
            assert 0.15 <= after.start_s - before.start_s - before.clip.seconds <= 1.05
        assert len(mix.wav) > RATE_HZ * 2 * sum(voice.clip.seconds for voice in mix.voices)


def test_lost_words_are_counted_and_words_heard_otherwise_are_not() -> None:
    assert deletions(["good day how are you"], ["good day"]) == 3
    assert deletions(["GOOD DAY"], ["Good night."]) == 0


def test_times_are_held_against_those_of_each_voice_alone() -> None:
    right = expected(MIX, ALONE)
    assert [round(word.start_s, 1) for word in right] == [0.1, 0.5, 3.1, 3.3, 3.5]
    together = heard(("Good", 100, 400), ("How", 3150, 3300), ("are", 3300, 3500), ("you?", 3500, 3900))
    errors_s = time_errors_s(right, together)
    assert len(errors_s) == 8, "the lost word has no time"
    assert sum(errors_s) == pytest.approx(0.15)


def test_the_checks_break_where_words_are_lost_or_late() -> None:
    good = heard(("Good", 100, 400), ("day", 500, 900), ("how", 3100, 3300), ("are", 3300, 3500), ("you", 3500, 3800))
    assert all(check.holds for check in checks_of("x", [MIX], [good], ALONE))
    lost, _ = checks_of("x", [MIX], [heard(("Good", 100, 400), ("day", 500, 900))], ALONE)
    assert (lost.server, lost.holds) == (3, False)
    late = heard(("Good", 900, 999), ("day", 999, 1200), ("how", 3100, 3300), ("are", 3300, 3500), ("you", 3500, 3800))
    _, times = checks_of("x", [MIX], [late], ALONE)
    assert not times.holds
