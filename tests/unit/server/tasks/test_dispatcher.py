"""What the dispatcher decides: refuse, replay, answer at once, admit."""

from __future__ import annotations

import pytest

from dragoman_server.journal.records import AcceptedRow, Reply
from dragoman_wire.errors import EngineFailed
from tests.unit.server.core import Core, inbound_of


@pytest.fixture
async def core() -> Core:
    return Core()


async def test_an_admitted_request_is_accepted_answered_and_finished_in_this_order(core: Core) -> None:
    core.submit("t", "pt", "fr")
    await core.turn()
    assert core.briefs() == [
        ("accepted", None),
        ("translation_completed", "pt"),
        ("translation_completed", "fr"),
        ("task_finished", None),
    ]
    assert core.dispatcher.total_active == 0
    assert core.budget.taken_bytes == 0


async def test_nothing_is_told_before_the_request_is_written(core: Core) -> None:
    core.journal.held = True
    core.submit("t")
    await core.turn()
    assert core.briefs() == []
    core.journal.write()
    await core.turn()
    assert core.briefs() == [("accepted", None)]  # the answer waits to be written in its turn
    core.journal.write()
    await core.turn()
    core.journal.write()
    assert core.briefs() == [("translation_completed", "pt"), ("task_finished", None)]


async def test_a_type_without_a_handler_is_refused(core: Core) -> None:
    core.handlers.clear()
    core.submit("t")
    assert core.only("translation_error")["errorCode"] == "unknown_type"


async def test_a_full_lane_refuses_at_once_and_says_when_to_come_again() -> None:
    core = Core(concurrency=1, queue=1)
    core.handler.gate.clear()
    for number in range(3):
        core.submit(f"t{number}")
    refused = core.only("translation_error")
    assert (refused["taskId"], refused["errorCode"], refused["retryable"]) == ("t2", "overloaded", True)
    assert refused["retryAfterMs"] >= 100
    assert core.store.get(("peer", "t2")) is None
    core.handler.gate.set()
    await core.turn()
    assert core.dispatcher.total_active == 0


async def test_a_repeat_of_a_finished_task_is_replayed_and_not_done_again(core: Core) -> None:
    core.submit("t")
    await core.turn()
    core.briefs()
    core.submit("t")
    await core.turn()
    assert core.publisher.sent[0].fields["duplicate"] is True
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt"), ("task_finished", None)]
    assert core.handler.seen == [("pt",)]


async def test_a_repeat_that_asks_for_more_gets_what_is_known_and_the_rest_is_done(core: Core) -> None:
    core.submit("t", "pt")
    await core.turn()
    core.briefs()
    core.submit("t", "pt", "fr")
    await core.turn()
    assert core.briefs() == [
        ("accepted", None),
        ("translation_completed", "pt"),
        ("translation_completed", "fr"),
        ("task_finished", None),
    ]
    assert core.handler.seen == [("pt",), ("fr",)]
    assert [row.again for row in core.journal.of(AcceptedRow)] == [False, True]


async def test_a_repeat_while_the_task_is_at_work_starts_nothing_new(core: Core) -> None:
    core.handler.gate.clear()
    core.submit("t")
    await core.turn()
    core.submit("t")
    await core.turn()
    assert core.briefs() == [("accepted", None), ("accepted", None)]
    assert core.dispatcher.active == {"translation": 1}
    core.handler.gate.set()
    await core.turn()
    assert core.briefs() == [("translation_completed", "pt"), ("task_finished", None)]


async def test_a_failure_that_may_pass_is_tried_again_by_a_repeat(core: Core) -> None:
    core.handler.errors["hello"] = EngineFailed("the model fell over")
    core.submit("t")
    await core.turn()
    assert core.briefs() == [("accepted", None), ("translation_error", "pt"), ("task_finished", None)]
    core.handler.errors.clear()
    core.submit("t")
    await core.turn()
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt"), ("task_finished", None)]


async def test_what_is_known_is_answered_in_the_turn_in_which_it_comes(core: Core) -> None:
    core.handler.known_texts.add("hello")
    core.submit("t")
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt"), ("task_finished", None)]
    assert len(core.journal.of(Reply)) == 1
    assert core.journal.of(AcceptedRow) == []


async def test_a_draining_server_refuses_and_names_the_reason(core: Core) -> None:
    assert await core.dispatcher.drain(1.0)
    core.submit("t")
    assert core.only("translation_error")["errorCode"] == "shutting_down"


async def test_cancelling_says_whether_there_was_anything_to_cancel(core: Core) -> None:
    assert core.dispatcher.cancel(("peer", "t")) == "unknown"
    core.submit("t", text="hang")
    await core.turn()
    assert core.dispatcher.cancel(("peer", "t")) == "cancelled"
    await core.turn()
    assert core.only("translation_error")["errorCode"] == "cancelled"
    assert core.only("task_finished")["status"] == "cancelled"
    assert core.dispatcher.cancel(("peer", "t")) == "finished"


async def test_a_repeat_of_what_could_not_be_written_is_refused_as_well(core: Core) -> None:
    core.journal.held = True
    core.submit("t")
    core.dispatcher.submit(inbound_of("t"))  # waits for the same write
    core.journal.failure = "disk full"
    core.journal.write()
    assert [(one.fields["type"], one.fields["errorCode"]) for one in core.publisher.sent] == [
        ("translation_error", "internal"),
        ("task_finished", "internal"),
        ("translation_error", "internal"),
        ("task_finished", "internal"),
    ]


async def test_a_peer_without_a_topic_gets_events_and_no_accepted(core: Core) -> None:
    core.submit("t", replyTo=None)
    await core.turn()
    assert core.briefs() == [("translation_completed", "pt")]
    assert core.journal.records == []
