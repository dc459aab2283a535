"""`dragoman check-config`: what is in force, what of it is not as by default, and whether what it names is here."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from dragoman_server.cli.commands import app
from tests.harness import ECHO_ENGINES


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def check(*arguments: str, **settings: object) -> Result:
    flags = [word for key, value in settings.items() for word in ("--set", f"{key.replace('__', '.')}={value}")]
    return CliRunner().invoke(app, ["check-config", *arguments, *flags])


def test_what_is_changed_is_printed_alone_as_toml_or_as_a_document(tmp_path: Path) -> None:
    changed = check("--changed", server__state_dir=tmp_path, lanes__voice__queue=7)
    document = check("--changed", "--json", server__state_dir=tmp_path, lanes__voice__queue=7)

    wanted = {"server": {"state_dir": str(tmp_path)}, "lanes": {"voice": {"queue": 7}}}
    assert tomllib.loads(changed.stdout) == wanted
    assert json.loads(document.stdout) == {"config": wanted}
    assert tomllib.loads(check(lanes__voice__queue=7).stdout)["lanes"]["voice"]["concurrency"] == 8


def test_a_deep_look_loads_the_models_and_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = check(
        "--deep",
        "--json",
        server__state_dir=tmp_path / "file" / "state",
        engines__models_dir=tmp_path / "models",
        sockets__ops_token=f"file:{tmp_path}/absent",
        **ECHO_ENGINES | {"engines__translation__model": f"path:{tmp_path}/nowhere"},
    )
    found = {one["key"]: one for one in json.loads(result.stdout)["findings"]}

    assert result.exit_code == 1
    assert {key for key, one in found.items() if not one["ok"]} == {
        "server.state_dir",
        "sockets.ops_token",
        "engines.translation.model",
    }
    assert found["server.state_dir"]["message"] == f"{tmp_path}/file is no folder"
    assert "cannot be read: No such file" in found["sockets.ops_token"]["message"]
    assert f"there is no folder {tmp_path}/nowhere" in found["engines.translation.model"]["message"]
    assert found["engines.models_dir"]["message"] == f"{tmp_path}/models will be made"
    assert found["engines.speech.model"]["message"] == "echo is loaded as echo"
    assert not (tmp_path / "models").exists()


def test_where_all_is_here_the_status_is_0_and_each_thing_has_a_line(tmp_path: Path) -> None:
    result = check("--deep", "--changed", server__state_dir=tmp_path, **ECHO_ENGINES)
    assert result.exit_code == 0
    assert {line.split()[0] for line in result.stderr.splitlines()} == {"ok"}
    assert f"ok       server.state_dir: {tmp_path} is here" in result.stderr.splitlines()
