from __future__ import annotations

from types import SimpleNamespace

import pytest

from dragoman_handlers.text.marks.glossary import Glossary, check_entries, find_terms
from dragoman_wire.errors import DragomanError, InvalidRequest, TooLarge

LIMITS = SimpleNamespace(glossary_terms=3, glossary_chars=10)


def replaced(text: str, *glossaries: Glossary, target: str = "pt") -> list[tuple[str, str]]:
    """What is found, and what it becomes."""
    tokens = find_terms(text, [glossary.terms(target) for glossary in glossaries])
    return [(text[token.start : token.end], token.text) for token in tokens]


@pytest.mark.parametrize(
    ("term", "replacement", "text", "found"),
    [
        ("bank", "banco", "bank Bank BANK banks banking", [("bank", "banco"), ("Bank", "Banco"), ("BANK", "BANCO")]),
        ("IT", "TI", "it IT It", [("IT", "TI")]),
        ("Zoom", None, "Zoom zoom", [("Zoom", "Zoom")]),
        ("zoom", None, "Zoom zoom", [("Zoom", "Zoom"), ("zoom", "zoom")]),
        ("Dragoman", "Dragoman", "Dragoman", [("Dragoman", "Dragoman")]),
        (
            "new york",
            "Nova Iorque",
            "New  York\nnew york",
            [("New  York", "Nova Iorque"), ("new york", "Nova Iorque")],
        ),
        ("C++", None, "C and C++.", [("C++", "C++")]),
        (".NET", None, "the .NET one", [(".NET", ".NET")]),
        ("são joão", None, "São João", [("São João", "São João")]),
    ],
)
def test_terms_are_found_as_whole_words(
    term: str, replacement: str | None, text: str, found: list[tuple[str, str]]
) -> None:
    assert replaced(text, Glossary({term: replacement})) == found


def test_the_longest_term_counts() -> None:
    glossary = Glossary({"river": "rio", "river bank": "margem", "bank": "banco"})
    assert replaced("river bank of the river", glossary) == [("river bank", "margem"), ("river", "rio")]


def test_the_first_glossary_overrides_the_second() -> None:
    own, server = Glossary({"bank": None}), Glossary({"bank": "banco", "river": "rio"})
    assert replaced("river bank", own, server) == [("river", "rio"), ("bank", "bank")]


@pytest.mark.parametrize(("target", "word"), [("pt-BR", "trem"), ("pt_PT", "comboio"), ("pt", "comboio")])
def test_a_replacement_may_be_for_one_language(target: str, word: str) -> None:
    glossary = Glossary({"train": {"pt": "comboio", "pt-br": "trem"}})
    assert replaced("train", glossary, target=target) == [("train", word)]
    assert replaced("train", glossary, target="fr") == []


def test_glossaries_that_do_something_else_have_another_digest() -> None:
    glossaries = [Glossary({"a": "b"}), Glossary({"a": "c"}), Glossary({"a": None}), Glossary({"b": "b"}), Glossary()]
    assert len({glossary.terms("pt").digest for glossary in glossaries}) == len(glossaries)
    assert Glossary({"a": "b", "c": "d"}).terms("pt").digest == Glossary({"c": "d", "a": "b"}).terms("fr").digest


@pytest.mark.parametrize(
    ("entries", "error", "said"),
    [
        ({str(number): "x" for number in range(4)}, TooLarge, "glossary has 4 terms; the limit glossary_terms is 3"),
        ({"x" * 11: None}, TooLarge, "the limit glossary_chars is 10"),
        ({"x": {"pt": "y" * 11}}, TooLarge, "the limit glossary_chars is 10"),
        ({"x": " "}, InvalidRequest, "an empty text at 'x'"),
        ({"": "x"}, InvalidRequest, "an empty text at ''"),
    ],
)
def test_a_glossary_that_cannot_be_used_is_refused(
    entries: dict[str, str | dict[str, str | None] | None], error: type[DragomanError], said: str
) -> None:
    with pytest.raises(error) as caught:
        check_entries(entries, LIMITS)
    assert said in caught.value.message


def test_a_glossary_within_the_limits_is_good() -> None:
    check_entries(None, LIMITS)
    check_entries({"a": None, "b": "c", "d": {"pt": "e", "fr": None}}, LIMITS)


def test_made_up_language_tags_do_not_pile_up_in_the_server_s_glossary() -> None:
    glossary = Glossary({"bank": "banco"})
    for number in range(5000):
        assert glossary.terms(f"xx-{number}")
    assert len(glossary._terms) <= 100
