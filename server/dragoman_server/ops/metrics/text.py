"""Prometheus' text format, written faster than prometheus_client does: names and labels are put together once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(families: Iterable[Metric]) -> bytes:
    """Render the page."""
    return "".join(_lines(families)).encode()


def _lines(families: Iterable[Metric]) -> Iterator[str]:
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield f"# HELP {name} {_escaped(family.documentation)}\n# TYPE {name} {family.type}\n"
        for sample in family.samples:
            yield f"{_series(sample.name, tuple(sample.labels.items()))} {_figure(sample.value)}\n"


@functools.lru_cache(maxsize=4096)
def _series(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return name
    pairs = ",".join(f'{label}="{_quoted(value)}"' for label, value in labels)
    return f"{name}{{{pairs}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")


def _figure(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
