"""The peers that the README and the examples show run as they stand, and read what the server answers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import blocks
from tests.harness import PATIENCE_S, ROOT, ServerProcess

MODULES = Path(__file__).parent / "node_modules"
EXAMPLES = ROOT / "examples"
PORTS = {"requests": "5555", "events": "5558", "routed": "5559"}


def run(
    command: list[str | Path], folder: Path, server: ServerProcess | None = None
) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if server is not None:
        environment |= {f"DRAGOMAN_SOCKETS__{name.upper()}": server.endpoints[name] for name in ("requests", "routed")}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def command_of(name: str, folder: Path) -> list[str | Path]:
    """How to run an example; the Node one in a folder that has the packages."""
    if name == "python_peer":
        return [sys.executable, EXAMPLES / name / "peer.py"]
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (MODULES / "zeromq").is_dir():
        pytest.skip("the packages of tests/interop are not installed; scripts/test does it where npm is there")
    (folder / "node_modules").symlink_to(MODULES)
    return [node, shutil.copy(EXAMPLES / name / "peer.mjs", folder)]


def test_the_peer_in_the_readme_prints_a_translation(echo_server: ServerProcess, tmp_path: Path) -> None:
    [code] = [block for block in blocks(ROOT / "README.md", "python") if "zmq.PUSH" in block]
    for name, port in PORTS.items():
        code = code.replace(f"127.0.0.1:{port}", echo_server.endpoints[name].removeprefix("tcp://"))
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    done = run([sys.executable, "example.py"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[pt] Good morning\n"


@pytest.mark.parametrize("name", ["python_peer", "node_peer"])
def test_a_peer_prints_each_language(name: str, echo_server: ServerProcess, tmp_path: Path) -> None:
    done = run([*command_of(name, tmp_path), "Good morning", "en", "pt", "fr"], tmp_path, echo_server)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == ["fr: [fr] Good morning", "pt: [pt] Good morning"]


@pytest.mark.parametrize("name", ["python_peer", "node_peer"])
def test_a_peer_tells_the_error_of_a_refused_request(name: str, echo_server: ServerProcess, tmp_path: Path) -> None:
    done = run([*command_of(name, tmp_path), "Good morning", "x" * 36, "pt"], tmp_path, echo_server)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "sourceLanguage" in done.stderr


@pytest.mark.parametrize("name", ["python_peer", "node_peer"])
def test_a_peer_tells_the_error_of_a_language(name: str, echo_server: ServerProcess, tmp_path: Path) -> None:
    done = run([*command_of(name, tmp_path), "", "en", "pt"], tmp_path, echo_server)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"pt: .*empty\n", done.stderr)


@pytest.mark.parametrize("name", ["python_peer", "node_peer"])
def test_a_peer_says_how_to_use_it(name: str, tmp_path: Path) -> None:
    done = run(command_of(name, tmp_path), tmp_path)
    assert done.returncode == 2
    assert "peer" in done.stderr
    assert "TEXT SOURCE TARGET" in done.stderr
