"""The figures of the language models of other servers, for /stats. No key and no text is among them."""

from __future__ import annotations

import time
from typing import Any

from dragoman_engines.language.remote import RemoteModel
from dragoman_engines.language.usage import as_document, day_of


def remote_document(remote: RemoteModel, unix_s: float) -> dict[str, Any]:
    """Return how one model stands at a moment."""
    gate, settings, now_s = remote.gate, remote.settings, time.monotonic()
    bounds, limits, used = settings.bounds, settings.bounds.limits, gate.budget.used(now_s)
    day = day_of(unix_s)
    return {
        "model": settings.name,
        "address": settings.address,
        "circuit": gate.breaker.state(now_s),
        "circuit_opened": gate.breaker.opened,
        "active": gate.active,
        "queued": gate.waiting,
        "concurrency": bounds.concurrency,
        "share": round(gate.rate.share, 3),
        "limited": remote.limited,
        "usage_doubted": remote.doubted,
        "retries_left": round(remote.retry_budget.left, 1),
        "units": remote.units_done,
        "limits": {name: {"used": used[name], "limit": getattr(limits, name)} for name in used},
        "budget_per_day": settings.budget_per_day,
        "today": as_document(remote.ledger.on(day, settings.name)),
        "days": {each: as_document(one) for each, one in remote.ledger.days(settings.name).items()},
        "peers_today": {peer: as_document(one) for peer, one in remote.ledger.peers(day, settings.name).items()},
    }
