"""The client of the operations endpoint: its token reaches the address that was configured, and no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dragoman_server.cli.commands import app
from dragoman_wire.ops import OpsClient, OpsRefused
from dragoman_wire.ops_token import TokenError, read_token

TOKEN = "0123456789abcdef-secret"  # noqa: S105 - of a test


class Host:
    """An HTTP server that keeps what it was sent.

    Args:
        status: of every answer.
        location: where every answer points to.
        body: of every answer.
    """

    def __init__(self, status: int, location: str = "", body: bytes = b"{}") -> None:
        self.seen: list[tuple[str, str | None]] = []
        """Of each request the method, and the `Authorization`."""
        host = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                host.seen.append((self.command, self.headers["Authorization"]))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_CONNECT = _answer  # noqa: N815 - as http.server wants them

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def serving(host: Host) -> Iterator[Host]:
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        host.server.shutdown()
        thread.join()
        host.server.server_close()


@pytest.fixture
def second() -> Iterator[Host]:
    """The host that nothing may reach: target of redirects, and proxy of the environment."""
    with serving(Host(200)) as host:
        yield host


@pytest.fixture(params=[301, 302, 303, 307, 308])
def first(request: pytest.FixtureRequest, second: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """The host that is asked; it sends everyone on."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, second.address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(Host(request.param, f"{second.address}/stats")) as host:
        yield host


def test_neither_a_redirect_nor_a_proxy_gets_the_token(first: Host, second: Host) -> None:
    client = OpsClient(first.address, TOKEN)
    task = {"task_id": "t", "reply_to": "p"}
    asked = (client.stats, client.clear_cache, lambda: client.task(task), lambda: client.cancel(task))
    for ask in asked:
        with pytest.raises(OpsRefused, match="the server answered 30"):
            ask()

    assert first.seen == [(method, f"Bearer {TOKEN}") for method in ("GET", "POST", "GET", "POST")]
    assert second.seen == []


@pytest.mark.parametrize(("command", "method"), [("stats", "GET"), ("clear", "POST")])
def test_the_cache_commands_give_the_token_to_the_configured_server_only(
    command: str, method: str, first: Host, second: Host, tmp_path: Path
) -> None:
    settings = [f"server.state_dir={tmp_path}", f"sockets.ops={first.address}", f"sockets.ops_token={TOKEN}"]
    flags = [word for setting in settings for word in ("--set", setting)]
    shown = CliRunner().invoke(app, ["cache", command, *flags])

    assert (shown.exit_code, first.address in shown.output) == (2, True)
    assert first.seen == [(method, f"Bearer {TOKEN}")]
    assert second.seen == []


@pytest.mark.parametrize("setting", [None, "", "none"])
def test_no_token_is_sent_where_none_is_set(setting: str | None, second: Host) -> None:
    OpsClient(second.address, read_token(setting)).stats()

    assert second.seen == [("GET", None)]


def test_an_answer_that_never_ends_is_cut() -> None:
    with serving(Host(200, body=b"[" * (17 << 20))) as host, pytest.raises(OpsRefused, match="is no JSON document"):
        OpsClient(host.address).stats()


def test_a_token_is_given_by_itself_or_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f" {TOKEN}\n")

    assert read_token(TOKEN) == read_token(f"file:{tmp_path}/token") == TOKEN
    with pytest.raises(TokenError, match="cannot be read"):
        read_token(f"file:{tmp_path}/none")
