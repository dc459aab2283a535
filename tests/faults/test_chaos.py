"""A few rounds of each chaos case; `scripts/chaos` runs many."""

from __future__ import annotations

import pytest

from scripts.chaos_runs.arena import Options, Outcome
from scripts.chaos_runs.cases import run_case
from scripts.chaos_runs.victim import has_journal

SEED = 20


@pytest.fixture(scope="module")
def journal() -> str | None:
    """The journal's mode that the cases run with."""
    return "process" if has_journal() else None


def run(case: str, rounds: int, journal: str | None) -> Outcome:
    outcome = run_case(case, Options(rounds=rounds, seed=SEED, journal=journal))
    assert outcome.problems == []
    assert outcome.counts.tasks == outcome.counts.finished > 0
    return outcome


def test_killed_servers_lose_nothing_that_was_accepted(journal: str | None) -> None:
    if journal is None:
        pytest.skip("this server has no journal: nothing outlives a kill")
    run("server", 4, journal)


def test_killed_engines_lose_nothing(journal: str | None) -> None:
    run("children", 8, journal)


def test_stopped_servers_exit_cleanly_and_lose_nothing(journal: str | None) -> None:
    run("sigterm", 3, journal)


def test_subscribers_that_were_cut_off_or_stopped_have_everything_in_the_end(journal: str | None) -> None:
    run("subscriber", 2, journal)
