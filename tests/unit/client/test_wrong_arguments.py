"""What a call says of arguments that no server can do anything with."""

from __future__ import annotations

import socket
import threading
from typing import Any, cast

import pytest

from dragoman_client import BadAnswer
from dragoman_client.recording import recording_bytes
from dragoman_client.testing import Answers, FakeServer, Fields, accepted, finished
from dragoman_wire.ops import OpsClient, OpsSilent
from tests.unit.client.conftest import Serve, client_of


@pytest.mark.parametrize("audio", ["hello.wav", None, 5, ["hello.wav"]])
async def test_what_is_no_recording_is_named(audio: Any) -> None:
    with pytest.raises(TypeError, match=f"^audio: bytes or a pathlib.Path, not {type(audio).__name__}$"):
        await recording_bytes(cast("bytes", audio))


def silent(server: FakeServer, request: Fields, binaries: list[bytes]) -> Answers:
    """Finishes, and tells nothing of the language."""
    return [accepted(request), finished(request, 0)]


async def test_a_language_without_a_name_is_no_error_of_python(serve: Serve) -> None:
    async with client_of(serve(silent)) as client:
        with pytest.raises(BadAnswer, match="no translation into ''"):
            await client.translate("x", to="")


def test_a_port_that_speaks_no_http_is_told_without_its_bytes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"\xff\x00\x00\x7f NULL\r\n")
                connection.recv(1000)

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(OpsSilent, match=r"what listens there speaks no HTTP$"):
            OpsClient(f"http://127.0.0.1:{listening.getsockname()[1]}").stats()
        thread.join()
