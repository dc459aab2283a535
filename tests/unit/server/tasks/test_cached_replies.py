"""Requests that are answered in the turn in which they come."""

from __future__ import annotations

import pytest

from dragoman_server.config import ResultsConfig
from dragoman_server.journal.records import ForgottenRow, Reply
from tests.unit.server.core import Core


@pytest.fixture
async def core() -> Core:
    core = Core()
    core.handler.known_texts.add("hello")
    return core


async def test_the_whole_answer_is_written_as_one_record_before_it_is_sent(core: Core) -> None:
    core.journal.held = True
    core.submit("t", "pt", "fr")
    assert core.briefs() == []
    (reply,) = core.journal.of(Reply)
    assert (reply.key, reply.number, reply.parts, len(reply.headers)) == (("peer", "t"), 1, ("pt", "fr"), 2)
    core.journal.write()
    assert core.briefs() == [
        ("accepted", None),
        ("translation_completed", "pt"),
        ("translation_completed", "fr"),
        ("task_finished", None),
    ]
    assert core.handler.seen == []
    assert core.lane.active == 0


async def test_a_repeat_that_comes_before_the_answer_is_written_waits_for_it(core: Core) -> None:
    core.journal.held = True
    core.submit("t")
    core.submit("t")
    assert core.briefs() == []
    core.journal.write()
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt"), ("task_finished", None)] * 2


@pytest.mark.parametrize("use", ["refresh", "off"])
async def test_a_request_that_wants_a_new_answer_becomes_a_task(core: Core, use: str) -> None:
    core.submit("t", cache=use)
    await core.turn()
    assert core.handler.seen == [("pt",)]


async def test_what_cannot_be_written_is_not_answered_at_once(core: Core) -> None:
    core.journal.failure = "disk full"
    core.submit("t")
    assert core.only("translation_error")["errorCode"] == "internal"
    core.submit("t", replyTo=None)  # nothing of it would be written
    assert core.briefs()[-1] == ("translation_completed", "pt")


async def test_a_handler_that_fails_to_look_leaves_the_request_to_its_work(core: Core) -> None:
    def known(*_: object) -> None:
        raise RuntimeError("a bug")

    core.handler.known = known  # type: ignore[method-assign, assignment]
    core.submit("t")
    await core.turn()
    assert core.handler.seen == [("pt",)]


async def test_an_answer_without_a_name_is_not_kept(core: Core) -> None:
    core.submit(None, replyTo=None)
    assert len(core.store) == 0
    core.submit("named", replyTo=None)
    core.submit(None)
    assert len(core.store) == 2


async def test_a_server_that_keeps_no_results_has_the_record_removed_again() -> None:
    core = Core(results=ResultsConfig(keep_s=0))
    core.handler.known_texts.add("hello")
    core.submit("t")
    assert [type(record) for record in core.journal.records] == [Reply, ForgottenRow]
    assert len(core.store) == 0
