"""What the calls have taken and cost: by model, peer and day (in UTC), and what a day may cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

OTHERS = "(others)"
"""The peers past the limit of how many are told apart."""
_MOST_DAYS = 32
_MOST_PEERS = 500
_MILLION = 1e6


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """Money for a million tokens, in any currency."""

    input: float = 0.0
    output: float = 0.0

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Return what a call costs."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / _MILLION


class Used(msgspec.Struct, kw_only=True):
    """What was used."""

    requests: int = 0
    """Calls, repeats among them."""
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0

    def add(self, other: Used) -> None:
        """Add up."""
        self.requests += other.requests
        self.retries += other.retries
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.cost += other.cost


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one peer used of one model on one day, as it is kept in a file."""

    day: str
    """ISO 8601, in UTC."""
    model: str
    peer: str
    used: Used


def day_of(unix_s: float) -> str:
    """Return the day of a Unix time, in UTC."""
    return datetime.fromtimestamp(unix_s, UTC).date().isoformat()


def until_tomorrow_s(unix_s: float) -> float:
    """Return the seconds until the day ends, in UTC."""
    now = datetime.fromtimestamp(unix_s, UTC)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()


class UsageLedger:
    """Adds up. Days and peers are bounded: the oldest days are forgotten, and late peers are counted together."""

    def __init__(self, rows: Iterable[UsageRow] = ()) -> None:
        self._days: dict[str, dict[tuple[str, str], Used]] = {}
        self.totals: dict[str, Used] = {}
        """By model, since the server started."""
        for row in rows:
            self._of(row.day, row.model, row.peer).add(row.used)

    def add(self, day: str, model: str, peer: str, used: Used) -> None:
        """Note what a call has used."""
        self._of(day, model, peer).add(used)
        self.totals.setdefault(model, Used()).add(used)

    def on(self, day: str, model: str) -> Used:
        """Return what all peers used of a model on a day."""
        total = Used()
        for (name, _), used in self._days.get(day, {}).items():
            if name == model:
                total.add(used)
        return total

    def peers(self, day: str, model: str, most: int = 20) -> dict[str, Used]:
        """Return what each peer used of a model on a day: those that used the most tokens."""
        found = {peer: used for (name, peer), used in self._days.get(day, {}).items() if name == model}
        by_size = sorted(found.items(), key=lambda one: -(one[1].prompt_tokens + one[1].completion_tokens))
        return dict(by_size[:most])

    def days(self, model: str) -> dict[str, Used]:
        """Return what was used of a model on each day that is known, the latest first."""
        totals = {day: self.on(day, model) for day in sorted(self._days, reverse=True)}
        return {day: used for day, used in totals.items() if used.requests}

    def rows(self) -> list[UsageRow]:
        """Return everything, for a file."""
        return [
            UsageRow(day=day, model=model, peer=peer, used=used)
            for day, table in self._days.items()
            for (model, peer), used in table.items()
        ]

    def _of(self, day: str, model: str, peer: str) -> Used:
        table = self._days.setdefault(day, {})
        while len(self._days) > _MOST_DAYS:
            del self._days[min(self._days)]
        if (model, peer) not in table and sum(name == model for name, _ in table) >= _MOST_PEERS:
            peer = OTHERS
        return table.setdefault((model, peer), Used())


class Purse:
    """What a model may cost in a day: reserved before each call, so that calls at a time do not pass it together.

    Args:
        ledger: knows what was spent.
        model: whose.
        per_day: money; 0: any.
    """

    def __init__(self, ledger: UsageLedger, model: str, per_day: float) -> None:
        self.per_day = per_day
        self.reserved = 0.0
        self._ledger = ledger
        self._model = model

    def left(self, day: str) -> float:
        """Return what is left of the day's money."""
        return self.per_day - self._ledger.on(day, self._model).cost - self.reserved

    def has(self, cost: float, day: str) -> bool:
        """Tell whether a call may cost so much."""
        return not self.per_day or cost <= self.left(day)


def as_document(used: Used) -> Mapping[str, Any]:
    """Return the figures for /stats."""
    return {**msgspec.structs.asdict(used), "cost": round(used.cost, 6)}
