"""What the documents show as typed and printed is what a server on the embedded models prints."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman_client import SyncClient
from tests.documents import PAGES, blocks, name_of
from tests.harness import ECHO_ENGINES, PATIENCE_S, ROOT, ServerProcess, running_server

pytestmark = pytest.mark.models

SPOKEN = "Good morning. The train to Lisbon leaves at nine, and I have saved you a seat by the window."


def shown(command: str) -> Iterator[tuple[str, str, str]]:
    """Each command that begins so: its page, what is typed, and what is printed below."""
    for page in PAGES:
        for block in blocks(page, "console"):
            for typed, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                if typed.startswith(f"dragoman {command}"):
                    yield name_of(page), typed, printed.strip()


TRANSLATIONS = [(page, typed, printed) for page, typed, printed in shown("translate") if "[fr]" not in printed]


def run(command: list[str], server: ServerProcess, folder: Path) -> str:
    """What a command prints, standard error behind standard output."""
    environment = os.environ | {
        f"DRAGOMAN_SOCKETS__{name.upper()}": server.endpoints[name] for name in ("requests", "routed")
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return (done.stdout + done.stderr).strip()


def dragoman(typed: str) -> list[str]:
    return [str(Path(sys.executable).with_name("dragoman")), *shlex.split(typed)[1:]]


@pytest.mark.parametrize(("page", "typed", "printed"), TRANSLATIONS)
def test_a_translation_is_as_it_is_shown(
    page: str, typed: str, printed: str, model_server: ServerProcess, tmp_path: Path
) -> None:
    assert run(dragoman(typed), model_server, tmp_path) == printed, page


def test_the_echo_engines_answer_as_it_is_shown(tmp_path: Path) -> None:
    assert "dragoman serve --echo" in [typed for _, typed, _ in shown("serve")]
    [(_, typed, printed)] = [each for each in shown("translate") if "[fr]" in each[2]]
    with running_server(tmp_path, **ECHO_ENGINES) as server:
        assert run(dragoman(typed), server, tmp_path) == printed


def test_a_wrong_key_is_answered_as_it_is_shown(tmp_path: Path) -> None:
    [(_, typed, printed)] = [each for each in shown("check-config") if each[2]]
    done = subprocess.run(dragoman(typed), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr.strip()) == (2, printed)


def test_the_probes_answer_as_it_is_shown(model_server: ServerProcess) -> None:
    page = ROOT / "docs" / "operations.md"
    [ready, healthy] = [json.loads(line) for block in blocks(page, "console") for line in block.splitlines()[1::2]]
    assert model_server.get("/readyz") == ready
    answer = model_server.get("/healthz")
    assert answer.keys() == healthy.keys()
    assert answer["healthy"] is healthy["healthy"]


@pytest.fixture
def hello(model_server: ServerProcess, tmp_path: Path) -> Path:
    """A folder with the recording that the examples name: a sentence that the server speaks."""
    request = {
        "type": "audio_process",
        "targetLanguages": ["en"],
        "mobileTranscription": {"text": SPOKEN, "language": "en"},
        "speakOriginal": True,
    }
    with SyncClient(model_server.endpoints["requests"], model_server.endpoints["routed"]) as client:
        [event] = [event for event in client.events(request) if event.type == "audio_process_completed"]
    (tmp_path / "hello.wav").write_bytes(event.binaries["audio_en"])
    return tmp_path


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_client_s_page_print_what_it_shows(
    number: int, model_server: ServerProcess, hello: Path
) -> None:
    page = ROOT / "docs" / "client.md"
    code, printed = blocks(page, "python")[number], blocks(page, "")[number]
    answer = run([sys.executable, "-c", at(model_server, code)], model_server, hello)
    assert without_words(answer) == without_words(printed.strip())


def test_the_example_of_the_readme_prints_a_translation_and_writes_a_recording(
    model_server: ServerProcess, hello: Path
) -> None:
    [code] = [block for block in blocks(ROOT / "README.md", "python") if "dragoman_client" in block]
    printed = run([sys.executable, "-c", at(model_server, code)], model_server, hello).splitlines()
    assert printed[0] == "Onde está a estação?"
    assert "Lisbon" in printed[1]
    assert (hello / "hello.pt.wav").read_bytes()[:4] == b"RIFF"


def at(server: ServerProcess, code: str) -> str:
    """The example with the endpoints of this server."""
    endpoints = f'"{server.endpoints["requests"]}", "{server.endpoints["routed"]}"'
    changed = re.sub(r"\bwith (Sync)?Client\((?=\))", lambda found: f"{found[0]}{endpoints}", code)
    return re.sub(r"\bwith (Sync)?Client\((?=\w)", lambda found: f"{found[0]}{endpoints}, ", changed)


def without_words(printed: str) -> list[str]:
    """The lines without those of segments: how a model hears a recording may differ from machine to machine."""
    return [line for line in printed.splitlines() if not re.match(r"\d+ ", line)]
