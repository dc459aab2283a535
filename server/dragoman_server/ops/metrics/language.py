"""Language models of other servers: calls, tokens, money, and how they stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from dragoman_engines.language.remote import RemoteModel
from dragoman_engines.language.usage import Used, day_of
from dragoman_server.ops.metrics.families import counter, gauge
from dragoman_server.ops.stats_sources import StatsSources

_Figure = Callable[[RemoteModel], float]
_FIGURES: tuple[tuple[Callable[..., Metric], str, str, _Figure], ...] = (
    (gauge, "active_calls", "Calls on their way", lambda remote: remote.gate.active),
    (gauge, "queued_calls", "Calls that wait for their turn", lambda remote: remote.gate.waiting),
    (gauge, "rate_share", "The share of the budgets that is used at present", lambda remote: remote.gate.rate.share),
    (
        gauge,
        "circuit_closed",
        "1 where calls are made, 0 while the server is left alone",
        lambda remote: remote.gate.breaker.state(time.monotonic()) == "closed",
    ),
    (counter, "limited_total", "Calls that the server refused as too many", lambda remote: remote.limited),
)
_USED: tuple[tuple[str, str, Callable[[Used], float]], ...] = (
    ("calls_total", "Calls that were made, repeats among them", lambda used: used.requests),
    ("retries_total", "Calls that were made again", lambda used: used.retries),
    ("prompt_tokens_total", "Tokens that were sent", lambda used: used.prompt_tokens),
    ("completion_tokens_total", "Tokens of the answers", lambda used: used.completion_tokens),
    ("cost_total", "Money, by the prices of the configuration", lambda used: used.cost),
)


def families(sources: StatsSources) -> Iterator[Metric]:
    """Yield the figures of each model, and what the busiest peers have used of it today."""
    services = sources.services
    remotes = {remote.settings.name: remote for remote in services.remotes.values()}
    for make, name, meaning, figure in _FIGURES:
        rows = [((model,), float(figure(remote))) for model, remote in remotes.items()]
        yield make(f"dragoman_language_{name}", meaning, ("model",), rows)
    for name, meaning, part in _USED:
        rows = [((model,), part(remote.ledger.totals.get(model, Used()))) for model, remote in remotes.items()]
        yield counter(f"dragoman_language_{name}", meaning, ("model",), rows)
    today = day_of(services.clock.unix())
    by_peer = [
        ((model, peer), used)
        for model, remote in remotes.items()
        for peer, used in remote.ledger.peers(today, model).items()
    ]
    for name, meaning, size in (
        ("peer_tokens_today", "Tokens of the peers that used the most today (UTC)", _tokens),
        ("peer_cost_today", "What these peers cost today (UTC)", _cost),
    ):
        yield gauge(
            f"dragoman_language_{name}", meaning, ("model", "peer"), [(labels, size(used)) for labels, used in by_peer]
        )


def _tokens(used: Used) -> float:
    return used.prompt_tokens + used.completion_tokens


def _cost(used: Used) -> float:
    return used.cost
