"""A few rounds of each chaos case; `scripts/chaos` runs many."""

from __future__ import annotations

from scripts.chaos_runs.arena import Options, Outcome
from scripts.chaos_runs.cases import run_case

SEED = 20


def run(case: str, rounds: int) -> Outcome:
    outcome = run_case(case, Options(rounds=rounds, seed=SEED, journal="process"))
    assert outcome.problems == []
    assert outcome.counts.tasks == outcome.counts.finished > 0
    return outcome


def test_killed_servers_lose_nothing_that_was_accepted() -> None:
    run("server", 2)


def test_killed_engines_lose_nothing() -> None:
    run("children", 4)


def test_stopped_servers_exit_cleanly_and_lose_nothing() -> None:
    run("sigterm", 2)


def test_subscribers_that_were_cut_off_or_stopped_have_everything_in_the_end() -> None:
    run("subscriber", 1)
