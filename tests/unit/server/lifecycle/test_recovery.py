"""What an earlier server left: known again, done, or a dead letter."""

from __future__ import annotations

import pytest

from dragoman_server.journal.records import (
    BegunRow,
    DeadLetterRow,
    RecoveredEvent,
    RecoveredRun,
    RecoveredTask,
    TaskFinishedRow,
)
from dragoman_server.lifecycle import recovery
from dragoman_server.lifecycle.recovery import BYSTANDER, MOST_SUSPICION, SUSPECT, Recovery
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.events import TaskFinished
from tests.unit.server.core import UNIX_LAG_S, Core, header_of

LAST = encode_header(
    TaskFinished(task_id="t1", status="completed", events=1, queue_time_ms=1, compute_time_ms=2), Codec.JSON
)
ANSWER = b'{"type":"translation_completed","taskId":"t1","targetLanguage":"pt"}'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers are not waited for, and no request has the engines for itself."""
    for name in ("_RECONNECT_S", "_LOOK_S", "_ALONE_S"):
        monkeypatch.setattr(recovery, name, 0.0)


def left(number: int, *languages: str, crashes: int = 0, answered: tuple[str, ...] = ()) -> RecoveredTask:
    languages = languages or ("pt",)
    return RecoveredTask(
        task=number,
        reply_to="peer",
        task_id=f"t{number}",
        request_type="translation",
        events=[RecoveredEvent(header=ANSWER, binaries=(), part=part, error_code=None) for part in answered],
        runs=[
            RecoveredRun(
                parts=languages,
                arrived_unix_s=UNIX_LAG_S + 990.0,
                crashes=crashes,
                frames=[header_of(f"t{number}", *languages)],
            )
        ],
    )


async def resumed(*tasks: RecoveredTask) -> Core:
    """A core after it has taken over from an earlier server."""
    core = Core(recovered=tasks)
    one = Recovery(core.services, core.handlers, core.store, core.dispatcher.executor)
    one.start()
    assert one._task is not None
    await one._task
    await core.turn()
    return core


async def test_an_unfinished_task_is_done_and_not_accepted_again() -> None:
    core = await resumed(left(1))
    assert core.briefs() == [("translation_completed", "pt"), ("task_finished", None)]
    begun = core.journal.of(BegunRow)[0]
    assert (begun.task, begun.suspicion) == (1, SUSPECT)


async def test_only_what_is_not_answered_yet_is_done() -> None:
    core = await resumed(left(1, "pt", "fr", answered=("pt",)))
    assert core.handler.seen == [("fr",)]
    assert core.briefs() == [("translation_completed", "fr"), ("task_finished", None)]


async def test_a_task_that_only_lacks_its_end_is_closed() -> None:
    core = await resumed(left(1, answered=("pt",)))
    assert core.handler.seen == []
    assert core.briefs() == [("task_finished", None)]
    assert core.journal.of(DeadLetterRow) == []


async def test_a_finished_task_is_known_again_and_told_to_no_peer() -> None:
    task = left(1, answered=("pt",))
    task.runs.clear()
    task.finished, task.finished_unix_s = LAST, UNIX_LAG_S + 999.0
    core = await resumed(task)
    assert core.briefs() == []
    core.submit("t1")
    await core.turn()
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt"), ("task_finished", None)]
    assert core.handler.seen == []


async def test_a_request_at_which_the_server_ended_too_often_becomes_a_dead_letter() -> None:
    core = await resumed(left(1, "pt", "fr", crashes=MOST_SUSPICION), left(2))
    errors = [one.fields for one in core.publisher.sent if one.fields["type"] == "translation_error"]
    assert [(one["taskId"], one["errorCode"]) for one in errors] == [("t1", "engine_failed")] * 2
    assert [row.task for row in core.journal.of(DeadLetterRow)] == [1]
    assert {row.task for row in core.journal.of(TaskFinishedRow)} == {1, 2}


async def test_a_request_that_cannot_be_read_any_more_is_answered() -> None:
    task = left(1)
    task.runs = [RecoveredRun(parts=("pt",), arrived_unix_s=UNIX_LAG_S, crashes=0, frames=[b"\xff\xff"])]
    core = await resumed(task)
    assert core.briefs()[-1] == ("task_finished", None)
    assert "can no longer be read" in core.journal.of(DeadLetterRow)[0].reason


async def test_a_type_that_is_not_served_any_more_is_answered() -> None:
    task = left(1)
    task.request_type = "gone"
    core = await resumed(task)
    assert "no handler" in core.journal.of(DeadLetterRow)[0].reason


async def test_of_many_that_have_seen_one_crash_only_all_begin_at_once_as_bystanders() -> None:
    core = await resumed(*[left(number, crashes=1) for number in range(1, 12)])
    assert [row.suspicion for row in core.journal.of(BegunRow)] == [BYSTANDER] * 11
    assert len(core.handler.seen) == 11


async def test_its_deadline_goes_on_from_when_it_first_came() -> None:
    task, frames = left(1), [header_of("t1", text="hang", timeoutMs=1000)]
    task.runs = [RecoveredRun(parts=("pt",), arrived_unix_s=UNIX_LAG_S + 900.0, crashes=0, frames=frames)]
    core = await resumed(task)
    assert core.only("translation_error")["errorCode"] == "deadline_exceeded"


async def test_it_waits_until_the_peers_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_RECONNECT_S", 3600.0)
    core = Core(recovered=[left(1)])
    one = Recovery(core.services, core.handlers, core.store, core.dispatcher.executor)
    one.start()
    await core.turn()
    assert core.briefs() == []
    core.publisher.heard.add("peer")
    assert one._task is not None
    await one._task
    await core.turn()
    assert core.briefs() == [("translation_completed", "pt"), ("task_finished", None)]


async def test_what_has_not_begun_is_left_where_the_server_stops_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_RECONNECT_S", 3600.0)
    core = Core(recovered=[left(1)])
    one = Recovery(core.services, core.handlers, core.store, core.dispatcher.executor)
    one.start()
    one.stop()
    await core.turn()
    assert core.handler.seen == []
    assert core.journal.of(TaskFinishedRow) == []
