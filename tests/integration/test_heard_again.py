"""Numbers, signs and short forms that the best voice says are heard again by Whisper base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import Peer, ServerProcess, connected

pytest.importorskip("av", reason="the [models] extra is not installed")
pytest.importorskip("num2words", reason="the [server] extra is not installed")
pytest.importorskip("jiwer", reason="the [dev] extra is not installed")

from scripts.quality_runs.spoken import SpokenCase, load

pytestmark = pytest.mark.models

CASES = [case for case in load() if case.in_suite]
"""One of each kind; `scripts/quality --only spoken` has all."""


@pytest.fixture(scope="module")
def peer(large_server: ServerProcess) -> Iterator[Peer]:
    with connected(large_server, "heard") as one:
        yield one


def spoken(peer: Peer, text: str, language: str) -> tuple[dict[str, Any], bytes]:
    """The text in the best voice of its language."""
    request = {
        "type": "audio_process",
        "mobileTranscription": {"text": text, "language": language},
        "targetLanguages": [language],
        "speakOriginal": True,
        "modelType": "premium",
    }
    [event] = [one for one in peer.run(request) if one.type == "audio_translation_ready"]
    return event.fields["translatedAudio"], event.binaries[0]


def heard(peer: Peer, sound: bytes, language: str) -> str:
    request = {"type": "transcription_only", "language": language, "binaryFrames": {"audio": 1}}
    [event] = [one for one in peer.run(request, sound) if one.type == "transcription_completed"]
    return str(event.fields["transcription"]["text"])


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_written_is_heard(peer: Peer, case: SpokenCase) -> None:
    told, sound = spoken(peer, case.text, case.language)
    text = heard(peer, sound, case.language)

    assert told["voice"][1] in "fm", f"{told['voice']} is no voice of Kokoro"
    assert not case.faults(text), text
    assert "warnings" not in told


def test_what_is_not_spoken_is_told_with_the_language(peer: Peer) -> None:
    told, _ = spoken(peer, "Look 😀 at https://example.org/a/b now.", "en")
    assert told["warnings"] == [
        "not spoken: 😀",
        "of an address only the host is spoken: https://example.org/a/b",
    ]
