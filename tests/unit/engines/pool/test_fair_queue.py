from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman_engines.pool.fair_queue import AGEING, WEIGHTS, Entry, FairQueue, Priority, Ticket


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def drained(queue: FairQueue[str]) -> list[str]:
    out = []
    while (item := queue.pop()) is not None:
        out.append(item)
    return out


def test_what_does_not_fit_keeps_its_place_and_its_peers_turn() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for name in ("a1", "a2", "b1", "b2"):
        queue.push(name, Ticket(peer=name[0], cost_s=1.0))
    queue.push("high", Ticket(peer="c", priority="high"))
    assert queue.pop_batch(1, 1.0, lambda item: item in ("a2", "b2")) == ["a2"]
    assert queue.pop_batch(1, 1.0, lambda item: item in ("a2", "b2")) == ["b2"]
    assert queue.pop_batch(1, 1.0, lambda item: item in ("a2", "b2")) == []
    assert len(queue) == 3
    assert drained(queue) == ["high", "a1", "b1"]


def test_one_peer_is_served_in_the_order_of_arrival() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for name in "abc":
        queue.push(name, Ticket(peer="p", cost_s=1.0, size_s=1.0))
    assert drained(queue) == ["a", "b", "c"]


def test_a_peer_with_one_request_does_not_wait_behind_a_flood() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for number in range(1000):
        queue.push(f"flood-{number}", Ticket(peer="flood", cost_s=1.0))
    for _ in range(10):
        queue.pop()
    queue.push("single", Ticket(peer="other", cost_s=1.0))
    assert "single" in [queue.pop(), queue.pop()]


def test_a_peer_earns_nothing_by_idling() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for number in range(20):
        queue.push(f"a{number}", Ticket(peer="a", cost_s=1.0))
    for _ in range(10):
        queue.pop()
    for number in range(10):
        queue.push(f"b{number}", Ticket(peer="b", cost_s=1.0))
    served = [str(queue.pop())[0] for _ in range(10)]
    assert abs(served.count("a") - served.count("b")) <= 2


def test_within_a_peer_the_short_goes_before_the_long() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    queue.push("long", Ticket(peer="p", size_s=600.0))
    queue.push("short", Ticket(peer="p", size_s=3.0))
    assert drained(queue) == ["short", "long"]


def test_the_long_is_served_once_it_is_old_enough() -> None:
    clock = Clock()
    queue: FairQueue[str] = FairQueue(clock)
    queue.push("long", Ticket(peer="p", size_s=10.0))
    clock.now_s = AGEING * 10.0 - 1
    queue.push("just in time", Ticket(peer="p", size_s=0.0))
    clock.now_s = AGEING * 10.0 + 1
    queue.push("too late", Ticket(peer="p", size_s=0.0))
    assert drained(queue) == ["just in time", "long", "too late"]


def test_high_goes_first_and_low_keeps_its_share() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    priorities: list[Priority] = ["low", "normal", "high"]
    for _ in range(500):
        for priority in priorities:
            queue.push(priority, Ticket(peer="p", priority=priority, cost_s=1.0))
    first = [queue.pop() for _ in range(210)]
    total = sum(WEIGHTS.values())
    for priority in priorities:
        share = first.count(priority) / len(first)
        assert share == pytest.approx(WEIGHTS[priority] / total, abs=0.02)
    assert first[0] == "high"


def test_a_high_request_is_next_however_busy_the_normal_class_was() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for _ in range(100):
        queue.push("normal", Ticket(peer="p", cost_s=1.0))
    for _ in range(50):
        queue.pop()
    queue.push("high", Ticket(peer="q", priority="high", cost_s=1.0))
    assert queue.pop() == "high"


def test_a_withdrawn_entry_never_leaves_and_cannot_be_withdrawn_twice() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    entry = queue.push("a", Ticket())
    queue.push("b", Ticket())
    assert queue.withdraw(entry)
    assert not queue.withdraw(entry)
    assert drained(queue) == ["b"]


def test_a_batch_holds_only_one_key_and_keeps_to_its_limits() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for number in range(6):
        queue.push(f"en{number}", Ticket(peer=f"p{number}", cost_s=1.0), key="en")
        queue.push(f"pt{number}", Ticket(peer=f"p{number}", cost_s=1.0), key="pt")
    assert queue.pop_batch(3, 100.0) == ["en0", "en1", "en2"]
    second = queue.pop_batch(10, 2.5)
    assert len(second) == 2
    assert len({item[:2] for item in second}) == 1


def test_the_short_and_the_long_do_not_share_a_call() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    for name, cost_s in (("short", 0.4), ("long", 1.8), ("short too", 0.5), ("long too", 1.8)):
        queue.push(name, Ticket(peer=name, cost_s=cost_s), key="en")
    assert queue.pop_batch(8, 10.0) == ["short", "short too"]
    assert queue.pop_batch(8, 10.0) == ["long", "long too"]


def test_a_unit_without_a_key_leaves_alone() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    queue.push("a", Ticket())
    queue.push("b", Ticket())
    assert queue.pop_batch(10, 10.0) == ["a"]


def test_an_empty_queue_has_nothing_to_give() -> None:
    queue: FairQueue[str] = FairQueue(Clock())
    assert queue.pop() is None
    assert queue.pop_batch(5, 1.0) == []
    assert len(queue) == 0


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("push"),
            st.sampled_from("abcd"),
            st.sampled_from(list(WEIGHTS)),
            st.floats(0, 5),
            st.floats(0, 600),
            st.sampled_from([None, "x", "y"]),
        ),
        st.tuples(st.just("pop")),
        st.tuples(st.just("batch"), st.integers(1, 5), st.floats(0.1, 10)),
        st.tuples(st.just("withdraw"), st.integers(0, 200)),
        st.tuples(st.just("wait"), st.floats(0, 100)),
    ),
    max_size=120,
)


@given(steps)
def test_no_entry_is_lost_or_served_twice_whatever_happens(script: Sequence[tuple[object, ...]]) -> None:
    clock = Clock()
    queue: FairQueue[int] = FairQueue(clock)
    entries: list[Entry[int]] = []
    served: Counter[int] = Counter()
    withdrawn = set()
    for step in script:
        match step:
            case ("push", str(peer), priority, float(cost_s), float(size_s), key):
                ticket = Ticket(peer=peer, priority=priority, cost_s=cost_s, size_s=size_s)  # type: ignore[arg-type]
                entries.append(queue.push(len(entries), ticket, key))
            case ("pop",):
                item = queue.pop()
                served.update([] if item is None else [item])
            case ("batch", int(most), float(cost_s)):
                batch = queue.pop_batch(most, cost_s)
                assert len(batch) <= most
                served.update(batch)
            case ("withdraw", int(index)) if index < len(entries):
                if queue.withdraw(entries[index]):
                    withdrawn.add(index)
            case ("wait", float(seconds)):
                clock.now_s += seconds
        assert len(queue) == len(entries) - served.total() - len(withdrawn)
    served.update(queue.drain())
    assert set(served) | withdrawn == set(range(len(entries)))
    assert not set(served) & withdrawn
    assert all(times == 1 for times in served.values())
    assert len(queue) == 0


@given(st.lists(st.floats(0.01, 2.0), min_size=40, max_size=80), st.integers(2, 5))
def test_peers_that_always_wait_get_equal_work_within_the_largest_cost(costs: list[float], peers: int) -> None:
    queue: FairQueue[tuple[str, float]] = FairQueue(Clock())
    for peer in range(peers):
        for cost_s in costs:
            queue.push((f"p{peer}", cost_s), Ticket(peer=f"p{peer}", cost_s=cost_s))
    work: defaultdict[str, float] = defaultdict(float)
    for _ in range(len(costs)):
        item = queue.pop()
        assert item is not None
        work[item[0]] += item[1]
    assert max(work.values()) - min(work[f"p{peer}"] for peer in range(peers)) <= 2 * max(costs) + 1e-9


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=30))
def test_ageing_lets_every_long_request_through_a_stream_of_short_ones(sizes: list[float]) -> None:
    clock = Clock()
    queue: FairQueue[str] = FairQueue(clock)
    for size_s in sizes:
        queue.push("long", Ticket(peer="p", cost_s=1.0, size_s=size_s))
    left = len(sizes)
    for _ in range(round(AGEING * max(sizes)) + len(sizes) + 1):
        queue.push("short", Ticket(peer="p", cost_s=1.0, size_s=0.0))
        clock.now_s += 1.0
        left -= queue.pop() == "long"
    assert left == 0
