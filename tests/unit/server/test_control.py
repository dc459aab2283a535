"""Control requests are answered at once, whatever the lanes are at."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dragoman_server import control
from dragoman_server.available_models import AvailableModels
from dragoman_server.control import Control
from dragoman_server.ops.statistics import Statistics
from dragoman_server.ops.stats_sources import StatsSources
from dragoman_server.telemetry.telemetry import Telemetry
from dragoman_server.transport.connection import Connection, FairReader, Readable
from dragoman_server.transport.connections import ConnectionLimits, Connections
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.errors import EngineUnavailable
from tests.in_process import KeptLines
from tests.unit.server.core import Core, control_of


class FakeIntake:
    """The counters of an intake."""

    received, rejected, last_turn_s = 5, 1, 0.0

    def __init__(self) -> None:
        reader = FairReader(lambda *_: Readable.NOTHING, 1.0, 1)
        limits = ConnectionLimits(8, 4)
        self.connections = Connections(Connection, b"PULL", frozenset(), limits, reader, lambda _: None)


class NothingYet:
    """A server that has not looked yet which models it could have."""

    def latest(self) -> None:
        return None


class Controlled(Core):
    """A core with control requests and statistics."""

    def __init__(self) -> None:
        made: list[Telemetry] = []

        def make(clock: Any) -> Any:
            made.append(Telemetry({"translation": "translation"}, clock, KeptLines()))
            return made[0].observer

        super().__init__(make_observer=make, concurrency=1, queue=1)
        sources = StatsSources(
            dispatcher=self.dispatcher,
            intake=cast("Any", FakeIntake()),
            services=self.services,
            telemetry=made[0],
            not_ready=list,
            log_lines_dropped=lambda: 0,
        )
        self.statistics = Statistics(sources)
        self.control = Control(
            self.dispatcher,
            cast("Publisher", self.publisher),
            self.statistics,
            self.time.clock,
            self.services.pools,
            {"basic": ""},
            cast("AvailableModels", NothingYet()),
        )

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a control request; the fields of what is sent for it last."""
        self.publisher.sent.clear()
        self.control.answer(control_of(kind, **fields))
        return self.publisher.sent[-1].fields


@pytest.fixture
async def core() -> Controlled:
    return Controlled()


async def test_a_ping_is_echoed_with_its_timestamp_or_dated(core: Controlled) -> None:
    assert core.ask("ping", timestamp=7)["timestamp"] == 7
    assert core.ask("ping", taskId="t")["taskId"] == "t"
    assert core.ask("ping")["timestamp"] == core.time.now_s + 1e9


async def test_a_ping_is_answered_while_the_lane_is_full(core: Controlled) -> None:
    for number in range(3):
        core.submit(f"t{number}", text="hang")
    assert core.ask("ping")["type"] == "pong"


async def test_languages_are_listed_or_it_is_said_why_not(core: Controlled) -> None:
    found = core.ask("languages", taskId="t")

    assert (found["type"], found["taskId"]) == ("languages_result", "t")
    assert "available" not in found
    assert found["pairs"] or "the languages of translation (basic) are not listed" in " ".join(found["warnings"])


async def test_a_server_without_a_language_identifier_says_what_to_install(
    core: Controlled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> None:
        raise EngineUnavailable("install dragoman[models]")

    monkeypatch.setattr(control, "language_candidates", missing)
    refused = core.ask("detect", text="hello")

    assert (refused["type"], refused["errorCode"]) == ("request_rejected", "engine_unavailable")


async def test_cancelling_names_the_task_and_what_became_of_it(core: Controlled) -> None:
    assert core.ask("cancel", taskId="t")["status"] == "unknown"
    core.submit("t", text="hang")
    await core.turn()
    assert core.ask("cancel", taskId="t") == {"type": "cancel_result", "taskId": "t", "status": "cancelled"}
    await core.turn()
    assert core.ask("cancel", taskId="t")["status"] == "finished"


async def test_a_result_is_what_is_known_of_a_task(core: Controlled) -> None:
    assert core.ask("result", taskId="t")["type"] == "result_unknown"
    core.submit("t", text="hang")
    await core.turn()
    assert core.ask("result", taskId="t")["type"] == "accepted"  # in flight, and nothing has come of it
    core.dispatcher.cancel(("peer", "t"))
    await core.turn()
    core.ask("result", taskId="t")
    assert core.briefs() == [("translation_error", "pt"), ("task_finished", None)]


async def test_a_result_waits_until_what_was_sent_is_written(core: Controlled) -> None:
    core.submit("t")
    core.journal.held = True
    await core.turn()
    core.publisher.sent.clear()
    core.control.answer(control_of("result", taskId="t"))
    assert core.publisher.sent == []
    core.journal.write()
    assert {kind for kind, _ in core.briefs()} == {"translation_completed", "task_finished"}


async def test_the_voices_are_those_of_the_engine_and_none_while_it_is_loading(core: Controlled) -> None:
    assert core.ask("voices")["voices"] == []
    core.pools["speech"].memory.capabilities = None
    assert core.ask("voices")["defaultVoices"] == {}


async def test_statistics_are_of_this_moment(core: Controlled) -> None:
    core.submit("t")
    await core.turn()
    core.submit("waiting", text="hang")
    await core.turn()
    document = core.ask("stats", taskId="s")
    assert (document["type"], document["taskId"], document["server_status"]) == ("stats_result", "s", "running")
    assert document["active_tasks"] == {
        "total_active": 1,
        "counters": {"translation": 2},
        "types_breakdown": {"translation": 1},
    }
    lane = document["lanes"]["translation"]
    assert (lane["active"], lane["completed"], lane["rejected"]) == (1, 1, 0)
    assert document["messages"]["received"] == 5
    assert document["connections"]["requests"] == {
        "open": 0,
        "limit": 8,
        "address_limit": 4,
        "accepted": 0,
        "refused": {"total": 0, "address": 0},
        "closed": {"peer": 0, "protocol": 0, "handshake": 0, "slow": 0},
    }
    assert document["dropped"]["parts"] == {"limit": 0, "no_room": 0, "spool": 0}
    assert document["dropped"]["events"] == {"subscriber": 0, "total": 0, "no_subscriber": 0}
    assert document["peers"][0] == {
        "peer": "peer",
        "received": 2,
        "accepted": 2,
        "repeated": 0,
        "rejected": 0,
        "active": 1,
        "completed": 1,
        "failed": 0,
    }


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("ready", "idle"), "running"),
        (("ready", "loading"), "starting"),
        (("ready", "missing"), "degraded"),
        (("restarting", "ready"), "degraded"),
    ],
)
async def test_the_status_is_that_of_the_engines(core: Controlled, states: tuple[Any, Any], status: str) -> None:
    for pool, state in zip(core.pools.values(), states, strict=True):
        pool.memory.shown = state
    assert core.statistics.status == status
    assert core.statistics.audio_available == (status == "running")


async def test_a_server_that_drains_says_so_whatever_its_engines_do(core: Controlled) -> None:
    core.pools["speech"].memory.shown = "loading"
    await core.dispatcher.drain(0.0)
    assert core.statistics.status == "draining"
