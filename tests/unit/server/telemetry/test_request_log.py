"""The log lines about requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dragoman_server.clock import Clock
from dragoman_server.telemetry import request_log
from dragoman_server.telemetry.request_log import RequestLog
from dragoman_wire.errors import EngineFailed
from dragoman_wire.inbound import BadMessage, decode_message
from dragoman_wire.limits import WireLimits
from tests.in_process import KeptLines
from tests.unit.server.core import Core


class Logged(Core):
    """A core that logs."""

    def __init__(self, *, content: bool = False, **options: Any) -> None:
        self.lines = KeptLines()
        self.log: RequestLog

        def make(clock: Clock) -> RequestLog:
            self.log = RequestLog(self.lines, {"translation": "translation"}, clock)
            self.log.configure(content=content)
            return self.log

        super().__init__(make_observer=make, **options)

    def told(self) -> list[str]:
        self.dispatcher.report()
        return [line["event"] for line in self.lines.lines]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks count as long ones at once."""
    monkeypatch.setattr(request_log, "_LONG_S", 0.0)


async def test_a_short_task_has_one_line_with_its_ids_and_times() -> None:
    core = Logged()
    core.submit("t", messageId="m", senderId="s")
    await core.turn()
    assert core.told() == ["task.finished"]
    (line,) = core.lines.lines
    assert (line["task_id"], line["reply_to"], line["message_id"], line["sender_id"]) == ("t", "peer", "m", "s")
    assert (line["status"], line["events"], line["level"], line["priority"]) == ("completed", 1, "info", "normal")


async def test_a_failure_is_a_warning_with_its_code() -> None:
    core = Logged()
    core.handler.errors["hello"] = EngineFailed("the model failed: ValueError: what was said")
    core.submit("t")
    await core.turn()
    core.told()
    (line,) = core.lines.of("task.finished")
    assert (line["level"], line["error_code"]) == ("warning", "engine_failed")
    assert "what was said" not in line["error"]


async def test_what_is_answered_at_once_says_so() -> None:
    core = Logged()
    core.handler.known_texts.add("hello")
    core.submit("t")
    core.told()
    (line,) = core.lines.of("task.finished")
    assert (line["at_once"], line["status"], line["compute_ms"]) == (True, "completed", 0.0)


async def test_texts_are_logged_only_where_that_is_wished_and_once() -> None:
    quiet, open_ = Logged(), Logged(content=True)
    for core in (quiet, open_):
        core.submit("t", text="a secret")
        await core.turn()
        core.told()
    assert not any("a secret" in str(line) for line in quiet.lines.lines)
    assert [line["text"] for line in open_.lines.of("task.content")] == ["a secret"]
    assert len(open_.lines.of("event.content")) == 1
    assert open_.log._quoted == set()


async def test_refusals_repeats_and_what_is_left_have_lines() -> None:
    core = Logged(concurrency=1, queue=1)
    core.submit("t", text="hang")
    await core.turn()
    core.submit("t", text="hang")
    core.submit("queued")
    core.submit("refused")
    await core.dispatcher.drain(0.0)
    told = core.told()
    assert {"task.repeated", "request.refused", "task.left"} <= set(told)
    (refused,) = core.lines.of("request.refused")
    assert (refused["task_id"], refused["error_code"]) == ("refused", "overloaded")


async def test_a_task_that_takes_long_is_told_before_its_end(later: None) -> None:
    core = Logged()
    core.submit("t", text="hang")
    await core.turn()
    core.dispatcher.report()
    core.log._look()
    (line,) = core.lines.of("task.accepted")
    assert (line["task_id"], line["lane"]) == ("t", "translation")
    core.dispatcher.cancel(("peer", "t"))
    await core.turn()
    assert core.told() == ["task.accepted", "task.finished"]


async def test_a_repeat_that_asks_for_more_is_told_with_its_languages() -> None:
    core = Logged()
    core.submit("t", "pt")
    await core.turn()
    core.submit("t", "pt", "fr")
    await core.turn()
    core.told()
    (line,) = core.lines.of("task.accepted")
    assert line["again"] == ["fr"]


def test_what_has_no_header_is_told_by_its_first_bytes() -> None:
    lines = KeptLines()
    log = RequestLog(lines, {}, Clock())
    limits = WireLimits(header_bytes=100, frames=2, request_bytes=1000, languages=4)
    with pytest.raises(BadMessage) as caught:
        decode_message([b"\xff\xfe nonsense"], limits)
    log.unreadable(caught.value)
    (line,) = lines.of("request.unreadable")
    assert line["first_bytes"].startswith("fffe")


def test_a_level_that_is_not_written_costs_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = KeptLines()
    says: Callable[[str], bool] = lambda level: level == "error"  # noqa: E731
    monkeypatch.setattr(lines, "says", says)
    log = RequestLog(lines, {}, Clock())
    log.answered([])
    log.accepted([])
    log.finished([])
    assert lines.lines == []
