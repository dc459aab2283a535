"""A server that is killed and two peers that keep it busy, and what came of it as a row of the table."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.chaos_runs.ledger import Counts
from scripts.chaos_runs.peer import LoadPeer
from scripts.chaos_runs.victim import Victim

_SETTLE_S = 120.0
"""For what is open at the end; far more than the work takes."""
_RECOVER_S = 60.0
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Options:
    """What every case is given."""

    rounds: int
    seed: int
    journal: str
    """The journal's mode."""


@dataclass(kw_only=True)
class Outcome:
    """One row."""

    case: str
    rounds: int
    counts: Counts = field(default_factory=lambda: Counts(tasks=0, accepted=0, finished=0, asked=0, resent=0))
    notes: str = ""
    problems: list[str] = field(default_factory=list)
    took_s: float = 0.0


class Arena:
    """One victim and its peers."""

    def __init__(self, victim: Victim, peers: list[LoadPeer], rng: random.Random) -> None:
        self.victim = victim
        self.peers = peers
        self.rng = rng

    def wait(self, least_s: float, most_s: float) -> None:
        """Let a random time pass under load."""
        time.sleep(self.rng.uniform(least_s, most_s))

    def down(self) -> None:
        """Tell the peers that the server is gone."""
        for peer in self.peers:
            peer.server_is_down()

    def up(self) -> None:
        """Tell the peers that a server is there."""
        for peer in self.peers:
            peer.server_is_up()

    def wait_until_recovered(self) -> None:
        """Until what the last end of a server interrupted is complete; what never is, is found in the end."""
        deadline_s = time.monotonic() + _RECOVER_S
        while not all(peer.recovered for peer in self.peers) and time.monotonic() < deadline_s:
            time.sleep(0.01)

    def settle(self, outcome: Outcome) -> None:
        """Wait for the end of everything that was sent, and add the peers' ledgers to the outcome."""
        for peer in self.peers:
            peer.finish(_SETTLE_S)
            outcome.counts += peer.ledger.counts()
            outcome.problems += peer.ledger.problems()


@contextmanager
def arena(options: Options, settings: Mapping[str, object] | None = None) -> Iterator[Arena]:
    """Provide a running server under load from two peers."""
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="dragoman-chaos-", ignore_cleanup_errors=True) as folder:
        victim = Victim(Path(folder), {"journal.mode": options.journal, **(settings or {})})
        with victim:
            peers = [LoadPeer(name, victim.endpoints, rng.randrange(1 << 30)) for name in ("one", "two")]
            made = Arena(victim, peers, rng)
            made.up()
            for peer in peers:
                peer.start()
            try:
                yield made
            finally:
                for peer in peers:
                    peer.end()


def print_outcomes(outcomes: list[Outcome]) -> None:
    """Print one line for each case, then the first problems."""
    table = Table()
    for heading in ("case", "rounds", "tasks", "accepted", "finished", "asked", "resent", "problems", "s", "notes"):
        table.add_column(heading, justify="left" if heading in ("case", "notes") else "right")
    for one in outcomes:
        counts = one.counts
        figures = (one.rounds, counts.tasks, counts.accepted, counts.finished, counts.asked, counts.resent)
        table.add_row(one.case, *map(str, figures), str(len(one.problems)), f"{one.took_s:.0f}", one.notes)
    console = Console(width=140)
    console.print(table)
    for one in outcomes:
        for problem in one.problems[:_SHOWN]:
            console.print(f"{one.case}: {problem}", markup=False, highlight=False)
