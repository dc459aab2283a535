from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.placeholders import WAYS, Masked, masked
from dragoman_handlers.text.sentences.segmentation import split_text

TOKENS = ["@ana", "{x}", "%d", "😀", "<b>a</b>", "**c**", "`d`", "&nbsp;", "https://x.org", "€5", "#e", "[f](g)", "²"]


def hidden(text: str, way: int = 0, glossary: Glossary | None = None) -> Masked:
    """The only sentence of a text, as the model gets it."""
    [piece] = [
        piece for piece in split_text(text, "en", [glossary.terms("pt")] if glossary else ()) if piece.translatable
    ]
    mask = masked(piece, WAYS[way])
    assert mask is not None
    return mask


@pytest.mark.parametrize(
    ("text", "names", "codes"),
    [
        ("Hello there.", "Hello there.", "Hello there."),
        ("Hi @ana and @rui.", "Hi Zyxo and Qwzx.", "Hi A1 and B2."),
        ("I love ❤️ you.", "I love [1] you.", "I love (1) you."),
        ("Click <b>Save</b> now.", "Click [Save] now.", "Click (Save) now."),
        ("You have %d mails.", "You have 731 mails.", "You have 57 mails."),
        ("The <b>red</b> or the <i>blue</i> car.", "The [red] or the (blue) car.", "The (red) or the [blue] car."),
        ("It is 10&nbsp;km long.", "It is 10[1] km long.", "It is 10(1) km long."),
        ("I don’t say “no”…", 'I don\'t say "no"...', 'I don\'t say "no"...'),  # noqa: RUF001
    ],
)
def test_a_model_gets_placeholders(text: str, names: str, codes: str) -> None:
    assert hidden(text).text == names
    assert hidden(text, 1).text == codes


@pytest.mark.parametrize(
    ("text", "answer", "translation"),
    [
        ("Hi @ana and @rui.", "Olá Qwzx e Zyxo.", "Olá @rui e @ana."),
        ("It is 10&nbsp;km long.", "São 10 [1] km.", "São 10&nbsp;km."),
        ("Click <b>Save</b> now.", "Clique [ Salvar] agora.", "Clique <b>Salvar</b> agora."),
        ("I love ❤️ you.", "Eu te[1]amo.", "Eu te ❤️ amo."),
        ("I say “no” – really…", 'Digo "não" - mesmo...', "Digo “não” – mesmo…"),  # noqa: RUF001
        ("So it is  there now.", "Está lá agora.", "Está lá  agora."),
    ],
)
def test_tokens_come_back_with_the_blanks_of_the_source(text: str, answer: str, translation: str) -> None:
    assert hidden(text).restore(answer) == translation


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Hi @ana, my dear.", "Olá."),
        ("Hi @ana, my dear.", "Olá Zyxo e Zyxo."),
        ("Hi @ana, my dear.", "Olá Zyxos."),
        ("Click <b>Save</b> now.", "Clique [Salvar agora."),
        ("Click <b>Save</b> now.", "Clique ]Salvar[ agora."),
        ("I love ❤️ you.", "Eu te [2] amo."),
    ],
)
def test_a_translation_that_lost_or_doubled_a_token_is_none(text: str, answer: str) -> None:
    assert hidden(text).restore(answer) is None


def test_a_placeholder_that_the_text_has_already_is_not_used() -> None:
    assert hidden("Zyxo met @ana [1] and ❤️ her.").text == "Zyxo met Qwzx [1] and [2] her."
    assert hidden("This [is] <b>not</b> easy.").text == "This [is] (not) easy."


def test_a_sentence_that_is_mostly_tokens_has_no_placeholders() -> None:
    [piece] = [piece for piece in split_text("so " + "{a} and " * 20 + "so", "en") if piece.translatable]
    assert masked(piece, WAYS[0]) is None


@pytest.mark.parametrize(
    ("text", "answer", "translation"),
    [
        ("My bank is here.", "Meu Zyxo está aqui.", "Meu banco está aqui."),
        ("Bank of mine, hello.", "Zyxo meu, olá.", "Banco meu, olá."),
        ("Bank of mine, hello.", "Olá, meu Zyxo.", "Olá, meu banco."),
        ("The BANK is here.", "O Zyxo está aqui.", "O BANCO está aqui."),
        ("Hello my bank.", "Zyxo, olá.", "Banco, olá."),
    ],
)
def test_a_replacement_has_the_case_that_its_place_wants(text: str, answer: str, translation: str) -> None:
    assert hidden(text, glossary=Glossary({"bank": "banco"})).restore(answer) == translation


@given(st.lists(st.sampled_from([*TOKENS, "word", "Name", "of", "2"]), min_size=1, max_size=10), st.integers(0, 1))
@settings(max_examples=200)
def test_what_a_model_leaves_as_it_is_comes_back_as_it_was(words: list[str], way: int) -> None:
    text = "so " + " ".join(words) + " then"
    for piece in split_text(text, "en"):
        mask = masked(piece, WAYS[way]) if piece.translatable else None
        if mask is not None:
            assert mask.restore(mask.text) == piece.text
