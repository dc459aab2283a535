"""Languages and detect in the client and on the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman_client import SyncClient
from dragoman_wire.events import (
    AvailableModel,
    DetectResult,
    LanguageCandidate,
    LanguagePair,
    LanguagesResult,
)
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import FakeServer, Fields
from tests.unit.client.test_cli import run

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")

KNOWN = LanguagesResult(
    pairs=[
        LanguagePair(source="fr", target="pt", via=["es"], engine="apertium", quality="gist", model_type="rules"),
        LanguagePair(source="*", target="*", via=[], engine="nllb", quality="fair", languages=["en", "fr"]),
    ],
    transcription=["*"],
    speech=["en", "pt"],
    available=[
        AvailableModel(
            kind="speech", name="kokoro", languages=["en"], licence="MIT", command="pull kokoro", size_mb=300
        )
    ],
    warnings=["the first 2 of 9 pairs"],
)
FOUND = DetectResult(
    candidates=[LanguageCandidate(language="pt", confidence=0.5), LanguageCandidate(language="gl", confidence=0.25)],
    reliable=False,
    warnings=["the text is too short to rely on"],
)


def answering(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
    return [replace(KNOWN if request["type"] == "languages" else FOUND, task_id=request["taskId"])]


async def test_the_client_asks_and_reads(serve: Serve) -> None:
    server = serve(answering)
    async with client_of(server) as client:
        languages = await client.languages("fr", target="pt")
        found = await client.detect("x" * 5000)

    assert replace(languages, task_id=KNOWN.task_id) == KNOWN
    assert replace(found, task_id=FOUND.task_id) == FOUND
    [first, second] = [each for each in server.requests if each["type"] in ("languages", "detect")]
    assert (first["sourceLanguage"], first["targetLanguage"]) == ("fr", "pt")
    assert len(second["text"]) == 4000, "more is not looked at, and not sent"


def test_the_plain_client_has_both(serve: Serve) -> None:
    server = serve(answering)
    with SyncClient(*server.endpoints) as client:
        assert client.languages().speech == ["en", "pt"]
        assert client.detect("oi").reliable is False


def test_languages_are_printed_one_pair_a_line(serve: Serve) -> None:
    result = run(serve(answering), "languages", "--available")

    assert result.stdout.splitlines() == [
        "fr -> pt  gist  apertium  by way of es  --model rules",
        "* -> *  fair  nllb  any two of en, fr",
        "heard: *",
        "spoken: en, pt",
        "available: kokoro (speech, 300 MB, MIT): pull kokoro",
    ]
    assert result.stderr == "the first 2 of 9 pairs\n"


def test_detect_prints_the_candidates_and_its_doubt(serve: Serve) -> None:
    server = serve(answering)
    result = run(server, "detect", "-", stdin="oi\n")

    assert result.stdout == "pt  50.0%\ngl  25.0%\n"
    assert result.stderr == "not reliable: the text is too short to rely on\n"
    assert server.requests[-1]["text"] == "oi"
    assert json.loads(run(server, "detect", "oi", "--json").stdout)["reliable"] is False
    assert json.loads(run(server, "languages", "--json").stdout)["speech"] == ["en", "pt"]
