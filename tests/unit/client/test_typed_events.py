"""Typed events: made from the events of the wire, and read from what came."""

from __future__ import annotations

import json

import pytest

from dragoman_client import BadAnswer, OtherEvent, ReceivedEvent, SyncClient, read_event
from dragoman_client.events import EVENTS, SpeechChunk, TranscriptionReady, TranslationCompleted, TranslationError
from dragoman_client.testing import WAV
from dragoman_wire.events import Event, type_of
from dragoman_wire.schema import event_schemas
from scripts import typed_events
from tests.harness import ROOT
from tests.unit.client.conftest import Serve

GOLDEN = ROOT / "tests" / "golden" / "events"


def test_the_modules_are_made_from_the_events_of_the_wire_as_they_are() -> None:
    made = typed_events.modules()
    lying = {path.stem: path.read_text(encoding="utf-8") for path in typed_events.TARGET.glob("*.py")}
    assert made.keys() == lying.keys() - {"base", "read"}
    assert [name for name in made if made[name] != lying[name]] == [], "run: scripts/typed_events"


def test_every_event_of_the_schema_has_a_class_but_the_figures() -> None:
    assert EVENTS.keys() == event_schemas().keys() - {"stats_result"}


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_a_golden_event_is_read_field_by_field(kind: str) -> None:
    fields = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    message, event = EVENTS[kind]
    read = read_event(ReceivedEvent(type=kind, fields=fields, binaries={"audio": WAV}))
    assert type(read) is event
    sent = ReceivedEvent(type=kind, fields=fields).read_as(message)
    for name in message.__struct_fields__:
        assert getattr(read, name) == getattr(sent, name) or getattr(read, name) is None
    assert read.binaries == {"audio": WAV}
    assert type_of(message) == kind == read.type


def test_what_has_no_class_keeps_its_fields() -> None:
    came = ReceivedEvent(type="of_next_year", fields={"type": "of_next_year", "x": 1})
    assert read_event(came) == OtherEvent(type="of_next_year", fields=came.fields)


def test_an_event_that_does_not_fit_its_class_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="translation_completed"):
        read_event(ReceivedEvent(type="translation_completed", fields={"type": "translation_completed"}))


def test_the_events_of_a_request_come_typed(serve: Serve) -> None:
    def told(events: list[object]) -> list[str]:
        said = []
        for event in events:
            match event:
                case TranslationCompleted(target_language=language, result=result):
                    said.append(f"{language}: {result.translated_text}")
                case TranscriptionReady(transcription=transcription):
                    said.append(transcription.text)
                case SpeechChunk(index=index, binaries=binaries):
                    said.append(f"{index}: {len(binaries['audio'])}")
                case TranslationError(error_code=code):
                    said.append(code)
        return said

    server = serve(None)
    server.refuse("overloaded", "translation")
    with SyncClient(*server.endpoints) as client:
        text = {"type": "translation", "text": "hi", "targetLanguages": ["pt", "fr"]}
        assert told(list(client.events(text).typed())) == ["overloaded"] * 2
        assert told(list(client.events(text).typed())) == ["pt: pt(hi)", "fr: fr(hi)"]
        voice = {"type": "audio_process", "targetLanguages": ["pt"]}
        assert told(list(client.events(voice, binaries={"audio": WAV}).typed())) == ["hello world"]
        assert told(list(client.events({"type": "speak", "text": "hi", "stream": True}).typed())) == ["0: 16"]


def test_the_union_has_every_event() -> None:
    kinds = {event for _, event in EVENTS.values()}
    assert {kind.__name__ for kind in kinds} == {message.__name__ for message, _ in EVENTS.values()}
    assert all(issubclass(message, Event) for message, _ in EVENTS.values())
