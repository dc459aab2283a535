"""Our own server passes every rule that any server of this protocol can be held against."""

from __future__ import annotations

import subprocess

import pytest

from tests.conformance.__main__ import endpoints_of, main, verdict
from tests.conformance.peer import Endpoints
from tests.conformance.rule import Session, Subject
from tests.conformance.rules_routing import SOCKETS
from tests.harness import PATIENCE_S, ROOT, ServerProcess


def test_every_rule_of_the_protocol_holds(echo_server: ServerProcess) -> None:
    ports = [echo_server.endpoints[name].rpartition(":")[2] for name in ("requests", "events", "routed")]
    done = subprocess.run(
        [ROOT / "scripts" / "conformance", ":".join(["127.0.0.1", *ports]), "--failing-text", "__fail__ here"],
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith(("FAIL", "SKIP"))] == []
    assert done.returncode == 0, done.stderr[-2000:]
    assert lines[-1].endswith("(100 %)")
    assert len(lines) > 100


def test_an_address_without_ports_is_that_of_the_default_ports() -> None:
    assert endpoints_of("example.org").routed == "tcp://example.org:5559"


def test_where_no_server_is_the_rules_are_not_gone_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["127.0.0.1:9:9:9", "--timeout", "0.2"]) == 2
    assert "is there a server?" in capsys.readouterr().err


def test_a_server_that_breaks_a_rule_is_told_so(echo_server: ServerProcess) -> None:
    places = echo_server.endpoints
    # The events socket in the place of the routed one: nothing comes under a topic there.
    wrong = Endpoints(places["requests"], places["events"], places["events"])

    def session(patience_s: float) -> Session:
        return Session(subject=Subject(endpoints=wrong, audio=b"", patience_s=patience_s), codec="json")

    on_events, on_routed, *_ = SOCKETS.rules
    assert verdict(on_events, session(PATIENCE_S))[0] == "PASS"
    assert verdict(on_routed, session(0.5))[0] == "FAIL"
