"""The benchmarks' own peer against a running server: what it says of the server must be true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.benchmarks.comparison import FOLDER, read, run
from scripts.benchmarks.translating import Translations
from scripts.embedded_server import embedded_server
from tests.harness import ECHO_ENGINES

ECHO: dict[str, Any] = {name.replace("__", "."): value for name, value in ECHO_ENGINES.items()}
SLOW = {
    **ECHO,
    "engines.translation.delay_ms": 20.0,
    "lanes.translation.concurrency": 2,
    "lanes.translation.queue": 2,
}


def test_every_request_of_an_open_loop_is_completed_or_refused() -> None:
    with embedded_server(SLOW) as server, Translations(server) as peer:
        outcome = peer.open(rate=400.0, seconds=1.0)
    assert outcome.sent == 400
    assert outcome.unanswered == 0
    assert len(outcome.completed_s) + len(outcome.refused_s) == 400
    assert len(outcome.completed_s) >= 4  # what had a place was done
    assert outcome.refused_s  # fifty a second are done at most
    assert outcome.goodput <= 60


def test_a_closed_loop_asks_for_as_many_as_it_was_told() -> None:
    with embedded_server(ECHO) as server, Translations(server, known=3) as peer:
        assert peer.closed(8, count=50) > 0
        assert peer.closed(8, count=7) > 0


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the peers to compare with are not here: shared/bench/peers")
def test_the_server_is_a_peer_of_the_comparison_in_every_variant(tmp_path: Path) -> None:
    from scripts.benchmarks.path import LARGE, MANY, OURS  # noqa: PLC0415 - needs the peers' folder

    out = tmp_path / "points.jsonl"
    run(
        "run.py",
        [str(OURS), "--points", MANY, LARGE, "--seconds", "0.2", "--warm", "0.1", "--logs", str(tmp_path),
         "--repetitions", "1"],
        out,
    )  # fmt: skip
    points = read(out)
    assert points.failures() == [], (tmp_path / "runner.log").read_text(encoding="utf-8")
    for variant in ("cached", "echo", "routed", "carried"):
        for point in (MANY, LARGE):
            assert points.of(f"dragoman/{variant}", point, "count")[1] > 0
            assert points.of(f"dragoman/{variant}", point, "errors") == {1: 0.0}
