"""Texts as people write them: which line breaks are inside a sentence, and where they stand in a translation."""

# ruff: noqa: RUF001, ISC004, E501 -- texts of all scripts, and sentences as they are

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.sentences.line_breaks import Break, lay_breaks
from dragoman_handlers.text.sentences.segmentation import join_text, split_text

MAIL = """\
Dear Ms. Carter,

thank you for your letter of the 3rd of March. I have spoken to the landlord, and he
will send a plumber to the flat on Thursday morning, between nine and eleven, if that
suits you. Please leave the key with Mr.
Brown next door.

Kind regards,
Peter Hall
Flat Management
"""
NOVEL = """\
It is a truth universally acknowledged, that a single man in possession
of a good fortune, must be in want of a wife. However little known the
feelings of such a man may be, he is considered the property of
Mrs. Long and her daughters.
"""
PROSE: list[tuple[str, str, str, list[str]]] = [
    # (what it is, language, text, sentences)
    ("chat", "en", "how are you\ndoing today?", ["how are you doing today?"]),
    ("chat, a capital first", "en", "He told us a\ngood joke and left.", ["He told us a good joke and left."]),
    (
        "mail with a signature",
        "en",
        MAIL,
        [
            "Dear Ms. Carter,",
            "thank you for your letter of the 3rd of March.",
            "I have spoken to the landlord, and he will send a plumber to the flat on Thursday morning, between nine and"
            " eleven, if that suits you.",
            "Please leave the key with Mr. Brown next door.",
            "Kind regards,",
            "Peter Hall",
            "Flat Management",
        ],
    ),
    (
        "hard-wrapped book",
        "en",
        NOVEL,
        [
            "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want"
            " of a wife.",
            "However little known the feelings of such a man may be, he is considered the property of Mrs. Long and her"
            " daughters.",
        ],
    ),
    (
        "quoted mail",
        "en",
        "> We would like to know whether the\n> room is still free.\n\nYes, it\nis.",
        ["We would like to know whether the room is still free.", "Yes, it is."],
    ),
    (
        "mail quoted twice",
        "pt",
        ">> Pode enviar-me o\n>> contrato hoje?\n> Sim, envio\n> já.",
        ["Pode enviar-me o contrato hoje?", "Sim, envio já."],
    ),
    (
        "subtitle of two lines",
        "en",
        "I told you not to open\nthe door to strangers.",
        ["I told you not to open the door to strangers."],
    ),
    (
        "subtitle with a name",
        "pt",
        "Ontem jantámos com a\nMaria e o João.",
        ["Ontem jantámos com a Maria e o João."],
    ),
    (
        "subtitles of a dialogue",
        "en",
        "- Where have you\nbeen?\n- At home, with\nmy mother.",
        ["Where have you been?", "At home, with my mother."],
    ),
    (
        "e-book with divided words",
        "en",
        "The exam-\nple was un-\nderstood by all the chil-\ndren.",
        ["The example was understood by all the children."],
    ),
    (
        "hyphens that belong to words",
        "en",
        "a well-\nknown state-of-the-\nart thing",
        ["a well-known state-of-the-art thing"],
    ),
    ("a pronoun after a hyphen", "pt", "Ela tornou-\nse médica.", ["Ela tornou-se médica."]),
    ("a hanging hyphen", "en", "the short-\nand long-term plans", ["the short- and long-term plans"]),
    (
        "item over two lines",
        "en",
        "- one loaf of bread and\n  two bottles of milk\n- eggs",
        ["one loaf of bread and two bottles of milk", "eggs"],
    ),
    (
        "numbered items over two lines",
        "pt",
        "1. Ligue o forno e\n   espere dez minutos.\n2. Misture os ovos.",
        ["Ligue o forno e espere dez minutos.", "Misture os ovos."],
    ),
    ("capitals", "en", "WHERE ARE YOU\nGOING TONIGHT?", ["WHERE ARE YOU GOING TONIGHT?"]),
    (
        "format=flowed",
        "en",
        "We are looking for \nsomebody who can help.",
        ["We are looking for somebody who can help."],
    ),
    ("line ends of Windows", "en", "the house\r\nis big.", ["the house is big."]),
    ("no blanks between words", "zh", "今天天气很\n好吗？", ["今天天气很好吗？"]),
    ("indented prose", "en", "    the house\n    is big.", ["the house is big."]),
    ("abbreviation at a line's end", "es", "Vive con la Sra.\nLópez en casa.", ["Vive con la Sra. López en casa."]),
    ("a sentence that ends inside a line", "en", "it was late. we\nwent home.", ["it was late.", "we went home."]),
    ("emphasis", "en", "this is **very\nimportant** to us.", ["this is **very important** to us."]),
]
LISTS: list[tuple[str, str, str, list[str]]] = [
    ("shopping list", "en", "milk\neggs\nbread", ["milk", "eggs", "bread"]),
    ("shopping list with capitals", "en", "Milk\nEggs\nBread", ["Milk", "Eggs", "Bread"]),
    ("list under a heading", "pt", "Compras\nleite\novos\npão", ["Compras", "leite", "ovos", "pão"]),
    ("list after a colon", "en", "You need:\nmilk\neggs", ["You need:", "milk", "eggs"]),
    ("bullets", "en", "* first\n* second\n+ third", ["first", "second", "third"]),
    ("numbers", "en", "1. Open it\n2) close it\n3. wait", ["Open it", "close it", "wait"]),
    (
        "poem",
        "en",
        "I wandered lonely as a cloud\nThat floats on high o'er vales and hills,\nWhen all at once I saw a crowd,"
        "\nA host, of golden daffodils;",
        [
            "I wandered lonely as a cloud",
            "That floats on high o'er vales and hills,",
            "When all at once I saw a crowd,",
            "A host, of golden daffodils;",
        ],
    ),
    (
        "poem in Portuguese",
        "pt",
        "O poeta é um fingidor\nFinge tão completamente\nQue chega a fingir que é dor\nA dor que deveras sente.",
        [
            "O poeta é um fingidor",
            "Finge tão completamente",
            "Que chega a fingir que é dor",
            "A dor que deveras sente.",
        ],
    ),
    (
        "heading and paragraph",
        "en",
        "Opening hours\nThe museum is open every day from nine to five.",
        ["Opening hours", "The museum is open every day from nine to five."],
    ),
    ("heading of Markdown", "en", "# Notes for\nall of you", ["Notes for", "all of you"]),
    ("heading with a line below", "en", "Notes\n=====\nall is well", ["Notes", "all is well"]),
    ("address", "en", "John Smith\n12 High Street\nLondon", ["John Smith", "12 High Street", "London"]),
    (
        "recipe",
        "en",
        "2 eggs\n200 g of flour\n1 cup of sugar",
        ["2 eggs", "200 g of flour", "1 cup of sugar"],
    ),
    (
        "code",
        "en",
        "def area(width):\n    return width * 2\nprint(area(3))",
        ["def area(width):", "return width * 2", "print(area(3))"],
    ),
    ("keys and values", "en", "Name: Ana\nage: 12\nTown: Lisbon", ["Name:", "Ana", "age: 12", "Town:", "Lisbon"]),
    (
        "header of a mail",
        "pt",
        "De: Ana\nPara: Rui\nAssunto: férias",
        ["De:", "Ana", "Para:", "Rui", "Assunto: férias"],
    ),
    (
        "chat without stops",
        "en",
        "hey\nare you coming tonight\ni have the tickets",
        ["hey", "are you coming tonight", "i have the tickets"],
    ),
    ("sentences, each in its line", "en", "It rains.\nWe stay.\nYou go?", ["It rains.", "We stay.", "You go?"]),
    ("paragraphs", "en", "the house\n\nis big", ["the house", "is big"]),
    ("table", "en", "| name | age |\n| ana | ten |", ["name", "age", "ana", "ten"]),
    ("verses of two spaces", "en", "Roses are red  \nViolets are blue", ["Roses are red", "Violets are blue"]),
    ("sign-off", "en", "best regards,\nana", ["best regards,", "ana"]),
    ("another depth of quoting", "en", "> is it\nit is", ["is it", "it is"]),
    (
        "outline by indentation",
        "en",
        "Fruit\n  apples\n  pears",
        ["Fruit", "apples", "pears"],
    ),
]


@pytest.mark.parametrize(("language", "text", "sentences"), [case[1:] for case in PROSE + LISTS])
def test_sentences_go_on_over_lines_only_where_it_is_prose(language: str, text: str, sentences: list[str]) -> None:
    found = [piece.text for piece in split_text(text, language) if piece.translatable]
    assert found == sentences


@pytest.mark.parametrize(("language", "text"), [case[1:3] for case in PROSE + LISTS])
def test_a_text_whose_sentences_stay_is_the_same_to_the_letter(language: str, text: str) -> None:
    pieces = split_text(text, language, most_tokens=20)
    assert join_text(pieces, [piece.text for piece in pieces if piece.translatable]) == text


@pytest.mark.parametrize(("language", "text"), [case[1:3] for case in PROSE + LISTS])
def test_every_break_and_indentation_is_in_the_translation(language: str, text: str) -> None:
    pieces = split_text(text, language)
    translation = join_text(pieces, [piece.text.upper() + " e mais" for piece in pieces if piece.translatable])
    ends = [line[: len(line) - len(line.lstrip("> \t"))] for line in text.splitlines(keepends=True)]
    laid = [line[: len(line) - len(line.lstrip("> \t"))] for line in translation.splitlines(keepends=True)]
    assert laid == ends
    assert translation.count("\r") == text.count("\r")


@pytest.mark.parametrize(
    ("source", "at", "translation", "laid"),
    [
        ("how are you doing today?", 11, "como estás hoje?", "como estás\nhoje?"),
        ("so it was, and then we left", 10, "então foi assim, e depois saímos", "então foi assim,\ne depois saímos"),
        ("good morning", 4, "Olá", "Olá\n"),
        ("a b", 1, "a\u00a0b c", "a\nb c"),
        ("good day", 4, "今天天气", "今天\n天气"),
    ],
)
def test_a_break_is_laid_at_about_the_same_place(source: str, at: int, translation: str, laid: str) -> None:
    assert lay_breaks(source, [Break(at, 1, "\n", "\n")], translation) == laid


def test_no_break_is_laid_into_a_tag() -> None:
    tag = '<a href="x" title="y z">'
    laid = lay_breaks("see the page here", [Break(7, 1, "\n", "\n")], f"veja {tag}a página", [tag])
    assert laid == f"veja\n{tag}a página"


def test_wrapped_and_unwrapped_prose_are_the_same_sentences() -> None:
    unwrapped = NOVEL.replace("\n", " ")
    assert [piece.text for piece in split_text(NOVEL, "en") if piece.translatable] == [
        piece.text for piece in split_text(unwrapped, "en") if piece.translatable
    ]


WORDS = st.text(alphabet="abc Aé.,>-\n\r\t #*{}<b>1\u2028今", max_size=80)


@given(WORDS, st.integers(min_value=0, max_value=6))
@settings(max_examples=300, deadline=None)
def test_whatever_the_lines_are_the_pieces_joined_are_the_text(text: str, most_tokens: int) -> None:
    pieces = split_text(text, "en", most_tokens=most_tokens)
    assert join_text(pieces, [piece.text for piece in pieces if piece.translatable]) == text


@pytest.mark.parametrize(
    "unit",
    ["word and word\n", "a\n", "> a b\n", "Ab cd\n", "ab-\n", "- ab\n  cd\n", "{ab}\n", "ab (cd\n", "ab,\n    cd\n"],
)
def test_twice_the_lines_take_about_twice_the_time(unit: str) -> None:
    def took_s(count: int) -> float:
        text = unit * count
        best = float("inf")
        for _ in range(3):
            begin_s = time.thread_time()
            pieces = split_text(text, "en", most_tokens=80)
            join_text(pieces, [piece.text + " x y" for piece in pieces if piece.translatable])
            best = min(best, time.thread_time() - begin_s)
        return best

    # Eight times the text: a quadratic function takes 64 times as long.
    assert took_s(2400) < 30 * took_s(300)
