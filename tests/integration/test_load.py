"""`dragoman load` against a real server: what is refused, lost or answered late is counted as that."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from dragoman_client.cli import build_app
from dragoman_client.load.generator import LoadRun
from dragoman_client.load.materials import Materials, built_in_recordings
from dragoman_client.load.plan import Kind, Plan
from scripts.chaos_runs.victim import Victim
from tests.harness import ECHO, NEVER_MS, PATIENCE_S, ServerProcess, running_server, wait_until
from tests.processes import child_pid, held

COMMAND = [sys.executable, "-c", "from dragoman_client.cli import main; main()"]
TEXTS = Materials(texts=["Good morning"], recordings=built_in_recordings())


def where(server: ServerProcess) -> list[str]:
    return ["--requests", server.endpoints["requests"], "--routed", server.endpoints["routed"]]


def start_load(server: ServerProcess, *arguments: str, timeout_s: float = PATIENCE_S) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *where(server), "--timeout", str(timeout_s), "load", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )


def wait_active(server: ServerProcess, count: int) -> None:
    wait_until(lambda: server.stats()["active_tasks"]["total_active"] >= count, f"{count} requests in flight")


def test_a_closed_loop_of_every_kind_is_answered_in_full(echo_server: ServerProcess) -> None:
    mix = "translation=6,transcription=2,voice=2,ping=2"
    arguments = ["load", "--number", "120", "--duration", str(PATIENCE_S), "--mix", mix, "--to", "pt,fr", "--json"]
    result = CliRunner().invoke(build_app(), [*where(echo_server), *arguments])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["kinds"].keys() == {"translation", "transcription", "voice", "ping"}
    everything = report["all"]
    assert (everything["sent"], everything["finished"]) == (120, {"completed": 120})
    assert everything["accepted"] == 120 - report["kinds"]["ping"]["sent"]
    assert [everything[what] for what in ("refused", "failed")] == [{}, {}]
    for stage, times in report["kinds"]["voice"]["latencyMs"].items():
        assert times["count"] == report["kinds"]["voice"]["sent"], stage
        assert 0 < times["p50"] <= times["p99"] <= times["max"]


def test_an_open_loop_prints_a_table_and_bars(echo_server: ServerProcess) -> None:
    process = start_load(echo_server, "--rate", "100", "--number", "20", "--arrivals", "constant")
    out, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")
    assert out.startswith("open loop, constant arrivals at 100/s; times count from when a request was due\n")
    assert "\n20 sent in " in out
    assert " 20 finished in " in out
    for expected in ("accepted", "first result", "finished", "p99", "translation, time to finished", "█"):
        assert expected in out


async def test_refusals_of_a_full_lane_are_counted_by_code(tmp_path: Path) -> None:
    narrow = {"lanes__translation__concurrency": 1, "lanes__translation__queue": 1}
    with running_server(tmp_path, **ECHO, **narrow) as server:
        server.wait_ready()
        plan = Plan(
            weights={Kind.TRANSLATION: 1.0}, duration_s=PATIENCE_S, timeout_s=PATIENCE_S, rate=200.0, number=20
        )
        with held(await asyncio.to_thread(child_pid, server, "translation")):
            run = LoadRun(plan, TEXTS, server.endpoints["requests"], server.endpoints["routed"])
            async with run:
                running = asyncio.create_task(run.run())
                await until(lambda: run.tally.together().refused == {"overloaded": 18})
                assert not running.done()
                os.kill(child_pid(server, "translation"), signal.SIGCONT)
                await running
    figures = run.tally.together()
    assert (figures.accepted, figures.finished, figures.lost) == (2, {"completed": 2}, 0)


def test_answers_that_a_killed_server_owes_are_lost_and_the_exit_status_says_so(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO, engines__translation__delay_ms=NEVER_MS) as server:
        server.wait_ready()
        process = start_load(server, "--concurrency", "5", "--number", "5", "--json", timeout_s=5)
        wait_active(server, 5)
        server.process.kill()
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert json.loads(out)["all"]["lost"] == 5


async def test_no_answer_is_lost_where_the_server_is_killed_and_started_again(tmp_path: Path) -> None:
    with Victim(tmp_path) as victim:
        plan = Plan(
            weights={Kind.TRANSLATION: 9.0, Kind.VOICE: 1.0},
            duration_s=PATIENCE_S,
            timeout_s=PATIENCE_S,
            rate=150.0,
            number=150,
        )
        run = LoadRun(plan, TEXTS, victim.endpoints["requests"], victim.endpoints["routed"])
        async with run:
            running = asyncio.create_task(run.run())
            await until(lambda: run.tally.together().accepted >= 50)
            victim.kill()
            await asyncio.to_thread(victim.start)
            await running
    figures = run.tally.together()
    assert (figures.finished, figures.lost, figures.unanswered) == ({"completed": 150}, 0, 0)


def test_an_interrupt_prints_what_there_is(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO, engines__translation__delay_ms=NEVER_MS) as server:
        server.wait_ready()
        process = start_load(server, "--concurrency", "3", "--mix", "translation=3,ping=1")
        wait_active(server, 3)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (130, "")
    assert "interrupted, with 3 in flight" in out
    assert "lost" not in out


async def until(holds: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, holds, "what the test waits for")
