"""What a new user is shown works as it stands."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from dragoman_client.cli import build_app
from dragoman_engines.base import Capabilities
from dragoman_server.config import ServerConfig, SocketsConfig
from dragoman_server.lifecycle.banner import welcome
from dragoman_server.telemetry.logs import Logs

DEFAULTS: dict[str, str] = {
    name: address for name, address in SocketsConfig().model_dump().items() if isinstance(address, str)
}
ENGLISH = Capabilities(model="m", revision="1", pairs=[("pt", "en"), ("en", "pt")])
SPANISH = Capabilities(model="m", revision="1", pairs=[("xx", "es"), ("es", "ca")])


def commands(endpoints: dict[str, str], translation: Capabilities | None) -> list[list[str]]:
    text = welcome(endpoints, translation)
    return [shlex.split(line) for line in text.splitlines() if line.startswith("    ")]


@pytest.mark.parametrize("translation", [None, ENGLISH, SPANISH, Capabilities(model="echo", revision="1")])
def test_every_command_shown_is_one_with_options_that_it_has(translation: Capabilities | None) -> None:
    group: Any = typer.main.get_command(build_app())
    shown = commands(DEFAULTS, translation)
    assert len(shown) == 3
    for _, name, *words in shown:
        known = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_the_text_is_in_a_language_that_the_engine_translates() -> None:
    assert commands(DEFAULTS, ENGLISH)[0][1:] == ["translate", "Good morning", "--from", "en", "--to", "pt"]
    assert commands(DEFAULTS, SPANISH)[0][1:] == ["translate", "Buenos días", "--from", "es", "--to", "ca"]


def test_where_nothing_can_be_translated_a_ping_is_proposed() -> None:
    only_rare = Capabilities(model="m", revision="1", pairs=[("xx", "yy")])
    for translation in (None, only_rare):
        assert [words[1:] for words in commands(DEFAULTS, translation)] == [
            ["ping"],
            ["load", "--duration", "5", "--mix", "ping"],
            ["stats"],
        ]


def test_endpoints_are_named_where_the_client_would_not_find_them() -> None:
    moved = DEFAULTS | {"requests": "tcp://0.0.0.0:5555", "routed": "tcp://[::]:6000"}
    assert commands(moved, ENGLISH)[0][1:4] == ["--routed", "tcp://[::1]:6000", "translate"]


def test_the_command_is_given_with_its_folder_where_a_shell_would_not_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dragoman").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    assert commands(DEFAULTS, None)[0][0] == "./bin/dragoman"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert commands(DEFAULTS, None)[0][0] == str(tmp_path / "bin" / "dragoman")


@pytest.mark.parametrize(("log_format", "shown"), [("console", True), ("auto", False), ("json", False)])
def test_only_people_are_shown_what_is_for_people(tmp_path: Path, log_format: Any, *, shown: bool) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:  # no terminal
        logs = Logs(ServerConfig(log_format=log_format), stream)
        logs.show("Good morning.\nHow are you?")
        logs.close()
    assert (tmp_path / "log").read_text(encoding="utf-8") == ("Good morning.\nHow are you?\n" if shown else "")
