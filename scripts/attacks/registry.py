"""The table of attacks. A module of this folder is an area; each of its attacks is a function with `@attack`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scripts.attacks.arena import Arena


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack.

    Args:
        name: how it is called in the table and on the command line.
        area: the module that it is in.
        run: attacks while `arena.going()`; returns in a few words what was sent.
        settings: of the server, by `section.key`, beside echo engines.
        short: whether it is run by the tests as well, with fewer seconds.
        worst_ms: the goal for the slowest ping of the innocent peer.
    """

    name: str
    area: str
    run: Callable[[Arena], str]
    settings: Mapping[str, object] = field(default_factory=dict)
    short: bool = False
    worst_ms: float = 250.0


ATTACKS: dict[str, Attack] = {}


def attack(
    settings: Mapping[str, object] | None = None, *, short: bool = False, worst_ms: float = 250.0
) -> Callable[[Callable[[Arena], str]], Callable[[Arena], str]]:
    """Enter a function into the table under its own name; see `Attack`."""

    def enter(run: Callable[[Arena], str]) -> Callable[[Arena], str]:
        name, area = run.__name__, run.__module__.rpartition(".")[2]
        if name in ATTACKS:
            raise ValueError(f"two attacks are called {name}")
        ATTACKS[name] = Attack(name=name, area=area, run=run, settings=settings or {}, short=short, worst_ms=worst_ms)
        return run

    return enter
