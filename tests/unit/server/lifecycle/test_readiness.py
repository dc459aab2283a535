"""Whether the server is to get traffic, and why not."""

from __future__ import annotations

import time

import pytest
from structlog.testing import capture_logs

from dragoman_engines.pool.supervisor import PoolState
from dragoman_server.lifecycle.readiness import Readiness
from dragoman_server.lifecycle.systemd import ServiceManager
from tests.unit.server.core import Core


async def test_a_server_with_its_engines_and_its_journal_is_ready() -> None:
    core = Core()
    readiness = Readiness(core.services, core.dispatcher)
    assert (readiness.reasons(), readiness.line()) == ([], "ready")


@pytest.mark.parametrize("state", ["loading", "restarting", "stopped"])
async def test_an_engine_that_cannot_serve_is_named_with_its_state(state: PoolState) -> None:
    core = Core()
    core.pools["speech"].memory.shown = state
    assert Readiness(core.services, core.dispatcher).reasons() == [f"engine speech: {state}"]


async def test_an_engine_that_was_never_asked_for_is_no_reason() -> None:
    core = Core()
    core.pools["speech"].memory.shown = "idle"
    assert Readiness(core.services, core.dispatcher).reasons() == []


async def test_a_missing_model_is_told_with_its_reason() -> None:
    core = Core()
    core.pools["speech"].supervisor.missing("no file kokoro.onnx")
    core.pools["speech"].memory.shown = "missing"
    (reason,) = Readiness(core.services, core.dispatcher).reasons()
    assert reason.startswith("engine speech: missing; ")
    assert "no file kokoro.onnx" in reason


@pytest.mark.parametrize(
    ("missing", "level"), [([], "info"), (["speech"], "warning"), (["speech", "translation"], "warning")]
)
async def test_a_server_without_its_engines_is_no_good_news(missing: list[str], level: str) -> None:
    core = Core()
    for kind in missing:
        core.pools[kind].supervisor.missing("no file of that name")
        core.pools[kind].memory.capabilities = None
        core.pools[kind].memory.shown = "missing"
    with capture_logs() as lines:
        await Readiness(core.services, core.dispatcher).announce(
            time.monotonic(), {}, ServiceManager.from_environment({}), None
        )
    [ready] = [line for line in lines if line["event"] == "server.ready"]
    assert (ready["log_level"], ready.get("missing", [])) == (level, missing)


async def test_draining_and_a_journal_that_cannot_be_written_come_first() -> None:
    core = Core()
    await core.dispatcher.drain(0.0)
    core.journal.failure = "disk full"
    core.pools["translation"].memory.shown = "loading"
    readiness = Readiness(core.services, core.dispatcher)
    assert readiness.reasons() == ["draining", "journal: disk full", "engine translation: loading"]
    assert readiness.line() == "draining; journal: disk full; engine translation: loading"


async def test_a_server_that_refuses_every_request_for_its_bytes_is_not_ready() -> None:
    core = Core()
    core.budget.take(core.budget.limits.total_bytes, "loud", "translation")
    readiness = Readiness(core.services, core.dispatcher)
    assert readiness.reasons() == ["intake: requests in flight take all of limits.in_flight_bytes"]
    core.budget.give(1, "loud", "translation")
    assert readiness.reasons() == []
