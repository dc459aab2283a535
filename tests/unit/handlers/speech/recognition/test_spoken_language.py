"""Which language a recording is in: stated, hinted at, or found out from its first windows."""

from __future__ import annotations

import pytest

from dragoman_engines.base import Capabilities
from dragoman_engines.work import SpokenWord, WindowText
from dragoman_handlers.speech.recognition.spoken_language import Settling, is_sure, spoken_language
from dragoman_wire.errors import UnsupportedLanguage

MANY = Capabilities(model="base", revision="1", languages=["en", "fr", "no", "pt", "zh"], multilingual=True)
ENGLISH = Capabilities(model="tiny.en", revision="1", languages=["en"])
ANY = Capabilities(model="echo", revision="1", multilingual=True)


def window(language: str, probability: float, text: str = "words") -> WindowText:
    words = [SpokenWord(text=text, start_s=0, end_s=1, confidence=1)] if text else []
    return WindowText(words=words, language=language, language_probability=probability)


@pytest.mark.parametrize(
    ("engine", "stated", "hint", "decided", "hinted"),
    [
        (MANY, "pt-BR", None, "pt", None),
        (MANY, "pt", "fr", "pt", "fr"),
        (MANY, None, "fr-CA", None, "fr"),
        (MANY, "auto", "AUTO", None, None),
        (MANY, None, None, None, None),
        (MANY, None, "xx", None, "xx"),
        (MANY, "nb", None, "no", None),
        (MANY, "cmn", None, "zh", None),
        (ENGLISH, None, "pt", "en", "pt"),
        (ENGLISH, "en-GB", None, "en", None),
        (ANY, "xx", None, "xx", None),
    ],
)
def test_a_stated_language_is_used_as_it_is_and_a_hint_decides_nothing(
    engine: Capabilities, stated: str | None, hint: str | None, decided: str | None, hinted: str | None
) -> None:
    language = spoken_language(engine, stated, hint)
    assert (language.decided, language.hint) == (decided, hinted)


@pytest.mark.parametrize(("engine", "stated"), [(MANY, "xx"), (ENGLISH, "pt")])
def test_a_stated_language_that_the_model_does_not_hear_is_refused(engine: Capabilities, stated: str) -> None:
    with pytest.raises(UnsupportedLanguage, match=f"the model {engine.model} hears en.*, not '{stated}'"):
        spoken_language(engine, stated, None)


def test_a_refusal_counts_the_languages_where_they_are_many() -> None:
    many = Capabilities(model="base", revision="1", languages=[f"{n}" for n in range(99)], multilingual=True)
    with pytest.raises(UnsupportedLanguage, match="the model base hears 99 languages, not 'xx'"):
        spoken_language(many, "xx", None)


def test_the_first_sure_window_decides() -> None:
    language = spoken_language(MANY, None, None)
    language.heard(window("fr", 0.4))
    assert language.decided is None
    language.heard(window("pt", 0.9))
    assert language.decided == "pt"


def test_a_window_without_words_decides_nothing_however_sure() -> None:
    language = spoken_language(MANY, None, None)
    language.heard(window("fr", 0.99, text=""))
    assert language.decided is None


def test_after_three_unsure_windows_the_likeliest_decides() -> None:
    language = spoken_language(MANY, None, None)
    for guess, probability in (("fr", 0.4), ("pt", 0.3), ("pt", 0.3)):
        assert language.decided is None
        language.heard(window(guess, probability))
    assert language.decided == "pt"


@pytest.mark.parametrize(
    ("heard", "languages"),
    [
        ([("en", True), ("pt", True), ("en", True)], ["en", "pt", "en"]),
        ([("en", True), ("pt", False), ("en", True)], ["en", "en", "en"]),
        ([("fr", False), ("pt", True), ("fr", False)], ["pt", "pt", "pt"]),
        ([], []),
    ],
)
def test_an_unsure_window_is_in_the_language_of_the_sure_one_before_it(
    heard: list[tuple[str, bool]], languages: list[str]
) -> None:
    settling = Settling()
    found = [each for language, sure in heard for each in settling.add(window(language, 0.9), is_sure=sure)]
    assert found + settling.rest() == languages


def test_where_no_window_is_sure_the_likeliest_of_all_decides() -> None:
    settling = Settling()
    heard = [window("fr", 0.4), window("pt", 0.3), window("pt", 0.3)]
    assert [settling.add(each, is_sure=False) for each in heard] == [[], [], []]
    assert settling.rest() == ["pt", "pt", "pt"]


def test_a_language_is_plain_where_it_is_probable_and_there_is_enough_of_it() -> None:
    assert is_sure(window("fr", 0.6), 3.0)
    assert not is_sure(window("fr", 0.6), 2.9)
    assert not is_sure(window("fr", 0.4), 9.0)
    assert not is_sure(window("fr", 0.9, text=""), 9.0)
