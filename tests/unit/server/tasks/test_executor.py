"""The executor gives back whatever it takes, and every part gets an answer, however its run ends."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from dragoman_engines.pool.unit import EngineDied
from dragoman_server.journal.records import AcceptedRow, BegunRow, DeadLetterRow, TaskFinishedRow
from dragoman_wire.errors import DragomanError, EngineFailed, EngineUnavailable
from tests.unit.server.core import Core, inbound_of


def nothing_is_held(core: Core) -> bool:
    return (core.lane.active, core.lane.queued, core.budget.taken_bytes, core.dispatcher.total_active) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (EngineUnavailable("no model"), "engine_unavailable", "failed"),
        (EngineFailed("fell over"), "engine_failed", "failed"),
        (RuntimeError("a bug"), "internal", "failed"),
    ],
    ids=str,
)
async def test_every_part_is_failed_with_the_handler_s_error(error: Exception, code: str, status: str) -> None:
    core = Core()
    core.handler.errors["hello"] = error
    core.submit("t", "pt", "fr")
    await core.turn()
    failed = [one.fields for one in core.publisher.sent if one.fields["type"] == "translation_error"]
    assert [(one["targetLanguage"], one["errorCode"]) for one in failed] == [("pt", code), ("fr", code)]
    assert core.only("task_finished")["status"] == status
    assert nothing_is_held(core)


async def test_a_handler_that_forgets_a_part_is_found_out() -> None:
    core = Core()
    core.submit("t", text="forget")
    await core.turn()
    assert core.only("translation_error")["errorCode"] == "internal"
    assert nothing_is_held(core)


async def test_a_deadline_that_has_passed_in_the_queue_is_told_with_the_time_it_took() -> None:
    core = Core(concurrency=1)
    core.handler.gate.clear()
    core.submit("first")
    core.submit("second", timeoutMs=1000)
    core.time.now_s += 5.0
    await core.turn()
    core.handler.gate.set()
    await core.turn()
    failed = core.only("translation_error")
    assert (failed["taskId"], failed["errorCode"]) == ("second", "deadline_exceeded")
    assert "1000 ms" in failed["error"]
    assert nothing_is_held(core)


async def test_a_peer_that_has_its_share_of_the_journal_is_refused_and_others_are_not() -> None:
    core = Core()
    core.journal.full_for.add("peer")
    core.submit("t", "pt")
    await core.turn()
    refused = core.only("translation_error")
    assert (refused["errorCode"], refused["retryable"], refused["retryAfterMs"]) == ("overloaded", True, 1000)
    assert nothing_is_held(core)
    core.submit("other", "pt", replyTo="other")
    await core.turn()
    assert core.publisher.sent[-1].fields["status"] == "completed"
    assert nothing_is_held(core)


async def test_a_request_that_cannot_be_written_gives_its_place_back_and_is_refused() -> None:
    core = Core()
    core.journal.failure = "disk full"
    core.submit("t")
    await core.turn()
    refused = core.only("translation_error")
    assert (refused["errorCode"], refused["retryAfterMs"]) == ("internal", 1000)
    assert core.handler.seen == []
    assert core.store.get(("peer", "t")) is None
    assert nothing_is_held(core)


async def test_a_finished_task_is_finished_again_where_what_was_added_cannot_be_written() -> None:
    core = Core()
    core.submit("t", "pt")
    await core.turn()
    core.briefs()
    core.journal.failure = "disk full"
    core.submit("t", "pt", "fr")
    await core.turn()
    told = [("translation_error", "pt"), ("translation_error", "fr")]  # all that the repeat asked for
    assert core.briefs() == [*told, ("task_finished", None)]
    core.journal.failure = None
    core.submit("t", "pt")
    await core.turn()
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt"), ("task_finished", None)]
    assert nothing_is_held(core)


async def test_a_request_that_is_cancelled_before_it_is_written_is_told_so_once_it_is() -> None:
    core = Core()
    core.journal.held = True
    core.submit("t", text="hang")
    assert core.dispatcher.cancel(("peer", "t")) == "cancelled"
    core.journal.held = False
    core.journal.write()
    await core.turn()
    assert core.only("translation_error")["errorCode"] == "cancelled"
    assert nothing_is_held(core)


async def test_a_request_in_the_queue_can_be_cancelled_and_never_begins() -> None:
    core = Core(concurrency=1)
    core.handler.gate.clear()
    core.submit("first")
    core.submit("second")
    await core.turn()
    core.dispatcher.cancel(("peer", "second"))
    await core.turn()
    assert core.only("translation_error")["taskId"] == "second"
    core.handler.gate.set()
    await core.turn()
    assert len(core.handler.seen) == 1
    assert nothing_is_held(core)


async def test_a_stop_leaves_what_is_written_to_the_next_start_and_cancels_the_rest() -> None:
    core = Core()
    core.submit("written", text="hang")
    core.submit("unwritten", text="hang", replyTo=None)
    await core.turn()
    core.briefs()
    assert not await core.dispatcher.drain(0.0)
    assert [(one.fields["taskId"], one.fields["errorCode"]) for one in core.publisher.sent] == [
        ("unwritten", "shutting_down")
    ]
    assert [row.task_id for row in core.journal.of(AcceptedRow)] == ["written"]
    assert core.journal.of(TaskFinishedRow) == []
    assert nothing_is_held(core)


async def test_a_stop_with_nothing_in_flight_ends_at_once() -> None:
    core = Core()
    assert await core.dispatcher.drain(3600.0)


async def test_a_request_that_ended_its_engine_again_and_again_becomes_a_dead_letter() -> None:
    core = Core()
    core.handler.errors["hello"] = EngineDied("the process ended three times")
    core.submit("t")
    await core.turn()
    (letter,) = core.journal.of(DeadLetterRow)
    assert letter.reason == "the process ended three times"
    (end,) = core.journal.of(TaskFinishedRow)
    assert core.journal.records.index(letter) < core.journal.records.index(end)


async def test_a_resumed_run_has_a_place_however_full_the_lane_is_and_tells_when_it_begins() -> None:
    core = Core(concurrency=1, queue=1)
    core.handler.gate.clear()
    core.submit("first")
    core.submit("second")
    task = core.dispatcher._new_task(("peer", "old"), inbound_of("old"))
    begin = core.dispatcher.executor.resume(task, core.handler, inbound_of("old"), ["pt"], 0.0)
    job = begin(4)
    core.handler.gate.set()
    await core.turn()
    assert job.done()
    assert [(row.task, row.suspicion) for row in core.journal.of(BegunRow)] == [(task.number, 4)]
    assert "old" not in [one.fields["taskId"] for one in core.publisher.sent if one.fields["type"] == "accepted"]
    assert nothing_is_held(core)


async def test_an_error_that_is_kept_holds_nothing_of_the_request() -> None:
    core = Core()
    error: DragomanError = EngineFailed("fell over")
    core.handler.errors["hello"] = error
    core.submit("t")
    await core.turn()
    task = core.store.get(("peer", "t"))
    assert task is not None
    assert task.outcomes["pt"] is error
    assert error.__traceback__ is None


async def test_large_requests_do_not_begin_in_one_turn_of_the_loop() -> None:
    core = Core(concurrency=100)
    for number in range(20):
        core.submit(f"t{number}", text="x" * 3000)
    began = list[int]()
    for _ in range(40):
        await asyncio.sleep(0)
        core.journal.write()
        began.append(len(core.handler.seen))
    steps = [after - before for before, after in itertools.pairwise(began)]
    assert began[-1] == 20
    assert max(steps) <= 2


async def test_runs_that_are_cancelled_together_are_answered_over_several_turns() -> None:
    core = Core(concurrency=100)
    languages = [f"x{number}" for number in range(40)]
    for number in range(5):
        core.submit(f"t{number}", *languages, text="hang")
    await core.turn()
    for number in range(5):
        assert core.dispatcher.cancel(("peer", f"t{number}")) == "cancelled"
    core.publisher.sent.clear()
    sent = [0]
    for _ in range(60):
        await asyncio.sleep(0)
        core.dispatcher.cancel(("peer", "t0"))  # one more is too late to matter
        sent.append(len([one for one in core.publisher.sent if one.fields["type"] == "translation_error"]))
    assert sent[-1] == 5 * 40
    assert max(after - before for before, after in itertools.pairwise(sent)) <= 5 * 8 + 8
    assert [one.fields["status"] for one in core.publisher.sent if one.fields["type"] == "task_finished"] == [
        "cancelled"
    ] * 5
    assert nothing_is_held(core)
