"""What the command line says where it cannot begin."""

from __future__ import annotations

import sys
import tomllib

import pytest
from typer.testing import CliRunner

from dragoman_server.cli.commands import app


@pytest.mark.parametrize("missing", ["pydantic_settings", "dragoman_server.cli.serve"])
def test_a_server_that_is_not_installed_in_full_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("dragoman_server.config") or name == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)  # an import of it fails
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert result.stderr == (
        f"the server is not installed ({missing} is missing); run: pip install 'dragoman[server,models]'\n"
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["sockets"], "--set sockets: expected SECTION.KEY=VALUE"),
        (["sockets=1"], "--set sockets=1: expected SECTION.KEY=VALUE"),
        (["sockets.ops"], "--set sockets.ops: expected SECTION.KEY=VALUE"),
        (["sockets.ops=1", "sockets.ops.port=2"], "--set sockets.ops.port=2: ops is set to a value as well"),
        (["sockets.op=1"], "configuration: the command line: unknown key sockets.op; did you mean sockets.ops?"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(settings: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["check-config", *(part for each in settings for part in ("--set", each))])
    assert (result.exit_code, result.stderr) == (2, f"{said}\n")


def test_an_old_name_in_the_configuration_is_told_beside_what_is_in_force() -> None:
    result = CliRunner().invoke(app, ["check-config", "--set", "lanes.audio.queue=7"])
    assert result.exit_code == 0
    assert result.stderr == (
        "lanes.audio is now called lanes.voice; the next version will no longer know the old name\n"
    )
    assert tomllib.loads(result.stdout)["lanes"]["voice"]["queue"] == 7
