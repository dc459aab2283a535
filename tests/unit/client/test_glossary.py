"""A glossary from the command line and from code, as the server gets it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dragoman_client import SyncClient, TranslationCache
from dragoman_client.cli import build_app
from dragoman_wire.events import Event
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import FakeServer, Fields, Script, spoken, translating

GLOSSARY: dict[str, Any] = {"bank": "banco", "Zoom": None, "train": {"pt": "comboio"}}


def noting(seen: list[Any], answer: Script = translating) -> Script:
    """A script that notes the glossary of every request but pings."""

    def script(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Event] | Any:
        if request["type"] != "ping":
            seen.append(request.get("glossary"))
        return answer(server, request, binaries)

    return script


def speaking(_: FakeServer, request: Fields, __: list[bytes]) -> Any:
    return spoken(request)


def run(server: FakeServer, *arguments: str) -> int:
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint]
    return CliRunner().invoke(build_app(), [*where, *arguments]).exit_code


async def test_a_glossary_goes_with_a_translation_and_a_voice_message(serve: Serve) -> None:
    seen: list[Any] = []
    async with client_of(serve(noting(seen))) as client:
        await client.translate("hi", to="pt", glossary=GLOSSARY)
        await client.translate("hi", to="pt")
    async with client_of(serve(noting(seen, speaking))) as client:
        await client.voice(b"sound", to="pt", glossary=GLOSSARY)
    assert seen == [GLOSSARY, None, GLOSSARY]


def test_the_plain_client_takes_one_too(serve: Serve) -> None:
    seen: list[Any] = []
    with SyncClient(*serve(noting(seen)).endpoints) as client:
        client.translate("hi", to=["pt", "fr"], glossary=GLOSSARY)
    assert seen == [GLOSSARY]


async def test_the_clients_cache_tells_glossaries_apart(serve: Serve) -> None:
    seen: list[Any] = []
    async with client_of(serve(noting(seen)), cache=TranslationCache()) as client:
        for glossary in (None, {"a": "b"}, {"a": "b"}, {"a": None}, None):
            await client.translate("hi", to="pt", glossary=glossary)
    assert seen == [None, {"a": "b"}, {"a": None}]


@pytest.mark.parametrize("command", ["translate", "voice"])
def test_terms_of_the_command_line_go_before_those_of_a_file(serve: Serve, tmp_path: Path, command: str) -> None:
    file = tmp_path / "terms.toml"
    file.write_text('bank = "cofre"\n"New York" = {pt = "Nova Iorque"}\n', encoding="utf-8")
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"sound")
    what = "hi" if command == "translate" else str(recording)
    seen: list[Any] = []
    terms = ("--glossary", str(file), "--term", "bank = banco", "--term", "Zoom")
    server = serve(noting(seen, translating if command == "translate" else speaking))
    out = () if command == "translate" else ("--out", str(tmp_path / "out"))
    assert run(server, command, what, "--to", "pt", *terms, *out) == 0
    assert seen == [{"bank": "banco", "New York": {"pt": "Nova Iorque"}, "Zoom": None}]


@pytest.mark.parametrize("term", ["=banco", "bank=", " "])
def test_what_is_no_term_is_wrong_usage(serve: Serve, term: str) -> None:
    assert run(serve(translating), "translate", "hi", "--to", "pt", "--term", term) == 2


def test_a_file_that_is_no_glossary_is_wrong_usage(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "terms.toml"
    file.write_text("no toml", encoding="utf-8")
    assert run(serve(translating), "translate", "hi", "--to", "pt", "--glossary", str(file)) == 2
    assert run(serve(translating), "translate", "hi", "--to", "pt", "--glossary", str(tmp_path / "none")) == 2
