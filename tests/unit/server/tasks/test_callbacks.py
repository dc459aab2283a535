"""What a peer hears of its request."""

from __future__ import annotations

from dragoman_server.tasks.callbacks import RunCallbacks
from dragoman_server.tasks.observer import ObserverBatcher
from dragoman_server.tasks.task import Task
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Overloaded
from dragoman_wire.events import TaskFinished
from tests.unit.server.core import Core, a_run

ENVELOPE = Envelope(request_type="translation", codec=Codec.JSON, task_id="t", reply_to="peer", languages=("pt", "fr"))


def callbacks(core: Core) -> RunCallbacks:
    return RunCallbacks(core.services, ObserverBatcher(core.services.observer, {}, lambda: None))


async def test_a_refusal_names_every_language() -> None:
    core = Core()
    callbacks(core).refused(ENVELOPE, Overloaded("full", retry_after_ms=100))
    assert core.briefs() == [("translation_error", "pt"), ("translation_error", "fr"), ("task_finished", None)]


async def test_a_resumed_run_is_not_accepted_once_more() -> None:
    core, run, task = Core(), a_run("pt"), Task(key=("peer", "t"), request_type="translation")
    callbacks(core).accepted(task, run)
    run.timeline.resumed = True
    callbacks(core).accepted(task, run)
    assert core.briefs() == [("accepted", None)]


async def test_a_repeat_hears_what_is_known_and_the_end_where_there_is_one() -> None:
    core, task = Core(), Task(key=("peer", "t"), request_type="translation")
    task.remember(b'{"type":"translation_completed","targetLanguage":"pt"}', (), "pt")
    callbacks(core).repeated(task, ENVELOPE)
    assert core.briefs() == [("accepted", None), ("translation_completed", "pt")]
    task.finished = TaskFinished(task_id="t", status="completed", events=1, queue_time_ms=0, compute_time_ms=0)
    assert callbacks(core).replay(task, ENVELOPE) == 1
    assert core.briefs() == [("translation_completed", "pt"), ("task_finished", None)]


async def test_the_end_is_for_peers_with_a_topic_only() -> None:
    core, task = Core(), Task(key=(None, "t"), request_type="translation")
    task.finished = TaskFinished(task_id="t", status="completed", events=0, queue_time_ms=0, compute_time_ms=0)
    envelope = Envelope(request_type="translation", codec=Codec.JSON, task_id="t")
    callbacks(core).repeated(task, envelope)
    assert core.briefs() == []
