"""Repeats that come while their task is at work, or just before or after its end, when some of it is unwritten."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dragoman_handlers.base import Context
from dragoman_handlers.speech.synthesis.joining import Sound
from dragoman_handlers.speech.synthesis.sound_files import sound_file
from dragoman_server.journal.operations import Kind, Operation
from dragoman_server.journal.writer import Writer
from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.run import Run
from dragoman_wire.errors import EngineFailed
from dragoman_wire.requests import SoundFormat
from tests.in_process import InProcess, Message, in_process, text, until
from tests.processes import held


class Gate:
    """Stands in front of the journal's file: what is to be written waits while it is shut, and requests may fail."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.waiting = threading.Event()
        self.requests_fail = False


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate, write = Gate(), Writer._write

    def guarded(self: Writer, operations: Sequence[Operation]) -> None:
        if operations and not gate.open.is_set():
            gate.waiting.set()
            gate.open.wait()
        if gate.requests_fail and any(one.kind is Kind.ACCEPT for one in operations):
            raise sqlite3.OperationalError("the disk is full")
        write(self, operations)

    monkeypatch.setattr(Writer, "_write", guarded)
    try:
        yield gate
    finally:
        gate.open.set()


def stopped(server: InProcess) -> AbstractContextManager[None]:
    """The translation's process does nothing meanwhile."""
    (child,) = server.app.pools["translation"].supervisor.children
    return held(child.pid)


def accepted(message: Message) -> bool:
    return bool(message["type"] == "accepted")


def brief(messages: list[Message]) -> list[tuple[str, str | None]]:
    return [(message["type"], message.get("targetLanguage")) for message in messages]


async def shut_out(server: InProcess, gate: Gate, first: Message, repeat: Message) -> None:
    """`repeat` waits to be written while all of `first` is done, but for the writing."""
    with stopped(server):
        server.peer.send(first)
        await server.peer.collect(accepted)
        gate.open.clear()
        server.peer.send(repeat)
        await until(gate.waiting.is_set)
    await until(lambda: server.app.dispatcher.total_active == 1)


async def test_a_task_is_finished_when_the_repeat_that_it_waited_for_cannot_be_written(
    tmp_path: Path, gate: Gate
) -> None:
    async with in_process(tmp_path, journal__mode="power") as server:
        await shut_out(server, gate, text("t", "fr"), text("t", "pt", messageId="second"))
        gate.requests_fail = True
        gate.open.set()
        messages = await server.peer.collect(lambda message: message["type"] == "task_finished")
        gate.requests_fail = False
        assert sorted(brief(messages)) == [
            ("task_finished", None),
            ("translation_completed", "fr"),
            ("translation_error", "pt"),
        ]
        assert [(task["state"], task["status"]) for task in server.tasks()] == [("finished", "partial")]
        assert server.tasks("active") == []
        server.peer.send({"type": "result", "taskId": "t"})
        again = await server.peer.collect(lambda message: message["type"] in ("task_finished", "result_unknown"))
        assert brief(again) == [("translation_completed", "fr"), ("task_finished", None)]


async def test_repeats_that_cannot_be_written_leave_a_finished_task_as_it_was(tmp_path: Path, gate: Gate) -> None:
    async with in_process(tmp_path, journal__mode="power") as server:
        await server.peer.run(text("t", "fr"))
        gate.requests_fail = True
        gate.open.clear()
        server.peer.send(text("t", "pt"))
        server.peer.send(text("t", "de"))
        await until(lambda: server.app.dispatcher.total_active == 2)
        gate.open.set()
        await server.peer.collect(lambda message: message.get("status") == "refused")
        gate.requests_fail = False
        server.peer.send({"type": "result", "taskId": "t"})
        again = await server.peer.collect(lambda message: message["type"] in ("task_finished", "result_unknown"))
        assert brief(again) == [("translation_completed", "fr"), ("task_finished", None)]


async def test_an_event_that_waits_to_be_written_is_published_once(tmp_path: Path, gate: Gate) -> None:
    async with in_process(tmp_path, journal__mode="power") as server:
        await shut_out(server, gate, text("t", "fr"), text("t", "pt"))
        gate.open.set()
        messages = await server.peer.collect(lambda message: message["type"] == "task_finished")
        assert brief(messages) == [
            ("accepted", None),
            ("translation_completed", "fr"),
            ("translation_completed", "pt"),
            ("task_finished", None),
        ]


async def test_a_part_that_a_repeat_has_taken_over_is_its_concern_alone(tmp_path: Path) -> None:
    async with in_process(tmp_path, engines__translation__batch=1) as server:
        with stopped(server):
            server.peer.send(text("t", "fr", "pt", said="__fail__ x"))
            await server.peer.collect(accepted)
            task = server.app.store.get(("peer", "t"))
            assert task is not None
            units = task.runs[0].timeline.units
            await until(lambda: len(units) == 2)
            (french,) = [unit for unit in units if getattr(unit.work, "target", "") == "fr"]
            (other,) = units - {french}
            waiter = next(iter(french.waiters))
            waiter.set_exception(type(server.app.pools["translation"].supervisor.unavailable())("no"))
            await server.peer.collect(lambda message: message["type"] == "translation_error")
            server.peer.send(text("t", "fr", said="fine, and so long that it comes last. " * 20))
            await server.peer.collect(accepted)
            assert other.wanted
        messages = await server.peer.collect(lambda message: message["type"] == "task_finished")
        assert sorted(brief(messages)) == [
            ("task_finished", None),
            ("translation_completed", "fr"),
            ("translation_error", "pt"),
        ]


async def test_the_line_and_the_trace_of_a_failure_stay_when_it_is_repeated_at_once(tmp_path: Path) -> None:
    async with in_process(tmp_path) as server:
        await server.peer.run(text("t", "fr", said="__fail__ x"))
        await server.peer.run(text("t", "fr", said="fine"))
        tasks = server.tasks()
        lines = server.lines.of("task.finished")
        assert [(line["status"], line.get("error_code")) for line in lines] == [
            ("failed", "engine_failed"),
            ("completed", None),
        ]
        assert [(task["status"], task["error_code"]) for task in tasks] == [
            ("completed", None),
            ("failed", "engine_failed"),
        ]


async def test_a_task_is_shown_with_how_its_last_run_to_end_ended(tmp_path: Path) -> None:
    async with in_process(tmp_path, engines__translation__processes=2) as server:
        server.peer.send(text("t", "fr", said="__hang__"))
        await server.peer.collect(accepted)
        server.peer.send(text("t", "pt"))
        await server.peer.collect(lambda message: message["type"] == "translation_completed")
        server.peer.send({"type": "cancel", "taskId": "t"})
        await server.peer.collect(lambda message: message["type"] == "task_finished")
        (task,) = server.tasks()
        assert (task["status"], task["error_code"]) == ("cancelled", "cancelled")
        assert {part["part"]: part["state"] for part in task["parts"]} == {"fr": "failed", "pt": "done"}


async def test_a_task_is_shown_while_another_of_its_id_has_just_been_forgotten(tmp_path: Path) -> None:
    async with in_process(tmp_path, results__keep_s=0) as server:
        server.peer.send(text("t", "fr"))
        server.peer.send(text("u", "fr"))
        await server.peer.collect(lambda message: message["type"] == "task_finished")
        with stopped(server):
            server.peer.send(text("t", "pt"))
            await server.peer.collect(lambda message: accepted(message) and message["taskId"] == "t")
            active = [task["task_id"] for task in server.tasks("active")]
        assert "t" in active


async def test_what_was_said_is_logged_once_however_late_it_is_written(tmp_path: Path, gate: Gate) -> None:
    async with in_process(tmp_path, journal__mode="power", server__log_content=True) as server:
        with stopped(server):
            server.peer.send(text("t", "fr"))
            await server.peer.collect(accepted)
            gate.open.clear()
        await until(lambda: server.app.dispatcher.total_active == 0)
        server.app.dispatcher.report()
        gate.open.set()
        await server.peer.collect(lambda message: message["type"] == "task_finished")
        server.app.dispatcher.report()
        assert [line["event"] for line in server.lines.lines if line["event"].endswith("content")] == [
            "task.content",
            "event.content",
        ]
        assert server.app.telemetry.log._quoted == set()


async def test_a_failed_task_holds_neither_its_text_nor_its_recording(tmp_path: Path) -> None:
    ids = [f"held-{kind}-{number}" for kind in ("text", "recording") for number in range(3)]
    async with in_process(tmp_path) as server:
        for task_id in ids[:3]:
            await server.peer.run(text(task_id, "fr", said="__fail__ secret"))
        for task_id in ids[3:]:
            recording = {"type": "transcription_only", "messageId": "m", "binaryFrames": {"audio": 1}}
            await server.peer.run({"taskId": task_id, **recording}, b"RIFF" + bytes(40))
        assert {task["status"] for task in server.tasks("failed")} == {"failed"}
        await asyncio.sleep(0)
        gc.collect()
        # A run has the request and the recording; other tests may have left some of theirs.
        found = [one for one in gc.get_objects() if isinstance(one, Run | TaskContext)]
        assert [one.task_id for one in found if one.task_id in ids] == []


async def test_a_repeat_of_speech_that_failed_half_way_sends_only_the_pieces_that_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    async def failing(context: Context, sound: Sound, form: SoundFormat) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise EngineFailed("the encoder failed")
        return await sound_file(context, sound, form)

    monkeypatch.setattr("dragoman_handlers.speak.sound_file", failing)
    request = {"type": "speak", "taskId": "t", "text": "One. Two. Three.", "language": "en", "stream": True}
    async with in_process(tmp_path) as server:
        first = await server.peer.run(request)
        again = await server.peer.run(request)
        server.peer.send({"type": "result", "taskId": "t"})
        result = await server.peer.collect(lambda message: message["type"] == "task_finished")
    assert [(one["type"], one.get("index")) for one in first] == [
        ("accepted", None),
        ("speech_chunk", 0),
        ("speech_error", None),
        ("task_finished", None),
    ]
    whole = [("speech_chunk", 0), ("speech_chunk", 1), ("speech_chunk", 2), ("speech_completed", None)]
    for messages in (again, result):
        told = [(one["type"], one.get("index")) for one in messages if one["type"].startswith("speech_")]
        assert told == whole
        assert messages[-1]["events"] == len(whole)
