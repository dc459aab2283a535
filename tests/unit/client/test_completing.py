"""What a shell is offered when the Tab key is pressed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from dragoman_client.cli import build_app
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import LanguagePair, LanguagesResult, SpeakingVoice, VoicesResult
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import FakeServer, Fields


def knowing(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    """A server with two pairs and two voices."""
    if request["type"] == "voices":
        voices = [SpeakingVoice(name=name, engine="e", languages=["pt"]) for name in ("pf_dora", "pm_alex", "ef_x")]
        return [VoicesResult(voices=voices, default_voices={}, best_voices={}, task_id=request["taskId"])]
    pairs = [
        LanguagePair(source="en", target="pt", via=[], engine="e", quality="good"),
        LanguagePair(source="en", target="pl", via=[], engine="e", quality="good", model_type="large"),
    ]
    return [LanguagesResult(pairs=pairs, transcription=["en", "fr"], speech=["pt"], task_id=request["taskId"])]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_client.cli.completing._PATIENCE_S", 30.0)


def offered(words: str) -> list[str]:
    """What bash would show after these words."""
    environment = {"_DRAGOMAN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return CliRunner().invoke(build_app(), [], prog_name="dragoman", env=environment).stdout.split()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("translate hi --to p", ["pl", "pt"]),
        ("translate hi --to pt,p", ["pt,pl"]),
        ("transcribe a.wav --from f", ["fr"]),
        ("speak hi --voice p", ["pf_dora", "pm_alex"]),
        ("voice a.wav --to pt --voice pt=pm", ["pt=pm_alex"]),
        ("translate hi --to pt --model ", ["large", "premium"]),
    ],
)
def test_languages_voices_and_kinds_of_models_are_those_of_the_server(
    serve: Serve, words: str, names: list[str]
) -> None:
    server = serve(knowing)
    where = f"--requests {server.requests_endpoint} --routed {server.routed_endpoint}"
    assert offered(f"dragoman {where} {words}") == names


def test_without_a_server_nothing_is_offered(dead_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman_client.cli.completing._PATIENCE_S", 0.05)
    assert offered(f"dragoman --requests {dead_endpoint} --routed {dead_endpoint} translate hi --to p") == []


def test_formats_options_and_names_of_models_need_no_server() -> None:
    assert offered("dragoman transcribe a.wav --format text,s") == ["text,srt"]
    assert "--words" in offered("dragoman transcribe a.wav --wo")
    assert "kokoro" in offered("dragoman models pull kok")
    assert offered("dragoman ta") == ["tasks", "task"]
