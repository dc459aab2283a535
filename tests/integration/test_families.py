"""A family of requests that is added by its messages, its row and its handler alone works from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from dragoman_client import Client, DragomanError
from dragoman_client.frames import header_of
from dragoman_handlers.base import WHOLE, Context, Handler
from dragoman_handlers.registry import HANDLERS
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.events import ErrorEvent, Event
from dragoman_wire.families import FAMILIES, Family
from dragoman_wire.requests import Request
from tests.harness import ServerProcess, connected
from tests.in_process import InProcess, in_process
from tests.unit.wire import samples

# --- step 1: its messages --------------------------------------------------------------------------------------


class CountRequest(Request, frozen=True, kw_only=True):
    """How many words has a text?"""

    text: str


class CountCompleted(Event, frozen=True, kw_only=True, tag="count_completed"):
    """Answers `count`."""

    task_id: str
    words: int


class CountError(ErrorEvent, frozen=True, kw_only=True, tag="count_error"):
    """A `count` failed."""

    task_id: str | None
    message_id: str | None
    timestamp: float


# --- step 2: its row -------------------------------------------------------------------------------------------

COUNT = Family(
    name="count", request=CountRequest, error=CountError, events=("count_completed",), aliases=("count_words",)
)

# --- step 3: its handler ---------------------------------------------------------------------------------------


class CountHandler(Handler[CountRequest]):
    """Counts."""

    request_type: ClassVar[str] = "count"
    lane: ClassVar[str] = "translation"

    async def handle(self, request: CountRequest, context: Context) -> None:
        if not request.text:
            raise InvalidRequest("text: the field is empty")
        done = CountCompleted(task_id=context.task_id, words=len(request.text.split()))
        context.publish(done, settles=WHOLE)


@pytest.fixture
def count_family(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(HANDLERS, "count", CountHandler())
    FAMILIES.add(COUNT)
    yield
    FAMILIES.remove(COUNT)


# --- what holds ------------------------------------------------------------------------------------------------


def client_of(server: InProcess, folder: Path) -> Client:
    return Client(f"ipc://{folder}/requests", f"ipc://{folder}/routed")


@pytest.mark.usefixtures("count_family")
async def test_an_added_family_is_a_task_like_any_other(tmp_path: Path) -> None:
    async with in_process(tmp_path) as server:
        for kind in ("count", "count_words"):
            events = await server.peer.run({"type": kind, "taskId": kind, "text": "One two three"})
            assert [event["type"] for event in events] == ["accepted", "count_completed", "task_finished"]
            assert events[1] == {"type": "count_completed", "taskId": kind, "words": 3}
            assert events[2]["status"] == "completed"
        first = await server.peer.run({"type": "count", "taskId": "count", "text": "One two three"})
        assert first[0]["duplicate"] is True
        assert [task["type"] for task in server.tasks()] == ["count", "count"]
        assert server.app.telemetry.counts.receipts["count"] == 3


@pytest.mark.usefixtures("count_family")
async def test_a_failure_of_an_added_family_is_told_by_its_own_event(tmp_path: Path) -> None:
    async with in_process(tmp_path) as server:
        asked = {"type": "count", "taskId": "empty", "messageId": "m", "text": ""}
        _, failed, finished = await server.peer.run(asked)
        assert (failed["type"], failed["errorCode"], failed["messageId"]) == ("count_error", "invalid_request", "m")
        assert finished["status"] == "failed"
        server.peer.send({"type": "count", "taskId": "wrong", "text": 5})
        [refused] = await server.peer.collect(lambda event: event["taskId"] == "wrong")
        assert (refused["type"], refused["error"]) == ("count_error", "text: Expected `str`, got `int`")


@pytest.mark.usefixtures("count_family")
async def test_the_client_follows_an_added_family(tmp_path: Path) -> None:
    async with in_process(tmp_path) as server, client_of(server, tmp_path) as client:
        events = [event async for event in client.events(CountRequest(text="One two"))]
        assert [event.type for event in events] == ["accepted", "count_completed", "task_finished"]
        assert events[1].read_as(CountCompleted).words == 2
        [refused] = [event async for event in client.events({"type": "count", "text": 5})]
        assert isinstance(refused.error, InvalidRequest)


async def test_a_family_that_was_taken_out_again_is_unknown(tmp_path: Path) -> None:
    FAMILIES.add(COUNT)
    assert header_of(CountRequest(text=""))["type"] == "count"
    FAMILIES.remove(COUNT)
    async with in_process(tmp_path) as server, client_of(server, tmp_path) as client:
        [refused] = [event async for event in client.events({"type": "count", "text": "One"})]
        assert refused.type == "request_rejected"
        assert isinstance(refused.error, DragomanError)
        assert refused.error.code == "unknown_type"


@pytest.mark.parametrize("family", [each for each in FAMILIES if each.control], ids=lambda each: each.name)
def test_a_control_request_is_answered_by_the_event_of_its_family(family: Family, echo_server: ServerProcess) -> None:
    answer = family.events or ("result_unknown",)
    with connected(echo_server, f"control-{family.name}") as peer:
        peer.send(samples.REQUESTS[family.name] | {"replyTo": f"control-{family.name}"})
        assert (peer.receive().type,) == answer
