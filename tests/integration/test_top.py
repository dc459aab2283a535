"""`dragoman top` on a real server, in a terminal of 80 by 24: what is on its screen, and what its keys do."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.harness import ECHO, ECHO_ENGINES, PATIENCE_S, Peer, ServerProcess, connected, running_server
from tests.processes import child_pid, held, wait_busy

pytest.importorskip("textual", reason="the extra `top` is not installed")

from textual.pilot import Pilot

from dragoman_client.top.app import TopApp
from dragoman_client.top.screens import ConfirmScreen, LifeScreen
from dragoman_wire.ops import OpsClient, OpsRefused, OpsSilent
from dragoman_wire.ops_token import read_token

OFTEN_S = 0.1
LEAVE_SCREEN = b"\x1b[?1049l"
"""The terminal shows again what it did before."""
TOKEN = "the-token-of-the-tests"  # noqa: S105 - it guards nothing


@pytest.fixture(scope="module")
def peer(echo_server: ServerProcess) -> Iterator[Peer]:
    with connected(echo_server, "top") as peer:
        yield peer


def text(task_id: str, said: str = "Good morning.") -> dict[str, Any]:
    return {"taskId": task_id, "text": said, "sourceLanguage": "en", "targetLanguages": ["pt"]}


def screen(pilot: Pilot[None]) -> list[str]:
    """The lines of the terminal."""
    return [strip.text.rstrip() for strip in pilot.app.screen._compositor.render_strips()]


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "\n".join(screen(pilot))
        await asyncio.sleep(0.05)
        await pilot.pause()


async def until_shown(pilot: Pilot[None], pattern: str) -> None:
    await until(pilot, lambda: any(re.search(pattern, line) for line in screen(pilot)))


@asynccontextmanager
async def top(address: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    async with TopApp(OpsClient(address), OFTEN_S).run_test(size=size) as pilot:
        yield pilot


async def find(pilot: Pilot[None], what: str) -> None:
    await pilot.press("slash", *what, "enter")
    await until(pilot, lambda: pilot.app.query_one("#tasks").row_count == 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_lanes_engines_tasks_and_keys_are_on_the_screen(
    echo_server: ServerProcess, peer: Peer, size: tuple[int, int]
) -> None:
    peer.run(text("seen"))
    async with top(echo_server.endpoints["ops"], size) as pilot:
        await until_shown(pilot, "^Dragoman .*● running")
        await until_shown(pilot, r"^translation +(idle|working) .*/s +0 +0 ")
        await until_shown(pilot, r"^speech +ready +echo")
        await until_shown(pilot, r"seen +completed +translation")
        assert len(screen(pilot)) == size[1]
        for key in ("s Sort", "f Filter", "/ Find", "c Cancel task", "h Hold", "q Quit"):
            await until_shown(pilot, re.escape(key))


async def test_a_failed_task_is_found_and_shows_its_life(echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text("rotten", "One __fail__."))
    peer.run(text("sound"))
    async with top(echo_server.endpoints["ops"]) as pilot:
        await pilot.press("f", "f")
        await until_shown(pilot, "^Tasks .*failed · newest first")
        await find(pilot, "rotten")
        await pilot.press("enter")
        await until_shown(pilot, "engine_failed: a sentence asked the echo engine to fail")
        await until_shown(pilot, "finished .*status failed")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LifeScreen))


async def test_the_order_of_the_tasks_is_changed_by_a_key(echo_server: ServerProcess) -> None:
    async with top(echo_server.endpoints["ops"]) as pilot:
        for order in ("newest", "slowest", "oldest", "newest"):
            await until_shown(pilot, f"^Tasks .*{order} first")
            await pilot.press("s")


async def test_a_running_task_is_cancelled_after_a_question(echo_server: ServerProcess, peer: Peer) -> None:
    with held(child_pid(echo_server, "translation")):
        peer.send(text("stuck"))
        wait_busy(echo_server, "translation")
        async with top(echo_server.endpoints["ops"]) as pilot:
            await pilot.press("f")
            await until_shown(pilot, "stuck +running")
            await pilot.press("c")
            await until_shown(pilot, "Cancel stuck")
            await pilot.press("n")
            await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
            assert [task["state"] for task in echo_server.get("/tasks?state=active")["tasks"]] == ["running"]
            await pilot.press("enter")
            await until_shown(pilot, "accepted")
            await pilot.press("c")
            await until_shown(pilot, "Cancel stuck")
            await pilot.press("y")
            await until_shown(pilot, "finished .*status cancelled")
            await pilot.press("escape")
            await until_shown(pilot, "stuck: cancelled")
        *_, last = peer.collect(lambda message: message.type == "task_finished")
    assert (last.fields["taskId"], last.fields["status"]) == ("stuck", "cancelled")


async def test_what_has_ended_is_not_asked_about(echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text("over"))
    async with top(echo_server.endpoints["ops"]) as pilot:
        await find(pilot, "over")
        await pilot.press("c")
        await until_shown(pilot, "over has ended: completed")


async def test_a_list_that_is_held_stays_as_it_is(echo_server: ServerProcess, peer: Peer) -> None:
    async with top(echo_server.endpoints["ops"]) as pilot:
        await until_shown(pilot, "^Tasks")
        await pilot.press("h")
        await until_shown(pilot, "^Tasks .* held")
        peer.run(text("unheld"))
        ended = echo_server.stats()["lanes"]["translation"]["completed"]
        await until(pilot, lambda: pilot.app._stats["lanes"]["translation"]["completed"] >= ended)  # type: ignore[attr-defined]
        assert not any("unheld" in line for line in screen(pilot))
        await pilot.press("h")
        await until_shown(pilot, "unheld +completed")


async def test_text_of_others_cannot_command_the_terminal(echo_server: ServerProcess, peer: Peer) -> None:
    peer.run(text("\x1b[2J[bold]x\u202ey\x07", "One __fail__."))
    async with top(echo_server.endpoints["ops"]) as pilot:
        await until_shown(pilot, re.escape("�[2J[bold]x�y�"))
        await find(pilot, "[bold]")
        await pilot.press("enter")
        await until_shown(pilot, re.escape("│") + ".*" + re.escape("�[2J[bold]x�y�"))


async def test_a_cache_that_is_on_shows_what_it_spares(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO_ENGINES) as server, connected(server, "top") as peer:
        for number in range(4):
            peer.run(text(f"again-{number}"))
        async with top(server.endpoints["ops"]) as pilot:
            await until_shown(pilot, "^Tasks .*cache .*text 75% of 4")


async def test_it_says_when_the_server_is_gone_and_when_it_is_back(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        address = server.endpoints["ops"]
        async with top(address) as pilot:
            await until_shown(pilot, "● running")
            server.process.send_signal(signal.SIGKILL)
            await until_shown(pilot, "● gone")
            await until_shown(pilot, "no answer since .*what you see is old")
            await until_shown(pilot, r"^translation +idle")
            server.wait()
            with running_server(tmp_path, **ECHO | {"sockets__ops": address}):
                await until_shown(pilot, "the server answers again")
                await until_shown(pilot, "● running")


async def test_it_starts_without_a_server_and_waits_for_one() -> None:
    async with top("http://127.0.0.1:1") as pilot:
        await until_shown(pilot, "● gone")
        await pilot.press("s", "c", "enter", "h")  # nothing to be had, nothing to break
        await until_shown(pilot, "no answer since")


async def answering(status: int, body: str) -> tuple[str, web.AppRunner]:
    """Something else that speaks HTTP."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}", runner


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, "<html>", "is no JSON document"),
        (401, '{"error": "send the token"}', "send the token"),
        (302, "", "is no JSON document"),
    ],
)
async def test_what_is_no_dragoman_or_wants_a_token_is_told(status: int, body: str, said: str) -> None:
    address, runner = await answering(status, body)
    try:
        async with top(address) as pilot:
            await until_shown(pilot, said)
        with pytest.raises(OpsRefused, match=said) as caught:
            await asyncio.to_thread(OpsClient(address).stats)
        assert caught.value.status == status
    finally:
        await runner.cleanup()


async def test_a_token_opens_what_wants_one(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    (tmp_path / "state").mkdir()
    with running_server(tmp_path / "state", **ECHO, sockets__ops_token=TOKEN) as server:
        address = server.endpoints["ops"]
        for given in (TOKEN, f"file:{file}"):
            assert OpsClient(address, read_token(given)).tasks("all", "recent", 5) == []
        for wrong in (None, "none", "a-wrong-token"):
            with pytest.raises(OpsRefused, match="Authorization: Bearer TOKEN is missing or wrong"):
                OpsClient(address, read_token(wrong)).stats()
        async with top(address) as pilot:
            await until_shown(pilot, "Authorization: Bearer TOKEN is missing or wrong")


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_the_command_runs_in_a_terminal_and_leaves_it(echo_server: ServerProcess, key: bytes) -> None:
    master, terminal = pty.openpty()
    command = [sys.executable, "-c", "from dragoman_client.cli import main; main()", "top"]
    environment = os.environ | {"DRAGOMAN_SOCKETS__OPS": echo_server.endpoints["ops"], "TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    drawn = b""
    try:
        while b"running" not in drawn:
            drawn += os.read(master, 65536)
        os.write(master, key)
        with suppress(OSError):  # the end of the terminal
            while more := os.read(master, 65536):
                drawn += more
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert LEAVE_SCREEN in drawn


def test_a_dead_address_is_silent() -> None:
    with pytest.raises(OpsSilent, match="no answer from http://127"):
        OpsClient("http://127.0.0.1:1").stats()


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("http://0.0.0.0:8088", "http://127.0.0.1:8088"),
        ("http://[::]:8088/", "http://[::1]:8088"),
        ("https://ops.example/dragoman/", "https://ops.example/dragoman"),
    ],
)
def test_an_address_bound_to_all_is_asked_locally(given: str, asked: str) -> None:
    assert OpsClient(given).address == asked


@pytest.mark.parametrize("address", ["", "localhost:8088", "tcp://127.0.0.1:5555", "http://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no address; it looks like http://"):
        OpsClient(address)
