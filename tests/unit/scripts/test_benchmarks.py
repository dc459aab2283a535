"""What the benchmarks make of their figures: a goal that is missed must be seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.benchmarks.comparison import read
from scripts.benchmarks.overload import _rows
from scripts.benchmarks.table import Row
from scripts.benchmarks.translating import Outcome


def row(ours: list[float], other: list[float], goal: float | None, *, at_least: bool = False) -> Row:
    return Row(name="r", ours=ours, other=other, unit="/s", goal=goal, at_least=at_least)


def test_a_goal_is_held_by_the_median_of_the_ratios_of_each_round() -> None:
    assert row([6, 1, 7], [10, 10, 10], 0.6, at_least=True).held
    assert not row([6, 5, 5], [10, 10, 10], 0.6, at_least=True).held
    assert row([1.4, 9, 1.5], [1, 1, 1], 1.5).held
    assert not row([1.4, 1.6, 1.6], [1, 1, 1], 1.5).held
    assert row([1], [100], None).held


def test_what_was_not_measured_holds_no_goal() -> None:
    missing = row([], [], 0.6, at_least=True)
    assert not missing.held
    assert missing.as_dict()["ratio"] is None


def test_points_are_told_by_peer_and_round_and_failures_are_named(tmp_path: Path) -> None:
    lines = [
        {"peer": "ours", "repetition": 1, "point": "w64", "rate": 5.0},
        {"peer": "ours", "repetition": 2, "point": "w64", "failed": "no answer"},
        {"way": "pipe", "repetition": 1, "point": "w64", "rate": 7},
    ]
    out = tmp_path / "points.jsonl"
    assert read(out).lines == []
    out.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    points = read(out)
    assert points.of("ours", "w64", "rate") == {1: 5.0}
    assert points.of("pipe", "w64", "rate") == {1: 7.0}
    assert points.failures() == ["ours w64: no answer"]
    assert points.peers() == ["ours", "pipe"]


def outcome(goodput: float, latency_s: float, refusal_s: float = 0.001, unanswered: int = 0) -> Outcome:
    done = int(goodput * 10)
    return Outcome(
        seconds=10,
        sent=2 * done,
        completed_s=[latency_s] * done,
        refused_s=[refusal_s] * done,
        in_time=done,
        unanswered=unanswered,
    )


@pytest.mark.parametrize(
    ("share", "bad", "missed"),
    [
        (0.8, outcome(80, 0.05), "median latency at 0.8 of capacity, against 0.5"),
        (2.0, outcome(80, 0.3), "goodput at 2 times capacity, against the best"),
        (
            10.0,
            outcome(99, 0.3, refusal_s=0.5),
            "median time of a refusal at 10 times capacity, against an answer at 0.5",
        ),
        (1.0, outcome(99, 0.1, unanswered=1), "requests without an answer"),
    ],
)
def test_a_server_that_bends_under_load_is_found_out(share: float, bad: Outcome, missed: str) -> None:
    good = {
        0.5: outcome(50, 0.01),
        0.8: outcome(80, 0.012),
        1.0: outcome(100, 0.1),
        2.0: outcome(98, 0.3),
        10.0: outcome(97, 0.3),
    }
    assert all(one.held for one in _rows({key: [value] for key, value in good.items()}))
    rows = list(_rows({key: [bad if key == share else value] for key, value in good.items()}))
    assert [one.name for one in rows if not one.held] == [missed]
