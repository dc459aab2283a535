"""docs/client.md has every public call of the client, and of each its arguments, its result and its errors."""

from __future__ import annotations

import dataclasses
import inspect
import re
import tomllib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import dragoman_client
from dragoman_client import (
    AvailableModel,
    Client,
    ClientError,
    DetectResult,
    DragomanError,
    EventStream,
    LanguageCandidate,
    LanguagePair,
    LanguagesResult,
    Pong,
    ReceivedEvent,
    SpeakingVoice,
    SpeechStream,
    SpokenChunk,
    SpokenText,
    SpokenTranslation,
    SyncClient,
    SyncEventStream,
    SyncSpeechStream,
    Transcription,
    TranscriptSegment,
    TranscriptWord,
    Translation,
    TranslationCache,
    TranslationFailed,
    VoiceResult,
    VoicesResult,
)
from dragoman_client.environment import OPTIONS, PREFIX, REQUESTS, ROUTED, SERVERS
from dragoman_client.options import CallOptions, ClientOptions, SpeakOptions, TranslateOptions
from dragoman_client.testing import FakeServer
from tests.documents import code, text_of
from tests.harness import ROOT

PAGE = ROOT / "docs" / "client.md"
SECTIONS = dict(re.findall(r"^#{2,3} ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", text_of(PAGE), re.MULTILINE | re.DOTALL))
CALLS = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")} - {"aclose"}
DATA = [
    ReceivedEvent,
    SpokenChunk,
    SpokenText,
    SpokenTranslation,
    TranscriptSegment,
    TranscriptWord,
    Transcription,
    Translation,
    VoiceResult,
]
LISTED = {
    LanguagesResult: "languages",
    LanguagePair: "languages",
    AvailableModel: "languages",
    DetectResult: "detect",
    LanguageCandidate: "detect",
    Pong: "ping",
    VoicesResult: "voices",
    SpeakingVoice: "voices",
    TranslationFailed: "Errors",
}


def rows_of(section: str) -> list[list[str]]:
    """The cells of the first table of a section, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names_in(section: str) -> list[str]:
    """The names in the first cells of the table, of which a cell may have several."""
    return [name for row in rows_of(section) for name in re.findall(r"`(\w+)`", row[0])]


def attributes_of(kind: type[Any]) -> set[str]:
    """What an object of a class has, apart from its methods."""
    fields = (
        kind.__struct_fields__
        if issubclass(kind, msgspec.Struct)
        else [field.name for field in dataclasses.fields(kind)]
        if dataclasses.is_dataclass(kind)
        else ["results", "errors"]
    )
    return {*fields, *(name for name, _ in inspect.getmembers(kind, lambda member: isinstance(member, property)))}


def parameters_of(call: Callable[..., object]) -> dict[str, inspect.Parameter]:
    parameters = dict(inspect.signature(call).parameters)
    parameters.pop("self", None)
    return parameters


def test_every_public_name_is_on_the_page() -> None:
    words = set(re.findall(r"\w+", text_of(PAGE)))

    assert set(dragoman_client.__all__) - words == set()


def test_every_call_has_a_section_and_both_clients_have_it() -> None:
    assert set(SECTIONS) >= CALLS
    for name in CALLS:
        asked, plain = parameters_of(getattr(Client, name)), parameters_of(getattr(SyncClient, name))
        assert list(asked) == list(plain), name


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_section_of_a_call_has_its_signature(name: str) -> None:
    [written] = re.findall(rf"`(?:await )?client\.{name}\((.*?)\)`", SECTIONS[name])[:1]
    shown = inspect.signature(getattr(Client, name))
    parts = [
        "*" if part == "*" else part.partition("=")[0].strip().lstrip("*")
        for part in re.split(r", (?![^(]*\))", written)
        if part
    ]
    assert [part for part in parts if part != "*"] == list(parameters_of(getattr(Client, name)))
    for parameter in list(shown.parameters.values())[1:]:
        if parameter.default is not inspect.Parameter.empty:
            assert f"{parameter.name}={parameter.default!r}".replace("'", '"') in written


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_section_of_a_call_says_what_it_takes_returns_and_raises(name: str) -> None:
    section = SECTIONS[name]
    taken = set(parameters_of(getattr(Client, name))) - {"options"}

    assert re.search(r"\breturns?\b", section, re.IGNORECASE)
    assert re.search(r"\*\*Raises\*\*", section)
    assert {each for each in taken if f"`{each}`" not in section and f"({each})" not in section} == set()


@pytest.mark.parametrize("kind", DATA, ids=lambda kind: kind.__name__)
def test_the_table_of_a_result_has_its_attributes(kind: type[Any]) -> None:
    assert set(names_in(kind.__name__)) == attributes_of(kind)


@pytest.mark.parametrize(("kind", "section"), LISTED.items(), ids=lambda value: getattr(value, "__name__", value))
def test_the_attributes_of_a_small_result_are_named(kind: type[Any], section: str) -> None:
    named = set(re.findall(r"`(\w+)`", SECTIONS[section]))

    assert attributes_of(kind) - named == set()


def test_the_arguments_of_a_client_have_their_defaults() -> None:
    parameters = parameters_of(Client)
    rows = {code(row[0]): row[1] for row in rows_of("Client")}

    assert list(rows) == list(parameters) == ["requests", "routed", *ClientOptions.__annotations__]
    written = {name: tomllib.loads(f"x = {code(cell)}")["x"] for name, cell in rows.items() if cell.startswith("`")}
    assert written == {name: each.default for name, each in parameters.items() if each.default is not None}


def test_the_arguments_of_a_cache_are_there() -> None:
    defaults = {name: each.default for name, each in parameters_of(TranslationCache).items()}
    rows = {code(row[0]): row[1] for row in rows_of("TranslationCache")}

    assert list(rows) == list(defaults)
    assert float(code(rows["entries"])) == defaults["entries"]
    assert float(code(rows["keep_s"])) == defaults["keep_s"]
    assert int(rows["max_bytes"].split()[0]) << 20 == defaults["max_bytes"]


def test_the_methods_and_attributes_of_a_cache_are_there() -> None:
    public = {name for name in {*vars(TranslationCache()), *dir(TranslationCache)} if not name.startswith("_")}
    named = set(re.findall(r"`(\w+)", SECTIONS["TranslationCache"]))

    assert public - named == set()


def test_the_options_of_each_call_are_there() -> None:
    assert names_in("Options of each call") == list(CallOptions.__annotations__)
    of_speak = re.findall(r"^\| `(\w+)` \|", SECTIONS["speak"], re.MULTILINE)
    assert of_speak == ["text", "language", *(name for name in SpeakOptions.__annotations__ if name in of_speak)]
    assert set(SpeakOptions.__annotations__) - set(CallOptions.__annotations__) <= set(of_speak)
    of_translate = re.findall(r"^\| `(\w+)` \|", SECTIONS["translate"], re.MULTILINE)
    own = [name for name in TranslateOptions.__annotations__ if name not in CallOptions.__annotations__]
    assert of_translate == ["text", "source", "to", *own]


def test_the_variables_of_a_client_are_there() -> None:
    named = re.findall(r"`(DRAGOMAN_\w+)`", " ".join(row[0] for row in rows_of("From environment variables")))
    options = [f"{PREFIX}{name.upper()}" for name in OPTIONS]
    assert named == [SERVERS, REQUESTS, ROUTED, *options]


def test_the_members_of_the_fake_server_are_there() -> None:
    public = {name for name in dir(FakeServer) if not name.startswith("_")}
    assert {name for name in public if not re.search(rf"\b{name}\b", SECTIONS["Tests of your program"])} == set()


STREAMS = [EventStream, SyncEventStream, SpeechStream, SyncSpeechStream]


@pytest.mark.parametrize("kind", [Client, SyncClient, *STREAMS], ids=lambda kind: kind.__name__)
def test_everything_else_that_is_public_is_named(kind: type[Any]) -> None:
    public = {name for name in dir(kind) if not name.startswith("_")} - CALLS

    assert {name for name in public if not re.search(rf"\b{name}\b", text_of(PAGE))} == set()


def test_the_table_of_errors_is_that_of_the_client() -> None:
    rows = {code(row[0]): code(row[1]) for row in rows_of("Errors")}
    errors: list[type[ClientError]] = [ClientError, *ClientError.__subclasses__()]
    ours = {error.__name__: error.code for error in errors}

    assert {name: rows[name] for name in rows if name != "DragomanError"} == ours
    error = DragomanError("it does not work", retry_after_ms=5)
    assert {name for name in (*vars(error), "code", "retryable") if f"`{name}`" not in SECTIONS["Errors"]} == set()
