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


def test_print(peer: Peer, cases: Path) -> None:
    for path in sorted(cases.iterdir()):
        told = transcription(peer, path.read_bytes())
        print(path.name, told["durationMs"], told.get("audioTrack"), [(s["startMs"], s["text"]) for s in told["segments"]])
