"""Who is served over HTTP."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from dragoman_server.config import ConfigError, SocketsConfig, config_as_toml, load_config
from dragoman_server.ops.guard import Guard, guard_of
from dragoman_wire.ops_token import TokenError

TOKEN = "0123456789abcdef-secret"  # noqa: S105 - of a test
LOCAL = "http://127.0.0.1:8088"
ELSEWHERE = "http://0.0.0.0:8088"


def status(guard: Guard, path: str = "/stats", method: str = "GET", **headers: str) -> int:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    refused = guard.refuses(make_mocked_request(method, path, headers=given))
    return 200 if refused is None else refused.status


@pytest.mark.parametrize("host", ["localhost", "localhost:8088", "127.0.0.1:8088", "[::1]:8088", "LOCALHOST:1"])
def test_on_loopback_this_machine_needs_no_token(host: str) -> None:
    assert status(Guard(LOCAL, None), Host=host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8088", "127.0.0.1.evil.example", "[", "localhost@evil", ""]
)
def test_a_page_that_lies_about_its_address_is_refused_on_loopback(host: str) -> None:
    guard = Guard(LOCAL, None)
    assert status(guard, Host=host) == 403
    assert status(guard, "/metrics", Host=host) == 403
    assert status(guard, "/tasks/t/cancel", "POST", Host=host) == 403
    assert status(guard, "/readyz", Host=host) == 200


def test_a_name_that_is_configured_is_this_machine_s() -> None:
    assert status(Guard("http://127.0.0.2:1", None), Host="127.0.0.2:1") == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_page_of_another_site_cannot_post(headers: dict[str, str], token: str | None) -> None:
    given = {"Host": "localhost:8088", "Authorization": f"Bearer {TOKEN}", **headers}
    assert status(Guard(LOCAL, token), "/tasks/t/cancel", "POST", **given) == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Sec_Fetch_Site": "same-origin", "Origin": "http://localhost:8088"}, {"Sec_Fetch_Site": "none"}]
)
def test_our_own_page_and_a_command_line_can_post(headers: dict[str, str]) -> None:
    assert status(Guard(LOCAL, None), "/tasks/t/cancel", "POST", Host="localhost:8088", **headers) == 200


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \u00e9"],
)
def test_without_the_token_nothing_but_the_probes_and_the_page_is_served(given: str) -> None:
    guard = Guard(ELSEWHERE, TOKEN)
    for path in ("/stats", "/metrics", "/tasks", "/tasks/t", "/nowhere"):
        assert status(guard, path, Authorization=given) == 401
    assert status(guard, "/tasks/t/cancel", "POST", Authorization=given) == 401
    for path in ("/", "/healthz", "/readyz"):
        assert status(guard, path, Authorization=given) == 200


def test_with_the_token_everything_is_served_under_any_name() -> None:
    guard = Guard(ELSEWHERE, TOKEN)
    for path in ("/stats", "/metrics", "/tasks"):
        assert status(guard, path, Authorization=f"Bearer {TOKEN}", Host="dragoman.internal") == 200
    assert status(guard, "/tasks/t/cancel", "POST", Authorization=f"Bearer {TOKEN}", Host="dragoman.internal") == 200


def test_a_token_is_asked_for_on_loopback_too_where_one_is_set() -> None:
    assert status(guard_of(SocketsConfig(ops_token=TOKEN)), Host="localhost") == 401  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address", ["http://0.0.0.0:8088", "http://[::]:8088", "http://10.0.0.5:8088", "http://ops:80"]
)
def test_an_address_that_others_reach_needs_a_token(address: str) -> None:
    with pytest.raises(ConfigError, match=r"ops is bound to .*: set ops_token to a secret .* or to \"none\""):
        load_config(flags={"sockets": {"ops": address}})
    for token in (TOKEN, "none", "file:token"):
        assert load_config(flags={"sockets": {"ops": address, "ops_token": token}}).sockets.ops == address


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://127.8.8.8:1", "http://[::1]:1", "http://localhost:1"]
)
def test_a_loopback_address_needs_none(address: str) -> None:
    assert load_config(flags={"sockets": {"ops": address}}).sockets.ops == address


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        ("short", "at least 16 characters"),
        ("*" * 16, "the stars stand for a token"),
        ("a token with many blanks", "without blanks"),
        ("\u00e9" * 16, "ASCII"),
    ],
)
def test_a_token_that_is_none_is_refused(token: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_config(flags={"sockets": {"ops_token": token}})


def test_the_token_is_not_in_the_configuration_that_is_printed() -> None:
    printed = config_as_toml(load_config(flags={"sockets": {"ops_token": TOKEN}}))
    assert TOKEN not in printed
    assert 'ops_token = "**********"' in printed
    with pytest.raises(ConfigError, match="the stars stand for a token"):
        load_config(flags=tomllib.loads(printed))


def test_none_leaves_the_endpoint_open_but_not_to_pages_of_other_sites() -> None:
    settings: Any = {"ops": ELSEWHERE, "ops_token": "none"}
    guard = guard_of(SocketsConfig(**settings))
    assert status(guard, Host="anything.example") == 200
    assert status(guard, "/tasks/t/cancel", "POST", Host="a.example", Origin="http://b.example") == 403


def test_the_token_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    settings: Any = {"ops": ELSEWHERE, "ops_token": f"file:{tmp_path}/token"}
    guard = guard_of(SocketsConfig(**settings))
    assert status(guard, Authorization=f"Bearer {TOKEN}") == 200


@pytest.mark.parametrize("content", [None, b"", b"short\n", b"\xff\xfe\x00"])
def test_a_file_without_a_token_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    settings: Any = {"ops_token": f"file:{path}"}
    with pytest.raises(TokenError, match=r"sockets\.ops_token: .*/token"):
        guard_of(SocketsConfig(**settings))
