"""A peer in Node.js, written against the protocol alone, is served like our own."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.shapes import event_problems
from tests.conformance.sound import tone
from tests.harness import PATIENCE_S, ServerProcess

HERE = Path(__file__).parent
TEXT = "Where is the station?"


def converse(node: str, server: ServerProcess, job: dict[str, Any]) -> list[dict[str, Any]]:
    """What a Node peer reads for its request: topic, event and binaries (base64) of each message."""
    done = subprocess.run(
        [node, HERE / "peer.mjs"],
        input=json.dumps({"endpoints": server.endpoints, **job}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def types_of(messages: list[dict[str, Any]]) -> list[str]:
    return [message["event"]["type"] for message in messages]


def gateway_request() -> dict[str, Any]:
    """A voice message in the words of an existing gateway: no taskId, hints among the frames, empty URL."""
    sound = tone()
    return {
        "type": "audio_process",
        "messageId": "message-1",
        "attachmentId": "attachment-1",
        "conversationId": "conversation-1",
        "senderId": "user-1",
        "audioUrl": "",
        "audioMimeType": "audio/wav",
        "binaryFrames": {"audio": 1, "audioMimeType": "audio/wav", "audioSize": len(sound)},
        "audioDurationMs": 500,
        "mobileTranscription": None,
        "targetLanguages": ["fr", "es"],
        "generateVoiceClone": True,
        "modelType": "medium",
    }


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_a_gateway_pushes_audio_frames_and_reads_every_event(
    peer_node: str, codec: str, echo_server: ServerProcess
) -> None:
    job = {"codec": codec, "request": gateway_request(), "last": "audio_process_completed"}
    messages = converse(peer_node, echo_server, job | {"audio": base64.b64encode(tone()).decode()})
    assert types_of(messages) == [
        "transcription_ready",
        "audio_translations_progressive",
        "audio_translations_completed",
        "audio_process_completed",
    ]
    for message in messages:
        assert message["topic"] is None
        assert event_problems(message["event"]) == []
        assert message["event"]["messageId"] == "message-1"
        assert message["event"]["attachmentId"] == "attachment-1"
    _, one, other, whole = messages
    for message in (one, other):
        [sound] = message["binaries"]
        assert base64.b64decode(sound).startswith(b"RIFF")
        frame = whole["event"]["binaryFrames"][f"audio_{message['event']['language']}"]
        assert whole["binaries"][frame["index"] - 1] == sound


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_a_gateway_reads_translations_on_events(peer_node: str, codec: str, echo_server: ServerProcess) -> None:
    request = {"text": TEXT, "taskId": f"node-{codec}", "sourceLanguage": "en", "targetLanguages": ["fr"]}
    [message] = converse(peer_node, echo_server, {"codec": codec, "request": request, "last": "translation_completed"})
    assert event_problems(message["event"]) == []
    assert message["event"]["result"]["translatedText"] == f"[fr] {TEXT}"


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_a_routed_peer_reads_the_life_of_its_task(peer_node: str, codec: str, echo_server: ServerProcess) -> None:
    request = {"type": "translation", "text": TEXT, "sourceLanguage": "en", "targetLanguages": ["fr", "en"]}
    job = {"codec": codec, "replyTo": f"node-{codec}", "request": request, "last": "task_finished"}
    messages = converse(peer_node, echo_server, job)
    kinds = ["accepted", "translation_completed", "translation_completed", "task_finished"]
    assert types_of(messages) == kinds
    assert {message["topic"] for message in messages} == {f"node-{codec}\0"}
    assert [problem for message in messages for problem in event_problems(message["event"])] == []
