"""The statistics after a load that is known, to the number, and that both ways to ask for them agree."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.harness import ECHO, Message, Peer, ServerProcess, connected, running_server
from tests.processes import child_pid, held, is_running, wait_busy

KINDS = ("decoder", "transcription", "translation", "speech")
LANES = ("translation", "transcription", "voice", "speech")
RECORDING = (
    b"RIFF"
    + struct.pack("<I", 36 + 32_000)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    + b"data"
    + struct.pack("<I", 32_000)
    + bytes(32_000)
)
SPEECH = {"binaryFrames": {"audio": 1}}

TASKS: dict[str, tuple[dict[str, Any], list[bytes]]] = {
    "text": ({"type": "translation", "text": "One.", "sourceLanguage": "en", "targetLanguages": ["pt"]}, []),
    "untyped": ({"text": "Two.", "sourceLanguage": "en", "targetLanguages": ["pt"]}, []),
    "languages": ({"text": "Three.", "sourceLanguage": "en", "targetLanguages": ["pt", "fr", "en"]}, []),
    "failing": ({"text": "Four __fail__.", "sourceLanguage": "en", "targetLanguages": ["pt"]}, []),
    "too long": ({"text": "5" * 10_001, "sourceLanguage": "en", "targetLanguages": ["pt"]}, []),
    "story": (
        {
            "type": "story_text_object_translation",
            "postId": "p",
            "textObjectIndex": 0,
            "text": "Six.",
            "sourceLanguage": "en",
            "targetLanguages": ["pt", "fr"],
        },
        [],
    ),
    "speech": ({"type": "transcription_only", **SPEECH}, [RECORDING]),
    "speech, alias": ({"type": "transcription", **SPEECH}, [RECORDING]),
    "no speech": ({"type": "transcription", **SPEECH}, [RECORDING[:44]]),
    "voice": ({"type": "audio_process", "targetLanguages": ["pt"], **SPEECH}, [RECORDING]),
    "voice, alias": ({"type": "audio", "targetLanguages": ["fr"], **SPEECH}, [RECORDING]),
    "spoken": ({"type": "speak", "text": "Seven. Eight.", "language": "en"}, []),
    "not spoken": ({"type": "speak", "text": "Nine.", "language": "en", "voice": "nobody"}, []),
}
COUNTERS = {
    "translation": 5,
    "story_text_object_translation": 1,
    "transcription_only": 3,
    "audio_process": 2,
    "speak": 2,
}
ENDS = {
    "translation": {"completed": 4, "failed": 2, "rejected": 0},
    "transcription": {"completed": 2, "failed": 1, "rejected": 0},
    "voice": {"completed": 2, "failed": 0, "rejected": 0},
    "speech": {"completed": 1, "failed": 1, "rejected": 0},
}
UNITS = {
    # A recording is decoded, then searched for speech; the one without samples is only decoded.
    "decoder": 5 + 4,
    "transcription": 4,
    # One each of "text", "untyped" and "failing", two each of "languages" and "story", one of each voice message.
    "translation": 3 + 2 + 2 + 2,
    # One of each voice message, two of "spoken".
    "speech": 4,
}
LANE_OF = {
    "translation": ("text", "untyped", "languages", "failing", "too long", "story"),
    "transcription": ("speech", "speech, alias", "no speech"),
    "voice": ("voice", "voice, alias"),
    "speech": ("spoken", "not spoken"),
}


class Load:
    """The tasks above, each run to its end, and a few messages that are no tasks."""

    def __init__(self, server: ServerProcess, peer: Peer, open_peer: Peer) -> None:
        self.before = server.stats()
        self.messages: list[Message] = []
        for task_id, (fields, binaries) in TASKS.items():
            self.messages += peer.run({**fields, "taskId": task_id}, *binaries)
        self.messages += peer.run({**TASKS["text"][0], "taskId": "text"})
        open_peer.send_raw(b"no header")
        open_peer.send({"type": "nope"})
        open_peer.send({"type": "cancel", "taskId": "nobody"})
        self.messages += [open_peer.receive() for _ in range(3)]
        self.sent = len(TASKS) + 1 + 3
        self.after = server.stats()

    def finished(self, task_id: str) -> Mapping[str, Any]:
        """How a task ended, as it was told first."""
        return next(
            message.fields
            for message in self.messages
            if message.type == "task_finished" and message.fields["taskId"] == task_id
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("statistics"), **ECHO) as one:
        yield one.wait_ready()


@pytest.fixture(scope="module")
def load(server: ServerProcess) -> Iterator[Load]:
    with connected(server, "load") as peer, connected(server) as open_peer:
        yield Load(server, peer, open_peer)


def test_every_type_is_counted_under_one_name(load: Load) -> None:
    assert load.after["active_tasks"] == {"total_active": 0, "counters": COUNTERS, "types_breakdown": {}}


@pytest.mark.parametrize("lane", LANES)
def test_a_lane_counts_how_its_tasks_ended(load: Load, lane: str) -> None:
    figures = load.after["lanes"][lane]
    assert {key: figures[key] for key in ENDS[lane]} == ENDS[lane]
    assert (figures["active"], figures["queued"]) == (0, 0)


def percentile(values: Sequence[float], share: float) -> float:
    """By the nearest rank."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(("figure", "field"), [("queue_ms", "queueTimeMs"), ("compute_ms", "computeTimeMs")])
def test_a_lane_s_times_are_those_that_the_peers_were_told(load: Load, lane: str, figure: str, field: str) -> None:
    told = [load.finished(task_id)[field] for task_id in LANE_OF[lane]]
    expected = {name: percentile(told, share) for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))}
    assert load.after["lanes"][lane][figure] == pytest.approx(expected, abs=0.0011)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pool_counts_its_units(load: Load, kind: str) -> None:
    pool = load.after["engines"][kind]
    still = {"state": "ready", "restarts": 0, "busy": 0, "queued": 0, "model": "echo", "processes": 1}
    assert {key: pool[key] for key in still} == still
    assert pool["units"] == UNITS[kind]
    assert pool["compute_s"] >= 0
    assert pool["rss_mb"] > 0
    (pid,) = pool["pids"]
    assert is_running(pid)


def test_messages_are_counted_in_both_directions(load: Load) -> None:
    before, after = load.before["messages"], load.after["messages"]
    assert after["received"] - before["received"] == load.sent
    assert after["rejected"] - before["rejected"] == 2
    assert after["published"] - before["published"] == len(load.messages)


def test_what_can_be_asked_for_again_is_counted(load: Load) -> None:
    kept = load.after["results"]
    assert kept["tasks"] == len(TASKS)
    assert kept["bytes"] >= sum(len(binary) for message in load.messages for binary in message.binaries)


def test_the_document_says_which_server_it_is_of(server: ServerProcess, load: Load) -> None:
    document = load.after
    assert document["server_status"] == "running"
    assert document["version"] == version("dragoman")
    assert document["uptime_s"] >= load.before["uptime_s"] > 0
    assert document["ports"] == {
        socket: int(server.endpoints[socket].rpartition(":")[2]) for socket in ("requests", "events", "routed", "ops")
    }


def comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without what changes by asking, and without the event's own fields."""
    kept = {key: value for key, value in document.items() if key not in ("uptime_s", "messages", "type", "taskId")}
    engines = {kind: {**pool, "rss_mb": None} for kind, pool in document["engines"].items()}
    return kept | {"engines": engines}


@pytest.mark.parametrize("codec", ["json", "msgpack"])
@pytest.mark.parametrize("reply_to", [None, "asker"])
def test_the_statistics_in_band_are_those_of_the_operations_endpoint(
    server: ServerProcess, load: Load, codec: str, reply_to: str | None
) -> None:
    with connected(server, reply_to, codec=codec) as peer:
        peer.send({"type": "stats", "taskId": "figures"})
        answer = peer.receive()
        asked = server.stats()
    assert (answer.type, answer.fields["taskId"]) == ("stats_result", "figures")
    assert comparable(answer.fields) == comparable(asked)
    assert set(answer.fields) - {"type", "taskId"} == set(asked)
    assert asked["messages"]["received"] == answer.fields["messages"]["received"]


def test_what_is_active_is_broken_down_by_type_and_by_lane(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server, connected(server.wait_ready(), "busy") as peer:
        with held(child_pid(server, "translation")), held(child_pid(server, "transcription")):
            for number in range(3):
                peer.send({**TASKS["text"][0], "taskId": f"text-{number}"})
            for number in range(2):
                peer.send({**TASKS["speech, alias"][0], "taskId": f"speech-{number}"}, RECORDING)
            assert {peer.receive().type for _ in range(5)} == {"accepted"}
            wait_busy(server, "translation")
            wait_busy(server, "transcription")
            stats = server.stats()
        peer.collect(lambda message: message.type == "task_finished")
    assert stats["active_tasks"]["types_breakdown"] == {"translation": 3, "transcription_only": 2}
    assert stats["active_tasks"]["total_active"] == 5
    assert {name: lane["active"] for name, lane in stats["lanes"].items()} == {
        "translation": 3,
        "transcription": 2,
        "voice": 0,
        "speech": 0,
        "language": 0,
    }
    assert stats["in_flight"]["bytes"] > 2 * len(RECORDING)
