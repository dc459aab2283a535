"""How servers are named, in arguments and in the environment."""

from __future__ import annotations

import inspect
from typing import Any, cast

import pytest

from dragoman_client import Client, SyncClient
from dragoman_client.environment import OPTIONS, arguments_from
from dragoman_client.options import ClientOptions
from dragoman_client.servers import ServerAddress, Servers, addresses_of
from tests.unit.client.conftest import Serve


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("tcp://10.0.0.5", ("tcp://10.0.0.5:5555", "tcp://10.0.0.5:5559")),
        ("tcp://10.0.0.5:5555", ("tcp://10.0.0.5:5555", "tcp://10.0.0.5:5559")),
        ("tcp://gpu-2:7000", ("tcp://gpu-2:7000", "tcp://gpu-2:7004")),
        (" tcp://[::1] ", ("tcp://[::1]:5555", "tcp://[::1]:5559")),
    ],
)
def test_one_endpoint_of_tcp_names_a_server(endpoint: str, address: tuple[str, str]) -> None:
    assert addresses_of(endpoint) == addresses_of([endpoint]) == (ServerAddress(*address),)


def test_pairs_are_taken_as_they_are_and_may_stand_beside_single_endpoints() -> None:
    assert addresses_of(["tcp://a", ("ipc:///run/b", "ipc:///run/c")]) == (
        ServerAddress("tcp://a:5555", "tcp://a:5559"),
        ServerAddress("ipc:///run/b", "ipc:///run/c"),
    )
    assert addresses_of("ipc:///run/b", "ipc:///run/c") == (ServerAddress("ipc:///run/b", "ipc:///run/c"),)


@pytest.mark.parametrize(
    ("requests", "routed", "said"),
    [
        ("ipc:///run/b", None, "name both endpoints"),
        ("10.0.0.5:5555", None, "name both endpoints"),
        ("tcp://a:b", None, "name both endpoints"),
        ("tcp://a:65533", None, "name both endpoints"),
        ([], None, "no server is named"),
        (["tcp://a", "tcp://a:5555"], None, "tcp://a:5555 is named twice"),
        (["tcp://a"], "tcp://a:5559", "belongs to one server"),
    ],
)
def test_what_names_no_servers_is_told(requests: Servers, routed: str | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Client(requests, routed)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5559", {})),
        (
            {"DRAGOMAN_SOCKETS__REQUESTS": "tcp://0.0.0.0:7000", "DRAGOMAN_SOCKETS__ROUTED": "tcp://*:7001"},
            ("tcp://127.0.0.1:7000", "tcp://127.0.0.1:7001", {}),
        ),
        (
            {"DRAGOMAN_CLIENT__SERVERS": "tcp://a, ipc://b  ipc://c,", "DRAGOMAN_SOCKETS__REQUESTS": "tcp://d:1"},
            (["tcp://a", ("ipc://b", "ipc://c")], None, {}),
        ),
        (
            {"DRAGOMAN_CLIENT__TIMEOUT_S": "2.5", "DRAGOMAN_CLIENT__RETRIES": " 3 ", "DRAGOMAN_CLIENT__PEER": ""},
            ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5559", {"timeout_s": 2.5, "retries": 3}),
        ),
    ],
)
def test_the_environment_names_servers_and_options(variables: dict[str, str], expected: tuple[Any, ...]) -> None:
    assert arguments_from(variables) == expected


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TIMEOUT_S", "soon", "DRAGOMAN_CLIENT__TIMEOUT_S: 'soon' is no number"),
        ("TIMEOUT", "5", "did you mean DRAGOMAN_CLIENT__TIMEOUT_S?"),
        ("COLOUR", "red", "is no variable of the client; known are peer, timeout_s"),
        ("SERVERS", "tcp://a tcp://b tcp://c", "DRAGOMAN_CLIENT__SERVERS: 'tcp://a tcp://b tcp://c': expected one"),
    ],
)
def test_a_variable_that_is_wrong_is_told_by_its_name(name: str, value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        Client.from_env({f"DRAGOMAN_CLIENT__{name}": value})


def test_a_variable_sets_an_argument_of_the_client_and_an_argument_comes_before_it() -> None:
    assert set(OPTIONS) <= set(inspect.signature(Client).parameters)
    variables = {"DRAGOMAN_CLIENT__PEER": "from-the-environment"}
    assert Client.from_env(variables).peer == SyncClient.from_env(variables).peer == "from-the-environment"
    assert Client.from_env(variables, peer="given").peer == "given"


async def test_a_client_of_the_environment_reaches_its_server(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(None)
    monkeypatch.setenv("DRAGOMAN_CLIENT__SERVERS", " ".join(server.endpoints))
    async with Client.from_env() as client:
        assert (await client.translate("hi", to="pt")).text == "pt(hi)"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(
            (name, value)
            for name in ("timeout_s", "connect_timeout_s", "resend_s", "poll_s")
            for value in (0, -1, "nan")
        ),
        ("retries", -1),
    ],
)
def test_a_time_or_number_that_cannot_be_is_refused_by_its_name(option: str, value: str | int) -> None:
    with pytest.raises(ValueError, match=f"^{option}: "):
        Client.from_env({}, **cast("ClientOptions", {option: float(value) if option != "retries" else value}))
    with pytest.raises(ValueError, match=option):
        Client.from_env({f"DRAGOMAN_CLIENT__{option.upper()}": str(value)})
