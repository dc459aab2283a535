"""Requests without `replyTo` that survive a kill: those with a recording, which a gateway sends once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_journal import kill, server_in, translation
from tests.harness import Peer, ServerProcess, connected, wait_until
from tests.processes import child_pid, held

RECORDING = bytes(32_000)


def voice_message(message_id: str) -> dict[str, Any]:
    """As existing gateways send it: no taskId, no replyTo."""
    return {
        "type": "audio_process",
        "messageId": message_id,
        "attachmentId": f"a-{message_id}",
        "targetLanguages": ["pt"],
        "binaryFrames": {"audio": 1},
        "audioUrl": "",
    }


def at_work(server: ServerProcess, lane: str) -> bool:
    """Tell whether a request has its place: it is written then."""
    return bool(server.stats()["lanes"][lane]["active"])


def collected(peer: Peer, last: str) -> list[str]:
    events = peer.collect(lambda event: event.type == last)
    return [event.type for event in events]


def test_a_voice_message_without_a_task_id_is_finished_after_a_kill(tmp_path: Path) -> None:
    with server_in(tmp_path) as first, connected(first) as peer:
        with held(child_pid(first, "transcription")):
            peer.send(voice_message("m"), RECORDING)
            wait_until(lambda: at_work(first, "voice"), "it is at work")
            kill(first)
        with server_in(tmp_path) as second:
            types = collected(peer, "audio_process_completed")
            left = second.stats()["journal"]
        with server_in(tmp_path) as third:
            wait_until(lambda: third.stats()["active_tasks"]["total_active"] == 0, "nothing is at work")
    assert types == ["transcription_ready", "audio_translation_ready", "audio_process_completed"]
    assert left["mode"] == "process"


@pytest.mark.parametrize(("written", "survives"), [("all", True), ("audio", False), ("off", False)])
def test_a_text_survives_where_all_are_written(written: str, survives: bool, tmp_path: Path) -> None:
    settings = {"journal__events": written}
    with server_in(tmp_path, **settings) as first, connected(first) as peer:
        with held(child_pid(first, "translation")):
            peer.send(translation("t", "pt"))
            wait_until(lambda: at_work(first, "translation"), "it is at work")
            kill(first)
        with server_in(tmp_path, **settings):
            if survives:
                assert collected(peer, "translation_completed") == ["translation_completed"]
            # A repeat is answered in either case, and is not done twice.
            peer.send(translation("t", "pt"))
            assert collected(peer, "translation_completed") == ["translation_completed"]
