# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import time

import pytest

from dragoman_handlers.text.sentences.segmentation import Piece, split_text
from dragoman_handlers.text.wording.numbers import NumberCheck, lost_numbers


@pytest.mark.parametrize(
    ("text", "translation", "source", "target"),
    [
        ("I have 2 cats.", "Tenho dois gatos.", "en", "pt"),
        ("She has 25 cats.", "Ela tem vinte e cinco gatos.", "en", "pt"),
        ("It costs 1,234.50 dollars.", "Custa 1.234,50 dólares.", "en", "pt"),
        ("Custa 1.234,50 euros.", "It costs 1,234.5 euros.", "pt", "en"),
        ("There are 6,000 people.", "Há 6 mil pessoas.", "en", "pt"),
        ("São 1,5 milhões.", "It is 1,500,000.", "pt", "en"),
        ("in the 19th century", "no século XIX", "en", "pt"),
        ("at 5 pm", "às 17h", "en", "pt"),
        ("às 22h", "at 10 p.m.", "pt", "en"),
        ("in the '90s", "nos anos 1990", "en", "pt"),
        ("in the 1960s", "nos anos 60", "en", "pt"),
        ("It is 500 feet away.", "Fica a 150 metros.", "en", "pt"),
        ("It is -5 degrees.", "Estão 5 graus negativos.", "en", "pt"),
        ("It is −5 degrees.", "Estão -5 graus.", "en", "pt"),
        ("by 26 - 00", "por 26 a 0", "en", "pt"),
        ("I have 2 cats.", "Ich habe zwei Katzen.", "en", "de"),
        ("No number.", "Nenhum número.", "en", "pt"),
    ],
)
def test_a_good_translation_has_lost_no_number(text: str, translation: str, source: str, target: str) -> None:
    assert lost_numbers(text, translation, source, target) == []


@pytest.mark.parametrize(
    ("text", "translation", "lost"),
    [
        ("I have 2 cats.", "Tenho gatos.", ["2"]),
        ("It has 1,234,567 people.", "Tem 1.24.567 pessoas.", ["1,234,567"]),
        ("It is -5 degrees.", "Estão 5 graus.", ["-"]),
        ("Room 4711 is free.", "O quarto 4771 está livre.", ["4711"]),
        ("from 1500 and 1500", "de 1500", ["1500"]),
        ("a city 50 km (31 miles) away", "uma cidade a 50 km", ["31"]),
        ("by 2.5 percent", "por 2,6 por cento", ["2.5"]),
    ],
)
def test_a_number_that_is_changed_or_left_out_is_told(text: str, translation: str, lost: list[str]) -> None:
    assert lost_numbers(text, translation, "en", "pt") == lost


def hidden(text: str, source: str, target: str) -> list[str]:
    [piece] = split_text(text, source)
    return [token.text for token in NumberCheck(source, target).hidden(piece).tokens]


@pytest.mark.parametrize(
    ("text", "source", "target", "numbers"),
    [
        ("It has 1,234,567.5 of 3.5 million and 3.2 left", "en", "pt", ["1.234.567,5", "3,5", "3.2"]),
        ("Tem 1.234.567 e 3,5%", "pt", "en", ["1,234,567", "3.5"]),
        ("It has 1,234,567", "en", "de", ["1,234,567"]),
        ("It is −5 at 10:30", "en", "pt", ["−5", "10:30"]),
    ],
)
def test_hidden_numbers_are_written_as_the_target_writes_them_where_that_is_known(
    text: str, source: str, target: str, numbers: list[str]
) -> None:
    assert hidden(text, source, target) == numbers


def test_tokens_stay_beside_the_hidden_numbers() -> None:
    [piece] = split_text("So {name} has 2 cats", "en")
    shown = NumberCheck("en", "pt").hidden(piece)
    assert [token.text for token in shown.tokens] == ["{name}", "2"]
    assert isinstance(shown, Piece)


@pytest.mark.parametrize("unit", ["1 ", "1.", "12:30", "5 miles ", "1990 ", "-5 ", "no. 5 pm ", "1,234 "])
def test_what_is_made_to_be_slow_takes_time_by_its_length_alone(unit: str) -> None:
    begin_s = time.process_time()
    lost_numbers(unit * 10_000, "nada", "en", "pt")
    lost_numbers(unit * 10_000, (unit * 10_000)[1:], "en", "pt")

    assert time.process_time() - begin_s < 5  # some seconds at most; by the square of the length, hours
