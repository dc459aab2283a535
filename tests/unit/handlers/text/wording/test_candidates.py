from __future__ import annotations

import pytest

from dragoman_handlers.text.sentences.segmentation import Piece, split_text
from dragoman_handlers.text.wording.candidates import DOUBTFUL, PLAIN, Form, Wording, without_loop, without_tail
from dragoman_handlers.text.wording.phrasebook import PhraseBook

TO_PT = Wording("en", "pt", PhraseBook())
TO_EN = Wording("pt", "en", PhraseBook())


def piece(text: str) -> Piece:
    [one] = [one for one in split_text(text, "en") if one.translatable]
    return one


@pytest.mark.parametrize(
    ("text", "asked", "answer", "finished"),
    [
        ("The house is big.", "The house is big.", "A casa é grande.", "A casa é grande."),
        ("the house is big", "The house is big.", "A casa é grande.", "a casa é grande"),
        ("where did you go", "Where did you go?", "Aonde você foi?", "aonde você foi"),
        ("New message", "New message", "Nova mensagem", "Nova mensagem"),
        ("i dont know why", "I don't know why.", "Eu não sei por quê.", "eu não sei por quê"),
        ("WHERE IS IT NOW?", "Where is it now?", "Onde está agora?", "ONDE ESTÁ AGORA?"),
        ("run run run run run", "Run.", "Corra.", "corra corra corra corra corra"),
        (
            "a very very very very long day",
            "A very long day.",
            "Um dia muito longo.",
            "um dia muito muito muito muito longo",
        ),
        ("LOOK AT @ana NOW", "Look at @ana now.", "Olha para @ana agora.", "OLHA PARA @ana AGORA"),
        ("NEVER give up", "Never give up.", "Nunca desista.", "Nunca desista"),
    ],
)
def test_the_usual_form_is_a_sentence_and_the_answer_gets_the_looks_of_the_text(
    text: str, asked: str, answer: str, finished: str
) -> None:
    form = TO_PT.usual(piece(text))
    assert form.piece.text == asked
    assert form.finish(answer) == finished


def test_tokens_stay_in_their_places_in_every_form() -> None:
    text = "i dont like @ana and {name}"
    original = piece(text)
    for form in (TO_PT.usual(original), *TO_PT.others(original)):
        assert [form.piece.text[token.start : token.end] for token in form.piece.tokens] == [
            token.text for token in original.tokens
        ]


def _said(form: Form, answer: str) -> str | None:
    return form.finish(answer)


def test_a_short_text_is_tried_after_a_dash_and_after_an_interjection() -> None:
    [_, dash, interjection] = TO_PT.others(piece("Sleepyhead"))
    assert dash.piece.text == "- Sleepyhead."
    assert _said(dash, "- Sonolento.") == "Sonolento"
    assert interjection.piece.text == "Oh, sleepyhead."
    assert _said(interjection, "Oh, sonolento.") == "Sonolento"
    assert _said(interjection, "Sonolento.") is None, "nothing tells where the interjection went"


def test_a_long_sentence_has_no_other_form() -> None:
    assert TO_PT.others(piece("The house on the hill is very big and very old indeed.")) == []


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Bye", "Tchau ("),
        ("Hello", "Olá,"),
        ("Shut up", "Shut up (em inglês)"),
        ("Sleepyhead", "Sleepyhead"),
        ("catch you later", "catch you later"),
        ("Of course", "É claro que"),
        ("Fine", "Multa de trânsito que foi aplicada ontem"),
        ("Force", "Força Força"),
        ("Thx", "O que é o srrrrrr"),
        ("Well", 'Bem "'),
    ],
)
def test_a_doubtful_translation_of_a_short_text_is_seen(source: str, translation: str) -> None:
    assert TO_PT.doubt(source, translation) >= DOUBTFUL


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Good morning.", "Bom dia."),
        ("He said (yes)", "Ele disse (sim)"),
        ("First, second:", "Primeiro, segundo:"),
        ("no no", "não não"),
        ("NASA", "NASA"),
        ("What is it for", "Para que é isso"),
        ("Hi", "Olá"),
        ("The house on the hill is very big and old.", "A casa (na colina) é,"),
    ],
)
def test_a_good_or_long_translation_is_beyond_doubt(source: str, translation: str) -> None:
    assert TO_PT.doubt(source, translation) < DOUBTFUL


def test_what_stays_as_it_is_between_languages_that_are_alike_is_beyond_doubt() -> None:
    assert Wording("gl", "pt", PhraseBook()).doubt("A casa é grande.", "A casa é grande.") < DOUBTFUL


def test_engines_that_know_no_language_get_sentences_as_they_are() -> None:
    one = piece("i dont KNOW")
    assert PLAIN.usual(one).piece == one
    assert PLAIN.known(piece("Thank you")) is None
    assert PLAIN.doubt("Bye", "Bye (") == 0


def test_tails_and_loops_are_cut_off() -> None:
    assert without_tail("Tchau (") == "Tchau"
    assert without_tail("Sim (em inglês).") == "Sim"
    assert without_tail("Olá,") == "Olá"
    assert without_tail("Bom dia.") == "Bom dia."
    assert without_loop("a b a b a b c") == "a b c"
    assert without_loop("bom dia") == "bom dia"


def test_portuguese_is_a_sentence_as_well() -> None:
    form = TO_EN.usual(piece("hj nao posso"))
    assert form.piece.text == "Hoje não posso."
    assert form.finish("I can't do it today.") == "I can't do it today"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("São 3,50 € por quilo.", "É 3,50 € por quilo."),
        ("São 50 ‰ de sal.", "É 50 ‰ de sal."),
        ("São @ana e @rui.", "São @ana e @rui."),
        ("São Paulo custa 3,50 €.", "São Paulo custa 3,50 €."),
    ],
)
def test_an_amount_is_no_saint(text: str, asked: str) -> None:
    [one] = [one for one in split_text(text, "pt", carried=True) if one.translatable]
    assert TO_EN.usual(one).piece.text == asked
