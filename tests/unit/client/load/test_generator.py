"""The two loops against a server that answers when it is told to."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dragoman_client.load.generator import LoadRun
from dragoman_client.load.materials import Materials
from dragoman_client.load.plan import Arrivals, Kind, Plan
from dragoman_client.load.tally import Sent
from dragoman_wire.errors import Overloaded
from dragoman_wire.events import Event as WireEvent
from tests.harness import wait_until
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import (
    NEVER_S,
    WAIT_S,
    FakeServer,
    Fields,
    accepted,
    not_translated,
    silence,
    translating,
)

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


def a_run(server: FakeServer, **plan: Any) -> LoadRun:
    given: dict[str, Any] = {"weights": {Kind.TRANSLATION: 1.0}, "duration_s": WAIT_S, "timeout_s": WAIT_S} | plan
    return LoadRun(Plan(**given), Materials(texts=["Hello"], recordings=[b"x"]), *server.endpoints)


async def until(holds: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, holds, "what the test waits for")


def sent_by(run: LoadRun) -> list[Sent]:
    """Every request as it is sent, in order."""
    sent: list[Sent] = []
    send = run.tally.send

    def record(request: Sent) -> None:
        sent.append(request)
        send(request)

    run.tally.send = record  # type: ignore[method-assign]
    return sent


async def test_an_open_loop_counts_from_when_requests_were_due_also_behind_a_stalled_server(serve: Serve) -> None:
    released = threading.Event()

    def stalling(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
        assert released.wait(WAIT_S)
        return translating(server, request, binaries)

    run = a_run(serve(stalling), rate=200.0, arrivals=Arrivals.CONSTANT, number=20, outstanding=2)
    sent = sent_by(run)
    async with run:
        running = asyncio.create_task(run.run())
        await until(lambda: run.elapsed_s >= 0.1)
        assert len(sent) == 2
        released.set()
        await running
    assert [request.counted_s - run.begin_s for request in sent] == pytest.approx([n / 200 for n in range(20)])
    times = run.tally.of(Kind.TRANSLATION).to_finished
    assert (times.count, run.not_sent) == (20, 0)
    # The twenty were due within 0.1 s, and nothing was answered before that.
    assert times.min_ms >= 5
    assert times.percentile(50) >= 50  # type: ignore[operator]


async def test_a_closed_loop_has_so_many_in_flight_and_no_more(serve: Serve) -> None:
    most = 0

    def counting(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
        nonlocal most
        if most == 0:
            wait_until(lambda: len(run.tally.open) == 3, "every place is taken")
        most = max(most, len(run.tally.open))
        return translating(server, request, binaries)

    run = a_run(serve(counting), concurrency=3, number=30)
    async with run:
        await run.run()
    assert run.tally.together().finished == {"completed": 30}
    assert most == 3
    assert run.tally.late.max_ms == 0


async def test_a_place_of_a_closed_loop_that_is_refused_comes_back_when_it_was_told_to(serve: Serve) -> None:
    def refusing(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        return [not_translated(request, "pt", Overloaded("full", retry_after_ms=80))]

    run = a_run(serve(refusing), concurrency=1, number=3)
    sent = sent_by(run)
    async with run:
        await run.run()
    assert run.tally.together().refused == {"overloaded": 3}
    assert all(later.sent_s - sooner.sent_s >= 0.08 for sooner, later in itertools.pairwise(sent))


async def test_a_run_ends_in_its_time_though_nothing_is_ever_answered(serve: Serve) -> None:
    run = a_run(serve(silence), rate=100.0, duration_s=0.2, timeout_s=1.0, outstanding=5)
    async with run:
        await asyncio.wait_for(run.run(), WAIT_S)
    figures = run.tally.together()
    assert (figures.sent, figures.unanswered, figures.lost) == (5, 5, 0)
    assert run.not_sent > 0


@pytest.mark.parametrize("plan", [{"concurrency": 4}, {"rate": 1000.0, "outstanding": 4}])
async def test_an_interrupted_run_ends_at_once_and_keeps_what_it_has(serve: Serve, plan: dict[str, Any]) -> None:
    run = a_run(serve(lambda server, request, binaries: [accepted(request)]), **plan)
    async with run:
        running = asyncio.create_task(run.run())
        await until(lambda: run.tally.together().accepted == 4)
        run.interrupt()
        await asyncio.wait_for(running, WAIT_S)
    assert (len(run.tally.open), run.tally.together().lost) == (4, 0)


async def test_after_a_cut_what_was_accepted_is_asked_for_and_what_was_not_is_sent_again(tmp_path: Path) -> None:
    place = f"ipc://{tmp_path}/requests", f"ipc://{tmp_path}/routed"

    def takes_the_first(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        return [accepted(request)] if request["taskId"].endswith(".0") else []

    def remembers(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
        known = {"text": "Hello", "targetLanguages": ["pt"], **request, "type": "translation"}
        return translating(server, known, binaries)

    first = FakeServer(takes_the_first, at=place)
    run = a_run(first, concurrency=2, number=2, timeout_s=NEVER_S)
    with first:
        await run.__aenter__()
        running = asyncio.create_task(run.run())
        await asyncio.to_thread(first.wait_for, "translation", 2)
        await until(lambda: run.tally.together().accepted == 1)
    with FakeServer(remembers, at=place) as second:
        await asyncio.wait_for(running, WAIT_S)
        assert (second.count("result"), second.count("translation")) == (1, 1)
    await run.__aexit__()
    assert run.tally.together().finished == {"completed": 2}
    assert run.tally.repeated == 1
