"""A short form of the attacks of `scripts/attack`: the server lives, answers, and has let go of what it was sent.

How long the pings of an innocent peer took is measured by the script; here, on any machine, they have to be answered.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.attacks import areas
from scripts.attacks.pinger import Pinger
from scripts.attacks.registry import ATTACKS
from scripts.attacks.run import Pace, Target, run_attack, target
from tests.harness import wait_until

PACE = Pace(attack_s=0.3, calm_s=0.2, settle_s=0.2)
MOST_MIB = 1000.0
"""More than the server may take of what it is sent, by its limits, and much less than what is sent."""
SHORT = {name: attack for name, attack in ATTACKS.items() if attack.short}
TOGETHER = [name for name, attack in SHORT.items() if not attack.settings and attack.area != "state"]
"""A server has to outlive more than one attack. What harms its engines or its state would be seen by the next."""


@pytest.fixture(scope="module")
def attacked() -> Iterator[Target]:
    with target({}) as server:
        yield server


@pytest.mark.parametrize("name", TOGETHER)
def test_a_hostile_peer_harms_neither_the_server_nor_its_peers(name: str, attacked: Target) -> None:
    assert_unharmed(name, attacked)


@pytest.mark.parametrize("name", [name for name in SHORT if name not in TOGETHER])
def test_a_server_outlives_what_needs_one_of_its_own(name: str) -> None:
    with target(SHORT[name].settings) as server:
        assert_unharmed(name, server)


def assert_unharmed(name: str, server: Target) -> None:
    outcome = run_attack(SHORT[name], server, PACE, seed=3)
    assert outcome.alive, outcome.harm
    with Pinger(server.endpoints) as innocent:
        wait_until(lambda: innocent.mark().count > 0, "pings are answered")
    assert outcome.peak.server_mib < outcome.before.server_mib + MOST_MIB


def test_every_area_has_attacks() -> None:
    assert {attack.area for attack in ATTACKS.values()} == set(areas.NAMES)
