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
from urllib.request import Request, urlopen

import aiohttp
import pytest

from dragoman_server.ops import Ops
from dragoman_server.ops.guard import Guard
from dragoman_server.ops.health import Health
from tests.harness import ECHO, PATIENCE_S, ServerProcess, connected, running_server, wait_until
from tests.processes import child_pid, held


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
    with running_server(tmp_path, **ECHO) as server:
        server.wait_ready()
        with connected(server, "peer") as peer:
            with held(child_pid(server, "translation")):
                peer.send({"taskId": "t", "text": "hello", "sourceLanguage": "en", "targetLanguages": ["pt"]})
                assert peer.receive().type == "accepted"
                server.terminate()
                server.wait_for_log("server.stopping")
                assert probe(server, "/readyz") == (503, {"ready": False, "reasons": ["draining"]})
            assert server.wait() == 0


class Probed:
    """The parts that the probes look at, each of which can stop."""

    def __init__(self) -> None:
        self.intake = SimpleNamespace(last_turn_s=time.monotonic())
        self.journal = SimpleNamespace(waiting_s=0.0, damaged_s=0.0)
        self.supervisor = SimpleNamespace(unwatched=[])

    async def health(self) -> tuple[int, dict[str, Any]]:
        parts: Any = SimpleNamespace(
            intake=self.intake,
            services=SimpleNamespace(
                journal=self.journal, pools={"speech": SimpleNamespace(supervisor=self.supervisor)}
            ),
            not_ready=list,
        )
        ops = Ops(Health(parts).routes())
        port = await ops.start("http://127.0.0.1:0", Guard("http://127.0.0.1:0", None))
        try:
            address = f"http://127.0.0.1:{port}"
            async with aiohttp.ClientSession(address) as session, session.get("/healthz") as answer:
                return answer.status, await answer.json()
        finally:
            await ops.stop()


async def test_a_server_whose_parts_make_progress_is_healthy() -> None:
    status, document = await Probed().health()
    assert (status, document["healthy"], document["reasons"]) == (200, True, [])


async def test_a_receive_loop_that_makes_no_progress_is_unhealthy() -> None:
    probed = Probed()
    probed.intake.last_turn_s -= 60
    status, document = await probed.health()
    assert (status, document["healthy"]) == (503, False)
    assert [reason.startswith("intake: no turn for 60.") for reason in document["reasons"]] == [True]


async def test_a_journal_s_writer_that_says_nothing_is_unhealthy_and_a_slow_disk_is_not() -> None:
    probed = Probed()
    probed.journal.waiting_s = 29.0
    assert (await probed.health())[0] == 200
    probed.journal.waiting_s = 31.0
    assert await probed.health() == (
        503,
        {
            "healthy": False,
            "reasons": ["journal: no word from its writer for 31.0 s"],
            "intake_idle_s": pytest.approx(0.0, abs=5.0),
            "journal_waiting_s": 31.0,
        },
    )


async def test_an_engine_that_is_not_supervised_is_unhealthy() -> None:
    probed = Probed()
    probed.supervisor.unwatched = ["speech-0"]
    assert (await probed.health())[1]["reasons"] == ["engine speech-0: its process is not supervised"]


def test_where_others_reach_it_everything_but_the_probes_needs_the_token(tmp_path: Path) -> None:
    secret = "0123456789abcdef"  # noqa: S105 - of this test
    settings = {"sockets__ops": "http://0.0.0.0:0", "sockets__ops_token": secret}
    with running_server(tmp_path, **ECHO | settings) as server:
        server.wait_ready()
        address = server.endpoints["ops"].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - what it was bound to

        def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
            request = Request(address + path, method=method, headers=headers)  # noqa: S310 - our own address
            try:
                with urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310
                    return response.status, response.read()
            except HTTPError as error:
                with error:
                    return error.code, json.load(error)

        for path in ("/stats", "/metrics", "/tasks", "/tasks/t", "/nowhere"):
            status, document = ask(path)
            assert (status, "Bearer" in document["error"]) == (401, True)
            assert ask(path, Authorization=f"Bearer {secret}")[0] == (404 if path in ("/tasks/t", "/nowhere") else 200)
        assert ask("/tasks/t/cancel", "POST")[0] == 401
        assert (ask("/healthz")[0], ask("/readyz")[0]) == (200, 200)
        assert secret not in json.dumps(server.log)


def test_a_web_page_of_another_site_is_refused_on_loopback(echo_server: ServerProcess) -> None:
    def ask(path: str, method: str = "GET", **headers: str) -> int:
        request = Request(echo_server.endpoints["ops"] + path, method=method, headers=headers)  # noqa: S310
        try:
            with urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310
                return int(response.status)
        except HTTPError as error:
            error.close()
            return error.code

    assert ask("/stats", Host="rebound.example:8088") == 403
    assert ask("/tasks/t/cancel", "POST", Origin="http://evil.example") == 403
    assert ask("/tasks/t/cancel", "POST") == 404
    assert ask("/stats") == 200


def test_a_wrong_method_and_a_wrong_path_are_told(echo_server: ServerProcess) -> None:
    assert probe(echo_server, "/nowhere") == (404, {"error": "there is no /nowhere"})
    assert probe(echo_server, "/tasks/t/cancel") == (405, {"error": "/tasks/t/cancel takes POST"})
