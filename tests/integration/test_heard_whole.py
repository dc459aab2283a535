"""Everything that is said in a recording comes back: of several voices, after a pause, softly, in two languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import CASES, Peer, ServerProcess, connected

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

from scripts.quality_runs.mixing import RATE_HZ, as_wav, load  # noqa: E402 -- it needs numpy
from scripts.quality_runs.nonspeech import SOUNDS  # noqa: E402
from scripts.quality_runs.words import error_rate, normal  # noqa: E402

pytestmark = pytest.mark.models

NAMED = "19-198-0004.flac"
"""Has a name that models write otherwise: Catherine Morland."""


@pytest.fixture(scope="module")
def base(large_server: ServerProcess) -> Iterator[Peer]:
    """A server that hears with Whisper base."""
    with connected(large_server, "whole") as one:
        yield one


@pytest.fixture(scope="module")
def tiny(model_server: ServerProcess) -> Iterator[Peer]:
    """A server that hears with Whisper tiny.en."""
    with connected(model_server, "whole") as one:
        yield one


def case(name: str) -> bytes:
    path = CASES / "audio" / name
    if not path.is_file():
        pytest.skip(f"the recording is not here: {CASES.name}/audio/{name} beside the project")
    return path.read_bytes()


def clip(data: Path, name: str) -> tuple[Any, str]:
    """The samples of a clip, and what is said in it."""
    lines = (data / "speech.jsonl").read_text(encoding="utf-8").splitlines()
    [found] = [one for one in map(json.loads, lines) if one["path"].endswith(name)]
    return load(data / found["path"]), found["text"]


def heard(peer: Peer, recording: bytes, **fields: object) -> dict[str, Any]:
    request = {"type": "transcription_only", "binaryFrames": {"audio": 1}, **fields}
    events = peer.run(request, recording)
    assert [event.type for event in events] == ["accepted", "transcription_completed", "task_finished"]
    told: dict[str, Any] = events[1].fields["transcription"]
    return told


def lacks(text: str, words: str, language: str = "en") -> list[str]:
    """The words that are not in a text."""
    there = normal(text, language).split()
    return [word for word in words.split() if word not in there]


def in_language(told: dict[str, Any], language: str) -> str:
    return " ".join(segment["text"] for segment in told["segments"] if segment["language"] == language)


def test_a_second_voice_is_not_lost(base: Peer) -> None:
    text = heard(base, case("drop_min2.flac"))["text"]
    spoken = "citizen continued london never made public before no one who had ever seen catherine infancy heroine"
    assert not lacks(text, spoken), text


def test_what_comes_after_a_pause_is_not_lost(base: Peer) -> None:
    told = heard(base, case("tail-lost.flac"), language="pt")
    assert not lacks(told["text"], "três quais 15 menos semana anterior", "pt"), told["text"]
    assert told["segments"][-1]["endMs"] > 9000


def test_speech_at_minus_50_db_is_heard(base: Peer) -> None:
    text = heard(base, case("quiet-50db.flac"))["text"]
    assert not lacks(text, "he was not an young man might even have been made amiable himself"), text


def test_half_english_half_portuguese_comes_back_as_spoken(base: Peer) -> None:
    told = heard(base, case("bi_en_pt.flac"))
    english, portuguese = in_language(told, "en"), in_language(told, "pt")
    assert {segment["language"] for segment in told["segments"]} == {"en", "pt"}
    assert not lacks(english, "slow communication channels romantic lord byron emergency office damages")
    assert not lacks(portuguese, "ele estava casa vinte anos declaração família dentes afiados escapar", "pt")
    languages = [segment["language"] for segment in told["segments"]]
    assert languages == sorted(languages), "it changes once"


def test_two_languages_in_one_window_come_back_in_both(base: Peer, shared_data: Path) -> None:
    clips = {"en": clip(shared_data, "fleurs-en-006.ogg"), "pt": clip(shared_data, "fleurs-pt-006.ogg")}
    pause = np.zeros(RATE_HZ // 2, np.float32)
    told = heard(base, as_wav(np.concatenate([clips["pt"][0], pause, clips["en"][0]])))
    for language in clips:
        rate = error_rate([clips[language][1]], [in_language(told, language)], language)
        assert rate < 50, (language, told["text"])


def test_a_stated_language_is_that_of_every_segment(base: Peer, shared_data: Path) -> None:
    samples, _ = clip(shared_data, "fleurs-pt-006.ogg")
    told = heard(base, as_wav(samples), language="es")
    assert {segment["language"] for segment in told["segments"]} == {"es"}


@pytest.mark.parametrize("level_db", [-40, -50, -60])
def test_soft_speech_is_heard_as_loud_speech_is(tiny: Peer, shared_data: Path, level_db: float) -> None:
    samples, text = clip(shared_data, "19-198-0002.flac")
    soft = samples * (10 ** (level_db / 20) / float(np.sqrt(np.mean(samples**2))))
    told = heard(tiny, as_wav(soft.astype(np.float32)))["text"]
    assert error_rate([text], [told], "en") < 15, told


def test_soft_sounds_that_are_no_speech_stay_silent(tiny: Peer) -> None:
    told = {
        name: heard(tiny, as_wav(make().astype(np.float32) * np.float32(10 ** (-50 / 20))))["text"]
        for name, make in SOUNDS.items()
    }
    assert {name: text for name, text in told.items() if text} == {}


def test_a_name_that_is_listened_for_is_written_right_and_not_where_it_is_not_said(
    tiny: Peer, shared_data: Path
) -> None:
    samples, _ = clip(shared_data, NAMED)
    plain = heard(tiny, as_wav(samples))["text"]
    assert "Morland" not in plain, "the model knows the name by itself: the comparison would say nothing"
    named = heard(tiny, as_wav(samples), vocabulary=["Catherine Morland", "Dragoman", "St. Andrews"])["text"]
    assert "Catherine Morland" in named
    assert "Dragoman" not in named
    assert "Andrews" not in named
    other, text = clip(shared_data, "19-198-0002.flac")
    told = heard(tiny, as_wav(other), vocabulary=["Catherine Morland", "Dragoman", "St. Andrews"])["text"]
    names = "catherine morland dragoman andrews"
    assert lacks(told, names) == names.split()
    assert error_rate([text], [told], "en") < 15


def test_a_vocabulary_invents_no_words_where_there_is_no_speech(tiny: Peer) -> None:
    names = ["Catherine Morland", "Dragoman", "St. Andrews"]
    told = {
        name: heard(tiny, as_wav(SOUNDS[name]().astype(np.float32)), vocabulary=names)["text"]
        for name in ("melody", "linear sweep", "vowel", "a vowel of 200 ms")
    }
    assert set(told.values()) == {""}, told


def test_a_vocabulary_that_is_too_long_is_refused_by_name(tiny: Peer) -> None:
    request = {"type": "transcription_only", "binaryFrames": {"audio": 1}}
    tiny.send({**request, "vocabulary": [letter * 99 for letter in "abcdef"]}, b"RIFF")
    tiny.receive()
    error = tiny.receive().fields
    assert (error["errorCode"], error["error"]) == ("too_large", "vocabulary has 594 characters; the limit is 500")
