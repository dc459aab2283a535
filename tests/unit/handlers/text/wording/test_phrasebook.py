from __future__ import annotations

import pytest

from dragoman_handlers.text.sentences.segmentation import split_text
from dragoman_handlers.text.wording.phrasebook import PhraseBook, shipped_pairs

BOOK = PhraseBook()


def found(text: str, pair: str = "en-pt", book: PhraseBook = BOOK) -> str | None:
    source, target = pair.split("-")
    [piece] = [piece for piece in split_text(text, source) if piece.translatable]
    return book.find(piece.text, source, target, piece.tokens)


@pytest.mark.parametrize("pair", ["en-pt", "pt-en"])
def test_at_least_150_phrases_are_shipped_for_each_direction(pair: str) -> None:
    assert pair in shipped_pairs()
    source, target = pair.split("-")
    phrases = BOOK._pairs[source, target].phrases
    assert len(phrases) >= 150


@pytest.mark.parametrize("pair", shipped_pairs())
def test_every_phrase_is_found_and_brings_no_sign_that_it_lacks(pair: str) -> None:
    source, target = pair.split("-")
    shipped = BOOK._pairs[source, target]
    for key, translation in shipped.phrases.items():
        assert BOOK.find(key, source, target) == translation, key
        assert key == key.lower().strip(" .,:;!?"), key
        assert translation == translation.strip(" .,:;!?"), translation
        assert not set(translation) & set('()[]{}<>"/|'), translation


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Thank you", "Obrigado"),
        ("thank you!", "obrigado!"),
        ("THANKS!!", "OBRIGADO!!"),
        ("Bye", "Tchau"),
        ("Hello", "Olá"),
        ("Please", "Por favor"),
        ("OK", "OK"),
        ("(thanks)", "(obrigado)"),
        ("What\u2019s up?", "E aí?"),
        ("Hellooo!!!", "Olá!!!"),
        ("nooooo", "não"),
        ("hahaha", "hahaha"),
        ("Yes, of course!", "Sim, claro!"),
        ("ok thanks", "ok, obrigado"),
        ("Hi, I'm here", "Oi, estou aqui"),
        ("yes I know", "sim, eu sei"),
    ],
)
def test_punctuation_and_letter_case_are_carried_over(text: str, translation: str) -> None:
    assert found(text) == translation


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Até logo", "See you later"),
        ("Olá", "Hello"),
        ("ate amanha", "see you tomorrow"),
        ("oi, tudo bem?", "hi, how are you?"),
        ("tudo bem", "all good"),
        ("kkkkk", "haha"),
        ("siiim", "yes"),
        ("OBRIGADO!", "THANK YOU!"),
        ("não, obrigado", "no, thank you"),
    ],
)
def test_phrases_of_portuguese_are_found_without_their_accents_and_as_questions(text: str, translation: str) -> None:
    assert found(text, "pt-en") == translation


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Thank you, Maria", "Obrigado, Maria"),
        ("Thank you Maria!", "Obrigado Maria!"),
        ("How are you, John?", "Como está, John?"),
        ("Good morning everyone", "Bom dia pessoal"),
        ("Hello, world!", "Olá, mundo!"),
        ("Thanks @ana!", "Obrigado @ana!"),
        ("@ana thank you", "@ana obrigado"),
    ],
)
def test_the_person_who_is_spoken_to_stays(text: str, translation: str) -> None:
    assert found(text) == translation


@pytest.mark.parametrize(
    ("text", "pair", "translation"),
    [
        ("yes yes yes yes yes", "en-pt", "sim sim sim sim sim"),
        ("No, no, no", "en-pt", "Não, não, não"),
        ("no no no no no, please stop", "en-pt", "não não não não não, por favor, pare"),
        ("ha ha ha ha", "en-pt", "ha ha ha ha"),
        ("thank you thank you", "en-pt", "obrigado obrigado"),
        ("não não não não não não", "pt-en", "no no no no no no"),
    ],
)
def test_what_is_meant_to_repeat_repeats(text: str, pair: str, translation: str) -> None:
    assert found(text, pair) == translation


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for coming",
        "no photo",
        "Hello darkness my old friend",
        "Good morning America and friends",
        "The house is big.",
        "$ thanks",
        "Help Maria",
        "OK 5",
        "yes yes no yes maybe not",
    ],
)
def test_what_is_more_than_a_phrase_is_left_to_the_model(text: str) -> None:
    assert found(text) is None


def test_phrases_of_the_configuration_override_add_and_take_away() -> None:
    book = PhraseBook({"en-pt": {"bye": "fui", "standup?": "reunião?", "hello": ""}, "en-fr": {"bye": "salut"}})
    assert found("Bye!", book=book) == "Fui!"
    assert found("Standup?", book=book) == "Reunião?"
    assert found("Standup", book=book) is None
    assert found("Hello", book=book) is None
    assert found("BYE", "en-fr", book) == "SALUT"
    assert found("Thank you", book=book) == "Obrigado"
    assert book.digest != BOOK.digest


def test_without_the_shipped_phrases_only_those_of_the_configuration_are_known() -> None:
    book = PhraseBook({"en-pt": {"bye": "fui"}}, shipped=False)
    assert found("Bye", book=book) == "Fui"
    assert found("Thank you", book=book) is None


@pytest.mark.parametrize(
    ("text", "pair", "translation"),
    [
        ("Kind regards,", "en-pt", "Com os melhores cumprimentos,"),
        ("Yours sincerely", "en-pt", "Atenciosamente"),
        ("NO SMOKING", "en-pt", "PROIBIDO FUMAR"),
        ("Meus pêsames", "pt-en", "My condolences"),
        ("Melhores cumprimentos,", "pt-en", "Best regards,"),
        ("Como você se chama?", "pt-en", "What's your name?"),
    ],
)
def test_how_letters_end_and_what_signs_say_is_known(text: str, pair: str, translation: str) -> None:
    assert found(text, pair) == translation


@pytest.mark.parametrize("name", ["Sara", "John", "João,", "JOÃO!"])
@pytest.mark.parametrize("pair", ["en-pt", "pt-en"])
def test_a_first_name_alone_stays(name: str, pair: str) -> None:
    assert found(name, pair) == name


def test_a_first_name_stays_after_a_phrase_in_capitals() -> None:
    assert found("PARABÉNS, JOÃO!", "pt-en") == "CONGRATULATIONS, JOÃO!"
    assert found("sara", "en-pt") is None
