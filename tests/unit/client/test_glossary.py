"""A glossary from the command line and from code, as the server gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dragoman_client import SyncClient, TranslationCache
from dragoman_client.cli import build_app
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import WAIT_S, FakeServer, Fields, spoken, translating

GLOSSARY: dict[str, Any] = {"bank": "banco", "Zoom": None, "train": {"pt": "comboio"}}


def glossaries(server: FakeServer, kind: str = "translation") -> list[Any]:
    """The glossary of each request of a type."""
    return [request.get("glossary") for request in server.asked(kind)]


def speaking(_: FakeServer, request: Fields, __: list[bytes]) -> Any:
    return spoken(request)


def run(server: FakeServer, *arguments: str) -> int:
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint]
    return CliRunner().invoke(build_app(), [*where, *arguments]).exit_code


async def test_a_glossary_goes_with_a_translation_and_a_voice_message(serve: Serve) -> None:
    server, speaker = serve(translating), serve(speaking)
    async with client_of(server) as client:
        await client.translate("hi", to="pt", glossary=GLOSSARY)
        await client.translate("hi", to="pt")
    async with client_of(speaker) as client:
        await client.voice(b"sound", to="pt", glossary=GLOSSARY)
    assert glossaries(server) == [GLOSSARY, None]
    assert glossaries(speaker, "audio_process") == [GLOSSARY]


def test_the_plain_client_takes_one_too(serve: Serve) -> None:
    server = serve(translating)
    with SyncClient(*server.endpoints, connect_timeout_s=WAIT_S) as client:
        client.translate("hi", to=["pt", "fr"], glossary=GLOSSARY)
    assert glossaries(server) == [GLOSSARY]


async def test_the_clients_cache_tells_glossaries_apart(serve: Serve) -> None:
    server = serve(translating)
    async with client_of(server, cache=TranslationCache()) as client:
        for glossary in (None, {"a": "b"}, {"a": "b"}, {"a": None}, None):
            await client.translate("hi", to="pt", glossary=glossary)
    assert glossaries(server) == [None, {"a": "b"}, {"a": None}]


@pytest.mark.parametrize("command", ["translate", "voice"])
def test_terms_of_the_command_line_go_before_those_of_a_file(serve: Serve, tmp_path: Path, command: str) -> None:
    file = tmp_path / "terms.toml"
    file.write_text('bank = "cofre"\n"New York" = {pt = "Nova Iorque"}\n', encoding="utf-8")
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"sound")
    what = "hi" if command == "translate" else str(recording)
    terms = ("--glossary", str(file), "--term", "bank = banco", "--term", "Zoom")
    server = serve(translating if command == "translate" else speaking)
    out = () if command == "translate" else ("--out", str(tmp_path / "out"))
    assert run(server, command, what, "--to", "pt", *terms, *out) == 0
    kind = "translation" if command == "translate" else "audio_process"
    assert glossaries(server, kind) == [{"bank": "banco", "New York": {"pt": "Nova Iorque"}, "Zoom": None}]


@pytest.mark.parametrize("term", ["=banco", "bank=", " "])
def test_what_is_no_term_is_wrong_usage(serve: Serve, term: str) -> None:
    assert run(serve(translating), "translate", "hi", "--to", "pt", "--term", term) == 2


def test_a_file_that_is_no_glossary_is_wrong_usage(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "terms.toml"
    file.write_text("no toml", encoding="utf-8")
    assert run(serve(translating), "translate", "hi", "--to", "pt", "--glossary", str(file)) == 2
    assert run(serve(translating), "translate", "hi", "--to", "pt", "--glossary", str(tmp_path / "none")) == 2
