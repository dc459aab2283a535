"""What the soak makes of its figures: it must be able to fail."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from scripts.soak_runs.samples import Sample, grown, growth, left_over

IDLE = Sample(at_s=0, server_mib=70, engines_mib=80, files=30, threads=8, children=4, active=0, kept=10, done=5)


def stats(**active: int) -> dict[str, Any]:
    lane = {"active": active.get("lane", 0), "queued": 0}
    engine = {"queued": active.get("units", 0), "busy": 0, "restarts": active.get("restarts", 0)}
    return {
        "active_tasks": {"total_active": active.get("tasks", 0), "types_breakdown": {}},
        "in_flight": {"bytes": active.get("bytes", 0)},
        "lanes": {"voice": lane},
        "engines": {"speech": engine},
    }


def test_growth_is_that_of_the_second_half() -> None:
    assert growth([10, 50, 90, 100, 100, 100, 100, 100]) == 0
    assert growth([1, 1, 1, 1, 100, 100, 110, 110]) == pytest.approx(0.1)
    assert growth([100]) == 0


def test_memory_that_grows_is_said_and_by_whom() -> None:
    steady = [IDLE] * 8
    growing = [dataclasses.replace(IDLE, server_mib=70 + number) for number in range(8)]
    assert grown(steady) == []
    assert grown(growing) == ["the memory of the server grew by 2.7% in the second half"]


def test_an_idle_server_as_before_has_nothing_left_over(tmp_path: Path) -> None:
    fewer = dataclasses.replace(IDLE, files=29)
    assert left_over(IDLE, fewer, stats(), tmp_path) == []


@pytest.mark.parametrize(
    ("active", "said"),
    [
        ({"tasks": 1}, "1 tasks in flight"),
        ({"bytes": 7}, "7 bytes in flight"),
        ({"lane": 2}, "2 requests in the voice lane"),
        ({"units": 3}, "3 units of speech"),
        ({"restarts": 1}, "1 restarts of speech"),
    ],
)
def test_what_is_left_in_the_statistics_is_said(active: dict[str, int], said: str, tmp_path: Path) -> None:
    assert left_over(IDLE, IDLE, stats(**active), tmp_path) == [said]


def test_files_threads_children_and_spools_that_stay_are_said(tmp_path: Path) -> None:
    (tmp_path / "3.pcm").touch()
    after = dataclasses.replace(IDLE, files=31, threads=9, children=5)
    assert left_over(IDLE, after, stats(), tmp_path) == [
        "files: 30 before, 31 after",
        "threads: 8 before, 9 after",
        "children: 4 before, 5 after",
        "the spool still has 3.pcm",
    ]
