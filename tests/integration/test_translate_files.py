"""Files from the command line through a running server: interrupted and gone on with, and a part of a novel."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dragoman_client.cli import build_app
from dragoman_client.cutting import cut
from tests.harness import DATA, ECHO_ENGINES, PATIENCE_S, ServerProcess, running_server


def options(server: ServerProcess, *arguments: str) -> list[str]:
    return ["--requests", server.endpoints["requests"], "--routed", server.endpoints["routed"], *arguments]


def run(server: ServerProcess, *arguments: str) -> Result:
    return CliRunner().invoke(build_app(), options(server, *arguments))


def units(server: ServerProcess) -> int:
    return int(server.stats()["engines"]["translation"]["units"])


def until(what: str, holds: object) -> None:
    assert callable(holds)
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.01)


def test_after_ctrl_c_the_same_command_goes_on_and_translates_nothing_twice(tmp_path: Path) -> None:
    text = "\n\n".join(
        f"This is paragraph number {number} of a long text. It ends here, {number}." for number in range(600)
    )
    file, out = tmp_path / "long.txt", tmp_path / "out"
    file.write_text(text)
    part, done = out / "long.pt.txt.part", out / "long.pt.txt"
    command = ["translate", str(file), "--from", "en", "--to", "pt", "--out", str(out)]
    settings = ECHO_ENGINES | {"engines__translation__delay_ms": 100}
    (tmp_path / "state").mkdir()
    with running_server(tmp_path / "state", **settings) as server:
        server.wait_ready()
        program = [sys.executable, "-c", "from dragoman_client.cli import main; main()"]
        process = subprocess.Popen([*program, *options(server, *command)], stderr=subprocess.PIPE, text=True)
        until("something is written", lambda: part.exists() and part.stat().st_size > 0)
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130, errors
        assert "goes on where this one stopped" in errors
        assert not done.exists()
        until("nothing is at work", lambda: server.stats()["active_tasks"]["total_active"] == 0)
        before = units(server)

        assert run(server, *command).exit_code == 0
        assert done.read_text().replace("[pt] ", "") == text
        assert not part.exists()
        after = units(server)
        done.unlink()
        assert run(server, *command).exit_code == 0
        assert units(server) == after, "a second run asks no engine"
    sentences = len(re.findall(r"\.", text))
    assert 0 < before < after
    (tmp_path / "other").mkdir()
    with running_server(tmp_path / "other", **ECHO_ENGINES) as server:
        server.wait_ready()
        done.unlink()
        assert run(server, *command).exit_code == 0
        assert after == units(server), f"of {sentences} sentences some were translated twice"


def test_each_file_is_translated_in_its_own_format(tmp_path: Path, echo_server: ServerProcess) -> None:
    files = {
        "page.md": "# A title\n\n`code` and [a link](https://example.org/a).\n",
        "messages.json": '{"hello": "Hello there", "count": 3}\n',
        "film.srt": "1\n00:00:01,000 --> 00:00:02,500\nHello there.\n",
        "table.csv": "id,text\n7,Hello there\n",
    }
    folder, out = tmp_path / "texts", tmp_path / "out"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    arguments = ["translate", str(folder), "--from", "en", "--to", "pt", "--out", str(out), "--column", "text"]
    result = run(echo_server, *arguments)

    assert result.exit_code == 0, result.output
    written = {path.name: path.read_text() for path in out.iterdir()}
    assert set(written) == {"page.pt.md", "messages.pt.json", "film.pt.srt", "table.pt.csv"}
    assert json.loads(written["messages.pt.json"]) == {"hello": "[pt] Hello there", "count": 3}
    assert "](https://example.org/a)" in written["page.pt.md"]
    assert "`code`" in written["page.pt.md"]
    assert "00:00:01,000 --> 00:00:02,500\n[pt] Hello there." in written["film.pt.srt"]
    assert written["table.pt.csv"].splitlines() == ["id,text", "7,[pt] Hello there"]


@pytest.mark.models
def test_a_part_of_a_novel_comes_back_whole_and_in_order(tmp_path: Path, model_server: ServerProcess) -> None:
    pytest.importorskip("fxtranslate", reason="the [models] extra is not installed")
    novel = DATA / "text" / "pride-and-prejudice.en.txt"
    if not novel.exists():
        pytest.skip("the shared data is not here")
    text = novel.read_text(encoding="utf-8")[5000:11_000].strip() + "\n"
    file = tmp_path / "part.txt"
    file.write_text(text, encoding="utf-8")
    result = run(model_server, "translate", str(file), "--to", "pt", "--out", str(tmp_path))
    translation = (tmp_path / "part.pt.txt").read_text(encoding="utf-8")

    assert result.exit_code == 0, result.output
    assert len(cut(text)) > 1
    assert translation.count("\n\n") == text.count("\n\n"), "every paragraph"
    assert translation.endswith("\n")
    assert 0.8 < len(translation) / len(text) < 1.4
    assert {"Bennet", "Bingley"} & set(re.findall(r"\w+", text)) <= set(re.findall(r"\w+", translation))
