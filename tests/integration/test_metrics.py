"""GET /metrics after a load that is known, to the number; /stats says the same, and docs/metrics.md describes it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.harness import ECHO_ENGINES, PATIENCE_S, ROOT, Peer, ServerProcess, connected, running_server, wait_until
from tests.integration.test_stats import RECORDING, SPEECH
from tests.processes import child_pid, held, kill, wait_busy

SETTINGS = {"lanes__translation__concurrency": 2, "lanes__translation__queue": 2, "limits__languages": 3}
VOICE = RECORDING[:-1] + b"\1"
"""Another recording of one second."""
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def page(server: ServerProcess) -> str:
    with urlopen(server.endpoints["ops"] + "/metrics", timeout=PATIENCE_S) as answer:  # noqa: S310 - our own address
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return str(answer.read().decode())


def families(server: ServerProcess) -> list[Metric]:
    return list(text_string_to_metric_families(page(server)))


def series(server: ServerProcess) -> Series:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families(server)
        for sample in family.samples
    }


@dataclass
class Load:
    """What was sent, and the figures around it."""

    server: ServerProcess
    before: Series
    during: Series
    after: Series
    stats_before: Mapping[str, Any]
    stats: Mapping[str, Any]

    def grown(self, name: str, **labels: str) -> float:
        """By how much a counter grew."""
        key = (name, frozenset(labels.items()))
        return self.after[key] - self.before[key]

    def all_grown(self, name: str) -> dict[tuple[str, ...], float]:
        """Every series of a counter that grew, by the values of its labels in the order of their names."""
        found = {}
        for key in self.after:
            if key[0] == name and (grown := self.after[key] - self.before.get(key, 0.0)):
                found[tuple(value for _, value in sorted(key[1]))] = grown
        return found


def text(task_id: str, *languages: str, **changes: Any) -> dict[str, Any]:
    return {
        "taskId": task_id,
        "text": f"Hello from {task_id}.",
        "sourceLanguage": "en",
        "targetLanguages": list(languages),
        **changes,
    }


def run_load(server: ServerProcess, peer: Peer, open_peer: Peer, snapshot: Callable[[], Series]) -> Series:
    """Good ones, one known from another, one partial, failed, expired, cancelled; three that wait; and no tasks."""
    for number in range(5):
        peer.run(text(f"good-{number}", "pt"))
    for _ in range(2):
        peer.run(text("good-0", "pt"))
    peer.run(text("good-1", "pt", "fr"))
    peer.run(text("known", "pt", text="Hello from good-0."))
    peer.run(text("partial", "pt", "en", text="__fail__"))
    peer.run(text("failed", "pt", text="__fail__"))
    peer.run({"type": "transcription", "taskId": "speech", **SPEECH}, RECORDING)
    peer.run({"type": "transcription", "taskId": "no speech", **SPEECH}, RECORDING[:44])
    peer.run({"type": "audio", "taskId": "voice", "targetLanguages": ["pt"], **SPEECH}, VOICE)

    open_peer.send_raw(b"no header")
    open_peer.send({"targetLanguages": ["pt"]})
    open_peer.send(text("many", "a", "b", "c", "d"))
    open_peer.send({"type": "nope"})
    open_peer.send({"type": "stats"})
    for _ in range(5):
        open_peer.receive()

    with held(child_pid(server, "translation")):
        peer.run(text("expired", "fr", timeoutMs=50))
        peer.send(text("cancelled", "pt"))
        for name in ("waited-0", "waited-1", "waited-2", "refused-0", "refused-1", "refused-2"):
            peer.send(text(name, "de"))
        kinds = [peer.receive().type for _ in range(10)]
        assert sorted(kinds) == ["accepted"] * 4 + ["task_finished"] * 3 + ["translation_error"] * 3
        wait_busy(server, "translation")
        during = snapshot()
        peer.send({"type": "cancel", "taskId": "cancelled"})
        peer.collect(lambda message: message.type == "task_finished")
    for _ in range(3):
        peer.collect(lambda message: message.type == "task_finished")
    return during


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    with running_server(tmp_path_factory.mktemp("metrics"), **ECHO_ENGINES | SETTINGS) as server:
        server.wait_ready()
        with connected(server, "load") as peer, connected(server) as open_peer:
            before, stats_before = series(server), server.stats()
            during = run_load(server, peer, open_peer, lambda: series(server))
            yield Load(server, before, during, series(server), stats_before, server.stats())


def test_received_requests_are_counted_by_type(load: Load) -> None:
    assert load.all_grown("dragoman_requests_received_total") == {
        ("translation", "translation"): 5 + 2 + 1 + 1 + 2 + 2 + 8,
        ("transcription", "transcription_only"): 2,
        ("voice", "audio_process"): 1,
        ("control", "stats"): 1,
        ("control", "cancel"): 1,
        ("none", "unknown"): 2,
    }
    grown = load.stats["messages"]["received"] - load.stats_before["messages"]["received"]
    assert grown == sum(load.all_grown("dragoman_requests_received_total").values())


def test_accepted_rejected_and_repeated_requests_are_counted(load: Load) -> None:
    assert load.all_grown("dragoman_requests_accepted_total") == {
        ("translation", "translation"): 5 + 1 + 1 + 2 + 5,
        ("transcription", "transcription_only"): 2,
        ("voice", "audio_process"): 1,
    }
    assert load.all_grown("dragoman_requests_repeated_total") == {("translation",): 2}
    assert load.all_grown("dragoman_requests_rejected_total") == {
        ("invalid_request", "none"): 1,
        ("invalid_request", "translation"): 1,
        ("too_large", "translation"): 1,
        ("unknown_type", "none"): 1,
        ("overloaded", "translation"): 3,
    }
    assert load.stats["rejected_by_code"] == {
        "invalid_request": 2,
        "too_large": 1,
        "unknown_type": 1,
        "overloaded": 3,
    }
    assert load.stats["lanes"]["translation"]["rejected"] == 3


def test_ends_are_counted_by_status_and_add_up(load: Load) -> None:
    ends = load.all_grown("dragoman_requests_finished_total")
    assert ends == {
        ("translation", "completed"): 5 + 1 + 1 + 3,
        ("translation", "partial"): 1,
        ("translation", "failed"): 1,
        ("translation", "cancelled"): 1,
        ("translation", "expired"): 1,
        ("transcription", "completed"): 1,
        ("transcription", "failed"): 1,
        ("voice", "completed"): 1,
    }
    assert sum(ends.values()) == sum(load.all_grown("dragoman_requests_accepted_total").values())
    lane = load.stats["lanes"]["translation"]
    assert (lane["completed"], lane["failed"]) == (11, 3)


def test_what_was_said_is_measured_in_characters_and_seconds(load: Load) -> None:
    texts = [f"Hello from {name}." for name in ("cancelled", "expired", "waited-0", "waited-1", "waited-2")]
    texts += 7 * ["Hello from good-0."] + 2 * ["__fail__"]
    characters = sum(map(len, texts))
    assert load.all_grown("dragoman_text_characters_total") == {("translation",): characters}
    assert load.all_grown("dragoman_audio_seconds_total") == {("transcription",): 1.0, ("voice",): 1.0}


def test_what_was_at_work_and_waited_was_shown_then_and_is_gone_now(load: Load) -> None:
    lane = frozenset({("lane", "translation")})
    engine = frozenset({("engine", "translation")})
    assert (load.during["dragoman_lane_active", lane], load.during["dragoman_lane_queued", lane]) == (2, 2)
    assert load.during["dragoman_engine_busy_processes", engine] == 1
    assert load.during["dragoman_in_flight_bytes", frozenset()] > 4 * len("Hello from good-0.")
    assert (load.after["dragoman_lane_active", lane], load.after["dragoman_lane_queued", lane]) == (0, 0)
    assert load.after["dragoman_in_flight_bytes", frozenset()] == 0
    assert (load.after["dragoman_lane_concurrency_limit", lane], load.after["dragoman_lane_queue_limit", lane]) == (
        2,
        2,
    )


@pytest.mark.parametrize(("lane", "count"), [("translation", 14), ("transcription", 2), ("voice", 1)])
@pytest.mark.parametrize("time", ["queue", "compute", "publish"])
def test_every_request_is_in_the_histograms_of_its_lane(load: Load, lane: str, count: int, time: str) -> None:
    name = f"dragoman_request_{time}_seconds"
    assert load.grown(f"{name}_count", lane=lane) == count
    assert load.grown(f"{name}_bucket", lane=lane, le="+Inf") == count
    buckets = [
        value for (key, labels), value in load.after.items() if key == f"{name}_bucket" and ("lane", lane) in labels
    ]
    assert buckets == sorted(buckets)
    assert 0 <= load.grown(f"{name}_sum", lane=lane) < 60 * count
    total_ms = 1000 * load.after[f"{name}_sum", frozenset({("lane", lane)})]
    assert load.stats["lanes"][lane][f"{time}_ms"]["p99"] <= total_ms + 0.001


def test_units_and_calls_are_those_of_the_statistics(load: Load) -> None:
    for kind, pool in load.stats["engines"].items():
        label = frozenset({("engine", kind)})
        assert load.after["dragoman_engine_units_total", label] == pool["units"]
        assert load.after["dragoman_engine_call_seconds_count", label] == pool["calls"]
        assert load.after["dragoman_engine_batch_units_count", label] == pool["calls"]
        assert load.after["dragoman_engine_batch_units_sum", label] == pool["units"]
        assert load.after["dragoman_engine_unit_queue_seconds_count", label] == pool["units"]
        assert load.after["dragoman_engine_units_shared_total", label] == pool["units_shared"]
        assert load.after["dragoman_engine_call_seconds_sum", label] == pytest.approx(pool["compute_s"], abs=0.001)
    assert load.grown("dragoman_engine_units_total", engine="decoder") == 3 + 2
    assert load.grown("dragoman_engine_units_total", engine="transcription") == 2
    assert load.grown("dragoman_engine_units_total", engine="speech") == 1


def test_the_cache_counts_what_it_knew_and_what_it_did_not(load: Load) -> None:
    assert load.all_grown("dragoman_cache_hits_total") == {("text", "memory"): 1}
    misses = load.all_grown("dragoman_cache_misses_total")
    for kind, figures in load.stats["cache"]["kinds"].items():
        assert misses.get((kind,), 0) == figures["cache_misses"]
    assert misses["transcription",] == 3
    assert load.after["dragoman_cache_entries", frozenset({("level", "memory")})] > 0
    assert load.after["dragoman_cache_ok", frozenset({("level", "disk")})] == 1


def test_the_peer_has_its_own_figures(load: Load) -> None:
    (peer,) = [peer for peer in load.stats["peers"] if peer["peer"] == "load"]
    assert peer == {
        "peer": "load",
        "received": 17 + 2 + 3,
        "accepted": 17,
        "repeated": 2,
        "rejected": 3,
        "active": 0,
        "completed": 13,
        "failed": 4,
    }


def test_the_rest_is_what_the_statistics_say(load: Load) -> None:
    def now(name: str) -> float:
        return load.after[name, frozenset()]

    stats = load.stats
    assert now("dragoman_results_tasks") == stats["results"]["tasks"] == 16
    assert now("dragoman_results_bytes") == stats["results"]["bytes"]
    assert now("dragoman_events_published_total") == stats["messages"]["published"]
    assert now("dragoman_journal_committed_total") <= stats["journal"]["committed"]
    assert now("dragoman_journal_lag_seconds_count") > 0
    assert now("dragoman_in_flight_limit_bytes") == stats["in_flight"]["limit_bytes"]
    assert (now("dragoman_ready"), now("dragoman_draining"), now("dragoman_journal_failing")) == (1, 0, 0)
    assert now("dragoman_log_lines_dropped_total") == 0
    assert now("process_resident_memory_bytes") > 1e6


def test_a_restart_of_an_engine_is_counted(load: Load) -> None:
    engine = frozenset({("engine", "speech")})
    kill(child_pid(load.server, "speech"))
    wait_until(lambda: series(load.server)["dragoman_engine_restarts_total", engine] == 1, "counted")


def test_no_label_has_the_name_of_a_peer_or_a_task(load: Load) -> None:
    labels = {name for _, labels in load.after for name, _ in labels}
    assert labels == {"lane", "type", "code", "status", "engine", "kind", "level", "le", "version", "socket", "reason"}
    assert "load" not in {value for _, labels in load.after for _, value in labels}


def test_promtool_finds_nothing_to_complain_about(load: Load) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; it is in Debian's package prometheus")
    checked = subprocess.run(
        [promtool, "check", "metrics"],
        input=page(load.server),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_document_describes_what_is_exported(load: Load) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE
    )
    described = {
        name: (kind, set(re.findall(r"`(\w+)`", labels)), meaning)
        for name, kind, labels, meaning in rows
        if not name.startswith("dragoman_language_")  # of models of other servers: see test_correction.py
    }
    exported = {}
    for family in families(load.server):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        if not name.startswith("dragoman_language_"):
            exported[name] = (family.type, labels, family.documentation)

    assert len({row[0] for row in rows}) == len(rows)
    assert described == exported
