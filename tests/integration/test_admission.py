"""Full lanes, deadlines and cancellations: what the peer is told, and that the place is free again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.harness import ECHO, Message, Peer, ServerProcess, connected, running_server, wait_until
from tests.processes import child_pid, held, wait_busy

ONE_AND_ONE = {"lanes__translation__concurrency": 1, "lanes__translation__queue": 1}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Where one request is at work and one may wait."""
    with running_server(tmp_path_factory.mktemp("narrow"), **ECHO, **ONE_AND_ONE) as one:
        yield one.wait_ready()


@pytest.fixture
def peer(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Peer]:
    with connected(server, f"admission.{request.node.name[:40]}") as one:
        yield one


@pytest.fixture
def translation_child(server: ServerProcess) -> int:
    return child_pid(server, "translation")


def translation(task_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "translation",
        "taskId": task_id,
        "text": f"The text of {task_id}.",
        "sourceLanguage": "en",
        "targetLanguages": ["pt"],
    } | fields


def accept(peer: Peer, fields: dict[str, Any]) -> None:
    """Send a request that is taken."""
    peer.send(fields)
    assert peer.receive().type == "accepted"


def lane(server: ServerProcess) -> tuple[int, int]:
    """How many requests are at work, and how many wait."""
    figures = server.stats()["lanes"]["translation"]
    return figures["active"], figures["queued"]


def until_end(peer: Peer, task_id: str) -> list[Message]:
    """Events up to the end of this task."""
    return peer.collect(lambda message: message.type == "task_finished" and message.fields["taskId"] == task_id)


def told(messages: Sequence[Message]) -> list[tuple[str, str | None]]:
    """The types of events, each with its error code or status."""
    return [(message.type, message.fields.get("errorCode", message.fields.get("status"))) for message in messages]


def cancel(peer: Peer, task_id: str) -> str:
    """The answer to a cancellation; it comes before any other event."""
    peer.send({"type": "cancel", "taskId": task_id})
    result = peer.receive()
    assert (result.type, result.fields["taskId"]) == ("cancel_result", task_id)
    return str(result.fields["status"])


def test_a_full_lane_refuses_at_once_and_says_when_to_come_again(
    server: ServerProcess, peer: Peer, translation_child: int
) -> None:
    before = server.stats()
    with held(translation_child):
        accept(peer, translation("at work"))
        accept(peer, translation("waiting"))
        for task_id in ("third", "fourth"):
            peer.send(translation(task_id, targetLanguages=["pt", "fr"]))
        refusals = [peer.receive() for _ in range(6)]
        assert lane(server) == (1, 1)
    assert [message.fields["taskId"] for message in refusals] == ["third"] * 3 + ["fourth"] * 3
    ends = [message for message in refusals if message.type == "task_finished"]
    assert {message.fields["status"] for message in ends} == {"refused"}
    for message in refusals:
        if message in ends:
            continue
        assert (message.type, message.fields["errorCode"]) == ("translation_error", "overloaded")
        assert message.fields["retryable"] is True
        assert 100 <= message.fields["retryAfterMs"] <= 60_000
    assert told(until_end(peer, "waiting"))[-1] == ("task_finished", "completed")
    after = server.stats()
    assert after["lanes"]["translation"]["rejected"] - before["lanes"]["translation"]["rejected"] == 2
    accepted = {
        name: stats["active_tasks"]["counters"].get("translation", 0)
        for name, stats in (("before", before), ("after", after))
    }
    assert accepted["after"] - accepted["before"] == 2
    assert told(peer.run(translation("third")))[-1] == ("task_finished", "completed")


def test_a_deadline_that_passes_in_the_queue_ends_the_task(
    server: ServerProcess, peer: Peer, translation_child: int
) -> None:
    with held(translation_child):
        accept(peer, translation("at work"))
        accept(peer, translation("late", timeoutMs=50))
        assert told(until_end(peer, "late")) == [
            ("translation_error", "deadline_exceeded"),
            ("task_finished", "expired"),
        ]
        assert lane(server) == (1, 0)
    assert told(until_end(peer, "at work"))[-1] == ("task_finished", "completed")


def test_a_deadline_that_passes_at_work_ends_the_task_and_frees_its_place(
    server: ServerProcess, peer: Peer, translation_child: int
) -> None:
    with held(translation_child):
        accept(peer, translation("late", timeoutMs=50, targetLanguages=["pt", "fr"]))
        messages = until_end(peer, "late")
        assert lane(server) == (0, 0)
    assert told(messages) == [
        ("translation_error", "deadline_exceeded"),
        ("translation_error", "deadline_exceeded"),
        ("task_finished", "expired"),
    ]
    assert {message.fields["targetLanguage"] for message in messages[:2]} == {"pt", "fr"}
    assert messages[0].fields["retryable"] is False
    assert "50 ms" in messages[0].fields["error"]
    assert told(peer.run(translation("next")))[-1] == ("task_finished", "completed")


def test_a_deadline_that_is_kept_changes_nothing(peer: Peer) -> None:
    assert told(peer.run(translation("early", timeoutMs=60_000)))[-1] == ("task_finished", "completed")


def test_a_recording_s_deadline_is_told_in_the_words_of_its_family(server: ServerProcess, peer: Peer) -> None:
    with held(child_pid(server, "transcription")):
        request = {"type": "audio_process", "targetLanguages": ["pt", "fr"], "binaryFrames": {"audio": 1}}
        peer.send({**request, "taskId": "late", "timeoutMs": 50}, bytes(32_000))
        assert told(until_end(peer, "late")) == [
            ("accepted", None),
            ("audio_process_error", "deadline_exceeded"),
            ("task_finished", "expired"),
        ]


CANCELLED = [("translation_error", "cancelled"), ("task_finished", "cancelled")]


def test_a_cancelled_task_frees_its_place_in_the_queue(
    server: ServerProcess, peer: Peer, translation_child: int
) -> None:
    with held(translation_child):
        accept(peer, translation("at work"))
        accept(peer, translation("waiting"))
        assert cancel(peer, "waiting") == "cancelled"
        assert told(until_end(peer, "waiting")) == CANCELLED
        assert lane(server) == (1, 0)
        accept(peer, translation("in its place"))
        assert lane(server) == (1, 1)
    messages = until_end(peer, "in its place")
    assert {message.fields["taskId"] for message in messages} == {"at work", "in its place"}


def test_a_cancelled_task_at_work_lets_the_next_one_in_and_is_not_answered_again(
    server: ServerProcess, peer: Peer, translation_child: int
) -> None:
    with held(translation_child):
        accept(peer, translation("at work", targetLanguages=["pt", "fr"]))
        wait_busy(server, "translation")
        accept(peer, translation("waiting"))
        assert cancel(peer, "at work") == "cancelled"
        assert told(until_end(peer, "at work")) == [CANCELLED[0], *CANCELLED]
        assert lane(server) == (1, 0)
    messages = until_end(peer, "waiting")
    assert {message.fields["taskId"] for message in messages} == {"waiting"}
    assert told(messages)[-1] == ("task_finished", "completed")


def test_a_finished_task_and_one_that_is_unknown_are_not_cancelled(server: ServerProcess, peer: Peer) -> None:
    assert told(peer.run(translation("done")))[-1] == ("task_finished", "completed")
    assert cancel(peer, "done") == "finished"
    assert cancel(peer, "nobody") == "unknown"
    with connected(server, "somebody.else") as stranger:
        assert cancel(stranger, "done") == "unknown"


def test_every_place_is_free_in_the_end(server: ServerProcess) -> None:
    def all_free() -> bool:
        stats = server.stats()
        taken = {(one["active"], one["queued"]) for one in stats["lanes"].values()}
        return (taken, stats["active_tasks"]["total_active"], stats["in_flight"]["bytes"]) == ({(0, 0)}, 0, 0)

    wait_until(all_free, "what the tests before have left at work has ended")
