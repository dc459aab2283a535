"""Counters of requests."""

from __future__ import annotations

import pytest

from dragoman_server.tasks.task import Task
from dragoman_server.telemetry.counts import NO_LANE, UNKNOWN, Counts
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import Overloaded
from tests.unit.server.core import a_reply, a_run

ENVELOPE = Envelope(request_type="translation", codec=Codec.JSON, reply_to="peer")
TASK = Task(key=("peer", "t"), request_type="translation")


@pytest.fixture
def counts() -> Counts:
    return Counts({"translation": "translation"})


def test_a_message_of_no_known_type_is_counted_as_unknown(counts: Counts) -> None:
    for kind in ("translation", "ping", "nonsense", None):
        counts.receive(kind)
    assert counts.receipts == {"translation": 1, "ping": 1, UNKNOWN: 2}


def test_refusals_are_counted_by_lane_and_code(counts: Counts) -> None:
    counts.refused(ENVELOPE, Overloaded("full"))
    counts.refused(Envelope(request_type=None, codec=Codec.JSON), Overloaded("full"))
    assert counts.rejections == {("translation", "overloaded"): 1, (NO_LANE, "overloaded"): 1}
    assert counts.rejected_by_code == {"overloaded": 2}


def test_a_run_is_counted_as_it_comes_and_as_it_ends(counts: Counts) -> None:
    good, bad = a_run("pt", text="four"), a_run("pt", text="sixsix")
    counts.accepted([(TASK, good), (TASK, bad)])
    good.timeline.end(1.0, "completed", {})
    bad.timeline.end(1.0, "failed", {})
    good.timeline.audio_s = 2.5
    counts.ended([good, bad])
    assert counts.acceptances == {"translation": 2}
    assert counts.characters == {"translation": 10}
    assert counts.audio_s == {"translation": 2.5}
    assert counts.ends == {("translation", "completed"): 1, ("translation", "failed"): 1}
    assert (counts.peers["peer"].completed, counts.peers["peer"].failed) == (1, 1)


def test_what_an_earlier_server_accepted_is_not_accepted_twice(counts: Counts) -> None:
    run = a_run("pt")
    run.timeline.resumed = True
    counts.accepted([(TASK, run)])
    assert (counts.resumptions, counts.acceptances) == ({"translation": 1}, {})


def test_what_is_answered_at_once_is_accepted_and_completed(counts: Counts) -> None:
    counts.answered([a_reply(), a_reply()])
    assert counts.acceptances == {"translation": 2}
    assert counts.ends == {("translation", "completed"): 2}
    assert counts.characters == {"translation": 10}
    assert (counts.peers["peer"].accepted, counts.peers["peer"].completed) == (2, 2)


def test_repeats_and_what_is_left_are_counted_by_lane(counts: Counts) -> None:
    counts.repeated(TASK, ENVELOPE)
    counts.left(TASK, a_run("pt"))
    assert (counts.repeats, counts.leftovers) == ({"translation": 1}, {"translation": 1})
