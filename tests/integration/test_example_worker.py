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

from tests.harness import ECHO, PATIENCE_S, ROOT, ServerProcess, running_server, wait_until

FOLDER = ROOT / "examples" / "retry_worker"
SLOW_MS = 100
AT_ONCE = 8
"""So many jobs the worker has at work."""


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
    never = {"engines__translation__delay_ms": 3_600_000}
    jobs, results = written(tmp_path / "jobs.jsonl", some_jobs(20)), tmp_path / "results.jsonl"
    state = tmp_path / "state"
    state.mkdir()
    with running_server(state, **ECHO) as server:
        places = {f"sockets__{name}": server.endpoints[name] for name in ("requests", "events", "routed")}
    with worker(server.endpoints, jobs, results) as process:
        assert process.stderr is not None
        assert "waiting for the server" in process.stderr.readline()
        with running_server(state, **ECHO | places | never) as server:
            wait_until(lambda: server.stats()["lanes"]["translation"]["active"] == AT_ONCE, "jobs are at work")
        # It was killed with them; the next server has them in its journal, and answers.
        with running_server(state, **ECHO | places):
            assert process.wait(PATIENCE_S) == 0

    assert results_of(results) == translated(20)


def test_it_stops_on_a_signal_while_there_is_no_server(tmp_path: Path) -> None:
    jobs, results = written(tmp_path / "jobs.jsonl", some_jobs(1)), tmp_path / "results.jsonl"
    with running_server(tmp_path, **ECHO) as server:
        pass
    with worker(server.endpoints, jobs, results) as process:
        assert process.stderr is not None
        assert "waiting for the server" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 1

    assert results_of(results) == {}


def test_it_stops_on_a_signal_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    jobs, results = written(tmp_path / "jobs.jsonl", some_jobs(20)), tmp_path / "results.jsonl"
    with running_server(tmp_path, **ECHO | {"engines__translation__delay_ms": SLOW_MS}) as server:
        with worker(server.endpoints, jobs, results) as process:
            wait_until(lambda: len(results_of(results)) > 0, "the first result")
            process.send_signal(signal.SIGTERM)
            # How far it has come by then is a matter of the machine.
            assert process.wait(PATIENCE_S) == (0 if len(results_of(results)) == 20 else 1)
        with worker(server.endpoints, jobs, results) as process:
            assert process.wait(PATIENCE_S) == 0
        # Each job was one task, however often it was asked for.
        assert server.stats()["lanes"]["translation"]["completed"] == 20

    assert results_of(results) == translated(20)
