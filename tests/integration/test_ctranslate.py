"""Translation with models in CTranslate2's format, built here: a dictionary as a transformer's weights."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("ctranslate2", reason="the [models] extra is not installed")
pytest.importorskip("sentencepiece", reason="the [models] extra is not installed")
pytest.importorskip("tokenizers", reason="the [models] extra is not installed")

import tokenizers

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.process.factory import make_engine
from dragoman_engines.translation.ctranslate import MOST_TOKENS
from dragoman_engines.translation.subwords import cut
from dragoman_engines.work import AnyResult, Failure, TranslateSentences, Translations
from tests.harness import ECHO, connected, running_server
from tests.toy_translator import build

pytestmark = pytest.mark.models

DICTIONARY = {
    "good": "bom",
    "morning": "dia",
    "my": "meu",
    "friend": "amigo",
    "the": "o",
    "cat": "gato",
    "sleeps": "dorme",
    "Zyxo": "Zyxo",
}
NLLB = ("eng_Latn", "por_Latn", "zho_Hans", "zho_Hant", "ast_Latn")


def engine_of(folder: Path, **settings: object) -> Engine:
    return make_engine(EngineSpec(kind="translation", model=f"path:{folder}", **settings))  # type: ignore[arg-type]


def unit(source: str, target: str, *sentences: str, careful: bool = False) -> TranslateSentences:
    return TranslateSentences(source=source, target=target, sentences=list(sentences), careful=careful)


def texts(result: AnyResult) -> list[str]:
    assert isinstance(result, Translations), result
    return result.sentences


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for many languages, as NLLB says them."""
    folder = tmp_path_factory.mktemp("models") / "nllb-toy"
    build(folder, DICTIONARY, languages=NLLB)
    return folder


@pytest.fixture(scope="module")
def opus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models for a pair each, one as Hugging Face has them and one as Marian makes them."""
    folder = tmp_path_factory.mktemp("models") / "opus"
    build(folder / "opus-mt-en-pt", DICTIONARY)
    build(folder / "pt-en", {pt: en for en, pt in DICTIONARY.items()}, adds_end=True)
    for pair in ("opus-mt-en-pt", "pt-en"):
        words = folder / pair / "sentencepiece.model"
        (folder / pair / "source.spm").write_bytes(words.read_bytes())
        words.rename(folder / pair / "target.spm")
    return folder


def test_a_model_for_many_languages_says_which(nllb: Path) -> None:
    can = engine_of(nllb).capabilities
    assert can.languages == ["ast", "en", "pt", "zh"]
    assert can.pairs == []
    assert can.model == "nllb-toy"


def test_units_are_translated_in_order_whatever_they_share(nllb: Path) -> None:
    answers = engine_of(nllb).run(
        [
            unit("en", "pt", "good morning", "the cat sleeps"),
            unit("en", "ast", "my friend", careful=True),
            unit("en", "pt"),
            unit("en", "zh", "my cat"),
        ]
    )
    assert [texts(answer) for answer in answers] == [["bom dia", "o gato dorme"], ["meu amigo"], [], ["meu gato"]]


def test_a_pair_that_the_model_does_not_know_fails_alone(nllb: Path) -> None:
    unknown, known = engine_of(nllb).run([unit("en", "fr", "my cat"), unit("en", "pt", "my cat")])
    assert isinstance(unknown, Failure)
    assert unknown.code == "unsupported_language"
    assert texts(known) == ["meu gato"]


def test_models_of_a_pair_each_lie_beside_each_other(opus: Path) -> None:
    engine = engine_of(opus)
    assert engine.capabilities.pairs == [("en", "pt"), ("pt", "en")]
    answers = engine.run([unit("en", "pt", "good morning"), unit("pt", "en", "meu gato dorme")])
    assert [texts(answer) for answer in answers] == [["bom dia"], ["my cat sleeps"]]


def test_one_model_of_a_pair_may_be_the_source_itself(opus: Path) -> None:
    assert engine_of(opus / "opus-mt-en-pt").capabilities.pairs == [("en", "pt")]


def test_a_pair_model_with_several_targets_is_told_which(tmp_path: Path) -> None:
    build(tmp_path / "opus-mt-en-ROMANCE", DICTIONARY, languages=[">>por<<", ">>gl<<"])
    engine = engine_of(tmp_path)
    assert engine.capabilities.pairs == [("en", "gl"), ("en", "pt")]
    # The dictionary knows no word `>>por<<`: the model says it again, as it says all that it does not know.
    assert texts(engine.run([unit("en", "pt", "my cat")])[0])[0].endswith("meu gato")


def test_m2m100_is_told_the_languages_in_its_own_way(tmp_path: Path) -> None:
    build(tmp_path / "m2m100", DICTIONARY, languages=["__en__", "__pt__"])
    engine = engine_of(tmp_path / "m2m100")
    assert engine.capabilities.languages == ["en", "pt"]
    assert texts(engine.run([unit("en", "pt", "my cat")])[0]) == ["meu gato"]


def test_a_tokenizer_of_hugging_face_stands_for_a_sentencepiece_model(nllb: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nllb-json"
    build(folder, DICTIONARY, languages=NLLB)
    (folder / "sentencepiece.model").unlink()
    words = {f"\u2581{word}": number for number, word in enumerate(sorted({*DICTIONARY, *DICTIONARY.values()}))}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="\u2581o"))  # noqa: S106 - no password
    model.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    model.save(str(folder / "tokenizer.json"))
    assert texts(engine_of(folder).run([unit("en", "pt", "good morning my friend")])[0]) == ["bom dia meu amigo"]


def test_a_sentence_that_is_too_long_is_cut_and_loses_no_word(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    build(folder, DICTIONARY, languages=NLLB, positions=MOST_TOKENS + 8)
    words = ["good", "cat", "sleeps", "my"] * 70
    [translation] = texts(engine_of(folder, beam=1).run([unit("en", "pt", " ".join(words))])[0])
    assert translation.split() == [DICTIONARY[word] for word in words]


def test_parts_begin_with_a_word_and_are_the_sentence() -> None:
    tokens = [("\u2581" if number % 3 == 0 else "") + str(number) for number in range(MOST_TOKENS * 3)]
    parts = list(cut(tokens, MOST_TOKENS))
    assert [token for part in parts for token in part] == tokens
    assert all(len(part) <= MOST_TOKENS and part[0].startswith("\u2581") for part in parts)


def test_other_beams_and_other_files_are_other_revisions(nllb: Path, opus: Path) -> None:
    revisions = [
        engine_of(nllb).capabilities.revision,
        engine_of(nllb, beam=1).capabilities.revision,
        engine_of(opus).capabilities.revision,
    ]
    assert len(set(revisions)) == len(revisions)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("sentencepiece.model", "is not complete"),
        ("shared_vocabulary.json", "is not complete"),
        ("model.bin", "no translation model below"),
        ("config.json", "does not load"),
    ],
)
def test_a_file_that_is_missing_is_told_with_what_there_has_to_be(tmp_path: Path, broken: str, said: str) -> None:
    folder = tmp_path / "toy"
    build(folder, DICTIONARY, languages=NLLB)
    (folder / broken).unlink()
    with pytest.raises(ModelMissing, match=said):
        engine_of(folder)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    build(folder, DICTIONARY, languages=NLLB)
    (folder / "model.bin").write_bytes(b"no model")
    with pytest.raises(ModelMissing, match="does not load"):
        engine_of(folder)


def test_a_pair_model_whose_folder_names_no_pair_is_told(tmp_path: Path) -> None:
    build(tmp_path / "model", DICTIONARY)
    with pytest.raises(ModelMissing, match="name its folder SOURCE-TARGET"):
        engine_of(tmp_path / "model")


def test_a_server_translates_with_it_and_keeps_a_name(nllb: Path, tmp_path: Path) -> None:
    model = {"models__translation__premium": f"path:{nllb}"}
    with running_server(tmp_path, **ECHO, **model) as server, connected(server.wait_ready(), "toy") as peer:
        request = {
            "type": "translation",
            "text": "good morning @ana",
            "targetLanguages": ["pt"],
            "modelType": "premium",
        }
        [_, answer, _] = peer.run(request | {"taskId": "1", "sourceLanguage": "en"})
        assert answer.fields["result"]["translatedText"] == "bom dia @ana"
        assert answer.fields["result"]["translatorModel"] == "nllb-toy"
        [_, answer, _] = peer.run(request | {"taskId": "2", "sourceLanguage": "fr"})
        assert answer.fields["errorCode"] == "unsupported_language"
        assert "it knows ast, en, pt, zh" in answer.fields["error"]


def test_a_model_says_which_letters_its_vocabulary_has(tmp_path: Path) -> None:
    letters = {letter: letter for letter in "abcdefgh"}
    build(tmp_path / "en-pt", letters)
    [alphabet] = engine_of(tmp_path).capabilities.alphabets
    assert (alphabet.source, alphabet.target) == ("en", "pt")
    assert alphabet.reads == alphabet.writes == "abcdefgh"


def test_a_vocabulary_of_whole_words_says_nothing_of_letters(opus: Path) -> None:
    assert engine_of(opus).capabilities.alphabets == []
