"""Files and folders on the command line: what is read, what is asked for, what is written."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from dragoman_client import choices
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage
from dragoman_wire.events import DetectResult, LanguageCandidate
from dragoman_wire.events import Event as WireEvent
from dragoman_wire.formats import TextFormat
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import FakeServer, Fields, accepted, finished, not_translated, translated
from tests.unit.client.test_cli import run

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shouting(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[WireEvent]:
    """Translates by capitals; French is unknown, and `broken` breaks the model."""
    if request["type"] == "detect":
        return [DetectResult(candidates=[LanguageCandidate(language="en", confidence=0.99)], reliable=True)]
    events: list[WireEvent] = []
    for language in request["targetLanguages"]:
        if language == "fr":
            events.append(not_translated(request, language, UnsupportedLanguage("no route to fr")))
        elif "broken" in request["text"]:
            events.append(not_translated(request, language, EngineFailed("the model failed")))
        else:
            events.append(translated(request, language, f"<{language}>{request['text'].upper()}"))
    return [accepted(request), *events, finished(request, len(events))]


def asked(server: FakeServer) -> list[str]:
    return [request["text"] for request in server.requests if request["type"] == "translation"]


def written(folder: str = "out") -> dict[str, str]:
    root = Path(folder)
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def a_tree() -> None:
    for name, text in {
        "docs/a.txt": "one",
        "docs/sub/b.md": "two",
        "docs/sub/picture.bin": "no",
        "docs/.hidden.txt": "no",
        "docs/.git/c.txt": "no",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def test_the_formats_to_choose_from_are_those_of_the_wire() -> None:
    assert {each.value for each in choices.TextFormat} == set(get_args(TextFormat))


def test_the_name_of_a_file_as_the_text_is_asked_about(serve: Serve) -> None:
    Path("notes.md").write_text("hello")
    server = serve(shouting)
    result = run(server, "translate", "notes.md", "--to", "pt")

    assert result.exit_code == 2
    assert "notes.md is a file" in result.stderr
    assert "translate -f notes.md" in " ".join(result.stderr.replace("│", " ").split())
    assert asked(server) == []


def test_a_word_that_is_also_a_folder_is_translated(serve: Serve) -> None:
    Path("home").mkdir()

    assert run(serve(shouting), "translate", "home", "--to", "pt").stdout == "<pt>HOME\n"


def test_several_arguments_that_are_no_files_are_a_text_without_quotes(serve: Serve) -> None:
    result = run(serve(shouting), "translate", "good", "morning", "--to", "pt")

    assert result.exit_code == 2
    assert "quotes" in result.stderr


def test_a_file_goes_to_standard_output_and_several_languages_under_headings(serve: Serve) -> None:
    Path("a.txt").write_text("hello\n")
    server = serve(shouting)

    assert run(server, "translate", "-f", "a.txt", "--to", "pt").stdout == "<pt>HELLO\n"
    both = run(server, "translate", "-f", "a.txt", "--to", "pt,es").stdout
    assert both == "==> a.txt, pt <==\n<pt>HELLO\n==> a.txt, es <==\n<es>HELLO\n"


def test_a_folder_keeps_its_tree_and_only_known_formats_are_translated(serve: Serve) -> None:
    a_tree()
    result = run(serve(shouting), "translate", "docs", "--to", "pt,es", "--out", "out")

    assert result.exit_code == 0, result.output
    assert written() == {
        "a.es.txt": "<es>ONE",
        "a.pt.txt": "<pt>ONE",
        "sub/b.es.md": "<es>TWO",
        "sub/b.pt.md": "<pt>TWO",
    }
    assert min(result.stdout.splitlines()) == f"docs/a.txt -> {Path('out/a.es.txt')}"


def test_the_format_is_sent_where_it_is_not_plain_text(serve: Serve) -> None:
    a_tree()
    server = serve(shouting)
    run(server, "translate", "docs", "--to", "pt", "--out", "out")
    run(server, "translate", "-f", "docs/a.txt", "--to", "pt", "--format", "srt")
    formats = {(each["text"], each.get("format")) for each in server.requests if each["type"] == "translation"}

    assert formats == {("one", None), ("two", "markdown"), ("one", "srt")}


def test_translations_beside_their_files_are_not_translated_again(serve: Serve) -> None:
    a_tree()
    server = serve(shouting)
    for _ in range(2):
        assert run(server, "translate", "docs", "--to", "pt", "--out", "docs", "--force").exit_code == 0

    assert sorted(asked(server)) == ["one", "one", "two", "two"]


def test_what_is_there_and_not_older_is_left_as_it_is(serve: Serve) -> None:
    Path("a.txt").write_text("one")
    server = serve(shouting)
    command = ("translate", "a.txt", "--to", "pt", "--out", "out")
    run(server, *command)
    Path("out/a.pt.txt").write_text("by hand")

    again = run(server, *command)
    assert (again.exit_code, written()["a.pt.txt"], len(asked(server))) == (0, "by hand", 1)
    assert "--force" in again.stderr

    os.utime("out/a.pt.txt", (1, 1))
    assert run(server, *command).exit_code == 0
    assert written() == {"a.pt.txt": "<pt>ONE"}

    Path("out/a.pt.txt").write_text("by hand")
    assert run(server, *command, "--force").exit_code == 0
    assert written() == {"a.pt.txt": "<pt>ONE"}


def test_a_long_text_is_sent_in_pieces_and_comes_back_in_order(serve: Serve) -> None:
    text = "".join(f"paragraph {number} " + "word " * 100 + "\r\n\r\n" for number in range(40))
    Path("long.txt").write_bytes(text.encode())
    server = serve(shouting)
    assert run(server, "translate", "long.txt", "--to", "pt", "--out", "out").exit_code == 0

    pieces = asked(server)
    assert len(pieces) > 5
    assert max(map(len, pieces)) <= 3000
    translation = Path("out/long.pt.txt").read_bytes().decode()
    assert translation.replace("<pt>", "") == text.upper()
    assert server.count("detect") == 1, "the language of the whole is found once"
    assert {each["sourceLanguage"] for each in server.requests if each["type"] == "translation"} == {"en"}


def test_a_text_on_standard_input_may_be_long_as_well(serve: Serve) -> None:
    text = "word " * 3000
    result = run(serve(shouting), "translate", "-", "--to", "pt", "--from", "en", stdin=text)

    assert result.stdout.replace("<pt>", "").split() == text.upper().split()


@pytest.fixture
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that failed may do better in a while, which a test does not wait for."""
    monkeypatch.setattr("dragoman_client.cli.documents._RETRIES", 0)


@pytest.mark.usefixtures("no_retries")
def test_a_file_that_fails_does_not_stop_the_others(serve: Serve) -> None:
    Path("a.txt").write_text("one")
    Path("b.txt").write_text("broken")
    Path("c.txt").write_bytes(b"\xff\x00\x01")
    result = run(serve(shouting), "translate", "a.txt", "b.txt", "c.txt", "--to", "pt,fr", "--out", "out")

    assert result.exit_code == 4
    assert written() == {"a.pt.txt": "<pt>ONE"}
    assert "b.txt, pt: engine_failed: the model failed" in result.stderr
    assert "a.txt, fr: unsupported_language: no route to fr" in result.stderr
    assert "c.txt is no text in UTF-8" in result.stderr


@pytest.mark.usefixtures("no_retries")
def test_where_everything_fails_the_status_says_so(serve: Serve) -> None:
    Path("b.txt").write_text("broken")

    assert run(serve(shouting), "translate", "-f", "b.txt", "--to", "pt").exit_code == 1


def test_json_tells_what_came_of_each(serve: Serve) -> None:
    Path("a.txt").write_text("one")
    result = run(serve(shouting), "translate", "a.txt", "--to", "pt,fr", "--out", "out", "--json")

    assert json.loads(result.stdout) == {
        "files": [
            {"file": "a.txt", "language": "pt", "status": "translated", "out": str(Path("out/a.pt.txt"))},
            {
                "file": "a.txt",
                "language": "fr",
                "status": "failed",
                "error": "no route to fr",
                "errorCode": "unsupported_language",
            },
        ]
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "nothing.txt"], "there is no file nothing.txt"),
        (["-f", "docs"], "--out"),
        (["-f", "docs/.git", "--out", "out"], None),
        (["empty", "--out", "out"], "no file of a known format"),
        (["docs/a.txt", "other/a.txt", "--out", "out"], "would both be written"),
    ],
)
def test_wrong_names_are_told_before_anything_is_sent(serve: Serve, arguments: list[str], said: str | None) -> None:
    a_tree()
    Path("empty").mkdir()
    Path("other").mkdir()
    Path("other/a.txt").write_text("one")
    server = serve(shouting)
    result = run(server, "translate", *arguments, "--to", "pt")

    assert result.exit_code == (0 if said is None else 2)
    if said is not None:
        assert said in " ".join(result.stderr.replace("│", " ").split())
        assert asked(server) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_kept(serve: Serve, encoding: str) -> None:
    Path("a.txt").write_bytes("olá\r\n".encode(encoding))
    assert run(serve(shouting), "translate", "a.txt", "--to", "pt", "--out", "out").exit_code == 0

    assert Path("out/a.pt.txt").read_bytes() == "<pt>OLÁ\r\n".encode(encoding)
