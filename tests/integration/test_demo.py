from __future__ import annotations

import re
import signal
import subprocess
import sys
import wave
from pathlib import Path

import av
import pytest

from dragoman_engines.models.defaults import KOKORO, is_at_hand
from tests.harness import PATIENCE_S, ROOT

pytestmark = pytest.mark.models

RATE_HZ = 16_000
DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]


def seconds_of(path: Path) -> float:
    with wave.open(str(path), "rb") as recording:
        return recording.getnframes() / recording.getframerate()


def long_recording(folder: Path, shared_data: Path) -> Path:
    """Three minutes of speech: the demo is at work on it for as long as a test needs."""
    clip = shared_data / "speech" / "librispeech" / "19-198-0002.flac"
    path = folder / "long.wav"
    with av.open(str(clip)) as file:
        resampler = av.AudioResampler("s16", "mono", RATE_HZ)
        parts = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    speech = b"".join(part.to_ndarray().tobytes() for part in parts)
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE_HZ)
        for _ in range(180 * 2 * RATE_HZ // len(speech)):
            recording.writeframes(speech)
    return path


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DEMO, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_the_demo_translates_speaks_transcribes_and_stops_the_server(tmp_path: Path) -> None:
    done = run_demo("--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    events = re.findall(r"^ +\d+\.\d+ s  (\w+)", done.stdout, re.MULTILINE)
    assert events == [
        *("accepted", "translation_completed", "task_finished"),
        *("accepted", "speech_completed", "task_finished"),
        *("accepted", "transcription_completed", "task_finished"),
        *("accepted", "transcription_ready", "audio_translation_ready", "audio_process_completed", "task_finished"),
    ]
    assert re.search(r'translation_completed +"A reunião', done.stdout)
    assert re.search(r'transcription_completed +"Good morning', done.stdout)
    assert re.search(r'audio_translation_ready +"Bom dia', done.stdout)
    english, portuguese = re.findall(r"said by (\S+)", done.stdout)
    if is_at_hand(KOKORO):
        assert (english, portuguese) == ("af_heart", "pf_dora")
    assert "with exit status 0" in done.stdout
    assert 3 < seconds_of(tmp_path / "demo.en.wav") < 12
    assert 2 < seconds_of(tmp_path / "demo.pt.wav") < 12


def test_the_demo_takes_a_recording_of_ones_own(tmp_path: Path, shared_data: Path) -> None:
    clip = shared_data / "speech" / "librispeech" / "19-198-0002.flac"

    done = run_demo(str(clip), "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "comparatively obsolete" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["19-198-0002.pt.wav"]
    assert 4 < seconds_of(tmp_path / "19-198-0002.pt.wav") < 25


def test_the_demo_fails_with_a_sentence_where_the_recording_is_none(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear friend, this is no sound at all. " * 50, encoding="utf-8")

    done = run_demo(str(letter), "--out", str(tmp_path / "out"))

    assert done.returncode == 1
    assert "the demo failed: transcription_only was answered with audio_undecodable" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_demo_stops_its_server(tmp_path: Path, shared_data: Path) -> None:
    command = [*DEMO, str(long_recording(tmp_path, shared_data)), "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        first = demo.stdout.readline()
        address = re.search(r"tcp://127\.0\.0\.1:(\d+)", first)
        assert address is not None, first
        assert any("A recording to write down" in line for line in demo.stdout)
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 130
    assert errors.splitlines()[-1] == "interrupted; the server is stopped"
    listening = Path("/proc/net/tcp").read_text(encoding="ascii")
    assert f"0100007F:{int(address[1]):04X} 00000000:0000 0A" not in listening
