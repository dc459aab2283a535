"""The names of servers on the command line, and the addresses that they come to."""

from __future__ import annotations

import pytest

from dragoman_client.cli.settings import Settings, endpoints_of


@pytest.mark.parametrize(
    ("server", "endpoints"),
    [
        ("10.0.0.5", ("tcp://10.0.0.5:5555", "tcp://10.0.0.5:5559", "http://10.0.0.5:8088")),
        ("tcp://models.lan", ("tcp://models.lan:5555", "tcp://models.lan:5559", "http://models.lan:8088")),
        ("models.lan:6000", ("tcp://models.lan:6000", "tcp://models.lan:6004", "http://models.lan:8088")),
        ("[::1]:6000", ("tcp://[::1]:6000", "tcp://[::1]:6004", "http://[::1]:8088")),
        ("tcp://a:1, tcp://b:2", ("tcp://a:1", "tcp://b:2", None)),
        ("ipc:///run/in,ipc:///run/out", ("ipc:///run/in", "ipc:///run/out", None)),
    ],
)
def test_a_server_is_a_host_a_port_or_a_pair_of_endpoints(server: str, endpoints: tuple[str, str, str | None]) -> None:
    assert endpoints_of(server) == endpoints


@pytest.mark.parametrize("server", ["", "a b", "http://a", "a:b", "a:0", "a:65535", "tcp://a:1,", "a,b,c", "udp://a"])
def test_what_names_no_server_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match=r"names no server|no such port"):
        Settings().give("server", server)


def test_an_endpoint_goes_before_the_server_which_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_SOCKETS__REQUESTS", "tcp://of-the-environment:1")
    monkeypatch.setenv("DRAGOMAN_SOCKETS__ROUTED", "tcp://of-the-environment:2")
    settings = Settings()
    assert (settings.requests, settings.routed) == ("tcp://of-the-environment:1", "tcp://of-the-environment:2")
    settings.give("server", "models.lan")
    assert (settings.requests, settings.routed) == ("tcp://models.lan:5555", "tcp://models.lan:5559")
    settings.give("routed", "tcp://elsewhere:3")
    assert (settings.requests, settings.routed) == ("tcp://models.lan:5555", "tcp://elsewhere:3")


def test_the_command_line_alone_takes_the_place_of_a_configured_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_SOCKETS__OPS", "http://of-the-environment:1")
    settings = Settings()
    assert (settings.ops, settings.explicit_ops) == ("http://of-the-environment:1", None)
    settings.give("server", "models.lan")
    assert settings.ops == settings.explicit_ops == "http://models.lan:8088"
