from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fxtranslate", reason="the [models] extra is not installed")

from dragoman_engines.base import EngineSpec, FirefoxProgram, ModelMissing
from dragoman_engines.models.resolve import ModelFolder
from dragoman_engines.translation.firefox import MOST_TOKENS, FirefoxEngine
from dragoman_engines.translation.marian.batched import BatchedTranslator
from dragoman_engines.translation.sequential import SequentialTranslator
from dragoman_engines.work import Failure, Speak, TranslateSentences, Translations
from tests.marian_model import OPTIONS, toy_pair

PROGRAMS: tuple[FirefoxProgram, ...] = ("onnx", "fxtranslate")


def engine_on(folder: Path, program: FirefoxProgram) -> FirefoxEngine:
    spec = EngineSpec(kind="translation", model="path:toy", engine=program)
    return FirefoxEngine(spec, ModelFolder(folder=folder, name="toy"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    toy_pair(folder / "en-pt", "enpt")
    toy_pair(folder / "pt-en", "pten", seed=4)
    return folder


@pytest.fixture(scope="module", params=PROGRAMS)
def engine(request: pytest.FixtureRequest, folder: Path) -> FirefoxEngine:
    program: FirefoxProgram = request.param
    return engine_on(folder, program)


def unit(*sentences: str, source: str = "en", target: str = "pt", careful: bool = False) -> TranslateSentences:
    return TranslateSentences(source=source, target=target, sentences=list(sentences), careful=careful)


def test_units_are_answered_in_order_each_with_its_own_sentences(engine: FirefoxEngine) -> None:
    units = [
        unit("a b", "c d e"),
        unit("hello", source="pt", target="en"),
        unit("a b", careful=True),
        unit("c d e", "x"),
        unit(),
    ]
    together = engine.run(units)
    assert together == [engine.run([one])[0] for one in units]
    assert [len(one.sentences) for one in together if isinstance(one, Translations)] == [2, 1, 1, 2, 0]


def test_what_it_cannot_do_fails_alone_and_says_why(engine: FirefoxEngine) -> None:
    unknown, other, right = engine.run(
        [unit("a", source="en", target="fr"), Speak(text="a", language="en"), unit("a b")]
    )
    assert unknown == Failure(
        code="unsupported_language", message="there is no model from en to fr; there is en to pt, pt to en"
    )
    assert other == Failure(code="engine_failed", message="a translation model cannot do Speak")
    assert isinstance(right, Translations)


def test_a_sentence_that_is_too_long_is_cut_between_words(engine: FirefoxEngine) -> None:
    words = "abcd " * 60
    [whole] = engine.run([unit(words.strip())])
    first = "abcd " * ((MOST_TOKENS + 1) // 5)  # of five pieces each, with the blank
    parts = engine.run([unit(first.strip()), unit(first.strip()), unit(words[2 * len(first) :].strip())])
    assert isinstance(whole, Translations)
    assert whole.sentences == [" ".join(one.sentences[0] for one in parts if isinstance(one, Translations))]


def test_both_programs_know_the_same_and_their_answers_are_kept_apart(folder: Path) -> None:
    ours, other = (engine_on(folder, program).capabilities for program in PROGRAMS)
    assert (ours.pairs, ours.languages, ours.alphabets) == (other.pairs, other.languages, other.alphabets)
    assert ours.pairs == [("en", "pt"), ("pt", "en")]
    assert ours.revision != other.revision


def test_a_model_of_another_architecture_runs_in_fxtranslate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy_pair(tmp_path / "en-pt", options={**OPTIONS, "transformer-ffn-activation": "swish"})
    toy_pair(tmp_path / "pt-en", "pten")
    engine = engine_on(tmp_path, "onnx")
    assert isinstance(engine._translators["en", "pt"], SequentialTranslator)
    assert isinstance(engine._translators["pt", "en"], BatchedTranslator)
    assert "runs in fxtranslate: it is of another architecture: transformer-ffn-activation is swish" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("kind", ["model.enpt.bin", "vocab.enpt.spm"])
def test_a_damaged_file_is_named_whichever_program_reads_it(
    tmp_path: Path, program: FirefoxProgram, kind: str
) -> None:
    toy_pair(tmp_path / "en-pt")
    (tmp_path / "en-pt" / kind).write_bytes(b"damaged")
    with pytest.raises(ModelMissing, match=r"the translation model in .*en-pt cannot be read"):
        engine_on(tmp_path, program)


def test_a_folder_without_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no translation model below"):
        engine_on(tmp_path, "onnx")
