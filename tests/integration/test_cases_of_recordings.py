"""Recordings that people's use brought up, through the sockets and real models: judged by the words that are heard."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import DATA, Peer, ServerProcess, connected

pytest.importorskip("av", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def cases() -> Path:
    folder = DATA.parent / "cases" / "audio"
    if not folder.is_dir():
        pytest.skip(f"the recordings of cases are not here: {folder.parent.name} beside the project's data")
    return folder


@pytest.fixture(scope="module")
def peer(model_server: ServerProcess) -> Iterator[Peer]:
    with connected(model_server, "cases") as one:
        yield one


def answer(peer: Peer, recording: bytes, **fields: object) -> dict[str, Any]:
    events = peer.run({"type": "transcription_only", "binaryFrames": {"audio": 1}, **fields}, recording)
    return events[1].fields


def transcription(peer: Peer, recording: bytes, **fields: object) -> dict[str, Any]:
    told: dict[str, Any] = answer(peer, recording, **fields)["transcription"]
    return told


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


FIRST, LAST = "young man", "amiable himself"
"""What even the smallest model hears right of the two sentences."""


@pytest.mark.parametrize(
    "name", ["phase.wav", "third-of-three.flac", "two.mp4", "gap.webm", "offset_a.webm", "concat.wav"]
)
def test_both_sentences_are_heard(peer: Peer, cases: Path, name: str) -> None:
    text = " ".join(words(transcription(peer, (cases / name).read_bytes())["text"]))
    assert FIRST in text, text
    assert LAST in text, text


def test_a_gap_without_packets_counts(peer: Peer, cases: Path) -> None:
    told = transcription(peer, (cases / "gap.webm").read_bytes())
    assert told["durationMs"] == pytest.approx(16_300, abs=50)
    [last] = [segment for segment in told["segments"] if LAST in segment["text"]]
    assert last["startMs"] == pytest.approx(13_200, abs=500)


def test_a_track_that_begins_at_five_seconds_begins_there(peer: Peer, cases: Path) -> None:
    told = transcription(peer, (cases / "offset_a.webm").read_bytes())
    assert told["segments"][0]["startMs"] == pytest.approx(5_000, abs=300)
    assert told["durationMs"] == pytest.approx(12_280, abs=50)


def test_the_answer_says_which_track_was_heard(peer: Peer, cases: Path) -> None:
    recording = (cases / "two.mp4").read_bytes()
    assert transcription(peer, recording)["audioTrack"] == 1
    assert transcription(peer, recording, audioTrack=1)["audioTrack"] == 1
    silent = transcription(peer, recording, audioTrack=0)
    assert (silent["audioTrack"], silent["text"]) == (0, "")
    assert "audioTrack" not in transcription(peer, (cases / "phase.wav").read_bytes())


def test_a_track_that_there_is_not_is_refused_with_how_many_there_are(peer: Peer, cases: Path) -> None:
    error = answer(peer, (cases / "two.mp4").read_bytes(), audioTrack=2)
    assert error["errorCode"] == "invalid_request"
    assert error["error"] == "audioTrack: there is no track 2; the recording has 2 audio tracks, 0 to 1"


def test_wrapped_base64_is_heard_and_damaged_base64_refused_by_name(peer: Peer, cases: Path) -> None:
    text = base64.encodebytes((cases / "phase.wav").read_bytes()).decode()
    request = {"type": "transcription_only", "audioFormat": "wav"}
    assert peer.run(request | {"audioData": text})[1].type == "transcription_completed"
    peer.send(request | {"audioData": text[:-9] + "!" + text[-8:]})
    refused = peer.receive().fields
    assert refused["errorCode"] == "invalid_request"
    assert refused["error"].startswith("audioData: the text is no base64: ")
