"""Language tags, and the way from one language to another through the models that there are."""

from __future__ import annotations

import itertools

import pytest

from dragoman_handlers.text.languages import all_routes, base_language, find_route
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


def test_of_the_shortest_ways_the_one_through_english_is_taken_and_three_models_are_the_most() -> None:
    star = [("fr", "es"), ("es", "pt"), ("pt", "gl"), ("gl", "ca"), ("fr", "it"), ("it", "pt")]

    assert find_route("fr", "pt", star) == [("fr", "es"), ("es", "pt")]
    assert find_route("fr", "pt", [*star, ("fr", "en"), ("en", "pt")]) == [("fr", "en"), ("en", "pt")]
    assert find_route("fr", "gl", star) == [("fr", "es"), ("es", "pt"), ("pt", "gl")]
    with pytest.raises(UnsupportedLanguage, match="no model translates from 'fr' to 'ca'"):
        find_route("fr", "ca", star)


def test_the_ways_that_are_listed_are_those_that_are_taken() -> None:
    pairs = [("fr", "es"), ("es", "pt"), ("pt", "gl"), ("en", "es"), ("es", "en"), ("en", "de"), ("de", "fr")]

    listed = list(all_routes(pairs))
    assert len({(source, target) for source, target, _ in listed}) == len(listed) > len(pairs)
    for source, target, via in listed:
        stations = (source, *via, target)
        assert find_route(source, target, pairs) == list(itertools.pairwise(stations))
