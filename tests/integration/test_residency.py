"""A server whose engines come and go: what operators see of it, and that peers see nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.harness import ECHO, PATIENCE_S, ServerProcess, connected, running_server, wait_until

KINDS = ("decoder", "transcription", "translation", "speech")
REQUEST = {"type": "translation", "text": "Good morning", "sourceLanguage": "en", "targetLanguages": ["pt"]}
ROOM_MB = 330
"""Enough for any one of the embedded models, or two, and not for all."""


@pytest.fixture(scope="module")
def lazy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Engines that are loaded when they are needed, for a moment."""
    lazy = {f"engines__{kind}__preload": False for kind in KINDS}
    moment = {f"engines__{kind}__idle_unload_s": 0.05 for kind in KINDS}
    with running_server(tmp_path_factory.mktemp("lazy"), **ECHO, **lazy, **moment) as server:
        yield server.wait_ready()


def readiness(server: ServerProcess) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(server.endpoints["ops"] + "/readyz", timeout=PATIENCE_S) as response:  # noqa: S310 - our own
            return response.status, json.load(response)
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def test_a_server_whose_engines_are_not_loaded_is_ready_and_takes_no_memory_for_them(
    lazy_server: ServerProcess,
) -> None:
    wait_until(lambda: {one["state"] for one in lazy_server.stats()["engines"].values()} == {"idle"}, "all are idle")
    assert readiness(lazy_server) == (200, {"ready": True, "reasons": []})
    stats = lazy_server.stats()
    assert stats["server_status"] == "running"
    assert {(tuple(one["pids"]), one["rss_mb"]) for one in stats["engines"].values()} == {((), 0)}


def test_requests_bring_engines_back_and_each_is_answered(lazy_server: ServerProcess) -> None:
    with connected(lazy_server, "lazy") as peer:
        for number in range(5):
            messages = peer.run(REQUEST | {"taskId": f"lazy-{number}", "text": f"Number {number}"})
            assert messages[-1].fields["status"] == "completed"
            translation = lazy_server.stats()["engines"]["translation"]
            assert translation["restarts"] == 0
            wait_until(lambda: lazy_server.stats()["engines"]["translation"]["state"] == "idle", "it is unloaded")
            assert readiness(lazy_server)[0] == 200


@pytest.mark.models
def test_a_voice_message_goes_through_engines_that_do_not_fit_beside_each_other(
    tmp_path: Path, shared_data: Path
) -> None:
    models = {
        "engines__transcription__model": "tiny.en",
        "engines__translation__model": "firefox",
        "engines__memory_mb": ROOM_MB,
        "cache__memory_bytes": 0,
        "cache__disk_bytes": 0,
    }
    clip = (shared_data / "speech" / "librispeech" / "19-198-0034.flac").read_bytes()
    request = {"type": "audio_process", "targetLanguages": ["pt"], "binaryFrames": {"audio": 1}}
    with running_server(tmp_path, **models) as server, connected(server.wait_ready(), "room") as peer:
        assert readiness(server) == (200, {"ready": True, "reasons": []})
        for number in range(2):
            messages = peer.run(request | {"taskId": f"room-{number}"}, clip)
            assert messages[-1].fields["status"] == "completed", messages
        engines = server.stats()["engines"]
        assert sum(one["rss_mb"] for one in engines.values()) <= ROOM_MB
        assert {one["state"] for one in engines.values()} == {"ready", "idle"}
        assert {one["restarts"] for one in engines.values()} == {0}
