"""Finished tasks in little room are what they were when they are asked for."""

from __future__ import annotations

from typing_extensions import override

from dragoman_server.config import ResultsConfig
from dragoman_server.journal.base import Done
from dragoman_server.journal.null import NOTHING, NullJournal
from dragoman_server.journal.records import ForgottenRow, Record
from dragoman_server.tasks.task import Task
from dragoman_server.tasks.task_store import CompactTask, TaskStore, compacted
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.errors import EngineFailed
from dragoman_wire.events import ResultUnknown, TaskFinished
from tests.unit.server.core import a_reply, a_run

KEY = ("peer", "t")
HEADER = encode_header(ResultUnknown(task_id="t"), Codec.JSON)
FINISHED = TaskFinished(task_id="t", status="completed", events=1, queue_time_ms=1.5, compute_time_ms=2.5)
LAST = encode_header(FINISHED, Codec.MSGPACK)


class Forgetting(NullJournal):
    def __init__(self) -> None:
        self.forgotten: list[int] = []

    @override
    def append(self, record: Record, done: Done | None = None) -> None:
        assert isinstance(record, ForgottenRow)
        self.forgotten.append(record.task)


def a_task(**more: object) -> Task:
    made = Task(key=KEY, request_type="translation", **more)  # type: ignore[arg-type]
    made.begin(a_run("pt"))
    made.remember(HEADER, [], "pt")
    made.outcomes["pt"] = None
    made.finished = FINISHED
    made.finished_s = 5.0
    return made


def test_a_task_that_went_well_comes_back_as_it_was() -> None:
    task = compacted(a_task(), LAST)
    assert task is not None
    full = task.full(KEY, NOTHING)
    assert [(event.header, event.binaries, event.part) for event in full.events] == [(HEADER, (), "pt")]
    assert (full.outcomes, full.parts, full.finished, full.finished_s) == ({"pt": None}, {"pt"}, FINISHED, 5.0)
    assert (full.queue_s, full.compute_s) == (0.0015, 0.0025)
    assert full.wanting(["pt", "fr"]) == ["fr"]
    assert task.size_bytes < a_task().size_bytes


def test_what_would_lose_something_is_kept_at_full_length() -> None:
    failed, with_sound, with_stage, settled_apart = a_task(), a_task(), a_task(), a_task()
    failed.outcomes["pt"] = EngineFailed("crash")
    with_sound.remember(HEADER, [b"sound"], None)
    with_stage.stages["transcription"] = object()
    settled_apart.outcomes["fr"] = None
    assert [compacted(one, None) for one in (failed, with_sound, with_stage, settled_apart)] == [None] * 4


def test_who_asks_before_it_is_written_waits_for_the_journal() -> None:
    task = CompactTask(request_type="translation", headers=(HEADER,), parts=("pt",), finished_s=0.0, number=7)
    task.written = False
    full = task.full(KEY, NOTHING)
    assert full.unwritten == 1
    task.was_written()
    assert (full.unwritten, task.written) == (0, True)


def test_the_store_gives_what_was_compacted_back_and_counts_its_room() -> None:
    store = TaskStore(ResultsConfig(), lambda: 5.0)
    made = a_task()
    made.unwritten = 1  # its end is on its way to the journal
    store.begin(made)
    store.end(made, keep=True)
    before = store.bytes
    store.compact(made, LAST)
    assert store.bytes < before
    after = store.bytes
    again = store.get(KEY)
    assert again is not None
    assert again is not made
    assert store.bytes == after
    store.begin(again)
    assert store.get(KEY) is again
    assert store.bytes == 0


def test_a_task_whose_end_no_peer_is_told_is_compacted_at_once() -> None:
    store = TaskStore(ResultsConfig(), lambda: 5.0)
    for key in ((None, "t"), KEY):
        made = a_task()
        made.key = key
        store.begin(made)
        store.end(made, keep=True)
        again = store.get(key)
        assert again is not None
        assert (again is made) == (key == KEY)
        assert (again.finished_s, again.outcomes) == (5.0, made.outcomes)


def test_a_task_that_is_no_longer_kept_is_not_compacted() -> None:
    store = TaskStore(ResultsConfig(), lambda: 5.0)
    store.compact(a_task(), LAST)
    assert (len(store), store.bytes) == (0, 0)


def test_the_store_keeps_so_many_tasks_and_forgets_the_oldest_in_the_journal_too() -> None:
    store = TaskStore(ResultsConfig(tasks=3), lambda: 5.0)
    journal = store.journal = Forgetting()
    for number in range(1, 6):
        task = CompactTask(request_type="translation", headers=(HEADER,), parts=("pt",), finished_s=5.0, number=number)
        store.keep(a_reply(("peer", str(number)), number), task)
    store.expire()
    assert [store.get(("peer", str(number))) is not None for number in range(1, 6)] == [False, False, True, True, True]
    assert journal.forgotten == [1, 2]
    assert len(store) == 3


def test_a_store_that_keeps_nothing_forgets_at_once() -> None:
    store = TaskStore(ResultsConfig(keep_s=0), lambda: 5.0)
    journal = store.journal = Forgetting()
    store.keep(a_reply(KEY, 1), CompactTask.of(a_reply(KEY, 1)))
    assert (journal.forgotten, len(store)) == ([1], 0)
