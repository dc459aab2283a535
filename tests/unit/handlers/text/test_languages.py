"""Language tags, and the way from one language to another through the models that there are."""

from __future__ import annotations

import pytest

from dragoman_handlers.text.languages import base_language, find_route
from dragoman_wire.errors import UnsupportedLanguage

PAIRS = [("de", "en"), ("en", "pt"), ("en", "fr"), ("de", "fr"), ("es", "pt")]


@pytest.mark.parametrize(
    ("source", "target", "route"),
    [
        ("en", "en", []),
        ("en", "pt", [("en", "pt")]),
        ("de", "fr", [("de", "fr")]),
        ("de", "pt", [("de", "en"), ("en", "pt")]),
    ],
)
def test_a_direct_model_is_taken_where_there_is_one_and_else_two_by_english(
    source: str, target: str, route: list[tuple[str, str]]
) -> None:
    assert find_route(source, target, PAIRS) == route


@pytest.mark.parametrize(("source", "target"), [("fr", "pt"), ("de", "es"), ("es", "en"), ("xx", "pt")])
def test_where_there_is_no_way_the_models_that_there_are_are_named(source: str, target: str) -> None:
    with pytest.raises(UnsupportedLanguage, match=f"from '{source}' to '{target}'; there are de-en, de-fr, en-fr"):
        find_route(source, target, PAIRS)


def test_a_model_for_many_languages_needs_no_second_one() -> None:
    assert find_route("de", "pt", [], ["de", "en", "pt"]) == [("de", "pt")]
    with pytest.raises(UnsupportedLanguage, match="the model does not know 'fr'; it knows de, en, pt"):
        find_route("de", "fr", [], ["de", "en", "pt"])


def test_of_many_models_some_are_named() -> None:
    pairs = [("en", f"a{number}") for number in range(30)]
    with pytest.raises(UnsupportedLanguage, match=r"en-a0, .* and 10 more$"):
        find_route("en", "pt", pairs)


@pytest.mark.parametrize("tag", ["pt", "PT", "pt-BR", "pt_PT", "pt-Latn-BR"])
def test_models_go_by_the_language_alone(tag: str) -> None:
    assert base_language(tag) == "pt"
