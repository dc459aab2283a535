"""What `languages` lists: pairs, ways through other languages, and how good they are."""

from __future__ import annotations

from msgspec import UNSET

from dragoman_engines.base import Capabilities, VoiceInfo
from dragoman_handlers.text.language_list import PairLists, heard, missing_engines, spoken

PAIRS = Capabilities(model="firefox", revision="1", pairs=[("en", "pt"), ("pt", "en"), ("en", "de"), ("fr", "en")])
RULES = Capabilities(model="apertium", revision="1", quality="gist", pairs=[("es", "pt"), ("fr", "es"), ("pt", "gl")])
MANY = Capabilities(model="nllb", revision="1", quality="fair", languages=["pt", "de", "en"])
ANY = Capabilities(model="echo", revision="1", quality="gist")


def listed(engine: Capabilities, source: str | None = None, target: str | None = None) -> dict[str, tuple[str, str]]:
    """Pair to the languages in between and the quality."""
    return {
        f"{pair.source}-{pair.target}": ("-".join(pair.via), pair.quality)
        for pair in PairLists().of("basic", engine, source, target)
    }


def test_a_way_through_another_language_is_one_class_lower() -> None:
    assert listed(PAIRS) == {
        "en-pt": ("", "good"),
        "en-de": ("", "good"),
        "pt-en": ("", "good"),
        "pt-de": ("en", "fair"),
        "fr-en": ("", "good"),
        "fr-pt": ("en", "fair"),
        "fr-de": ("en", "fair"),
    }


def test_three_models_one_after_the_other_are_the_most_and_gist_is_the_lowest() -> None:
    found = listed(RULES)

    assert found["fr-gl"] == ("es-pt", "gist")
    assert found["es-gl"] == ("pt", "gist")


def test_a_model_for_many_languages_is_one_pair_until_a_language_is_named() -> None:
    [pair] = PairLists().of("premium", MANY, None, None)
    assert (pair.source, pair.target, pair.languages) == ("*", "*", ["de", "en", "pt"])
    assert (pair.model_type, pair.quality) == ("premium", "fair")
    assert listed(MANY, "en") == {"en-de": ("", "fair"), "en-pt": ("", "fair")}
    assert listed(MANY, None, "pt-BR") == {"de-pt": ("", "fair"), "en-pt": ("", "fair")}
    assert listed(MANY, "en", "xx") == {}


def test_an_engine_for_any_language_says_so() -> None:
    [pair] = PairLists().of("basic", ANY, None, None)
    assert (pair.source, pair.languages, pair.model_type) == ("*", UNSET, UNSET)
    assert listed(ANY, "en") == {"en-*": ("", "gist")}


def test_a_filter_leaves_out_the_others() -> None:
    assert set(listed(PAIRS, "pt")) == {"pt-en", "pt-de"}
    assert set(listed(PAIRS, target="de")) == {"en-de", "pt-de", "fr-de"}


def test_a_list_is_made_once_for_an_engine_and_again_for_another() -> None:
    lists = PairLists()
    first = lists.of("basic", PAIRS, None, None)

    assert lists.of("basic", PAIRS, None, None) is first
    assert lists.of("basic", RULES, None, None) is not first


def test_what_is_heard_and_spoken() -> None:
    voices = [VoiceInfo(name="a", engine="x", languages=["pt", "en"], pace=1.0)]
    assert spoken(Capabilities(model="x", revision="1", voices=voices)) == ["en", "pt"]
    assert heard(Capabilities(model="x", revision="1", languages=["pt", "en"])) == ["en", "pt"]
    assert heard(ANY) == ["*"]
    assert (heard(None), spoken(None)) == ([], [])
    assert missing_engines({"speech": None, "transcription": ANY}) == [
        "the languages of speech are not listed: its model is not loaded"
    ]
