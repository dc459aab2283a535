"""The translations' part of the configuration: a glossary, phrases, and several models in one server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from dragoman_handlers.text.options import DEFAULT_MODEL_TYPE
from dragoman_handlers.text.wording.phrasebook import PhraseBook
from dragoman_server.config.engine import EngineConfig
from dragoman_server.config.engines import EnginesConfig
from dragoman_server.config.errors import ConfigError, problems_of
from dragoman_server.config.files import read_toml
from dragoman_server.config.language import NamedLanguageModel
from dragoman_server.config.sections import Section
from dragoman_wire.requests import Replacement

MOST_TERMS = 10_000
Term = Annotated[str, Field(min_length=1, max_length=200)]
Pair = Annotated[str, Field(pattern=r"^[a-z]{2,3}-[a-z]{2,3}$")]
"""A source and a target language, `en-pt`."""
Phrases = Annotated[
    dict[Pair, Annotated[dict[Term, Annotated[str, Field(max_length=200)]], Field(max_length=MOST_TERMS)]],
    Field(max_length=200),
]
Terms = Annotated[dict[Term, Term | dict[str, Term | None] | None], Field(max_length=MOST_TERMS)]


class TranslationConfig(Section):
    """The options of every translation."""

    glossary: Terms = Field(default_factory=dict)
    """Term to what it becomes, in every language or by language; a term that becomes itself stays as it is."""
    glossary_file: str = ""
    """A TOML file of such terms; those of `glossary` override its."""
    phrases: Phrases = Field(default_factory=dict)
    """By pair (`en-pt`): short texts to their translations, beside the shipped ones; an empty one takes one away."""
    phrases_file: str = ""
    """A TOML file of such phrases, a table for each pair; those of `phrases` override its."""
    shipped_phrases: bool = True
    """Whether the phrases that come with the server are used."""


def _model_alone(given: Any) -> Any:
    """Read `premium = "path:..."` as `premium = {model = "path:..."}`."""
    return {"model": given} if isinstance(given, str) else given


ModelType = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
NamedModel = Annotated[EngineConfig, BeforeValidator(_model_alone)]


class ModelsConfig(Section):
    """Models beside the default ones, by the names that peers know."""

    translation: dict[ModelType, NamedModel] = Field(default_factory=dict)
    """By `modelType`. What a model does not say is as in `[engines.translation]`."""
    language: dict[ModelType, NamedLanguageModel] = Field(default_factory=dict)
    """By `modelType`. Nothing is as in `[engines.language]`: no key goes to another server by mistake."""


def translation_models(engines: EnginesConfig, models: ModelsConfig) -> dict[str, EngineConfig]:
    """Return every translation model by its `modelType`; the default one is always among them."""
    default = engines.translation
    named = {
        name: default.model_copy(update={key: getattr(given, key) for key in given.model_fields_set})
        for name, given in models.translation.items()
    }
    return {DEFAULT_MODEL_TYPE: default} | named


def glossary_entries(config: TranslationConfig) -> Mapping[str, Replacement]:
    """Read the server's glossary with its file.

    Raises:
        ConfigError: the file cannot be read or holds something else.
    """
    entries: dict[str, Replacement] = {}
    if config.glossary_file:
        entries |= _read_terms(Path(config.glossary_file).expanduser())
    return entries | config.glossary


def phrase_book(config: TranslationConfig) -> PhraseBook:
    """Return the server's phrases: the shipped ones and those of the configuration and its file.

    Raises:
        ConfigError: the file cannot be read or holds something else.
    """
    phrases: dict[str, dict[str, str]] = {}
    if config.phrases_file:
        where = f"translation.phrases_file {config.phrases_file}"
        given = read_toml(Path(config.phrases_file).expanduser(), where)
        phrases |= _validated(TypeAdapter(Phrases), given, where)
    for pair, table in config.phrases.items():
        phrases[pair] = phrases.get(pair, {}) | table
    return PhraseBook(phrases, shipped=config.shipped_phrases)


def _read_terms(path: Path) -> Mapping[str, Replacement]:
    where = f"translation.glossary_file {path}"
    terms: Mapping[str, Replacement] = _validated(TypeAdapter(Terms), read_toml(path, where), where)
    return terms


def _validated(adapter: TypeAdapter[Any], given: dict[str, Any], where: str) -> Any:
    try:
        return adapter.validate_python(given)
    except ValidationError as error:
        raise ConfigError(f"{where}: {problems_of(error)}") from error
