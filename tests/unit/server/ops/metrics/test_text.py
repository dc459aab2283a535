from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from dragoman_engines.pool.histogram import Histogram
from dragoman_server.ops.metrics.families import counter, gauge, histogram, single
from dragoman_server.ops.metrics.text import render


def test_what_is_rendered_is_read_back_as_it_was() -> None:
    times = Histogram((0.5, 1.0))
    for value in (0.1, 0.7, 0.7, 9.0):
        times.add(value)
    families = [
        counter("things_total", "Things, with a \\ and\na line break", ("kind",), [(("a",), 3), (("b",), 2.5)]),
        gauge("odd", "Labels that need care", ("kind",), [(('quote " back \\ break \n',), -1)]),
        histogram("times_seconds", "Times", "lane", {"fast": times}),
        single("truth", "A flag", figure=True),
    ]
    read = {family.name: family for family in text_string_to_metric_families(render(families).decode())}

    assert {name: (one.type, one.documentation) for name, one in read.items()} == {
        one.name: (one.type, one.documentation) for one in families
    }
    samples = {(one.name, *one.labels.values()): one.value for family in read.values() for one in family.samples}
    assert samples == {
        ("things_total", "a"): 3,
        ("things_total", "b"): 2.5,
        ("odd", 'quote " back \\ break \n'): -1,
        ("times_seconds_bucket", "fast", "0.5"): 1,
        ("times_seconds_bucket", "fast", "1.0"): 3,
        ("times_seconds_bucket", "fast", "+Inf"): 4,
        ("times_seconds_count", "fast"): 4,
        ("times_seconds_sum", "fast"): 10.5,
        ("truth",): 1,
    }
