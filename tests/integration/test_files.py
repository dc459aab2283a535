"""Files of every format through real sockets and the real model, documents with progress, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman_client import Client, SyncClient
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.events import TaskProgress
from dragoman_wire.formats import format_of
from tests.harness import ROOT, Peer, ServerProcess, connected

FILES = sorted((ROOT / "tests/data/formats").iterdir())
COLUMNS = {"table.csv": ["title", "text"], "semi.csv": ["text"]}
KEPT = {
    "readme.md": [
        '](https://example.org/g "The guide")',
        "`harbour --open`",
        "title: Harbour notes",
        "\\|",
        "[ref]: ",
    ],
    "list.md": ["+ [x] ", "========", "    indented code stays", "<!-- a comment -->"],
    "page.html": ['document.title = "No"', "Blue Door", "<code>ls -l</code>", "Rua Augusta", 'name="n"'],
    "app.json": ['"version": "1.2.0"', '"icons/open.png"', "{count}", '"id": "user_id"'],
    "pt.po": ['msgid "Open the door"', 'msgstr "Guardar"', "%d "],
    "messages.properties": ["app.greeting=", "{0}", "app.url = https://example.org"],
    "Localizable.strings": ['"window.title" = "', "%@", "/* The title of the window */"],
    "strings.xml": ["%1$s", '<xliff:g id="n" example="3">%1$d</xliff:g>', ">Harbour<", ">@string/app_name<"],
    "film.srt": ["00:00:03,300 --> 00:00:06,000", "<i>{\\an8}", "\n- "],
    "talk.vtt": ["align:start position:0%", "<v Maria>", "<c.red>", "::cue { color: white }"],
    "film.ass": ["{\\an8\\i1}", "{\\p1}m 0 0 l 100 0{\\p0}", "Comment: 0,"],
    "table.csv": ["id,name,title,text", "1,door,"],
    "v12.xlf": ['<source>Where is the <g id="1">old</g> station?</source>', "Do not touch", "Bom dia!"],
    "v2.xliff": ['trgLang="pt"', '<pc id="1">'],
    "plural.icu": ["{n, plural,", "=0 {", "one {", "other {", "{name}", "#"],
    "sentence.icu": ["{count, plural, offset:1", "other {#", "{day, date, ::yMMMd}", "'{this}'", "male {"],
}
PORTUGUESE = re.compile(r"(?i)\b(?:a|o|está|porta|bom|boa|onde|uma?|pão|mesa|barco|ninguém|estaç)\w*\b")


@pytest.fixture(scope="module")
def client(model_server: ServerProcess) -> Iterator[SyncClient]:
    endpoints = model_server.endpoints
    with SyncClient(endpoints["requests"], endpoints["routed"]) as connection:
        yield connection


@pytest.fixture
def peer(echo_server: ServerProcess) -> Iterator[Peer]:
    with connected(echo_server, "files") as connection:
        yield connection


@pytest.mark.models
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_comes_back_in_portuguese_with_all_that_is_no_language(client: SyncClient, path: Any) -> None:
    text = path.read_bytes().decode()
    columns = COLUMNS.get(path.name, ())
    done = client.translate(text, "en", to="pt", format=format_of(path.name), columns=columns).text
    assert done != text
    assert PORTUGUESE.search(done)
    assert [kept for kept in KEPT.get(path.name, []) if kept not in done] == []


@pytest.mark.models
@pytest.mark.parametrize(
    ("text", "form", "kept"),
    [
        ('Read [our guide](https://example.org/g "The guide") first.', "auto", '](https://example.org/g "The guide")'),
        ("00:00:01.000 --> 00:00:02.000 align:start position:0%\nGood morning.", "auto", "align:start position:0%"),
        ("[url=https://example.org]the rules[/url] apply.", "text", "[url=https://example.org]"),
    ],
)
def test_a_piece_of_a_file_is_known_by_itself(client: SyncClient, text: str, form: Any, kept: str) -> None:
    done = client.translate(text, "en", to="pt", format=form).text
    assert kept in done
    assert done != text


def test_a_document_is_told_of_and_is_whole(echo_server: ServerProcess) -> None:
    values = {f"key-{number}": f"This is line {number} of the file." for number in range(400)}
    told: list[TaskProgress] = []
    endpoints = echo_server.endpoints
    with SyncClient(endpoints["requests"], endpoints["routed"]) as client:
        text = json.dumps(values, indent=1)
        done = client.translate(text, "en", to=["pt", "fr"], format="json", on_progress=told.append)
    assert json.loads(done["pt"].text) == {key: f"[pt] {value}" for key, value in values.items()}
    assert json.loads(done["fr"].text) == {key: f"[fr] {value}" for key, value in values.items()}
    assert told[0].done == 0
    assert {event.total for event in told} == {2 * sum(map(len, values.values()))}
    assert [event.done for event in told] == sorted(event.done for event in told)


def test_progress_is_neither_counted_nor_brought_again(peer: Peer) -> None:
    request = {
        "type": "translation", "taskId": "progress-1", "text": "Good morning", "sourceLanguage": "en",
        "targetLanguages": ["pt"], "progress": True,
    }  # fmt: skip
    first = peer.run(request)
    kinds = [message.type for message in first]
    assert kinds == ["accepted", "task_progress", "task_progress", "translation_completed", "task_finished"]
    assert first[-1].fields["events"] == 1
    assert [message.type for message in peer.run(request)] == ["accepted", "translation_completed", "task_finished"]


def test_a_document_over_a_header_s_usual_size_is_translated_and_a_longer_one_is_refused(peer: Peer) -> None:
    text = "The door is open. " * 70_000
    request = {"type": "translation", "text": text, "sourceLanguage": "en", "targetLanguages": ["en"]}
    peer.send(request | {"taskId": "long-1", "format": "text"})
    events = peer.collect(lambda message: message.type == "task_finished")
    [done] = [message for message in events if message.type == "translation_completed"]
    assert done.fields["result"]["translatedText"] == text
    skipped = peer.run(request | {"taskId": "long-2", "format": "text", "text": "a" * 2_000_001})
    assert skipped[1].type == "translation_skipped"
    assert skipped[1].fields["max_length"] == 2_000_000
    peer.send(request | {"taskId": "long-3"})
    refused = peer.receive()
    assert (refused.fields["errorCode"], refused.fields["taskId"]) == ("too_large", "long-3")
    assert "states its format" in refused.fields["error"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": '{"title": "Good morning"}'}, 'state format "json", or "auto"'),
        ({"text": '{"title": "Good morning"}', "format": "text"}, 'state format "json", or "auto"'),
        ({"text": 'msgid "Open"\nmsgstr ""\n'}, 'state format "po", or "auto"'),
        ({"text": '{"title": ', "format": "json"}, "this is no valid JSON: Expecting value (line 1, column 11)"),
        ({"text": "a,b\n", "format": "csv"}, "columns: name the columns"),
        ({"text": "a", "format": "docx"}, "format: Invalid enum value 'docx'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(peer: Peer, fields: dict[str, Any], sentence: str) -> None:
    request = {"type": "translation", "sourceLanguage": "en", "targetLanguages": ["pt"]} | fields
    peer.send(request | {"taskId": f"wrong-{abs(hash(sentence + str(fields)))}"})
    answer = peer.receive()
    while answer.type == "accepted":
        answer = peer.receive()
    assert answer.fields["errorCode"] == "invalid_request"
    assert sentence in answer.fields["error"]
    peer.barrier()  # its end, where it was accepted


def test_a_story_may_be_a_file(peer: Peer) -> None:
    [_, done, _] = peer.run(
        {
            "type": "story_text_object_translation",
            "taskId": "story-1",
            "postId": "p",
            "textObjectIndex": 0,
            "text": "# Good *morning*",
            "format": "markdown",
            "sourceLanguage": "en",
            "targetLanguages": ["pt"],
        }
    )
    assert done.fields["translations"] == {"pt": "# [pt] Good *morning*"}


async def test_a_cancelled_document_stops(echo_server: ServerProcess) -> None:
    text = json.dumps([{"text": f"This is line {number} of many lines."} for number in range(20_000)])
    endpoints = echo_server.endpoints
    async with Client(endpoints["requests"], endpoints["routed"]) as client:
        request = {
            "type": "translation",
            "taskId": "stop-1",
            "text": text,
            "format": "json",
            "sourceLanguage": "en",
            "targetLanguages": ["pt"],
            "progress": True,
            "cache": "off",
        }
        kinds = []
        async for event in client.events(request):
            if event.type == "task_progress" and "translation_error" not in kinds and "cancel" not in kinds:
                kinds.append("cancel")
                assert await client.cancel("stop-1") == "cancelled"
            kinds.append(event.type)
    assert kinds[-2:] == ["translation_error", "task_finished"]


async def test_the_asynchronous_client_refuses_what_the_server_refuses(echo_server: ServerProcess) -> None:
    endpoints = echo_server.endpoints
    async with Client(endpoints["requests"], endpoints["routed"]) as client:
        with pytest.raises(InvalidRequest, match="line 1, column 2"):
            await client.translate("a}", "en", to="pt", format="icu")
