"""Which voice speaks which language, with voices that say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman_engines.base import EngineSpec, ModelDamaged, ModelMissing, VoiceInfo
from dragoman_engines.speech import engine as speech
from dragoman_engines.speech.engine import SpeechEngine
from dragoman_engines.work import Failure, Speak, Speech, TranslateSentences


class FakeVoices:
    """Says who was asked to speak."""

    def __init__(self, name: str, **languages: list[str]) -> None:
        self.name = name
        self.revision = f"{name}-1"
        self.voices = [
            VoiceInfo(name=voice, engine=name, languages=spoken, pace=1) for voice, spoken in languages.items()
        ]

    def speak(self, text: str, language: str, speed: float, voice: str) -> Speech:
        if text == "break":
            raise RuntimeError("out of breath")
        if text == "lose":
            raise ModelMissing("the file is gone")
        return Speech(pcm=f"{voice} {language} {speed} {text}".encode(), sample_rate_hz=1)


PARTS: dict[str, Any] = {
    "hibari": FakeVoices("hibari", hibari=["en"]),
    "kokoro": FakeVoices("kokoro", ana=["pt"], eva=["pt"], bob=["en"]),
    "espeak-ng": FakeVoices("espeak-ng", robot=["de", "en", "pt"]),
}


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is installed; a part that is taken out is not."""
    installed = dict(PARTS)

    def loader(name: str) -> Any:
        def load(spec: EngineSpec) -> Any:
            if name not in installed:
                raise ModelMissing(f"{name} is not installed")
            return installed[name]

        return load

    monkeypatch.setattr(speech, "_LOADERS", {name: loader(name) for name in PARTS})
    return installed


def engine(model: str = "embedded", **options: Any) -> SpeechEngine:
    return SpeechEngine(EngineSpec(kind="speech", model=model, **options))


def spoken(made: SpeechEngine, **unit: Any) -> str:
    [result] = made.run([Speak(**({"text": "hi", "language": "pt"} | unit))])
    return result.pcm.decode() if isinstance(result, Speech) else f"{result.code}: {result.message}"  # type: ignore[union-attr]


def test_fast_voices_speak_where_quality_says_so_and_the_best_are_known() -> None:
    told = engine(quality="fast").capabilities
    assert told.default_voices == {"en": "hibari", "pt": "robot", "de": "robot"}
    assert told.best_voices == {"en": "bob", "pt": "ana", "de": "robot"}
    assert told.model == "hibari+kokoro+espeak-ng"
    assert told.languages == ["de", "en", "pt"]


def test_kokoro_speaks_by_default_wherever_it_can_and_the_others_the_rest() -> None:
    assert engine().capabilities.default_voices == {"en": "bob", "pt": "ana", "de": "robot"}
    assert engine(quality="best").capabilities.default_voices == {"en": "bob", "pt": "ana", "de": "robot"}


def test_where_kokoro_is_not_installed_the_others_speak_whatever_the_quality(parts: dict[str, Any]) -> None:
    del parts["kokoro"]
    for quality in ("fast", "best"):
        assert engine(quality=quality).capabilities.default_voices == {"en": "hibari", "pt": "robot", "de": "robot"}


def test_a_language_may_have_a_voice_of_its_own() -> None:
    told = engine(quality="fast", voices={"pt": "eva"}).capabilities
    assert told.default_voices == {"en": "hibari", "pt": "eva", "de": "robot"}
    assert told.best_voices["pt"] == "ana"


@pytest.mark.parametrize("voices", [{"pt": "nobody"}, {"pt": "bob"}, {"xx": "ana"}])
def test_a_configured_voice_that_cannot_speak_the_language_is_told_with_those_that_can(voices: dict[str, str]) -> None:
    with pytest.raises(ModelMissing, match=r"engines\.speech\.voices\.(pt: .* ana, eva, robot|xx: .* none)$"):
        engine(voices=voices)


def test_units_name_their_voice_or_get_the_usual_one() -> None:
    made = engine(quality="fast")
    assert spoken(made) == "robot pt 1.0 hi"
    assert spoken(made, voice="ana", speed=1.5) == "ana pt 1.5 hi"
    assert spoken(made, voice="nobody") == "invalid_request: there is no voice 'nobody' for pt"
    assert spoken(made, voice="bob") == "invalid_request: there is no voice 'bob' for pt"
    assert spoken(made, language="xx") == "unsupported_language: no voice speaks xx; 3 languages have voices"


def test_a_voice_that_fails_fails_alone() -> None:
    made = engine(quality="fast")
    assert spoken(made, text="break") == "engine_failed: the voice robot failed: out of breath"
    assert spoken(made, text="lose") == "engine_unavailable: the voice robot cannot speak: the file is gone"
    [other] = made.run([TranslateSentences(source="en", target="pt", sentences=["a"])])
    assert isinstance(other, Failure)


def test_embedded_is_what_is_installed(parts: dict[str, Any]) -> None:
    del parts["kokoro"]
    told = engine().capabilities
    assert (told.model, told.best_voices["pt"]) == ("hibari+espeak-ng", "robot")
    parts.clear()
    with pytest.raises(ModelMissing, match="hibari is not installed / kokoro is not installed / espeak-ng is not"):
        engine()


def test_a_damaged_part_of_embedded_is_said_and_the_others_speak(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def damaged(spec: EngineSpec) -> Any:
        raise ModelDamaged("a file is another one")

    monkeypatch.setitem(speech._LOADERS, "kokoro", damaged)
    assert engine().capabilities.model == "hibari+espeak-ng"
    assert capsys.readouterr().err == "speech goes without kokoro: a file is another one\n"


def test_what_is_named_must_be_there(parts: dict[str, Any]) -> None:
    del parts["kokoro"]
    for model in ("kokoro", "embedded+kokoro", "kokoro+hibari"):
        with pytest.raises(ModelMissing, match="kokoro is not installed"):
            engine(model)


def test_several_are_named_with_a_plus_and_none_is_loaded_twice() -> None:
    assert engine("espeak-ng+hibari").capabilities.model == "espeak-ng+hibari"
    assert engine("embedded+hibari+embedded").capabilities.model == "hibari+kokoro+espeak-ng"


@pytest.mark.parametrize("model", ["parrot", "", "hibari+"])
def test_a_name_of_nothing_is_told_with_the_names_that_there_are(model: str) -> None:
    with pytest.raises(ModelMissing, match="name embedded, hibari, kokoro, espeak-ng, others of the catalogue"):
        engine(model)
