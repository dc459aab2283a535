"""The view of one task."""

from __future__ import annotations

from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.run import UnitCall
from dragoman_server.tasks.task import Task
from dragoman_server.telemetry.task_view import TaskView
from dragoman_wire.errors import EngineFailed
from tests.unit.server.core import Core, a_reply, a_run, completed

UNIX_LAG_S = 1e9


def a_view(*, finished_s: float = 0.0, **more: object) -> TaskView:
    run = a_run("pt", "fr", arrived_s=10.0)
    run.timeline.accepted_s = 11.0
    run.timeline.began_s = 12.0
    run.timeline.calls.append(
        UnitCall(kind="translation", asked_s=12.0, worker="translation-0", began_s=13.0, ended_s=14.0)
    )
    run.timeline.units_done = 1
    return TaskView(
        key=("peer", "t"),
        request_type="translation",
        lane="translation",
        runs=[run.timeline],
        outcomes={"fr": EngineFailed("the model failed: ValueError: what was said")},
        open_parts=["pt"],
        finished_s=finished_s,
        **more,  # type: ignore[arg-type]
    )


def test_a_task_at_work_shows_its_parts_its_units_and_its_times_until_now() -> None:
    document = a_view().document(20.0, UNIX_LAG_S)
    assert (document["state"], document["status"], document["age_ms"]) == ("running", None, 10_000)
    assert (document["queue_ms"], document["compute_ms"], document["publish_ms"]) == (9000, 1000, 0)
    assert document["parts"] == [
        {"part": "fr", "state": "failed", "error_code": "engine_failed"},
        {"part": "pt", "state": "open", "error_code": None},
    ]
    assert document["units"] == {"done": 1, "running": 0, "queued": 0}
    assert document["arrived_s"] == UNIX_LAG_S + 10.0
    assert "what was said" not in str(document)


def test_the_steps_are_in_order_and_relative_to_the_arrival() -> None:
    steps, dropped = a_view(finished_s=15.0, status="partial").timeline()
    assert [(step["at_ms"], step["event"]) for step in steps] == [
        (0, "received"),
        (1000, "accepted"),
        (2000, "started"),
        (4000, "unit"),
        (5000, "finished"),
    ]
    assert dropped == 0


async def test_a_task_that_was_answered_at_once_is_shown_without_its_content() -> None:
    core = Core()
    task = Task(key=("peer", "t"), request_type="translation")
    event = completed(TaskContext(core.services, task, a_run("pt")), "pt", "olá")
    reply = a_reply(events=[(event, "pt")])
    reply.drop_content()
    view = TaskView.of(reply)
    document = view.document(100.0, UNIX_LAG_S)
    assert (document["state"], document["status"], document["message_id"]) == ("finished", "completed", "m")
    assert (document["queue_ms"], document["compute_ms"], document["publish_ms"]) == (250, 0, 250)
    assert document["parts"] == [{"part": "pt", "state": "done", "error_code": None}]
    steps, _ = view.timeline()
    assert steps[-2] == {"at_ms": 500, "event": "published", "type": "translation_completed", "language": "pt"}


def test_a_task_without_runs_is_shown_by_what_is_known() -> None:
    view = TaskView(
        key=("peer", "t"),
        request_type="x",
        lane="",
        runs=[],
        outcomes={},
        status="failed",
        finished_s=5.0,
        message_id="m",
    )
    document = view.document(9.0, 0.0)
    assert (document["peer"], document["message_id"], document["age_ms"]) == ("peer", "m", 0)
