"""examples/retry_worker translates every job, whatever happens to the server or to itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.harness import ECHO, PATIENCE_S, ROOT, ServerProcess, connected, running_server, wait_until

FOLDER = ROOT / "examples" / "retry_worker"
SLOW_MS = 300


@contextmanager
def worker(endpoints: Mapping[str, str], jobs: Path, results: Path) -> Iterator[subprocess.Popen[str]]:
    """The worker at work; its standard error is a pipe."""
    environment = os.environ | {
        "DRAGOMAN_SOCKETS__REQUESTS": endpoints["requests"],
        "DRAGOMAN_SOCKETS__ROUTED": endpoints["routed"],
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, str(FOLDER / "worker.py"), str(jobs), str(results)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def written(path: Path, jobs: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(job) + "\n" for job in jobs), encoding="utf-8")
    return path


def results_of(path: Path) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    found = {line["id"]: line for line in lines}
    assert len(found) == len(lines), "a job has two results"
    return found


def some_jobs(number: int) -> list[dict[str, Any]]:
    return [{"id": str(each), "text": f"Text {each}", "source": "en", "to": ["pt", "fr"]} for each in range(number)]


def translated(number: int) -> dict[str, dict[str, Any]]:
    return {
        str(each): {
            "id": str(each),
            "translations": {"pt": f"[pt] Text {each}", "fr": f"[fr] Text {each}"},
            "errors": {},
        }
        for each in range(number)
    }


def test_the_jobs_beside_it_are_translated(echo_server: ServerProcess, tmp_path: Path) -> None:
    with worker(echo_server.endpoints, FOLDER / "jobs.jsonl", tmp_path / "results.jsonl") as process:
        assert process.wait(PATIENCE_S) == 0

    results = results_of(tmp_path / "results.jsonl")
    assert results["greeting"] == {"id": "greeting", "translations": {"pt": "[pt] Good morning"}, "errors": {}}
    assert len(results) == 3


def test_an_error_that_does_not_pass_is_the_job_s_result(echo_server: ServerProcess, tmp_path: Path) -> None:
    jobs = written(tmp_path / "jobs.jsonl", [{"id": "bad", "text": "", "source": "en", "to": ["pt"]}, *some_jobs(1)])
    with worker(echo_server.endpoints, jobs, tmp_path / "results.jsonl") as process:
        assert process.wait(PATIENCE_S) == 1

    results = results_of(tmp_path / "results.jsonl")
    assert results["bad"]["errors"]["pt"].startswith("invalid_request: ")
    assert results["0"] == translated(1)["0"]


def test_a_job_with_a_result_is_not_done_again(echo_server: ServerProcess, tmp_path: Path) -> None:
    jobs = written(tmp_path / "jobs.jsonl", some_jobs(3))
    known = written(tmp_path / "results.jsonl", [{"id": "1", "translations": {"pt": "known"}, "errors": {}}])
    with worker(echo_server.endpoints, jobs, known) as process:
        assert process.wait(PATIENCE_S) == 0

    assert results_of(known) == translated(3) | {"1": {"id": "1", "translations": {"pt": "known"}, "errors": {}}}


def test_it_waits_for_a_server_and_outlives_its_death(tmp_path: Path) -> None:
    settings = ECHO | {"engines__translation__delay_ms": SLOW_MS}
    jobs, results = written(tmp_path / "jobs.jsonl", some_jobs(20)), tmp_path / "results.jsonl"
    state = tmp_path / "state"
    state.mkdir()
    with running_server(state, **settings) as server:
        endpoints = server.endpoints
    at_the_same_place = settings | {f"sockets__{name}": endpoints[name] for name in ("requests", "events", "routed")}
    with worker(endpoints, jobs, results) as process:
        assert process.stderr is not None
        assert "waiting for the server" in process.stderr.readline()
        with running_server(state, **at_the_same_place):
            wait_until(lambda: len(results_of(results)) > 0, "the first result")
        # The server was killed with jobs at work; the next one has its journal.
        assert len(results_of(results)) < 20
        with running_server(state, **at_the_same_place):
            assert process.wait(PATIENCE_S) == 0

    assert results_of(results) == translated(20)


def test_it_stops_on_a_signal_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    jobs, results = written(tmp_path / "jobs.jsonl", some_jobs(20)), tmp_path / "results.jsonl"
    with running_server(tmp_path, **ECHO | {"engines__translation__delay_ms": SLOW_MS}) as server:
        with worker(server.endpoints, jobs, results) as process:
            wait_until(lambda: len(results_of(results)) > 0, "the first result")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 1
        assert 0 < len(results_of(results)) < 20
        with worker(server.endpoints, jobs, results) as process:
            assert process.wait(PATIENCE_S) == 0
        with connected(server) as peer:
            peer.send({"type": "stats"})
            # Each job was one task, however often it was asked for.
            assert peer.receive().fields["lanes"]["translation"]["completed"] == 20

    assert results_of(results) == translated(20)
