"""PROTOCOL.md is true: every request in it is sent, and what comes back has the fields of the events in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dragoman_wire.families import FAMILIES
from tests.conformance.shapes import EVENTS, event_problems
from tests.conformance.sound import tone
from tests.harness import ROOT, ServerProcess, connected

EXAMPLE = re.compile(r"<!-- (request|event): (.+?)(?:; events: (.+?))? -->\n```json\n(.*?)\n```", re.DOTALL)
OPEN = {"stats_result"}
"""Events whose document has no fixed fields."""
FREE_KEYS = {"translations", "binaryFrames", "defaultVoices", "bestVoices"}


@dataclass(frozen=True)
class Example:
    name: str
    fields: dict[str, Any]
    answers: tuple[str, ...]


def examples(kind: str) -> Iterator[Example]:
    for found in EXAMPLE.finditer((ROOT / "PROTOCOL.md").read_text(encoding="utf-8")):
        if found[1] == kind:
            answers = tuple(found[3].split(", ")) if found[3] else ()
            yield Example(found[2], json.loads(found[4]), answers)


REQUESTS = list(examples("request"))
EVENT_EXAMPLES = {example.name: example.fields for example in examples("event")}


def fields_of(value: Any, name: str = "") -> Any:
    """The names of the fields, all the way down; a map with free keys counts by its values."""
    if isinstance(value, dict):
        if name in FREE_KEYS:
            return [fields_of(each) for each in list(value.values())[:1]]
        return {key: fields_of(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [fields_of(each) for each in value[:1]]
    return None


def fields_match(event: Any, example: Any) -> bool:
    """Whether the fields are the same; an empty list says nothing about what it might hold."""
    if isinstance(event, dict) and isinstance(example, dict):
        return event.keys() == example.keys() and all(fields_match(event[key], example[key]) for key in event)
    if isinstance(event, list) and isinstance(example, list):
        return not event or not example or fields_match(event[0], example[0])
    return bool(event == example)


def test_every_json_block_is_an_example() -> None:
    blocks = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8").count("```json")
    assert blocks == len(REQUESTS) + len(EVENT_EXAMPLES)


def test_every_event_and_every_request_type_has_an_example() -> None:
    assert {example["type"] for example in EVENT_EXAMPLES.values()} == set(EVENTS)
    assert set(FAMILIES.requests) <= {example.fields["type"] for example in REQUESTS}


@pytest.mark.parametrize("name", list(EVENT_EXAMPLES))
def test_an_event_example_is_as_the_contract_says(name: str) -> None:
    assert event_problems(EVENT_EXAMPLES[name]) == []


@pytest.mark.parametrize("codec", ["json", "msgpack"])
@pytest.mark.parametrize("example", REQUESTS, ids=lambda example: example.name)
def test_a_request_example_is_answered_as_the_event_examples_say(
    example: Example, codec: str, echo_server: ServerProcess
) -> None:
    # The server knows the tasks of the other encoding's run: a name of its own makes this one new.
    fields = {
        key: f"{value}-{codec}" if key in ("taskId", "replyTo") else value for key, value in example.fields.items()
    }
    sound = [tone()] if "binaryFrames" in fields else []
    with connected(echo_server, fields.get("replyTo"), codec=codec) as peer:
        peer.send(fields, *sound)
        events = [peer.receive() for _ in example.answers]
    assert [event.type for event in events] == [answer.partition(" ")[0] for answer in example.answers]
    for event, answer in zip(events, example.answers, strict=True):
        if answer in OPEN:
            continue
        assert event_problems(event.fields) == []
        assert fields_match(fields_of(event.fields), fields_of(EVENT_EXAMPLES[answer]))
