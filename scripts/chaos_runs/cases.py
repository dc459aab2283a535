"""The cases: what is killed, stopped or cut off, and when."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable

from scripts.chaos_runs.arena import Arena, Options, Outcome, arena
from scripts.chaos_runs.listening import stop_listeners
from scripts.chaos_runs.victim import STOP_GRACE_S

_KILL_AGAIN = 0.2
"""How often the next life is killed while it is still starting."""
_BACK_S = 60.0
_DRAIN_S = 10.0
"""Enough for all that the peers have in flight."""
_SHORT_DRAIN_S = 0.05
"""Not enough: the journal has to keep the rest."""


def kill_the_server(options: Options) -> Outcome:
    """SIGKILL at a random moment, at times again while it starts; the next life has the same state and ports."""
    outcome = Outcome(case="server", rounds=options.rounds)
    killed_at_start = 0
    with arena(options) as field:
        for _ in range(options.rounds):
            # A request that was at work at three ends of a server becomes a dead letter; these do not.
            field.wait_until_recovered()
            field.wait(0.0, 0.6)
            field.victim.kill()
            field.down()
            if field.rng.random() < _KILL_AGAIN:
                field.victim.launch()
                field.wait(0.1, 1.5)
                field.victim.kill()
                killed_at_start += 1
            field.victim.start()
            field.up()
        field.settle(outcome)
    outcome.notes = f"{killed_at_start} killed again while starting"
    return outcome


def kill_engines(options: Options) -> Outcome:
    """SIGKILL for one engine process after the other, each time once all are ready and work again."""
    outcome = Outcome(case="children", rounds=options.rounds)
    killed = 0
    with arena(options) as field:
        for _ in range(options.rounds):
            # A unit whose process dies three times is given up; so much time lets the one that was hit be done.
            field.wait(0.05, 0.2)
            pid = field.rng.choice(field.victim.children())
            os.kill(pid, signal.SIGKILL)
            killed += 1
            if not field.victim.wait_for_engines(_BACK_S, gone=pid):
                outcome.problems.append(f"an engine was not replaced within {_BACK_S:g} s")
                break
        restarts = sum(engine["restarts"] for engine in field.victim.stats()["engines"].values())
        field.settle(outcome)
        _check_nothing_is_left(field, outcome)
    outcome.notes = f"{killed} killed, {restarts} restarts"
    return outcome


def stop_the_server(options: Options) -> Outcome:
    """SIGTERM at a random moment: exit 0 in time; what was accepted and not finished is finished by the next life."""
    outcome = Outcome(case="sigterm", rounds=options.rounds)
    drain_s = _DRAIN_S if options.journal == "off" else _SHORT_DRAIN_S
    stops_s = []
    with arena(options, {"server.drain_s": drain_s}) as field:
        for number in range(options.rounds):
            field.wait(0.05, 0.6)
            status, took_s = field.victim.terminate(drain_s + STOP_GRACE_S)
            field.down()
            stops_s.append(took_s)
            if status != 0:
                outcome.problems.append(f"stop {number}: exit status {status} after {took_s:.1f} s")
            field.victim.start()
            field.up()
        field.settle(outcome)
    outcome.notes = f"drain_s {drain_s:g}: stops took {statistics.median(stops_s):.2f} s, at most {max(stops_s):.2f} s"
    return outcome


def cut_off_subscribers(options: Options) -> Outcome:
    """Close a subscriber's socket for a while, and stop another subscriber's process meanwhile."""
    outcome = Outcome(case="subscriber", rounds=options.rounds)
    with arena(options) as field:
        deaf, *_ = field.peers
        for _ in range(options.rounds):
            field.wait(0.05, 0.3)
            deaf.go_deaf()
            field.wait(0.2, 1.0)
            deaf.hear_again()
        field.settle(outcome)
    problems, outcome.notes = stop_listeners(options.rounds, options.seed)
    outcome.problems += problems
    return outcome


def _check_nothing_is_left(field: Arena, outcome: Outcome) -> None:
    stats = field.victim.stats()
    left = {
        "tasks": stats["active_tasks"]["total_active"],
        "bytes": stats["in_flight"]["bytes"],
        **{f"units of {kind}": engine["queued"] + engine["busy"] for kind, engine in stats["engines"].items()},
    }
    outcome.problems += [f"left in the server: {count} {what}" for what, count in left.items() if count]


CASES: dict[str, tuple[Callable[[Options], Outcome], int]] = {
    "server": (kill_the_server, 100),
    "children": (kill_engines, 200),
    "sigterm": (stop_the_server, 50),
    "subscriber": (cut_off_subscribers, 10),
}
"""By name: the case and its usual rounds."""


def run_case(name: str, options: Options) -> Outcome:
    """Run one case and time it."""
    begin_s = time.monotonic()
    outcome = CASES[name][0](options)
    outcome.took_s = time.monotonic() - begin_s
    return outcome
