"""`dragoman serve --echo`: the whole server, without a model."""

from __future__ import annotations

import io
import wave
from pathlib import Path

from dragoman_client import SyncClient
from tests.harness import PATIENCE_S, ServerProcess


def a_second_of_silence() -> bytes:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\0\0" * 16_000)
    return sound.getvalue()


def test_a_peer_gets_answers_to_all_that_it_may_ask(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"models.translation.premium": "path:/nowhere"}, "--echo")
    try:
        server.wait_ready()
        places = server.endpoints["requests"], server.endpoints["routed"]
        with SyncClient(*places, timeout_s=PATIENCE_S, connect_timeout_s=PATIENCE_S) as client:
            assert client.translate("Hello", "en", to=["pt", "de"])["de"].text == "[de] Hello"
            heard = client.transcribe(a_second_of_silence()).text
            assert "1.0 s" in heard
            assert client.speak("Hello", "en").voice == "echo"
            result = client.voice(a_second_of_silence(), to="pt")
            assert result.audios["pt"].text == f"[pt] {heard}"
            assert result.audios["pt"].audio.startswith(b"RIFF")
    finally:
        server.stop()
