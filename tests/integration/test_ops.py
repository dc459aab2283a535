"""What the operations endpoint says to probes: it follows the truth."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import aiohttp

from dragoman_server.ops import Ops
from dragoman_server.ops.guard import Guard
from dragoman_server.ops.health import Health
from tests.harness import ECHO, PATIENCE_S, ServerProcess, connected, running_server, wait_until


def probe(server: ServerProcess, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(server.endpoints["ops"] + path, timeout=PATIENCE_S) as response:  # noqa: S310 - our own address
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_server_is_ready_when_its_engines_are_and_not_while_one_is_replaced(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        wait_until(lambda: probe(server, "/readyz") == (200, {"ready": True, "reasons": []}), "ready")

        def not_ready_once_killed() -> bool:
            for pid in server.stats()["engines"]["speech"]["pids"]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return probe(server, "/readyz") == (503, {"ready": False, "reasons": ["engine speech: restarting"]})

        # Should the next process be there before the question is, it is killed as well.
        wait_until(not_ready_once_killed, "not ready")
        assert probe(server, "/healthz")[0] == 200
        wait_until(lambda: probe(server, "/readyz")[0] == 200, "ready again")


def test_a_missing_model_is_named_and_the_server_is_healthy_without_it(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO | {"engines__speech__model": "path:nowhere"}) as server:
        server.wait_ready()
        status, document = probe(server, "/readyz")
        assert status == 503
        assert [reason.startswith("engine speech: missing; ") for reason in document["reasons"]] == [True]
        assert probe(server, "/healthz")[0] == 200


def test_a_server_that_drains_takes_no_more_traffic(tmp_path: Path) -> None:
    with running_server(tmp_path, **ECHO, engines__translation__delay_ms=1000) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            peer.send({"taskId": "t", "text": "hello", "sourceLanguage": "en", "targetLanguages": ["pt"]})
            assert peer.receive().type == "accepted"
            server.terminate()
            server.wait_for_log("server.stopping")
            assert probe(server, "/readyz") == (503, {"ready": False, "reasons": ["draining"]})
            assert server.wait() == 0


async def test_a_receive_loop_that_makes_no_progress_is_unhealthy() -> None:
    intake: Any = SimpleNamespace(last_turn_s=time.monotonic())
    journal = SimpleNamespace(waiting_s=0.0)
    supervised = SimpleNamespace(unwatched=[])
    parts: Any = SimpleNamespace(
        intake=intake, dispatcher=SimpleNamespace(journal=journal), pools={"speech": supervised}, not_ready=list
    )
    ops = Ops(Health(parts).routes())
    port = await ops.start("http://127.0.0.1:0", Guard("http://127.0.0.1:0", None))
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/healthz") as answer:
                assert (answer.status, (await answer.json())["healthy"]) == (200, True)
            intake.last_turn_s -= 60
            async with session.get("/healthz") as answer:
                assert (answer.status, (await answer.json())["healthy"]) == (503, False)
    finally:
        await ops.stop()
