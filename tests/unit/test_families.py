"""Every request family is complete: all steps of "How to add a request family" in docs/architecture.md were taken."""

from __future__ import annotations

import ast
import re

import pytest

from dragoman_handlers.registry import HANDLERS
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import InternalFault, Overloaded
from dragoman_wire.events.base import type_of
from dragoman_wire.failures import failure_events
from dragoman_wire.families import FAMILIES, Family, FamilyTable
from dragoman_wire.requests import PingRequest
from tests.conformance import shapes
from tests.harness import ROOT
from tests.unit.wire import samples
from tests.unit.wire.test_errors import EVENT_OF

STEPS = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## How to add a request family\n")[2]
PROTOCOL = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
SERVED = [family for family in FAMILIES if family.request is not None]
TASKS = [family for family in SERVED if not family.control]
CONTROLS = [family for family in SERVED if family.control]
OPEN_ANSWERS = {"stats_result"}
"""A document whose fields are not fixed: it has no class and no golden file."""


def by_name(family: Family) -> str:
    return family.name


each_family = pytest.mark.parametrize("family", list(FAMILIES), ids=by_name)
each_served = pytest.mark.parametrize("family", SERVED, ids=by_name)


def test_the_handlers_are_those_of_the_tasks() -> None:
    assert set(HANDLERS) == {family.name for family in TASKS}


def test_the_control_answers_are_those_of_the_control_requests() -> None:
    """Read from the source: each case of `Control.answer` names the class of one control request."""
    tree = ast.parse((ROOT / "server/dragoman_server/control.py").read_text(encoding="utf-8"))
    cases = [node.pattern for node in ast.walk(tree) if isinstance(node, ast.match_case)]
    named = {case.cls.id for case in cases if isinstance(case, ast.MatchClass) and isinstance(case.cls, ast.Name)}

    assert {FAMILIES.requests[family.name].__name__ for family in CONTROLS} == named - {"Request"}


@each_served
def test_a_family_has_a_sample_and_a_golden_file_of_its_request(family: Family) -> None:
    assert samples.REQUESTS[family.name]["type"] == family.name
    assert (ROOT / "tests/golden/requests" / f"{family.name}.json").is_file()


@each_family
def test_a_family_has_a_shape_and_a_golden_file_of_each_of_its_events(family: Family) -> None:
    for event in {type_of(family.error), *family.events, *family.pieces} - OPEN_ANSWERS:
        assert event in shapes.EVENTS
        assert (ROOT / "tests/golden/events" / f"{event}.json").is_file()


@each_family
@pytest.mark.parametrize("error", [InternalFault("a sentence"), Overloaded("a sentence", retry_after_ms=5)])
def test_a_failure_of_a_family_can_be_reported_to_a_request_without_any_id(
    family: Family, error: InternalFault | Overloaded
) -> None:
    [event] = failure_events(Envelope(request_type=family.name, codec=Codec.JSON), error, 1.5)

    assert type(event) is family.error
    assert (event.error, event.error_code) == ("a sentence", error.code)


@each_family
def test_the_error_event_of_a_family_is_written_down_beside_the_table(family: Family) -> None:
    written = {event for name, event in EVENT_OF.items() if FAMILIES.find(name) is family}

    assert written == {type_of(family.error)}


@each_served
def test_a_family_has_a_section_in_the_protocol(family: Family) -> None:
    headings = re.findall(r"^##+ (.+)$", PROTOCOL, re.MULTILINE)

    assert any(family.name in re.split(r"[, ]+", heading) for heading in headings)


@each_served
def test_the_protocol_says_which_families_are_tasks_and_which_are_answered_at_once(family: Family) -> None:
    [tasks] = re.findall(r"^(.*?) are tasks\.", PROTOCOL.replace("\n", " ").split("## The life of a task")[1])
    [controls] = re.findall(r"neither\. (.*?) are answered at once", PROTOCOL.replace("\n", " "))

    assert f"`{family.name}`" in (controls if family.control else tasks)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:server|handlers|tests)/[\w./]+)`", STEPS))))
def test_what_the_steps_name_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_a_family_with_a_name_or_a_message_of_another_is_refused() -> None:
    ping = Family(name="ping", request=PingRequest)

    with pytest.raises(ValueError, match="more than one family has ping"):
        FamilyTable((ping, Family(name="pong", aliases=("ping",))))
    with pytest.raises(ValueError, match="PingRequest"):
        FamilyTable((ping, Family(name="pong", request=PingRequest)))


def test_the_longest_beginning_decides() -> None:
    assert FAMILIES.find("voice_profile_verify").name == "voice_profile_verify"
    assert FAMILIES.find("voice_profile_get").name == "voice_"
    assert FAMILIES.find("voice_translate").name == "voice_"
    assert FAMILIES.find("batches").name == ""
