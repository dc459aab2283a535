"""On *events*, languages that fail are told of together: one by one they look like an outage of the server."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman_server.config import EventsConfig
from dragoman_wire.errors import EngineFailed, InvalidRequest
from tests.unit.server.core import Core


def a_core(how: str = "last") -> Core:
    core = Core()
    core.services.events = EventsConfig(language_errors=how)  # type: ignore[arg-type] # the test names it
    core.handler.errors = {
        "bad": EngineFailed("the model raised"),
        "empty": InvalidRequest("text: the field is empty"),
    }
    return core


def failed(core: Core) -> list[str]:
    return [each["targetLanguage"] for each in core.only("translation_error")["failedLanguages"]]


async def test_one_event_tells_of_all_after_the_last_language() -> None:
    core = a_core()
    core.submit("t", "pt", "fr", "es", text="bad", replyTo=None)
    await core.turn()
    event = core.only("translation_error")
    assert failed(core) == ["pt", "fr", "es"]
    assert (event["targetLanguage"], event["errorCode"], event["taskId"]) == ("pt", "engine_failed", "t")
    assert len(core.publisher.sent) == 1


async def test_a_peer_of_routed_events_is_told_of_each() -> None:
    core = a_core()
    core.submit("t", "pt", "fr", text="bad")
    await core.turn()
    errors = [("translation_error", "pt"), ("translation_error", "fr")]
    assert core.briefs() == [("accepted", None), *errors, ("task_finished", None)]


@pytest.mark.parametrize(("how", "events"), [("last", 1), ("off", 1), ("each", 2)])
async def test_how_a_task_that_failed_in_whole_is_told(how: str, events: int) -> None:
    core = a_core(how)
    core.submit("t", "pt", "fr", text="empty", replyTo=None)
    await core.turn()
    assert [kind for kind, _ in core.briefs()] == ["translation_error"] * events


@pytest.mark.parametrize(("how", "events"), [("last", 1), ("off", 1), ("each", 2)])
async def test_how_a_refusal_is_told(how: str, events: int) -> None:
    core = a_core(how)
    core.dispatcher.draining = True
    core.submit("t", "pt", "fr", replyTo=None)
    assert [kind for kind, _ in core.briefs()] == ["translation_error"] * events


async def test_a_repeat_is_told_of_those_that_it_asks_for() -> None:
    core = a_core()
    core.submit("t", "pt", "fr", text="empty", replyTo=None)
    await core.turn()
    core.publisher.sent.clear()
    core.submit("t", "fr", text="empty", replyTo=None)
    await core.turn()
    assert failed(core) == ["fr"]


async def test_a_repeat_that_tries_again_and_succeeds_is_told_of_no_failure() -> None:
    core = a_core()
    core.submit("t", "pt", text="bad", replyTo=None)
    await core.turn()
    core.publisher.sent.clear()
    core.handler.errors.clear()
    core.submit("t", "pt", text="bad", replyTo=None)
    await core.turn()
    assert core.briefs() == [("translation_completed", "pt")]


async def test_a_repeat_brings_only_what_it_asks_for() -> None:
    core = a_core()
    core.submit("t", "pt", "fr")
    await core.turn()
    core.publisher.sent.clear()
    core.submit("t", "fr")
    await core.turn()
    last: dict[str, Any] = core.only("task_finished")
    assert last["events"] == 1
    assert core.briefs() == [("accepted", None), ("translation_completed", "fr"), ("task_finished", None)]


async def test_the_end_of_a_refused_request_names_the_reason() -> None:
    core = Core(concurrency=1, queue=0)
    core.handler.gate.clear()
    core.submit("first")
    await core.turn()
    core.publisher.sent.clear()
    core.submit("second", "pt", "fr")
    last = core.only("task_finished")
    assert (last["status"], last["errorCode"], last["events"], last["taskId"]) == (
        "refused",
        "overloaded",
        2,
        "second",
    )


async def test_a_repeat_that_is_refused_does_not_end_the_task_in_flight() -> None:
    core = Core(concurrency=1, queue=0)
    core.handler.gate.clear()
    core.submit("t", "pt")
    await core.turn()
    core.publisher.sent.clear()
    core.submit("t", "pt", "fr")
    assert [kind for kind, _ in core.briefs()] == ["translation_error", "translation_error"]
    core.handler.gate.set()
    await core.turn()
    assert [kind for kind, _ in core.briefs()].count("task_finished") == 1
