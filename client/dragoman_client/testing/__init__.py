"""For tests of programs that use the client: a fake server with faults on demand, and fixtures for pytest.

    with FakeServer() as server:
        server.refuse("overloaded", "translation", retry_after_ms=50)
        async with Client(*server.endpoints, retries=1) as client:
            assert (await client.translate("Hi", to="pt")).text == "pt(Hi)"

The fixtures are in `dragoman_client.testing.plugin`. Nothing here needs the server's packages.
"""

from __future__ import annotations

from dragoman_client.testing.answers import (
    HEARD,
    WAV,
    Answer,
    Answers,
    Fields,
    a_transcription,
    accepted,
    cancel_result,
    failures,
    finished,
    pong,
    refused,
    spoken,
    story_translated,
    transcribed,
    translated,
    voiced,
)
from dragoman_client.testing.echo import EchoScript
from dragoman_client.testing.server import FakeServer, Script

__all__ = [
    "HEARD",
    "WAV",
    "Answer",
    "Answers",
    "EchoScript",
    "FakeServer",
    "Fields",
    "Script",
    "a_transcription",
    "accepted",
    "cancel_result",
    "failures",
    "finished",
    "pong",
    "refused",
    "spoken",
    "story_translated",
    "transcribed",
    "translated",
    "voiced",
]
