"""Families of samples, made of plain figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from dragoman_engines.pool.histogram import Histogram

Row = tuple[Sequence[str], float]
"""The values of the labels, and the figure."""


def counter(name: str, meaning: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    """Build a metric that only grows; `name` ends with `_total`."""
    family = CounterMetricFamily(name, meaning, labels=labels)
    for values, figure in rows:
        family.add_metric(values, figure)
    return family


def gauge(name: str, meaning: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    """Build a metric that is so now."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, figure in rows:
        family.add_metric(values, figure)
    return family


def single(name: str, meaning: str, figure: float) -> Metric:
    """Build a gauge without labels."""
    return gauge(name, meaning, (), [((), figure)])


def total(name: str, meaning: str, figure: float) -> Metric:
    """Build a counter without labels."""
    return counter(name, meaning, (), [((), figure)])


def histogram(name: str, meaning: str, label: str, rows: Mapping[str, Histogram]) -> Metric:
    """Build a histogram; without a label where that is empty."""
    family = HistogramMetricFamily(name, meaning, labels=(label,) if label else ())
    for value, one in rows.items():
        bounds = [*map(str, one.bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(one.counts), strict=True))
        family.add_metric((value,) if label else (), buckets, one.sum)
    return family
