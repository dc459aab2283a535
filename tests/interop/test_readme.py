"""The examples in the README run as they stand, save for the ports."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import PATIENCE_S, ROOT, ServerProcess

MODULES = Path(__file__).parent / "node_modules"
PORTS = {"requests": "5555", "events": "5558", "routed": "5559"}


def first_block(language: str, having: str) -> str:
    """The first block of this language in the README that holds a text."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    found = next((block for block in blocks if having in block), None)
    assert found is not None, f"the README has no {language} example with {having}"
    return str(found)


def at_the_ports_of(server: ServerProcess, code: str) -> str:
    for name, port in PORTS.items():
        code = code.replace(f"127.0.0.1:{port}", server.endpoints[name].removeprefix("tcp://"))
    return code


def output_of(command: list[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_node_example_prints_a_translation(echo_server: ServerProcess, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (MODULES / "zeromq").is_dir():
        pytest.skip("the packages of tests/interop are not installed; scripts/test does it where npm is there")
    (tmp_path / "node_modules").symlink_to(MODULES)
    example = tmp_path / "example.mjs"
    example.write_text(at_the_ports_of(echo_server, first_block("js", "zeromq")), encoding="utf-8")
    assert "] Good morning" in output_of([node, example], tmp_path)


def test_the_python_example_prints_a_translation(echo_server: ServerProcess, tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text(at_the_ports_of(echo_server, first_block("python", "zmq.PUSH")), encoding="utf-8")
    assert "] Good morning" in output_of([sys.executable, example], tmp_path)
