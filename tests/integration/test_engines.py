"""The real ears, Silero and Whisper, called in this process as a child process calls them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import (
    AnyResult,
    DecodedAudio,
    Failure,
    FindSpeech,
    Speak,
    Speech,
    SpeechSpans,
    TranscribeWindow,
    WindowText,
)
from tests.decoding import decode_whole
from tests.harness import TINY

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

RATE_HZ = 16_000
DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def audio() -> Engine:
    return make_engine(EngineSpec(kind="decoder", model="embedded"))


@pytest.fixture(scope="module")
def whisper() -> Engine:
    return make_engine(EngineSpec(kind="transcription", model=TINY, threads=2))


@pytest.fixture(scope="module")
def speech() -> Engine:
    return make_engine(EngineSpec(kind="speech", model="embedded"))


def decode(audio: Engine, data: bytes, spool: Path, max_duration_s: float = 60) -> AnyResult:
    return decode_whole(audio, data, spool, max_duration_s)


def heard(result: AnyResult) -> str:
    assert isinstance(result, WindowText), result
    return "".join(word.text for word in result.words).strip()


def plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum() or character == " ")


def wav(samples: bytes, rate_hz: int, channels: int = 1, size: int | None = None) -> bytes:
    bytes_per_s = (rate_hz * 2 * channels) & 0xFFFF_FFFF
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, bytes_per_s, 2 * channels, 16)
    head = struct.pack("<4sI", b"data", len(samples) if size is None else size)
    return b"RIFF\xff\xff\xff\xffWAVE" + form + head + samples


# Finding speech


def test_silence_has_no_speech(audio: Engine, tmp_path: Path) -> None:
    spool = tmp_path / "silence.pcm"
    spool.write_bytes(bytes(2 * RATE_HZ * 20))
    assert audio.run([FindSpeech(pcm_path=str(spool), start=0, end=20 * RATE_HZ)]) == [SpeechSpans(spans=[])]


def test_an_empty_range_and_a_lost_file_do_not_touch_the_others(audio: Engine, tmp_path: Path) -> None:
    spool = tmp_path / "empty.pcm"
    spool.touch()
    empty, lost = audio.run(
        [FindSpeech(pcm_path=str(spool), start=0, end=100), FindSpeech(pcm_path="absent.pcm", start=0, end=100)]
    )
    assert empty == SpeechSpans(spans=[])
    assert isinstance(lost, Failure)


def test_speech_is_found_at_its_place_in_the_file(audio: Engine, speech: Engine, tmp_path: Path) -> None:
    spool = tmp_path / "spool.pcm"
    samples = say(audio, speech, "The weather is beautiful today.", spool)
    # Two seconds of silence before, three after.
    spool.write_bytes(bytes(2 * 2 * RATE_HZ) + spool.read_bytes() + bytes(2 * 3 * RATE_HZ))
    end = samples + 5 * RATE_HZ
    (found,) = audio.run([FindSpeech(pcm_path=str(spool), start=RATE_HZ, end=end)])
    assert isinstance(found, SpeechSpans)
    assert found.spans
    assert 1.5 * RATE_HZ <= found.spans[0][0] <= 2.5 * RATE_HZ
    assert found.spans[-1][1] <= samples + 3 * RATE_HZ


# Transcribing


def say(audio: Engine, speech: Engine, text: str, spool: Path) -> int:
    """Speak a text into a spool file; the number of samples."""
    (sound,) = speech.run([Speak(text=text, language="en")])
    assert isinstance(sound, Speech)
    result = decode(audio, wav(sound.pcm, sound.sample_rate_hz), spool)
    assert isinstance(result, DecodedAudio)
    return result.samples


def test_what_hibari_says_whisper_hears(audio: Engine, speech: Engine, whisper: Engine, tmp_path: Path) -> None:
    texts = ["The weather is beautiful today.", "Please send the letter to my brother in London."]
    windows = []
    for index, text in enumerate(texts):
        spool = tmp_path / f"{index}.pcm"
        windows.append(TranscribeWindow(pcm_path=str(spool), spans=[(0, say(audio, speech, text, spool))]))
    assert [plain(heard(result)) for result in whisper.run(windows)] == [plain(text) for text in texts]


def test_windows_of_a_batch_keep_their_own_words_times_and_places(
    audio: Engine, speech: Engine, whisper: Engine, tmp_path: Path
) -> None:
    spool = tmp_path / "spool.pcm"
    samples = say(audio, speech, "The weather is beautiful today.", spool)
    pause = 4 * RATE_HZ
    spool.write_bytes(spool.read_bytes() + bytes(2 * pause) + spool.read_bytes())
    later = (samples + pause, 2 * samples + pause)
    both = TranscribeWindow(pcm_path=str(spool), spans=[(0, samples), later])
    one = TranscribeWindow(pcm_path=str(spool), spans=[later], language="en")
    empty = TranscribeWindow(pcm_path=str(spool), spans=[])
    portuguese = TranscribeWindow(pcm_path=str(spool), spans=[later], language="pt")
    lost = TranscribeWindow(pcm_path=str(tmp_path / "absent"), spans=[later])
    results = whisper.run([both, empty, portuguese, one, lost])
    assert results[1] == WindowText(words=[], language="en", language_probability=1.0)
    assert isinstance(results[2], Failure)
    assert (results[2].code, results[2].message) == (
        "unsupported_language",
        "this model (tiny.en) hears en, not pt",
    )
    assert isinstance(results[4], Failure)
    assert results[4].code == "engine_failed"
    assert isinstance(results[0], WindowText)
    assert isinstance(results[3], WindowText)
    assert heard(results[0]).lower().count("weather") == 2
    first_s, last_s = later[0] / RATE_HZ, later[1] / RATE_HZ
    for word in results[3].words:
        assert first_s - 0.001 <= word.start_s <= word.end_s <= last_s + 0.001
        assert 0 <= word.confidence <= 1
    # Nothing is placed in the pause between the spans.
    for word in results[0].words:
        assert word.end_s <= samples / RATE_HZ + 0.001 or word.start_s >= first_s - 0.001


def test_whisper_hears_no_words_in_silence_and_noise(whisper: Engine, tmp_path: Path) -> None:
    silence, noise = tmp_path / "silence.pcm", tmp_path / "noise.pcm"
    silence.write_bytes(bytes(2 * 5 * RATE_HZ))
    noise.write_bytes(np.random.default_rng(0).normal(0, 300, 3 * RATE_HZ).astype("<i2").tobytes())
    results = whisper.run(
        [
            TranscribeWindow(pcm_path=str(silence), spans=[(0, 5 * RATE_HZ)]),
            TranscribeWindow(pcm_path=str(noise), spans=[(0, 3 * RATE_HZ)]),
        ]
    )
    assert [heard(result) for result in results] == ["", ""]


def test_recorded_speech_is_transcribed_with_few_errors(audio: Engine, whisper: Engine, tmp_path: Path) -> None:
    index = DATA / "speech.jsonl"
    if not index.exists():
        pytest.skip(f"no recorded speech: {index} is not there")
    jiwer = pytest.importorskip("jiwer")
    normalise: Any = pytest.importorskip("whisper_normalizer.english").EnglishTextNormalizer()
    clips = [json.loads(line) for line in index.read_text().splitlines()]
    clips = [clip for clip in clips if clip["language"] == "en" and clip["seconds"] < 20][:12]
    windows = []
    for number, clip in enumerate(clips):
        spool = tmp_path / f"{number}.pcm"
        result = decode(audio, (DATA / clip["path"]).read_bytes(), spool)
        assert isinstance(result, DecodedAudio), (clip["path"], result)
        assert result.samples / RATE_HZ == pytest.approx(clip["seconds"], abs=0.1)
        (found,) = audio.run([FindSpeech(pcm_path=str(spool), start=0, end=result.samples)])
        assert isinstance(found, SpeechSpans)
        windows.append(TranscribeWindow(pcm_path=str(spool), spans=found.spans))
    texts = [normalise(heard(result)) for result in whisper.run(windows)]
    assert jiwer.wer([normalise(clip["text"]) for clip in clips], texts) < 0.08


def test_a_device_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 0)
    with pytest.raises(ModelMissing, match=r'engines\.transcription\.device is "cuda", but CTranslate2 sees no'):
        make_engine(EngineSpec(kind="transcription", model=TINY, device="cuda"))
