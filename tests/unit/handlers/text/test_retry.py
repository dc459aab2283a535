from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dragoman_handlers.text.retry import translate_pieces
from dragoman_handlers.text.sentences.segmentation import join_text, split_text
from dragoman_wire.errors import EngineFailed

Answer = Callable[[str], str]


class Model:
    """A model that a test writes: it says a sentence in capitals, or what the test wants."""

    def __init__(self, usual: Answer, careful: Answer | None = None) -> None:
        self.usual = usual
        self.careful = careful or usual
        self.calls: list[tuple[bool, list[str]]] = []

    async def __call__(self, sentences: Sequence[str], *, careful: bool) -> list[str]:
        self.calls.append((careful, list(sentences)))
        return [(self.careful if careful else self.usual)(sentence) for sentence in sentences]


async def rendered(text: str, model: Model, bad: Callable[[str], bool] = lambda _: False) -> tuple[str, list[str]]:
    pieces = split_text(text, "en")
    sentences = [piece for piece in pieces if piece.translatable]
    fault = "did it badly"
    done = await translate_pieces(sentences, model, lambda _, answer: fault if bad(answer) else None)
    return join_text(pieces, done.texts), done.warnings


async def translated(text: str, model: Model, bad: Callable[[str], bool] = lambda _: False) -> str:
    joined, warnings = await rendered(text, model, bad)
    assert warnings == []
    return joined


def keeps(sentence: str) -> str:
    """Upper case, but for placeholders."""
    return " ".join(word if word.strip(".,!") in ("Zyxo", "A1", "[1]") else word.upper() for word in sentence.split())


async def test_all_good_sentences_go_in_one_call() -> None:
    model = Model(keeps)
    assert await translated("Hi @ana! 😀 How are you?\n- well", model) == "HI @ana! 😀 HOW ARE YOU?\n- WELL"
    assert len(model.calls) == 1


async def test_a_sentence_that_lost_a_token_is_tried_with_other_placeholders() -> None:
    model = Model(lambda sentence: keeps(sentence).replace("Zyxo", "Zixo"))
    assert await translated("Good day. Hi @ana there.", model) == "GOOD DAY. HI @ana THERE."
    assert model.calls == [(False, ["Good day.", "Hi Zyxo there."]), (True, ["Hi A1 there."])]


async def test_a_sentence_that_loses_every_placeholder_is_cut_at_its_tokens() -> None:
    model = Model(str.lower)
    assert await translated("Say IT to {NAME} at ONCE.", model) == "say it to {NAME} at once."
    assert model.calls[-1] == (True, ["Say IT to", "at ONCE."])


async def test_a_bad_translation_is_asked_for_again_carefully() -> None:
    model = Model(lambda sentence: "bad", keeps)
    assert await translated("Good day. Bye.", model, bad=lambda answer: answer == "bad") == "GOOD DAY. BYE."
    assert [careful for careful, _ in model.calls] == [False, True]


async def test_a_translation_that_stays_bad_is_given_with_a_warning_that_says_why() -> None:
    joined, warnings = await rendered("Good day. Bye.", Model(lambda sentence: "bad"), lambda answer: answer == "bad")
    assert joined == "bad bad"
    assert warnings == [
        "the translation model did it badly: 'Good day.'",
        "the translation model did it badly: 'Bye.'",
    ]


async def test_of_two_bad_translations_the_one_without_its_loop_is_taken() -> None:
    loop = "bom bom bom bom bom dia"
    joined, warnings = await rendered("Good day.", Model(lambda sentence: loop), lambda answer: "bom bom" in answer)
    assert joined == "bom dia"
    assert warnings == ["the translation model did it badly; what it repeated is left out: 'Good day.'"]


async def test_a_sentence_that_the_model_gives_nothing_for_is_an_engine_failure() -> None:
    with pytest.raises(EngineFailed, match="the translation model did it badly"):
        await rendered("Good day.", Model(lambda sentence: " "), lambda answer: not answer.strip())


async def test_a_long_sentence_that_stays_bad_is_cut_at_its_clauses() -> None:
    half = "this is a clause of a sentence that goes on for quite a while"
    model = Model(lambda sentence: "bad" if "," in sentence[:-1] else sentence.upper())
    text = f"{half}, {half}."
    assert await translated(text, model, bad=lambda answer: answer == "bad") == text.upper()
