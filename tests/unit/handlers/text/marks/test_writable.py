# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import string
import time
from collections.abc import Sequence

import pytest

from dragoman_engines.base import Alphabet, Capabilities
from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.marks.writable import Letters, letters_for

KNOWN = string.ascii_letters + string.digits + "!\"$%&'()*+,-./:;=?[]_|°ÁÉàáâãçéêíóôõú"
PAIR = Alphabet(reads=KNOWN, writes=KNOWN)


def letters(source: str = "en") -> Letters:
    return Letters([PAIR], source)


def found(text: str, source: str = "en") -> list[tuple[str, str]]:
    return [(token.role.value, token.text) for token in find_tokens(text, letters(source), carried=True)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Plain words, á é ç and “quotes” – it’s all… fine", []),
        ("My friend Наташа lives in Москва.", [("name", "Наташа"), ("name", "Москва")]),
        ("I live in Łódź with Søren", [("name", "Łódź"), ("name", "Søren")]),
        ("Ask Владимир Путин of Санкт-Петербург!", [("name", "Владимир Путин"), ("name", "Санкт-Петербург")]),
        ("He wrote “Привет, как дела?” to me", [("name", "Привет, как дела")]),
        ("東京 is big", [("name", "東京")]),
        ("Şahin and Çelik are here", [("name", "Şahin"), ("name", "Çelik")]),
        ("हिन्दी is a language", [("name", "हिन्दी")]),
        ("I give up (╯°□°)╯︵ ┻━┻", [("mark", "(╯°□°)╯︵"), ("mark", "┻━┻")]),
        ("ಠ_ಠ what", [("mark", "ಠ_ಠ")]),
        ("funny ( ͡° ͜ʖ ͡°)", [("mark", "( ͡° ͜ʖ ͡°)")]),
        ("a word (20 °C) here", []),
        ("so (ação) it", []),
        ("a naïve idea in a café", []),
        ("The ﬁre and Ｈｅｌｌｏ", []),
        ("points ⟶ right", [("mark", "⟶")]),
        ("the address https://x.org/Łódź is", [("name", "https://x.org/Łódź")]),
    ],
)
def test_what_a_vocabulary_has_not_is_found(text: str, tokens: list[tuple[str, str]]) -> None:
    assert found(text) == tokens


def test_capitals_of_the_source_language_are_its_own() -> None:
    assert found("Às vezes, na Índia", "pt") == []
    assert found("Índia", "en") == [("name", "Índia")]


class Model:
    """Answers what the test says, and notes what it was given."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.given: list[str] = []

    async def __call__(self, sentences: Sequence[str], *, careful: bool) -> list[str]:
        self.given += sentences
        return [self.answer] * len(sentences)


@pytest.mark.parametrize(
    ("sentence", "given", "answer", "translation"),
    [
        ("He is naïve", "He is naive", "Ele é ingênuo", "Ele é ingênuo"),
        ("a piñata", "a pinata", "uma pinata", "uma piñata"),
        ("In India, now", "In India, now", "Na índia, agora", "Na Índia, agora"),
        ("Last day", "Last day", "último dia", "Último dia"),
    ],
)
async def test_words_are_read_without_their_accents_and_get_them_back(
    sentence: str, given: str, answer: str, translation: str
) -> None:
    model = Model(answer)
    assert await letters().around(model)([sentence], careful=False) == [translation]
    assert model.given == [given]


async def test_a_capital_that_the_model_cannot_write_begins_a_sentence_all_the_same() -> None:
    assert await letters().around(Model("índios vivem"))(["Indians live"], careful=False) == ["Índios vivem"]


def test_a_route_knows_what_all_its_models_know() -> None:
    cyrillic = Alphabet(source="ru", target="en", reads="абв" + KNOWN, writes=KNOWN)
    other = Alphabet(source="en", target="pt", reads=KNOWN, writes=KNOWN.replace("$", ""))
    engine = Capabilities(model="m", revision="1", alphabets=[cyrillic, other])
    route = letters_for(engine, [("ru", "en"), ("en", "pt")])
    assert route is not None
    assert not route.unknown("абв")
    assert route.unknown("$")
    assert route.unknown("где")
    assert letters_for(engine, [("en", "fr")]) is None
    assert letters_for(Capabilities(model="m", revision="1"), [("en", "pt")]) is None


@pytest.mark.parametrize(
    "unit", ["Ж", "Ж ", "Ж,", "(Ж", "(•", "(•)", "naïve ", "ï", "é", "índia ", "☂a", "(", "<", "\u0301"]
)
def test_what_is_made_to_be_slow_takes_time_by_its_length_alone(unit: str) -> None:
    begin_s = time.process_time()
    find_tokens(unit * 10_000, letters(), carried=True)

    assert time.process_time() - begin_s < 5
