"""The fake engine keeps the promises of the interface, and fails only when asked to."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.echo import EchoEngine
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import (
    DecodeAudio,
    DecodedAudio,
    Failure,
    FindSpeech,
    Speak,
    Speech,
    SpeechSpans,
    TranscribeWindow,
    TranslateSentences,
    Translations,
    WindowText,
)


def translate(*sentences: str) -> TranslateSentences:
    return TranslateSentences(source="en", target="pt", sentences=list(sentences))


@pytest.fixture
def engine() -> EchoEngine:
    return EchoEngine(EngineSpec(kind="translation", model="echo"))


@pytest.mark.parametrize("kind", ["decoder", "transcription", "translation", "speech"])
def test_echo_is_an_engine_of_every_kind(kind: Any) -> None:
    assert make_engine(EngineSpec(kind=kind, model="echo")).capabilities.model == "echo"


def test_a_translation_names_its_target_and_keeps_the_order(engine: EchoEngine) -> None:
    assert engine.run([translate("a", "b"), translate()]) == [
        Translations(sentences=["[pt] a", "[pt] b"]),
        Translations(sentences=[]),
    ]


def test_a_window_is_one_word_over_all_of_it(engine: EchoEngine) -> None:
    (heard,) = engine.run([TranscribeWindow(pcm_path="", spans=[(16_000, 24_000), (32_000, 43_200)], language="pt")])
    assert isinstance(heard, WindowText)
    assert heard.language == "pt"
    (word,) = heard.words
    assert (word.text, word.start_s, word.end_s) == (" Echo of 1.2 seconds.", 1.0, 2.7)


def test_a_window_without_a_language_is_english_and_without_audio_is_empty(engine: EchoEngine) -> None:
    assert engine.run([TranscribeWindow(pcm_path="", spans=[])]) == [
        WindowText(words=[], language="en", language_probability=1.0)
    ]


def test_longer_text_is_longer_sound(engine: EchoEngine) -> None:
    short, long = engine.run([Speak(text="x" * 10, language="en"), Speak(text="x" * 11, language="de")])
    assert isinstance(short, Speech)
    assert isinstance(long, Speech)
    assert len(short.pcm) == 3200
    assert len(long.pcm) == 6400
    assert any(short.pcm)


@pytest.mark.parametrize(("data", "samples"), [(b"\1\0" * 100, 100), (b"RIFF" + bytes(40) + b"\1\0" * 7, 7)])
def test_a_recording_becomes_as_many_zeros(engine: EchoEngine, tmp_path: Path, data: bytes, samples: int) -> None:
    spool = tmp_path / "spool.pcm"
    assert engine.run([DecodeAudio(data=data, pcm_path=str(spool), max_duration_s=1)]) == [
        DecodedAudio(samples=samples)
    ]
    assert spool.read_bytes() == bytes(2 * samples)


@pytest.mark.parametrize(("data", "code"), [(b"", "audio_undecodable"), (bytes(32_002), "audio_too_long")])
def test_a_recording_of_no_length_or_too_much_fails_and_leaves_no_file(
    engine: EchoEngine, tmp_path: Path, data: bytes, code: str
) -> None:
    spool = tmp_path / "spool.pcm"
    (failure,) = engine.run([DecodeAudio(data=data, pcm_path=str(spool), max_duration_s=1)])
    assert isinstance(failure, Failure)
    assert failure.code == code
    assert not spool.exists()


def test_speech_is_everywhere_in_spans_of_30_s(engine: EchoEngine) -> None:
    (spans,) = engine.run([FindSpeech(pcm_path="", start=8_000, end=968_000)])
    assert spans == SpeechSpans(spans=[(8_000, 488_000), (488_000, 968_000)])


def test_a_delay_is_waited_once_for_each_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    EchoEngine(EngineSpec(kind="translation", model="echo", delay_ms=250)).run([translate("a", "b"), translate("c")])
    assert waits == [0.25, 0.25]


def test_fail_fails_its_own_unit_only(engine: EchoEngine) -> None:
    first, second = engine.run([translate("please __fail__"), translate("a")])
    assert isinstance(first, Failure)
    assert first.code == "engine_failed"
    assert second == Translations(sentences=["[pt] a"])


def test_raise_raises(engine: EchoEngine) -> None:
    with pytest.raises(RuntimeError):
        engine.run([translate("a"), translate("__raise__")])


def test_hang_sleeps_for_an_hour(engine: EchoEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    engine.run([translate("__hang__")])
    assert waits == [3600]


def test_exit_ends_the_process_at_once(engine: EchoEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit) as caught:
        engine.run([translate("__exit__")])
    assert caught.value.code == 3
