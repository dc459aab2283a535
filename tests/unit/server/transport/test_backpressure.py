"""What requests hold is bounded: for all, for each peer and for each lane."""

from __future__ import annotations

import pytest

from dragoman_server.transport.backpressure import ByteBudget, ByteLimits
from dragoman_wire.errors import Overloaded

LIMITS = ByteLimits(total_bytes=100, peer_bytes=60, lane_bytes={"voice": 50})


def test_past_the_total_every_peer_is_refused_until_there_is_room() -> None:
    budget = ByteBudget(LIMITS)
    budget.take(60, "one", "translation")
    budget.take(40, "two", "translation")
    assert budget.full
    with pytest.raises(Overloaded, match="hold 100 bytes, and this one 1; the limit in_flight_bytes is 100") as raised:
        budget.check(1, "three", "translation")
    assert raised.value.retry_after_ms
    budget.give(60, "one", "translation")
    budget.check(60, "three", "translation")
    assert (budget.taken_bytes, budget.refused) == (40, 1)


def test_a_peer_that_has_its_share_is_refused_and_others_are_not() -> None:
    budget = ByteBudget(LIMITS)
    budget.take(60, "loud", "translation")
    with pytest.raises(Overloaded, match="peer_in_flight_bytes is 60"):
        budget.check(1, "loud", "translation")
    budget.check(40, "calm", "translation")


def test_a_lane_that_has_its_share_is_refused_and_others_are_not() -> None:
    budget = ByteBudget(LIMITS)
    budget.take(50, "one", "voice")
    with pytest.raises(Overloaded, match="in_flight_bytes of the voice lane is 50"):
        budget.check(1, "two", "voice")
    budget.check(50, "two", "translation")


def test_a_request_that_is_alone_is_let_in_whatever_its_size() -> None:
    ByteBudget(LIMITS).check(1000, "one", "voice")


def test_what_is_given_back_leaves_nothing_behind() -> None:
    budget = ByteBudget(LIMITS)
    for number in range(50):
        budget.take(2, f"peer-{number}", "voice")
    for number in range(50):
        budget.give(2, f"peer-{number}", "voice")
    assert (budget.taken_bytes, budget.memory_bytes) == (0, 0)
    assert not budget._peers
