"""A server that cannot start says why in one sentence, with an exit status that tells the reasons apart."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman_engines.device import DeviceMissing, check_driver
from tests.harness import ECHO, PATIENCE_S, ServerProcess, running_server

FREE_ENDPOINTS = {
    "sockets.requests": "tcp://127.0.0.1:0",
    "sockets.events": "tcp://127.0.0.1:0",
    "sockets.routed": "tcp://127.0.0.1:0",
    "sockets.ops": "http://127.0.0.1:0",
}


def serve(state_dir: Path | str, **settings: object) -> tuple[int, str]:
    """Start a server that is expected to refuse; its exit status and what it wrote to its error output."""
    given: dict[str, object] = {key.replace("__", "."): value for key, value in (ECHO | settings).items()}
    given = {"server.state_dir": state_dir, **FREE_ENDPOINTS, **given}
    flags = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    done = subprocess.run(
        [sys.executable, "-m", "dragoman_server", "serve", *flags],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr.strip()


def assert_one_sentence(errors: str) -> None:
    assert len(errors.splitlines()) == 1, errors
    assert "Traceback" not in errors


@pytest.fixture(scope="module")
def owned_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("owner")


@pytest.fixture(scope="module")
def owner(owned_dir: Path) -> Iterator[ServerProcess]:
    """A server that has its state directory and its ports."""
    with running_server(owned_dir, **ECHO) as server:
        yield server.wait_ready()


def test_a_second_server_on_one_state_directory_is_refused_and_told_who_has_it(
    owner: ServerProcess, owned_dir: Path
) -> None:
    status, errors = serve(owned_dir)
    assert status == 1
    assert_one_sentence(errors)
    assert str(owned_dir) in errors
    assert f"process {owner.process.pid}" in errors
    assert owner.stats()["server_status"] == "running"


@pytest.mark.parametrize("socket", ["requests", "events", "routed", "ops"])
def test_a_taken_address_is_refused_by_name(owner: ServerProcess, tmp_path: Path, socket: str) -> None:
    status, errors = serve(tmp_path, **{f"sockets.{socket}": owner.endpoints[socket]})
    assert status == 1
    assert_one_sentence(errors)
    assert f"sockets.{socket} {owner.endpoints[socket]} cannot be bound" in errors
    assert "ddress already in use" in errors


def test_a_state_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    impossible = tmp_path / "file" / "state"
    status, errors = serve(impossible)
    assert status == 1
    assert_one_sentence(errors)
    assert f"server.state_dir {impossible} cannot be used" in errors


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that not even root can write to")
def test_a_state_directory_that_cannot_be_written_is_refused() -> None:
    status, errors = serve("/proc/self")
    assert status == 1
    assert_one_sentence(errors)
    assert "server.state_dir /proc/self cannot be used" in errors


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("server.drian_s", "server.drain_s"),
        ("servre.drain_s", "server"),
        ("engines.translation.modle", "engines.translation.model"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_named(tmp_path: Path, given: str, nearest: str) -> None:
    status, errors = serve(tmp_path, **{given: 3})
    assert status == 2
    assert_one_sentence(errors)
    assert f"unknown key {given.partition('.')[0] if nearest == 'server' else given}" in errors
    assert f"did you mean {nearest}?" in errors


def test_an_impossible_value_is_refused_by_name(tmp_path: Path) -> None:
    status, errors = serve(tmp_path, **{"server.drain_s": -1})
    assert status == 2
    assert_one_sentence(errors)
    assert "server.drain_s" in errors


def has_cuda() -> bool:
    try:
        check_driver()
    except DeviceMissing:
        return False
    return True


@pytest.mark.skipif(has_cuda(), reason="there is a CUDA device here")
def test_a_device_that_is_not_here_is_refused_by_the_name_of_its_key(tmp_path: Path) -> None:
    model = {"engines__transcription__model": "tiny.en"}
    status, errors = serve(tmp_path, **model, engines__transcription__device="cuda")
    assert status == 1
    assert_one_sentence(errors)
    assert 'engines.transcription.device is "cuda", but NVIDIA\'s driver' in errors
    assert 'set it to "cpu" or "auto"' in errors


def test_an_operations_endpoint_that_others_reach_needs_a_token(tmp_path: Path) -> None:
    status, errors = serve(tmp_path, **{"sockets.ops": "http://0.0.0.0:0"})
    assert status == 2
    assert_one_sentence(errors)
    assert "sockets: ops is bound to 0.0.0.0, which others can reach: set ops_token to a secret" in errors


def test_a_token_s_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    status, errors = serve(tmp_path, **{"sockets.ops_token": f"file:{tmp_path}/absent"})
    assert status == 1
    assert_one_sentence(errors)
    assert f"{tmp_path}/absent cannot be read: No such file or directory" in errors


def test_tracing_without_its_packages_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opentelemetry.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    status, errors = serve(tmp_path, **{"server.tracing": True})
    assert status == 1
    assert_one_sentence(errors)
    assert "pip install 'dragoman[otel]'" in errors
