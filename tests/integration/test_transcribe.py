"""The real ears, through the sockets and called directly: words and subtitles, languages, and nothing in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dragoman_engines.base import Engine, EngineSpec
from dragoman_engines.models.defaults import BASE, is_at_hand
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import SPOOL_RATE_HZ, TranscribeWindow, WindowText
from tests.harness import TINY, Peer, ServerProcess, connected

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

from scripts.quality_runs.nonspeech import SOUNDS, as_wav  # noqa: E402 -- it needs numpy
from scripts.quality_runs.words import error_rate  # noqa: E402

pytestmark = pytest.mark.models

HARD = ("melody", "linear sweep", "vowel", "a vowel of 200 ms")
"""What the search for speech takes for speech."""
LOUDEST = ("tone", "half a minute of silence")
"""What the smallest model alone writes the most of, and what it is surest of."""


@pytest.fixture(scope="module")
def peer(model_server: ServerProcess) -> Iterator[Peer]:
    with connected(model_server, "hearing") as one:
        yield one


@pytest.fixture(scope="module")
def base() -> Engine:
    if not is_at_hand(BASE):
        pytest.skip("Whisper base is not here: the extra [models-large] is not installed")
    return make_engine(EngineSpec(kind="transcription", model="embedded"))


def clip(data: Path, language: str) -> dict[str, Any]:
    """The shortest clip of a language with its transcript."""
    lines = (data / "speech.jsonl").read_text(encoding="utf-8").splitlines()
    clips = [one for one in map(json.loads, lines) if one["language"] == language and "fleurs" in one["path"]]
    return min(clips, key=lambda one: float(one["seconds"]))


def transcription(peer: Peer, recording: bytes, **fields: object) -> dict[str, Any]:
    request = {"type": "transcription_only", "binaryFrames": {"audio": 1}, **fields}
    events = peer.run(request, recording)
    assert [event.type for event in events] == ["accepted", "transcription_completed", "task_finished"]
    told: dict[str, Any] = events[1].fields["transcription"]
    return told


def spooled(folder: Path, name: str, samples: Any) -> TranscribeWindow:
    """The whole sound as a window, unsearched: at most 30 s."""
    path = folder / f"{name.replace(' ', '-')}.pcm"
    path.write_bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return TranscribeWindow(pcm_path=str(path), spans=[(0, len(samples))])


def words_of(engine: Engine, folder: Path, names: Sequence[str]) -> dict[str, str]:
    results = engine.run([spooled(folder, name, SOUNDS[name]()) for name in names])
    texts = {}
    for name, result in zip(names, results, strict=True):
        assert isinstance(result, WindowText), result
        texts[name] = "".join(word.text for word in result.words)
    return texts


def test_words_have_places_and_subtitles_are_of_the_same_text(peer: Peer, shared_data: Path) -> None:
    recording = (shared_data / clip(shared_data, "en")["path"]).read_bytes()
    told = transcription(peer, recording, wordTimestamps=True, formats=["vtt", "srt"])
    assert told["segments"]
    for segment in told["segments"]:
        words = segment["words"]
        assert " ".join(word["text"] for word in words) == segment["text"]
        times = [time for word in words for time in (word["startMs"], word["endMs"])]
        assert times == sorted(times)
        assert (times[0], times[-1]) == (segment["startMs"], segment["endMs"])
        assert all(0 <= word["confidence"] <= 1 for word in words)
    assert told["segments"][-1]["endMs"] <= told["durationMs"]
    assert told["vtt"].startswith("WEBVTT\n\n00:00:0")
    assert told["srt"].count("-->") == told["vtt"].count("-->") == len(told["segments"])
    assert all(segment["text"] in told["srt"] for segment in told["segments"])


def test_what_was_not_asked_for_is_not_sent(peer: Peer) -> None:
    told = transcription(peer, as_wav(SOUNDS["a vowel of 200 ms"]()))
    assert not {"srt", "vtt"} & told.keys()


def test_a_wrong_format_is_refused_by_name(peer: Peer) -> None:
    peer.send({"type": "transcription_only", "binaryFrames": {"audio": 1}, "formats": ["docx"]}, b"RIFF")
    error, end = peer.receive().fields, peer.receive().fields
    assert end["status"] == "refused"
    assert error["errorCode"] == "invalid_request"
    assert error["error"].startswith("formats[0]: Invalid enum value 'docx'")


def test_no_words_are_heard_in_forty_kinds_of_sounds_that_are_no_speech(peer: Peer) -> None:
    assert len(SOUNDS) >= 40
    heard = {name: transcription(peer, as_wav(make()))["text"] for name, make in SOUNDS.items()}
    assert {name: text for name, text in heard.items() if text} == {}


def test_the_smallest_model_invents_no_words_even_where_speech_was_not_searched(tmp_path: Path) -> None:
    tiny = make_engine(EngineSpec(kind="transcription", model=TINY))
    assert set(words_of(tiny, tmp_path, [*HARD, *LOUDEST]).values()) == {""}


def test_base_invents_no_words_in_what_is_taken_for_speech(base: Engine, tmp_path: Path) -> None:
    assert set(words_of(base, tmp_path, HARD).values()) == {""}


def test_base_finds_the_language_whatever_the_hint(base: Engine, shared_data: Path, tmp_path: Path) -> None:
    av_audio = pytest.importorskip("faster_whisper.audio")
    assert base.capabilities.multilingual
    assert len(base.capabilities.languages) == 99
    assert "yue" not in base.capabilities.languages, "this model has no token for it"
    for language, wrong in (("pt", "es"), ("de", "en"), ("fr", "de")):
        recorded = clip(shared_data, language)
        samples = av_audio.decode_audio(str(shared_data / recorded["path"]), sampling_rate=SPOOL_RATE_HZ)
        window = msgspec.structs.replace(spooled(tmp_path, language, samples), hint=wrong)
        (heard,) = base.run([window])
        assert isinstance(heard, WindowText)
        assert heard.language == language
        assert heard.language_probability > 0.9
        text = "".join(word.text for word in heard.words)
        assert error_rate([recorded["text"]], [text], language) < 45, text
