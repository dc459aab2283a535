"""A short form of the attacks of `scripts/attack`: the server lives, answers, and has let go of what it was sent.

How long the pings of an innocent peer took is measured by the script; here, on any machine, they have to be answered.
"""

from __future__ import annotations

import pytest

from scripts.attacks import areas
from scripts.attacks.registry import ATTACKS
from scripts.attacks.run import run_attack

SECONDS = 1.0
SETTLE_S = 0.5
MOST_MIB = 1000.0
"""More than the server may take of what it is sent, by its limits, and much less than what is sent."""


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.short])
def test_a_hostile_peer_harms_neither_the_server_nor_its_peers(name: str) -> None:
    outcome = run_attack(ATTACKS[name], SECONDS, seed=3, settle_s=SETTLE_S)
    assert outcome.alive
    assert outcome.pings.count + outcome.afterwards.count > 0
    assert outcome.afterwards.count > 0
    assert outcome.peak.server_mib < outcome.before.server_mib + MOST_MIB


def test_every_area_has_attacks() -> None:
    assert {attack.area for attack in ATTACKS.values()} == set(areas.NAMES)
