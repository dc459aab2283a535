"""`dragoman cache`, as an operator uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner, Result

from dragoman_server.cli.commands import app
from tests.harness import ECHO_ENGINES, ServerProcess, connected, running_server, wait_until


def run(command: str, *arguments: str, folder: Path, ops: str) -> Result:
    where = ["--set", f"server.state_dir={folder}", "--set", f"sockets.ops={ops}"]
    return CliRunner().invoke(app, ["cache", command, *arguments, *where])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server(tmp_path, **ECHO_ENGINES) as one:
        one.wait_ready()
        with connected(one, "peer") as peer:
            for number in range(2):
                request = {"text": "hello", "sourceLanguage": "en", "targetLanguages": ["pt"]}
                peer.run({"taskId": f"task-{number}", **request})
        wait_until(lambda: one.stats()["cache"]["levels"]["disk"]["entries"] == 2, "it is written")
        yield one


@pytest.fixture
def nowhere() -> str:
    return "http://127.0.0.1:1"


def test_the_figures_of_a_running_server_are_shown(server: ServerProcess, tmp_path: Path) -> None:
    shown = run("stats", folder=tmp_path, ops=server.endpoints["ops"])
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.output.splitlines()]
    assert lines[1][:4] == ["sentence", "0", "1", "0"]
    assert lines[2][:5] == ["text", "1", "1", "50", "%"]
    assert [line[0] for line in lines[3:]] == ["all", "memory:", "disk:"]

    document = run("stats", "--json", folder=tmp_path, ops=server.endpoints["ops"])
    assert json.loads(document.output)["cache_hits"] == 1


def test_a_running_server_forgets_at_every_level(server: ServerProcess, tmp_path: Path) -> None:
    cleared = run("clear", folder=tmp_path, ops=server.endpoints["ops"])
    assert (cleared.exit_code, cleared.output.split(":")[0]) == (0, "cleared")

    levels = server.stats()["cache"]["levels"]
    assert (levels["memory"]["entries"], levels["disk"]["entries"]) == (0, 0)
    with connected(server, "other") as peer:
        request = {"taskId": "new", "text": "hello", "sourceLanguage": "en", "targetLanguages": ["pt"]}
        assert not peer.run(request)[1].fields["result"]["fromCache"]


def test_the_file_of_a_stopped_server_is_removed(server: ServerProcess, tmp_path: Path, nowhere: str) -> None:
    server.terminate()
    assert server.wait() == 0
    assert (tmp_path / "cache.db").exists()

    cleared = run("clear", folder=tmp_path, ops=nowhere)
    assert (cleared.exit_code, cleared.output) == (0, f"cleared: {tmp_path / 'cache.db'}\n")
    assert not list(tmp_path.glob("cache.db*"))
    again = run("clear", folder=tmp_path, ops=nowhere)
    assert (again.exit_code, again.output) == (0, f"there is nothing to clear in {tmp_path}\n")


def test_a_server_that_does_not_answer_there_is_left_alone(
    server: ServerProcess, tmp_path: Path, nowhere: str
) -> None:
    cleared = run("clear", folder=tmp_path, ops=nowhere)
    assert cleared.exit_code == 2
    assert f"process {server.process.pid}" in cleared.output
    assert "sockets.ops" in cleared.output
    assert (tmp_path / "cache.db").exists()


def test_without_a_server_there_are_no_figures(tmp_path: Path, nowhere: str) -> None:
    shown = run("stats", folder=tmp_path, ops=nowhere)
    assert (shown.exit_code, urlsplit(nowhere).netloc in shown.output) == (3, True)
    assert run("clear", folder=tmp_path / "none", ops=nowhere).output.startswith("there is nothing to clear")
