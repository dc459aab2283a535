"""What a run comes to, as one JSON document. Pure."""

from __future__ import annotations

from typing import Any

from dragoman_client.load.generator import LoadRun
from dragoman_client.load.histogram import Histogram
from dragoman_client.load.tally import Figures

PERCENTILES = (50, 90, 95, 99)
STAGES = {"accepted": "to_accepted", "firstResult": "to_first", "finished": "to_finished"}
"""The names of the times in a document, and of their histograms in `Figures`."""
_DIGITS = 3


def report_of(run: LoadRun) -> dict[str, Any]:
    """Build the document, also of a run that was interrupted or is not over."""
    plan, tally = run.plan, run.tally
    loop: dict[str, Any] = {"loop": "closed", "concurrency": plan.concurrency}
    if plan.rate is not None:
        loop = {
            "loop": "open",
            "rate": plan.rate,
            "arrivals": plan.arrivals.value,
            "outstanding": plan.outstanding,
        }
    together = tally.together()
    until_s = tally.last_answer_s or run.begin_s
    return {
        "plan": {
            **loop,
            "durationS": plan.duration_s,
            "number": plan.number,
            "timeoutS": plan.timeout_s,
            "mix": {kind.value: weight for kind, weight in plan.weights.items()},
            "peers": plan.peers,
            "seed": plan.seed,
        },
        "interrupted": run.interrupted,
        "sendingS": round(run.sending_s, _DIGITS),
        "answeringS": round(until_s - run.begin_s, _DIGITS),
        "sentPerS": _rate(together.sent, run.sending_s),
        "finishedPerS": _rate(together.finished.total(), until_s - run.begin_s),
        "open": len(tally.open),
        "notSent": run.not_sent,
        "repeated": tally.repeated,
        "sentLateMs": _times(tally.late, bars=False) if plan.rate is not None else None,
        "kinds": {kind.value: _figures(figures) for kind, figures in sorted(tally.figures.items())},
        "all": _figures(together),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "sent": figures.sent,
        "accepted": figures.accepted,
        "finished": dict(figures.finished),
        "refused": dict(figures.refused),
        "failed": dict(figures.failed),
        "lost": figures.lost,
        "incomplete": figures.incomplete,
        "unanswered": figures.unanswered,
        "latencyMs": {
            stage: _times(histogram) for stage, name in STAGES.items() if (histogram := getattr(figures, name)).count
        },
    }


def _times(histogram: Histogram, *, bars: bool = True) -> dict[str, Any]:
    times: dict[str, Any] = {"count": histogram.count, "mean": _rounded(histogram.mean_ms)}
    times |= {f"p{percent}": _rounded(histogram.percentile(percent)) for percent in PERCENTILES}
    times["max"] = _rounded(histogram.max_ms)
    if bars:
        times["histogram"] = [{"from": low, "to": high, "count": count} for low, high, count in histogram.bars()]
    return times


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, _DIGITS) if seconds > 0 else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
