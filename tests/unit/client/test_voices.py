"""Who speaks, how fast and in which format: what the client and its command line send, and what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman_client import SyncClient
from dragoman_wire.events import AudioProcessCompleted, SpeakingVoice, VoicesResult
from tests.unit.client.conftest import Serve, client_of
from tests.unit.client.fake_server import WAIT_S, WAV, Answer, FakeServer, Fields, spoken, translating
from tests.unit.client.test_cli import recording, run

pytestmark = pytest.mark.usefixtures("nothing_is_left_behind")

__all__ = ["recording"]

KNOWN = VoicesResult(
    voices=[
        SpeakingVoice(name="hibari", engine="hibari", languages=["en"]),
        SpeakingVoice(name="pf_dora", engine="kokoro", languages=["pt"]),
        SpeakingVoice(name="espeak-ng", engine="espeak-ng", languages=["de", "en", "es", "fr", "it", "nl", "pt"]),
    ],
    default_voices={"en": "hibari", "pt": "espeak-ng", "de": "espeak-ng"},
    best_voices={"en": "hibari", "pt": "pf_dora", "de": "espeak-ng"},
)


class Script:
    """Answers voice messages and the question for voices, and notes the requests."""

    def __init__(self) -> None:
        self.asked: list[Fields] = []

    def __call__(self, server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Any]:
        self.asked.append(request)
        if request["type"] == "voices":
            return [replace(KNOWN, task_id=request["taskId"])]
        return translating(server, request, binaries)

    @property
    def wishes(self) -> Fields:
        """What the last voice message wished for."""
        names = ("voice", "voices", "speed", "outputFormat")
        last = [request for request in self.asked if request["type"] == "audio_process"][-1]
        return {name: last[name] for name in names if name in last}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {}),
        ({"voice": "pf_dora"}, {"voice": "pf_dora"}),
        ({"voice": {"pt": "pf_dora"}}, {"voices": {"pt": "pf_dora"}}),
        ({"speed": 1.5, "audio_format": "ogg"}, {"speed": 1.5, "outputFormat": "ogg"}),
    ],
)
async def test_a_voice_message_says_how_it_is_to_be_spoken(
    serve: Serve, options: dict[str, Any], sent: Fields
) -> None:
    script = Script()
    async with client_of(serve(script)) as client:
        await client.voice(WAV, to="pt", **options)
    assert script.wishes == sent


async def test_the_voices_of_the_server_come_typed(serve: Serve) -> None:
    async with client_of(serve(Script())) as client:
        assert (await client.voices()).voices == KNOWN.voices


def test_the_plain_client_does_the_same(serve: Serve) -> None:
    script = Script()
    server = serve(script)
    with SyncClient(*server.endpoints, connect_timeout_s=WAIT_S) as client:
        client.voice(WAV, to="pt", voice="pf_dora", speed=0.5, audio_format="wav")
        assert script.wishes == {"voice": "pf_dora", "speed": 0.5, "outputFormat": "wav"}
        assert client.voices().best_voices == KNOWN.best_voices


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ([], {}),
        (["--voice", "pf_dora", "--speed", "0.8"], {"voice": "pf_dora", "speed": 0.8}),
        (["--audio-format", "mp3"], {"outputFormat": "mp3"}),
        (
            ["--voice", "pt=pf_dora", "--voice", "fr=ff_siwis", "--audio-format", "ogg"],
            {"voices": {"pt": "pf_dora", "fr": "ff_siwis"}, "outputFormat": "ogg"},
        ),
        (["--voice", "pt=pt_BR-faber:a=b"], {"voices": {"pt": "pt_BR-faber:a=b"}}),
    ],
)
def test_the_command_sends_what_its_options_say(
    serve: Serve, recording: str, tmp_path: Path, arguments: list[str], sent: Fields
) -> None:
    script = Script()
    result = run(serve(script), "voice", recording, "--to", "pt,fr", "--out", str(tmp_path), *arguments)
    assert (result.exit_code, script.wishes) == (0, sent)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--voice", ""],
        ["--voice", "pt="],
        ["--voice", "=pf_dora"],
        ["--voice", "pf_dora", "--voice", "ff_siwis"],
        ["--speed", "3"],
        ["--audio-format", "aiff"],
    ],
)
def test_options_that_mean_nothing_are_wrong_usage(recording: str, arguments: list[str]) -> None:
    result = run(None, "voice", recording, "--to", "pt", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_opus_is_written_as_ogg(serve: Serve, recording: str, tmp_path: Path) -> None:
    def in_ogg(server: FakeServer, request: Fields, binaries: list[bytes]) -> Sequence[Answer]:
        heard = spoken(request)
        return [(ogg(event) if isinstance(event, AudioProcessCompleted) else event, frames) for event, frames in heard]

    def ogg(event: AudioProcessCompleted) -> AudioProcessCompleted:
        told = [replace(one, audio_mime_type="audio/ogg; codecs=opus") for one in event.translated_audios]
        return replace(event, translated_audios=told)

    result = run(
        serve(in_ogg), "voice", recording, "--to", "pt", "--out", str(tmp_path / "out"), "--audio-format", "ogg"
    )
    assert result.exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["hello.pt.ogg"]


def test_the_voices_are_listed_with_those_that_speak_unasked(serve: Serve) -> None:
    assert run(serve(Script()), "voices").stdout.splitlines() == [
        "hibari     hibari     en  default, premium",
        "pf_dora    kokoro     pt  premium",
        "espeak-ng  espeak-ng  7 languages  default for de, pt, premium for de",
    ]


def test_the_voices_of_one_language_are_listed_alone(serve: Serve) -> None:
    assert run(serve(Script()), "voices", "--from", "pt").stdout.splitlines() == [
        "pf_dora    kokoro     premium",
        "espeak-ng  espeak-ng  default",
    ]
    nobody = run(serve(Script()), "voices", "--from", "xx")
    assert (nobody.exit_code, nobody.stdout, nobody.stderr) == (0, "", "no voice speaks xx\n")


def test_the_voices_as_json_are_one_document(serve: Serve) -> None:
    document = json.loads(run(serve(Script()), "voices", "--from", "pt", "--json").stdout)
    assert [voice["name"] for voice in document["voices"]] == ["pf_dora", "espeak-ng"]
    assert document["bestVoices"]["pt"] == "pf_dora"
