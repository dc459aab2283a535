# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import time

import pytest

from dragoman_handlers.text.marks.markup import find_tokens
from dragoman_handlers.text.marks.signs import find_directions, find_signs, restored_stops, with_plain_stops
from dragoman_handlers.text.marks.typography import plain, restored
from dragoman_handlers.text.placeholders import WAYS, masked
from dragoman_handlers.text.sentences.segmentation import split_text


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Take 50 µg twice.", ["50 µg"]),
        ("A 4.7 kΩ and a 10 MΩ resistor", ["4.7 kΩ", "10 MΩ"]),
        ("a rate of 5‰ at 20 ℃", ["5‰", "20 ℃"]),
        ("500 Å long", ["500 Å"]),
        ("We know 10² and 5³.", ["10²", "5³"]),
        ("80 m² and 9.81 m/s²", ["80 m²", "9.81 m/s²"]),
        ("x² + y² with H₂O", ["x²", "y²", "H₂O"]),
        ("10⁻⁹ metres", ["10⁻⁹"]),
        ("Add ½ cup or 2½ pounds or 1 ¾", ["½", "2½", "1 ¾"]),
        ("2⁄3 of it", ["2⁄3"]),
        ("He is 6′2″ tall", ["6′2″"]),
        ("in £ and not in €, or $", ["£", "€", "$"]),
        ("It is ±5 mm, ≈ 30, ≥ 3", ["±5", "≈ 30", "≥ 3"]),
        ("Sections §5 and № 7", ["§5", "№ 7"]),
        ("words of the city¹ here", ["¹"]),
        ("nothing – of this — kind “here” é ção", []),
    ],
)
def test_a_sign_stays_with_its_number(text: str, signs: list[str]) -> None:
    assert [token.text for token in find_signs(text)] == signs
    assert [token.text for token in find_tokens(text, carried=True)] == signs


@pytest.mark.parametrize(
    "text",
    ["I can´t come", "I can`t come", "I can′t come", "I canʼt come", "I can＇t come", "I can’t come"],
)
def test_whatever_is_typed_for_an_apostrophe_is_one_to_the_model(text: str) -> None:
    [piece] = split_text(text, "en", carried=True)
    mask = masked(piece, WAYS[0])
    assert mask is not None
    assert mask.text == "I can't come"


def test_ticks_are_code_where_they_are_in_pairs_around_words() -> None:
    text = "I can`t use `a b`, it`s late"
    assert [token.text for token in find_tokens(text, carried=True)] == ["`a b`"]


@pytest.mark.parametrize("minus", ["\u2212", "\u2010", "\u2011", "\ufe63", "\uff0d"])
def test_every_minus_is_a_minus_to_the_model(minus: str) -> None:
    assert plain(f"It is {minus}5 today") == "It is -5 today"


def test_the_minus_of_the_source_comes_back() -> None:
    assert restored("It is −5 or −6", "São -5 ou -6") == "São −5 ou −6"
    assert restored("It is −5 or -6", "São -5 ou -6") == "São -5 ou -6"


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("Really⁉️", "Sério!?", "Sério⁉️"),
        ("Really⁉️", "Sério.", "Sério⁉️"),
        ("“No‼” and left", "“Não!” e saiu", "“Não‼” e saiu"),
        ("Why? No‼", "Porquê? Não!", "Porquê? Não‼"),
        ("Why?", "Porquê?", "Porquê?"),
    ],
)
def test_double_signs_come_back(source: str, translation: str, expected: str) -> None:
    assert restored_stops(source, translation) == expected


def test_double_signs_end_sentences() -> None:
    pieces = split_text("Wow‼️ Really⁉️ Yes", "en", carried=True)
    assert [piece.text for piece in pieces if piece.translatable] == ["Wow‼️", "Really⁉️", "Yes"]
    assert len(with_plain_stops("Wow‼️ Really⁉")) == len("Wow‼️ Really⁉")


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("\u2068Anna\u2069 wrote", ["open", "close"]),
        ("\u202bword\u202c and \u2067word\u2069", ["open", "close", "open", "close"]),
        ("\u2068\u202aword\u202c\u2069", ["open", "open", "close", "close"]),
        ("\u2068never closed", ["mark"]),
        ("\u202bcrossed\u2069", ["mark", "mark"]),
        ("\u200eWhere\u200f", ["mark", "mark"]),
    ],
)
def test_marks_of_direction_are_kept_in_pairs(text: str, roles: list[str]) -> None:
    assert [token.role.value for token in find_directions(text)] == roles


@pytest.mark.parametrize(
    "unit", ["x²", "½", "10 kΩ/", "m²/m²", "5′", "H₂O", "‼", "\u2068", "\u2069", "$ ", "± 1", "₂"]
)
def test_what_is_made_to_be_slow_takes_time_by_its_length_alone(unit: str) -> None:
    text = unit * 10_000
    begin_s = time.process_time()
    list(find_signs(text))
    list(find_directions(text))
    restored(text, plain(text))

    assert time.process_time() - begin_s < 5


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A Sr.ª Costa e a Dr.ª Ana.", "A Sra. Costa e a Dra. Ana."),
        ("O Eng.º Rui e a Profª Lima.", "O Eng. Rui e a Profa. Lima."),
        ("Faz 30 ºC hoje.", "Faz 30 °C hoje."),
        ("É a 3.ª vez no 2.º andar.", "É a 3.ª vez no 2.º andar."),
    ],
)
def test_titles_and_degrees_are_read_as_such(text: str, read: str) -> None:
    assert plain(text) == read


def test_a_paragraph_of_a_law_keeps_the_sign_of_its_ordinal() -> None:
    assert [token.text for token in find_signs("Veja o § 2.º da lei.")] == ["§ 2.º"]
