"""Counts, history and log hear of the same requests."""

from __future__ import annotations

from dragoman_server.clock import Clock
from dragoman_server.tasks.observer import Observer
from dragoman_server.telemetry.telemetry import Telemetry
from tests.in_process import KeptLines
from tests.unit.server.core import Core


async def test_a_request_is_counted_shown_and_logged() -> None:
    lines, made = KeptLines(), list[Telemetry]()

    def make(clock: Clock) -> Observer:
        made.append(Telemetry({"translation": "translation"}, clock, lines))
        return made[0].observer

    core = Core(make_observer=make)
    core.handler.known_texts.add("known")
    core.submit("worked")
    core.submit("known", text="known")
    await core.turn()
    core.dispatcher.report()
    (telemetry,) = made
    assert telemetry.counts.ends == {("translation", "completed"): 2}
    assert {task["task_id"] for task in telemetry.tasks.select("finished", "recent", 10)} == {"worked", "known"}
    assert {line["task_id"] for line in lines.of("task.finished")} == {"worked", "known"}
