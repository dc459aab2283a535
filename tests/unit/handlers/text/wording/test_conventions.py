from __future__ import annotations

import pytest

from dragoman_handlers.text.sentences.segmentation import Piece, split_text
from dragoman_handlers.text.wording.conventions import in_conventions_of


def piece(text: str, language: str) -> Piece:
    [one] = [one for one in split_text(text, language, carried=True) if one.translatable]
    return one


def finished(source: str, text: str, translation: str) -> str:
    return in_conventions_of("pt" if source == "en" else "en", source, piece(text, source), translation)


@pytest.mark.parametrize(
    ("source", "text", "said", "written"),
    [
        ("en", "It costs $1,299.99 plus tax.", "Custa $1,299,99 mais impostos.", "Custa $1.299,99 mais impostos."),
        ("en", "He ran 42.195 km.", "Ele correu 42.195 km.", "Ele correu 42,195 km."),
        ("en", "Pay 0.005 BTC now.", "Pague 0.005 BTC agora.", "Pague 0,005 BTC agora."),
        ("en", "It is 98.6 °F now.", "Agora é 98.6 °F.", "Agora é 98,6 °F."),
        ("pt", "Tem 1.250.000 habitantes.", "It has 1.250.000 inhabitants.", "It has 1,250,000 inhabitants."),
        ("pt", "Tem 1.250.000 habitantes.", "It has 1.250,000 inhabitants.", "It has 1,250,000 inhabitants."),
    ],
)
def test_an_amount_is_written_with_the_separators_of_its_language(
    source: str, text: str, said: str, written: str
) -> None:
    assert finished(source, text, said) == written


@pytest.mark.parametrize(
    ("source", "text", "said"),
    [
        ("en", "It is 9.30 now.", "São 9.30 agora."),
        ("en", "It is at 38.7223° N, 9.1393° W.", "Fica em 38.7223° N, 9.1393° W."),
        ("en", "Version 2.5 is out.", "A versão 2.5 saiu."),
        ("en", "The server is at 192.168.0.1 today.", "O servidor está em 192.168.0.1 hoje."),
        ("en", "I have 20 € and 3 cats.", "Tenho 20 € e 3 gatos."),
        ("en", "The price is €3.50 per kilo.", "O preço é €3.50 por quilo."),
        ("pt", "Custa 1.299,90 euros.", "It costs 1,299.90 euros."),
        ("pt", "A encomenda 2024/00123 chegou.", "The order 2024/00123 has arrived."),
    ],
)
def test_what_is_no_amount_or_is_right_already_stays(source: str, text: str, said: str) -> None:
    assert finished(source, text, said) == said


@pytest.mark.parametrize(
    ("text", "said", "written"),
    [
        ("Room 101, 3rd floor.", "Quarto 101, 3o andar.", "Quarto 101, 3º andar."),
        ("He was the 1st, she was the 2nd.", "Ele foi o 1o, ela foi a 2a.", "Ele foi o 1º, ela foi a 2ª."),
        ("On the 21st of May.", "No dia 21 de maio.", "No dia 21 de maio."),
        ("Take 5 of A.", "Pegue 5 a A.", "Pegue 5 a A."),
    ],
)
def test_an_ordinal_has_its_sign_in_portuguese(text: str, said: str, written: str) -> None:
    assert finished("en", text, said) == written


@pytest.mark.parametrize(
    ("text", "said", "written"),
    [
        ("Are you late???", "Você está atrasado??", "Você está atrasado???"),
        ("What?! No!!", "O quê? Não!!", "O quê?! Não!!"),
        ("Really???", "A sério? Mesmo?", "A sério? Mesmo?"),
        ("He said it.", "Ele disse isso..", "Ele disse isso."),
        ("Wait.. what?", "Espere.. o quê?", "Espere.. o quê?"),
        ("So, wait...", "Então, espere...", "Então, espere..."),
        ("Bring fruit, e.g. pears.", "Traga frutas, p. por exemplo peras.", "Traga frutas, por exemplo peras."),
    ],
)
def test_signs_stand_as_often_as_in_the_source(text: str, said: str, written: str) -> None:
    assert in_conventions_of("pt", "en", Piece(text, translatable=True), said) == written
