"""Ctrl-C at any moment ends a command with status 130 and without a trace."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from dragoman_wire.early_signals import command_of, ends_with_its_terminal, interruptible
from tests.unit.client.fake_server import WAIT_S

INTERRUPTED_BY_AN_IMPORT = """
import importlib.abc, os, signal, sys

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)

from dragoman_client.cli import main
sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.mark.parametrize("module", ["typer", "dragoman_client.cli.app", "dragoman_server.cli.commands", "zmq"])
def test_ctrl_c_while_a_command_is_loaded_leaves_no_trace(module: str) -> None:
    code = INTERRUPTED_BY_AN_IMPORT.format(module=module)
    command = [sys.executable, "-c", code, "ping", "--server", "127.0.0.1:1", "--timeout", str(WAIT_S)]
    done = subprocess.run(command, capture_output=True, timeout=WAIT_S, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["serve"], "serve"),
        (["--server", "serve", "ping"], "ping"),
        (["--json", "--timeout", "3", "serve", "--set", "a.b=c"], "serve"),
        (["translate", "serve", "--to", "pt"], "translate"),
        (["--version"], None),
    ],
)
def test_the_command_is_the_first_word_that_is_no_option(arguments: list[str], command: str | None) -> None:
    assert command_of(arguments) == command


def test_a_block_may_ask_for_the_usual_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_under_nohup_outlives_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_wire.early_signals.has_terminal", lambda: True)
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_DFL)
    assert ends_with_its_terminal()
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_IGN)
    assert not ends_with_its_terminal()
