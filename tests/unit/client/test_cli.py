from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from dragoman_client.cli import app as cli_app
from dragoman_client.cli import build_app
from dragoman_client.servers import connectable
from dragoman_wire.errors import EngineFailed, Overloaded, UnsupportedLanguage
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.events import ResultUnknown
from tests.unit.client.conftest import APP, Serve
from tests.unit.client.fake_server import (
    WAIT_S,
    WAV,
    Answer,
    FakeServer,
    Fields,
    accepted,
    finished,
    not_transcribed,
    not_translated,
    silence,
    spoken,
    translated,
    translating,
)


def run(server: FakeServer | None, *arguments: str, stdin: str | None = None, timeout_s: float = WAIT_S) -> Result:
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint] if server else []
    return CliRunner().invoke(APP, [*where, "--timeout", str(timeout_s), *arguments], input=stdin)


@pytest.fixture
def recording(tmp_path: Path) -> str:
    file = tmp_path / "hello.ogg"
    file.write_bytes(WAV)
    return str(file)


def partly(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    wrong = not_translated(request, "xx", UnsupportedLanguage("no route to xx"))
    if request["targetLanguages"] == ["xx"]:
        return [wrong]
    return [accepted(request), wrong, translated(request, "pt"), finished(request, 2, "partial")]


def test_one_translation_is_printed_alone(serve: Serve) -> None:
    result = run(serve(translating), "translate", "Good morning", "--from", "en", "--to", "pt")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "pt(Good morning)\n", "")


def test_several_translations_are_named_and_in_the_order_asked_for(serve: Serve) -> None:
    result = run(serve(translating), "translate", "-", "--to", "pt, fr,de", stdin="two\nlines\n")
    assert result.stdout == "pt: pt(two\nlines)\nfr: fr(two\nlines)\nde: de(two\nlines)\n"


def test_translations_as_json_are_one_document(serve: Serve) -> None:
    result = run(serve(translating), "translate", "hi", "--to", "pt", "--json")
    document = json.loads(result.stdout)
    assert document["translations"]["pt"]["text"] == "pt(hi)"
    assert document["errors"] == {}


def test_a_partly_failed_translation_prints_what_worked_and_exits_4(serve: Serve) -> None:
    result = run(serve(partly), "translate", "hi", "--to", "pt,xx")
    assert (result.exit_code, result.stdout) == (4, "pt: pt(hi)\n")
    assert result.stderr == "xx: unsupported_language: no route to xx\n"


def test_a_partly_failed_translation_as_json_has_both_and_exits_4(serve: Serve) -> None:
    result = run(serve(partly), "translate", "hi", "--to", "pt,xx", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["errors"] == {
        "xx": {"error": "no route to xx", "errorCode": "unsupported_language"}
    }


def test_a_failed_translation_exits_1_with_its_code_and_sentence(serve: Serve) -> None:
    result = run(serve(partly), "translate", "hi", "--to", "xx")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "unsupported_language: no route to xx\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "hi"],
        ["translate", "hi", "--to", " , "],
        ["translate", " ", "--to", "pt"],
        ["translate", "-", "--to", "pt"],
        ["translate", "hi", "--to", "pt", "--priority", "urgent"],
        ["load", "--rate", "0"],
        ["load", "--mix", "poems"],
        ["load", "--to", ","],
        ["load", "--recording", "nowhere.wav"],
        ["nonsense"],
    ],
)
def test_wrong_usage_exits_2_without_asking_the_server(arguments: list[str]) -> None:
    result = run(None, *arguments, stdin="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


@pytest.mark.parametrize(
    ("form", "begins"), [("text", "hello world\n"), ("srt", "1\n00:00:00,000 -->"), ("vtt", "WEBVTT\n"), ("json", "{")]
)
def test_a_transcription_is_printed_in_the_format_asked_for(
    serve: Serve, recording: str, form: str, begins: str
) -> None:
    result = run(serve(translating), "transcribe", recording, "--format", form, "--from", "en")
    assert result.exit_code == 0
    assert result.stdout.startswith(begins)


def test_a_transcription_as_json_is_one_document(serve: Serve, recording: str) -> None:
    result = run(serve(translating), "transcribe", recording, "--json")
    assert json.loads(result.stdout)["text"] == "hello world"


def test_words_are_asked_for_and_printed_as_json_alone(serve: Serve, recording: str) -> None:
    server = serve(translating)
    assert run(server, "transcribe", recording, "--words", "--json").exit_code == 0
    assert [request["wordTimestamps"] for request in server.asked("transcription_only")] == [True]
    refused = run(None, "transcribe", recording, "--words", "--format", "srt")
    assert refused.exit_code == 2
    assert "--words" in refused.stderr


def test_names_to_listen_for_are_sent(serve: Serve, recording: str) -> None:
    server = serve(translating)
    result = run(server, "transcribe", recording, "--vocabulary", "Dragoman", "--vocabulary", "St. Andrews")
    assert result.exit_code == 0
    assert run(server, "transcribe", recording).exit_code == 0
    named, plain = server.asked("transcription_only")
    assert named["vocabulary"] == ["Dragoman", "St. Andrews"]
    assert "vocabulary" not in plain


def test_a_failed_transcription_as_json_is_one_document_too(serve: Serve, recording: str) -> None:
    def refusing(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
        return [not_transcribed(request, Overloaded("the lane is full"))]

    result = run(serve(refusing), "transcribe", recording, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"error": "the lane is full", "errorCode": "overloaded"}
    assert result.stderr == "overloaded: the lane is full\n"


def test_a_voice_message_is_written_as_one_file_for_each_language(
    serve: Serve, recording: str, tmp_path: Path
) -> None:
    out = tmp_path / "made" / "here"
    result = run(serve(translating), "voice", recording, "--to", "pt,fr", "--out", str(out))
    assert result.exit_code == 0
    assert (out / "hello.pt.wav").read_bytes() == WAV + b"pt"
    assert (out / "hello.fr.wav").read_bytes() == WAV + b"fr"
    assert result.stdout.startswith("hello world\npt: pt(hello world) [")


def test_a_partly_failed_voice_message_exits_4(serve: Serve, recording: str, tmp_path: Path) -> None:
    def partly_spoken(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Answer]:
        return spoken(request, failed=["xx"])

    result = run(serve(partly_spoken), "voice", recording, "--to", "pt,xx", "--out", str(tmp_path), "--json")
    assert result.exit_code == 4
    document = json.loads(result.stdout)
    assert document["audios"]["pt"]["file"] == str(tmp_path / "hello.pt.wav")
    assert document["errors"]["xx"]["errorCode"] == EngineFailed.code
    assert result.stderr == "xx: engine_failed: no voice\n"


def test_a_language_named_by_the_server_cannot_leave_the_folder(serve: Serve, recording: str, tmp_path: Path) -> None:
    def sly(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Answer]:
        return spoken({**request, "targetLanguages": ["../../pt"]})

    out = tmp_path / "out"
    run(serve(sly), "voice", recording, "--to", "pt", "--out", str(out))
    assert [file.name for file in out.iterdir()] == ["hello.______pt.wav"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("transcribe", {"missing": "there is no file", "folder": "has no recording", "empty": "is empty"}),
        ("voice", {"missing": "does not exist", "folder": "is a directory", "empty": "is empty"}),
    ],
)
@pytest.mark.parametrize("kind", ["missing", "folder", "empty"])
def test_what_is_no_recording_exits_2(tmp_path: Path, command: str, said: dict[str, str], kind: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    result = run(None, command, str(tmp_path / kind), *(["--to", "pt"] if command == "voice" else []))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said[kind] in " ".join(result.stderr.split())


def test_a_ping_says_that_the_server_is_alive(serve: Serve) -> None:
    server = serve(translating)
    assert run(server, "ping").stdout.startswith(f"{server.requests_endpoint} is alive, with audio; answered in ")
    document = json.loads(run(server, "ping", "--json").stdout)
    assert document["translator_status"] == "alive"
    assert document["roundTripMs"] > 0


def test_statistics_are_lines_or_a_document(serve: Serve) -> None:
    server = serve(translating)
    assert run(server, "stats").stdout == "lanes.translation.queued  3\nversion  1\n"
    assert json.loads(run(server, "stats", "--json").stdout)["version"] == "1"


@pytest.mark.parametrize("arguments", [["ping"], ["stats"], ["load"], ["translate", "hi", "--to", "pt"]])
def test_an_unreachable_server_exits_3(dead_endpoint: str, arguments: list[str]) -> None:
    where = ["--requests", dead_endpoint, "--routed", dead_endpoint, "--timeout", "0.2"]
    result = CliRunner().invoke(build_app(), [*where, *arguments, "--json"])
    assert result.exit_code == 3
    assert result.stderr.startswith("server_unreachable: no pong from ")
    assert json.loads(result.stdout)["errorCode"] == "server_unreachable"


def test_a_silent_server_exits_3(serve: Serve) -> None:
    result = run(serve(silence), "translate", "hi", "--to", "pt", timeout_s=2.0)
    assert result.exit_code == 3
    assert result.stderr.startswith("timed_out: no answer to the translation request ")


def test_the_endpoints_come_from_the_servers_own_variables(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(translating)
    monkeypatch.setenv("DRAGOMAN_SOCKETS__REQUESTS", server.requests_endpoint.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104
    monkeypatch.setenv("DRAGOMAN_SOCKETS__ROUTED", server.routed_endpoint.replace("127.0.0.1", "*"))
    assert run(None, "ping").exit_code == 0


@pytest.mark.parametrize(
    ("bound", "wanted"),
    [
        ("tcp://*:5555", "tcp://127.0.0.1:5555"),
        ("tcp://0.0.0.0:5555", "tcp://127.0.0.1:5555"),
        ("tcp://[::]:5555", "tcp://[::1]:5555"),
        ("tcp://10.0.0.0:5555", "tcp://10.0.0.0:5555"),
        ("ipc:///run/dragoman", "ipc:///run/dragoman"),
    ],
)
def test_an_endpoint_bound_to_all_addresses_is_connected_to_locally(bound: str, wanted: str) -> None:
    assert connectable(bound) == wanted


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(build_app(), ["--version"])
    assert (result.exit_code, result.stdout.split()[0]) == (0, "dragoman")


@pytest.mark.parametrize("command", ["translate", "transcribe", "voice", "ping", "stats", "top", "load"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner().invoke(build_app(), [command, "--help"])
    assert result.exit_code == 0
    assert f"Example: dragoman {command}" in result.stdout


def test_commands_of_other_parts_are_mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    part = typer.Typer()

    @part.command()
    def serve_something() -> None:
        typer.echo("serving")

    class Point:
        name = "part"

        def load(self) -> typer.Typer:
            return part

    monkeypatch.setattr(cli_app, "entry_points", lambda group: [Point()])
    assert CliRunner().invoke(build_app(), ["serve-something"]).stdout == "serving\n"


def test_a_part_that_cannot_be_loaded_is_named_in_the_help_and_breaks_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def points(group: str) -> list[Any]:
        return [EntryPoint(name="server", value="no_such_module_here:app", group=group)]

    monkeypatch.setattr(cli_app, "entry_points", points)
    assert "dragoman[server]" in CliRunner().invoke(build_app(), ["--help"]).stdout
    assert run(serve(translating), "ping").exit_code == 0


def test_the_help_needs_no_sockets() -> None:
    code = (
        "import sys; from dragoman_client.cli import app; app.entry_points = lambda group: []; app.build_app();"
        "sys.exit(bool({'zmq', 'msgspec', 'rich.progress'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=WAIT_S).returncode == 0


def test_an_interrupt_exits_130_quietly(serve: Serve) -> None:
    server = serve(silence)
    command = [sys.executable, "-c", "from dragoman_client.cli import main; main()"]
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint]
    process = subprocess.Popen(
        [*command, *where, "translate", "hi", "--to", "pt"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        server.wait_for("translation")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out, err) == (130, b"", b"")


def started_anew(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
    """A server that knows nothing of the tasks of the one before it."""
    unknown = ResultUnknown(task_id=request["taskId"])
    return [unknown] if request["type"] == "result" else translating(server, request, binaries)


def test_a_lost_server_is_said_and_waited_for() -> None:
    with ThreadPoolExecutor(1) as threads:
        with FakeServer(lambda server, request, binaries: [accepted(request)]) as first:
            running = threads.submit(run, first, "translate", "hi", "--to", "pt")
            first.wait_for("translation")
        with FakeServer(started_anew, at=first.endpoints):
            result = running.result(WAIT_S)
    assert (result.exit_code, result.stdout) == (0, "pt(hi)\n")
    assert "is lost; waiting for it" in result.stderr
    assert "answers again" in result.stderr


def test_a_lost_server_is_said_once() -> None:
    command = [sys.executable, "-c", "from dragoman_client.cli import main; main()"]
    with FakeServer(lambda server, request, binaries: [accepted(request)]) as first:
        where = ["--requests", first.requests_endpoint, "--routed", first.routed_endpoint]
        process = subprocess.Popen(
            [*command, *where, "translate", "hi", "--to", "pt"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        first.wait_for("translation")
    with process, FakeServer(started_anew, at=first.endpoints):
        out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out) == (0, "pt(hi)\n")
    assert [line.partition(";")[0].split()[-1] for line in err.splitlines()] == ["lost", "again"], err


def test_top_needs_a_terminal_and_says_what_a_script_reads() -> None:
    result = CliRunner().invoke(build_app(), ["top", "--ops", "http://127.0.0.1:9"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "http://127.0.0.1:9/stats" in " ".join(result.stderr.split())


def test_top_without_its_extra_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['textual'] = None; from dragoman_client.cli import main; main()"
    master, terminal = os.openpty()
    try:
        command = [sys.executable, "-c", code, "top"]
        done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, timeout=WAIT_S, check=False)
    finally:
        os.close(master)
        os.close(terminal)
    assert done.returncode == 2
    assert b"pip install 'dragoman[top]'" in done.stderr
