"""A task: what is written of it before it is published, and what a repeat starts anew."""

from __future__ import annotations

from typing import cast

from dragoman_server.journal.records import EventRow, StageRow
from dragoman_server.tasks.task import Stages, Task
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage
from dragoman_wire.events import AudioChunk, ResultUnknown, SpeechChunk, TranslationSkipped
from tests.unit.server.core import MemoryJournal, MemoryPublisher, a_run

EVENT = ResultUnknown(task_id="t")
ENVELOPE = Envelope(request_type="translation", codec=Codec.JSON, task_id="t", reply_to="peer")


def a_task(journal: MemoryJournal) -> Task:
    return Task(key=("peer", "t"), request_type="translation", journal=journal, number=7, stages=Stages(journal, 7))


def test_an_event_is_published_once_it_is_written() -> None:
    journal, publisher, told = MemoryJournal(), MemoryPublisher(), list[str]()
    journal.held = True
    task = a_task(journal)
    task.send(EVENT, ENVELOPE, cast("Publisher", publisher), [b"wav"], part="pt", then=lambda: told.append("sent"))
    assert (publisher.sent, told, task.published, task.unwritten) == ([], [], [], 1)
    waiting: list[str | None] = []
    task.after_writing(waiting.append)
    assert waiting == []
    journal.write()
    assert (len(publisher.sent), told, len(task.published), task.unwritten) == (1, ["sent"], 1, 0)
    assert waiting == [None]
    assert [(row.task, row.part, list(row.binaries)) for row in journal.of(EventRow)] == [(7, "pt", [b"wav"])]


def test_an_event_that_cannot_be_written_is_published_all_the_same() -> None:
    journal, publisher = MemoryJournal(), MemoryPublisher()
    journal.failure = "disk full"
    a_task(journal).send(EVENT, ENVELOPE, cast("Publisher", publisher), error=EngineFailed("x"), part="pt")
    assert len(publisher.sent) == 1
    assert journal.of(EventRow)[0].error_code == "engine_failed"


def test_what_is_written_already_is_answered_at_once() -> None:
    journal, told = MemoryJournal(), list[str | None]()
    journal.held = True
    a_task(journal).after_writing(told.append)
    assert told == [None]


def test_a_stage_that_can_be_encoded_is_written_and_another_is_only_kept() -> None:
    journal = MemoryJournal()
    task = a_task(journal)
    task.stages["sound"] = EVENT
    task.stages["other"] = object()
    assert [(row.task, row.name) for row in journal.of(StageRow)] == [(7, "sound")]
    assert set(task.stages) == {"sound", "other"}


def test_a_part_that_is_settled_apart_is_written_without_an_event() -> None:
    journal = MemoryJournal()
    a_task(journal).settle("fr", EngineFailed("x"))
    assert [(row.header, row.part, row.error_code) for row in journal.of(EventRow)] == [(None, "fr", "engine_failed")]


def test_only_the_parts_that_are_begun_again_lose_what_was_sent_of_them() -> None:
    task = a_task(MemoryJournal())
    task.begin(a_run("pt", "fr"))
    for part in ("pt", "fr", None):
        task.remember(b"{}", (), part)
    task.outcomes |= {"pt": None, "fr": EngineFailed("x")}
    task.begin(a_run("fr"))
    assert [event.part for event in task.events] == ["pt", None]
    assert task.outcomes == {"pt": None}
    assert len(task.in_flight) == 2


def test_new_work_is_what_was_never_asked_for_or_may_pass() -> None:
    task = a_task(MemoryJournal())
    task.begin(a_run("pt", "fr", "xx"))
    task.outcomes |= {"pt": None, "fr": EngineFailed("x"), "xx": UnsupportedLanguage("x")}
    assert task.wanting(["pt", "fr", "xx", "es"]) == ["fr", "es"]


def test_an_event_of_the_whole_task_is_known_from_an_earlier_server_and_one_of_a_part_is_not() -> None:
    task = a_task(MemoryJournal())
    skipped = TranslationSkipped(task_id="t", message_id=None, length=1, max_length=0, conversation_id=None)
    task.remember(b'{"type":"translation_skipped"}', (), None)
    assert task.has_sent(skipped)
    assert not task.has_sent(EVENT)


def test_a_stored_event_is_encoded_anew_for_a_peer_with_another_encoding() -> None:
    task = a_task(MemoryJournal())
    stored = task.remember(b'{"type":"x","taskId":"t"}', (), None)
    assert stored.encoded(Codec.JSON) is stored.header
    assert decode_header(stored.encoded(Codec.MSGPACK)) == (Codec.MSGPACK, {"type": "x", "taskId": "t"})


def test_of_the_pieces_that_an_earlier_server_sent_each_counts_by_its_number() -> None:
    def chunk(index: int) -> SpeechChunk:
        return SpeechChunk(
            task_id="t",
            message_id=None,
            index=index,
            last=False,
            start_ms=0,
            duration_ms=1,
            sample_rate_hz=1,
            voice="ana",
            binary_frames={},
            timestamp=0.0,
        )

    task = Task(key=("peer", "t"), request_type="speak")
    task.remember(encode_header(chunk(0), Codec.JSON), (b"\0",), None)

    assert task.has_sent(chunk(0))
    assert not task.has_sent(chunk(1))


def test_of_the_pieces_of_several_languages_each_counts_by_its_language_too() -> None:
    def chunk(language: str, index: int) -> AudioChunk:
        return AudioChunk(
            task_id="t",
            message_id=None,
            attachment_id=None,
            language=language,
            index=index,
            last=False,
            start_ms=0,
            duration_ms=1,
            sample_rate_hz=1,
            voice="ana",
            binary_frames={},
            timestamp=0.0,
        )

    task = Task(key=("peer", "t"), request_type="audio_process")
    task.remember(encode_header(chunk("pt", 0), Codec.JSON), (b"\0",), None)
    task.remember(encode_header(chunk("fr", 1), Codec.JSON), (b"\0",), None)

    sent = [
        (language, index) for language in ("fr", "pt") for index in (0, 1) if task.has_sent(chunk(language, index))
    ]
    assert sent == [("fr", 1), ("pt", 0)]
