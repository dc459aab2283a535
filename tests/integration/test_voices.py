"""Piper's and Kokoro's voices, called in this process as a child process calls them."""

# ruff: noqa: RUF001, RUF003 -- letters of phonetics are meant

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.models.resolve import resolve
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import Failure, Speak, Speech

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
onnx = pytest.importorskip("onnx", reason="the [dev] extra is not installed")
pytest.importorskip("espeakng_loader", reason="the [models] extra is not installed")
pytest.importorskip("onnxruntime", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

PIPER_RATE_HZ = 16_000
SAMPLES_AN_ID = 400
IDS = {"_": [0], "^": [1], "$": [2], " ": [3], ".": [4], ",": [5], "?": [6]} | {
    letter: [number] for number, letter in enumerate("abdefijklmnopstuvwzæɐɡɪʊʁɾʃˈˌəɛɔ", start=10)
}


def piper_model(path: Path, *, speakers: int = 1) -> None:
    """A model with Piper's inputs and output, as small as it can be.

    Every id is `SAMPLES_AN_ID` samples at length scale 1. They are as loud as there are ids, in hundredths; of several
    speakers, as the speaker's number, in fifths.
    """
    make = onnx.helper.make_node
    number, real = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    value = onnx.helper.make_tensor_value_info
    inputs = [value("input", number, [1, "n"]), value("input_lengths", number, [1]), value("scales", real, [3])]
    nodes = [
        make("Slice", ["scales", "one", "two"], ["length"]),
        make("Mul", ["length", "samples_an_id"], ["each_real"]),
        make("Cast", ["each_real"], ["each"], to=number),
        make("Mul", ["each", "input_lengths"], ["count"]),
        make("Concat", ["ones", "count"], ["shape"], axis=0),
        make("Cast", ["sid" if speakers > 1 else "input_lengths"], ["level_real"], to=real),
        make("Mul", ["level_real", "hundredth"], ["level"]),
        make("Expand", ["level", "shape"], ["output"]),
    ]
    if speakers > 1:
        inputs.append(value("sid", number, [1]))
    constants = [
        onnx.numpy_helper.from_array(np.array(content, kind), name)
        for name, content, kind in (
            ("one", [1], np.int64),
            ("two", [2], np.int64),
            ("samples_an_id", [SAMPLES_AN_ID], np.float32),
            ("ones", [1, 1, 1], np.int64),
            ("hundredth", [0.01 if speakers == 1 else 0.2], np.float32),
        )
    ]
    graph = onnx.helper.make_graph(nodes, "piper", inputs, [value("output", real, [1, 1, 1, "t"])], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def piper_voice(folder: Path, name: str = "pt_BR-tiny-low", **changes: Any) -> Path:
    """A voice with its JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    speakers = changes.get("num_speakers", 1)
    piper_model(folder / f"{name}.onnx", speakers=speakers)
    config = {
        "audio": {"sample_rate": PIPER_RATE_HZ, "quality": "low"},
        "espeak": {"voice": "pt-br"},
        "language": {"code": "pt_BR"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": IDS,
        "num_speakers": 1,
        "speaker_id_map": {},
    }
    (folder / f"{name}.onnx.json").write_text(json.dumps(config | changes), encoding="utf-8")
    return folder


def engine_of(folder: Path, more: str = "") -> Engine:
    return make_engine(EngineSpec(kind="speech", model=f"path:{folder}{more}"))


def say(engine: Engine, text: str, language: str = "pt", **options: Any) -> Speech:
    [result] = engine.run([Speak(text=text, language=language, **options)])
    assert isinstance(result, Speech), result
    return result


def seconds_of(speech: Speech) -> float:
    return len(speech.pcm) / 2 / speech.sample_rate_hz


# Piper


def test_a_piper_voice_speaks_at_its_own_rate_for_every_phoneme_it_knows(tmp_path: Path) -> None:
    engine = engine_of(piper_voice(tmp_path))
    told = engine.capabilities
    assert [(one.name, one.engine, one.languages) for one in told.voices] == [("pt_BR-tiny-low", "piper", ["pt"])]
    assert told.default_voices == told.best_voices == {"pt": "pt_BR-tiny-low"}
    speech = say(engine, "Olá.")
    assert speech.sample_rate_hz == PIPER_RATE_HZ
    # "olˈa." is five known sounds with a pad behind each, between a mark with its pad and an end.
    assert seconds_of(speech) == pytest.approx((2 + 5 * 2 + 1) * SAMPLES_AN_ID / PIPER_RATE_HZ, abs=0.001)


def test_sounds_become_ids_with_marks_and_pads_and_unknown_ones_are_left_out() -> None:
    from dragoman_engines.speech.piper import phoneme_ids  # noqa: PLC0415 -- needs onnxruntime

    ids = {"^": [1], "_": [0], "$": [2], "a": [10, 11], "̃": [12], "b": [13]}
    assert phoneme_ids("bãʘ", ids) == [1, 0, 13, 0, 10, 11, 0, 12, 0, 2]
    assert phoneme_ids("ʘ", ids) == []


def test_a_faster_piper_voice_is_shorter(tmp_path: Path) -> None:
    engine = engine_of(piper_voice(tmp_path))
    usual, fast = say(engine, "Bom dia."), say(engine, "Bom dia.", speed=2.0)
    assert seconds_of(fast) == pytest.approx(seconds_of(usual) / 2, abs=0.01)


def test_each_speaker_of_a_piper_voice_is_a_voice(tmp_path: Path) -> None:
    engine = engine_of(piper_voice(tmp_path, num_speakers=3, speaker_id_map={"ana": 1, "rui": 2}))
    names = [voice.name for voice in engine.capabilities.voices]
    assert names == ["pt_BR-tiny-low", "pt_BR-tiny-low:ana", "pt_BR-tiny-low:rui"]
    levels = [np.abs(np.frombuffer(say(engine, "Olá.", voice=name).pcm, "<i2")).max() for name in names[1:]]
    assert levels == pytest.approx([0.2 * 32767, 0.4 * 32767], rel=0.01)


def test_piper_voices_stand_beside_the_embedded_ones(tmp_path: Path) -> None:
    engine = engine_of(piper_voice(tmp_path / "deep" / "down"), "+espeak-ng")
    assert engine.capabilities.default_voices["pt"] == "pt_BR-tiny-low"
    assert engine.capabilities.default_voices["de"] == "espeak-ng"
    assert say(engine, "Olá.", voice="espeak-ng:pt").sample_rate_hz == 22_050


def test_piper_voices_of_the_catalogue_are_named_as_it_names_them(tmp_path: Path) -> None:
    voice = piper_voice(tmp_path / "voice")
    (tmp_path / "own.toml").write_text(
        '[my-piper]\nkind = "speech"\nengine = "piper"\nabout = "mine"\nlanguages = ["pt"]\nlicence = "MIT"\n'
        f'source = "path:{voice}"\n',
        encoding="utf-8",
    )
    engine = make_engine(EngineSpec(kind="speech", model="my-piper+espeak-ng", models_dir=str(tmp_path)))
    assert engine.capabilities.default_voices["pt"] == "pt_BR-tiny-low"


def test_text_without_a_known_sound_is_no_speech(tmp_path: Path) -> None:
    engine = engine_of(piper_voice(tmp_path, phoneme_id_map={"_": [0], "^": [1], "$": [2], "ʘ": [9]}))
    assert say(engine, "Olá.").pcm == b""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"phoneme_type": "pinyin"}, "needs 'pinyin' for phonemes; remove it"),
        ({"espeak": {"voice": "xx"}}, "needs 'xx' of espeak-ng, which has none"),
        ({"audio": {}}, "does not describe a voice of Piper: .*sample_rate"),
        ({"phoneme_id_map": [1]}, "does not describe a voice of Piper: .*phoneme_id_map"),
    ],
)
def test_a_piper_voice_that_cannot_be_used_is_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    piper_voice(tmp_path, **changes)
    with pytest.raises(ModelMissing, match=f"pt_BR-tiny-low.*{sentence}"):
        engine_of(tmp_path)


def test_a_folder_without_voices_and_a_voice_without_a_model_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no voices of Piper"):
        engine_of(tmp_path)
    (piper_voice(tmp_path) / "pt_BR-tiny-low.onnx").unlink()
    with pytest.raises(ModelMissing, match="has a JSON and no model"):
        engine_of(tmp_path)


def test_a_model_that_is_none_fails_the_unit_and_not_the_process(tmp_path: Path) -> None:
    (piper_voice(tmp_path) / "pt_BR-tiny-low.onnx").write_bytes(b"nonsense")
    [failure] = engine_of(tmp_path).run([Speak(text="Olá.", language="pt")])
    assert isinstance(failure, Failure)
    assert failure.code == "engine_unavailable"
    assert "pt_BR-tiny-low.onnx cannot be loaded" in failure.message


# Kokoro


@pytest.fixture(scope="module")
def kokoro() -> Engine:
    try:
        resolve("kokoro")
    except ModelMissing as error:
        pytest.skip(str(error))
    return make_engine(EngineSpec(kind="speech", model="kokoro"))


def test_kokoro_has_voices_for_five_languages(kokoro: Engine) -> None:
    told = kokoro.capabilities
    assert told.languages == ["en", "es", "fr", "it", "pt"]
    assert told.best_voices == {"en": "af_heart", "es": "ef_dora", "fr": "ff_siwis", "it": "if_sara", "pt": "pf_dora"}
    assert len(told.voices) == 37


def test_kokoro_speaks_and_is_not_clipped(kokoro: Engine) -> None:
    speech = say(kokoro, "Bom dia.", voice="pm_alex")
    samples = np.abs(np.frombuffer(speech.pcm, "<i2").astype(np.int32))
    assert speech.sample_rate_hz == 24_000
    assert 0.5 < seconds_of(speech) < 2
    assert 3000 < samples.max() < 32_600


def test_kokoro_speaks_texts_that_are_longer_than_it_can_take_at_once(
    kokoro: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[str] = []
    part: Any = kokoro._parts[0]  # type: ignore[attr-defined]

    def note(phonemes: str, *_: object) -> Any:
        pieces.append(phonemes)
        return np.full(2400, 0.5, np.float32)

    monkeypatch.setattr(part, "_say", note)
    speech = say(kokoro, ", ".join(["one hundred and twenty three thousand"] * 40), language="en")
    assert len(pieces) > 2
    assert max(map(len, pieces)) <= 500
    assert seconds_of(speech) > 0.1 * len(pieces)


def test_text_that_kokoro_has_no_phonemes_for_is_no_speech(kokoro: Engine) -> None:
    assert say(kokoro, "... !", language="en").pcm == b""


def test_a_folder_of_kokoro_is_known_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text('{"vocab": {"a": 1}}', encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(b"nonsense")
    with pytest.raises(ModelMissing, match="no voices of Kokoro"):
        engine_of(tmp_path)
    (tmp_path / "voices").mkdir()
    np.zeros(7, np.float32).tofile(tmp_path / "voices" / "pf_ana.bin")
    with pytest.raises(ModelMissing, match=r"model\.onnx cannot be loaded"):
        engine_of(tmp_path)
    (tmp_path / "vocab.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ModelMissing, match="no vocabulary of Kokoro"):
        engine_of(tmp_path)


# espeak-ng


def test_accents_of_espeak_are_voices_and_sound_differently() -> None:
    engine = make_engine(EngineSpec(kind="speech", model="espeak-ng"))
    names = {voice.name for voice in engine.capabilities.voices}
    assert {"espeak-ng", "espeak-ng:pt", "espeak-ng:pt-br", "espeak-ng:en-gb"} <= names
    text = "De repente, a menina viu o mar."
    assert say(engine, text, voice="espeak-ng:pt").pcm != say(engine, text, voice="espeak-ng:pt-br").pcm
