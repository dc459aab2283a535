from __future__ import annotations

import pytest

from dragoman_engines.language.usage import (
    OTHERS,
    Prices,
    Purse,
    UsageLedger,
    Used,
    day_of,
    until_tomorrow_s,
)

DAY, NOW_S = "2026-07-27", 1_785_150_000.0


def used(tokens: int, cost: float = 0.0) -> Used:
    return Used(requests=1, prompt_tokens=tokens, completion_tokens=1, cost=cost)


def test_a_price_is_for_a_million_tokens() -> None:
    assert Prices(input=0.5, output=2.0).cost(1_000_000, 500_000) == 1.5


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert day_of(NOW_S) == DAY
    assert day_of(NOW_S + until_tomorrow_s(NOW_S)) == "2026-07-28"
    assert 0 < until_tomorrow_s(NOW_S) <= 86_400


def test_use_is_added_up_by_model_peer_and_day() -> None:
    ledger = UsageLedger()
    ledger.add(DAY, "a", "anna", used(10, 0.1))
    ledger.add(DAY, "a", "ben", used(20, 0.2))
    ledger.add(DAY, "b", "anna", used(40))
    ledger.add("2026-07-26", "a", "anna", used(80))

    assert ledger.on(DAY, "a").prompt_tokens == 30
    assert ledger.on(DAY, "a").cost == pytest.approx(0.3)
    assert list(ledger.peers(DAY, "a")) == ["ben", "anna"]
    assert list(ledger.days("a")) == [DAY, "2026-07-26"]
    assert ledger.totals["a"].prompt_tokens == 110


def test_use_survives_in_rows() -> None:
    ledger = UsageLedger()
    ledger.add(DAY, "a", "anna", used(10, 0.1))
    again = UsageLedger(ledger.rows())

    assert again.on(DAY, "a") == ledger.on(DAY, "a")
    assert again.totals == {}, "counters of a process begin anew"


def test_peers_and_days_are_bounded() -> None:
    ledger = UsageLedger()
    for number in range(600):
        ledger.add(DAY, "a", f"peer-{number}", used(1))
    for number in range(10, 60):
        ledger.add(f"2027-01-{number}", "a", "anna", used(1))

    assert len(ledger.rows()) <= 600
    assert len(ledger.days("a")) <= 32


def test_peers_past_the_limit_are_counted_together() -> None:
    ledger = UsageLedger()
    for number in range(600):
        ledger.add(DAY, "a", f"peer-{number}", used(1))

    assert ledger.peers(DAY, "a")[OTHERS].requests == 100
    assert ledger.on(DAY, "a").requests == 600


def test_the_money_of_a_day_is_reserved_before_it_is_spent() -> None:
    ledger = UsageLedger()
    purse = Purse(ledger, "a", 1.0)
    ledger.add(DAY, "a", "anna", used(1, 0.5))
    purse.reserved = 0.25

    assert purse.has(0.25, DAY)
    assert not purse.has(0.26, DAY)
    assert purse.has(0.5, "2026-07-28"), "the next day has money of its own"
    assert Purse(ledger, "a", 0.0).has(1e9, DAY)
