"""What of a text is said aloud, and in which pieces."""

# ruff: noqa: RUF001 -- the characters are meant

from __future__ import annotations

import time

import pytest

from dragoman_handlers.speech.normalization.normalize import speakable, split_long
from dragoman_handlers.speech.normalization.wording import SPOKEN_WORDS


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "Good morning.", "Good morning."),
        ("en", "It is 10:30, and 20°C; 2*3 is 6!", "It is 10 30, and 20 degrees Celsius; 2 times 3 is 6!"),
        ("en", "Great 👍🏽 work 👨‍👩‍👧 ❤️!", "Great work!"),
        ("pt", "Parabéns 🇧🇷🎉", "Parabéns"),
        ("en", "Hello :-) see you ;) <3", "Hello see you"),
        ("en", "**Bold**, _soft_, ~~gone~~, `code` and <b>tags</b>", "Bold, soft, gone, code and tags"),
        ("en", "#party with @maria in snake_case", "party with maria in snake case"),
        ("en", "Look at https://www.example.org:8080/a/b?c=d#e, please.", "Look at example dot org, please."),
        ("pt", "Veja exemplo.com.br/pagina hoje.", "Veja exemplo ponto com ponto br hoje."),
        ("es", "Escribe a ana.paz@example.org.", "Escribe a ana punto paz arroba example punto org."),
        ("fi", "Katso https://example.fi/sivu nyt", "Katso example fi nyt"),
        (
            "en",
            "It costs $1,234.50, €1 or £3.05.",
            "It costs 1234 dollars and 50 cents, 1 euro or 3 pounds and 5 pence.",
        ),
        ("pt", "Custa R$ 12,50 ou R$ 1,00.", "Custa 12 reais e 50 centavos ou um real."),
        ("fr", "Cela coûte 12,50 € ou 3 millions €.", "Cela coûte 12 euros 50 ou 3 millions d'euros."),
        ("de", "Das kostet 5 €, z. B. bei Dr. Müller.", "Das kostet 5 Euro, zum Beispiel bei Doktor Müller."),
        ("en", "Dr. Brown met Mrs. Smith etc.", "Doctor Brown met Missus Smith et cetera."),
        ("pt", "O Sr. Silva e a Dra. Ana", "O senhor Silva e a doutora Ana"),
        ("en", "Wait...... what?!?! Really!!!!", "Wait… what?!?! Really!"),
        ("en", "𝐇𝐞𝐥𝐥𝐨 ½\u200b cup\ufeff", "Hello one half cup"),
        ("fa", "می\u200cخواهم", "می\u200cخواهم"),
        ("ja", "見てhttps://example.jp/あ", "見て example jpあ"),
    ],
)
def test_what_is_written_short_or_not_meant_to_be_heard_is_said_as_people_say_it(
    language: str, written: str, said: str
) -> None:
    assert speakable(written, language) == said


@pytest.mark.parametrize("text", ["", "   ", "...", "😀 👍🏽", "—", "***", "\u200d\ufe0f", ":-)"])
def test_of_a_text_without_words_nothing_is_said(text: str) -> None:
    assert speakable(text, "en") == ""


@pytest.mark.parametrize("language", SPOKEN_WORDS)
def test_what_is_said_is_said_again_as_it_is(language: str) -> None:
    once = speakable("Dr. Silva, $5.25 5,25 € www.example.org a@b.org 😀", language)
    assert speakable(once, language) == once


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a@",
        "1,",
        "$1",
        "http://",
        "<a",
        ":)",
        "* ",
        "_",
        "M. ",
        "->",
        "\U0001f600",
        " ",
        "\n",
        "1.1 million ",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    begin_s = time.process_time()
    speakable(text, "en")
    # Quadratic work would take a minute.
    assert time.process_time() - begin_s < 3


def test_a_long_sentence_is_cut_behind_clauses_else_between_words() -> None:
    assert split_long("one, two three four, five six seven eight nine", 22) == [
        "one, two three four,",
        "five six seven eight",
        "nine",
    ]


def test_a_word_without_end_is_cut_where_it_must_be() -> None:
    assert split_long("x" * 50, 20) == ["x" * 20, "x" * 20, "x" * 10]


@pytest.mark.parametrize("most", [1, 7, 30, 400])
def test_no_piece_is_longer_than_it_may_be_and_no_word_is_lost(most: int) -> None:
    text = "Uma frase longa, com vírgulas; e outras coisas: muitas palavras — e mais algumas ainda, até o fim."
    pieces = split_long(text, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    letters = [character for character in text if character.isalnum()]
    assert [character for piece in pieces for character in piece if character.isalnum()] == letters


def test_a_piece_of_marks_alone_is_not_said() -> None:
    assert split_long("a, , , , , , b", 4) == ["a,", "b"]
