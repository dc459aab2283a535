"""Ready-made bounds for calls, by the name of a tier.

They are bounds for this server, not promises of another: what a provider allows differs by model and changes. See
docs/language-models.md for where the figures come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dragoman_engines.language.budget import Limits

Tier = Literal["1", "2", "3", "4"]


@dataclass(frozen=True, kw_only=True)
class TierBounds:
    """The bounds of a tier."""

    concurrency: int
    """Calls at a time."""
    limits: Limits


TIERS: Mapping[Tier, TierBounds] = {
    "1": TierBounds(concurrency=4, limits=Limits(requests_per_minute=500, tokens_per_minute=200_000)),
    "2": TierBounds(concurrency=10, limits=Limits(requests_per_minute=5_000, tokens_per_minute=2_000_000)),
    "3": TierBounds(concurrency=10, limits=Limits(requests_per_minute=5_000, tokens_per_minute=4_000_000)),
    "4": TierBounds(concurrency=20, limits=Limits(requests_per_minute=10_000, tokens_per_minute=10_000_000)),
}
