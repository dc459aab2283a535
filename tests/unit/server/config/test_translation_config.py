from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_engines.pool.memory import Memory
from dragoman_server.config import Config, ConfigError, config_as_toml, glossary_entries, load_config, phrase_book
from dragoman_server.lifecycle.pools import make_pools, model_names


def written(folder: Path, text: str) -> Path:
    path = folder / "dragoman.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str) -> Config:
    return load_config(written(folder, text))


def test_a_model_is_as_the_default_but_for_what_it_says(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        "[engines.translation]\nmodel = 'echo'\nnice = 3\n"
        "[models.translation]\nmedium = 'path:/m'\npremium = {model = 'path:/p', nice = 0, beam = 2}\n",
    )
    pools = make_pools(config, Memory(), lambda *_: False, Path("spool"))
    specs = {name: pool.spec for name, pool in pools.items()}
    assert set(specs) > {"translation", "translation.medium", "translation.premium"}
    assert (specs["translation"].model, specs["translation"].nice) == ("echo", 3)
    assert (specs["translation.medium"].model, specs["translation.medium"].nice) == ("path:/m", 3)
    assert (specs["translation.premium"].nice, specs["translation.premium"].beam) == (0, 2)
    assert model_names(config) == {"basic": "", "medium": "medium", "premium": "premium"}


def test_a_model_that_is_the_default_needs_no_pool(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[engines.translation]\nmodel = 'echo'\n[models.translation]\nmedium = 'echo'\n")
    assert "translation.medium" not in make_pools(config, Memory(), lambda *_: False, Path("spool"))
    assert model_names(config) == {"basic": "", "medium": ""}


def test_basic_is_the_default_model(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[models.translation]\nbasic = 'echo'\npremium = 'path:/p'\n")
    pools = make_pools(config, Memory(), lambda *_: False, Path("spool"))
    assert pools["translation"].spec.model == "echo"
    assert model_names(config) == {"basic": "", "premium": "premium"}


def test_models_and_glossaries_read_back_as_they_were_printed(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        "[models.translation]\nmedium = 'path:/m'\n[models.translation.premium]\nmodel = 'path:/p'\n"
        "[translation.glossary]\nbank = 'banco'\n\"New \\\"York\\\"\" = {pt = 'Nova Iorque'}\n",
    )
    assert loaded(tmp_path, config_as_toml(config)) == config


def test_terms_of_the_configuration_override_those_of_the_file(tmp_path: Path) -> None:
    terms = tmp_path / "terms.toml"
    terms.write_text('bank = "cofre"\n"New York" = {pt = "Nova Iorque"}\n', encoding="utf-8")
    config = loaded(
        tmp_path, f"[translation]\nglossary_file = '{terms}'\n[translation.glossary]\nbank = 'banco'\nZoom = 'Zoom'\n"
    )
    assert glossary_entries(config.translation) == {
        "bank": "banco",
        "New York": {"pt": "Nova Iorque"},
        "Zoom": "Zoom",
    }


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (None, "No such file"),
        ("no toml", "terms.toml"),
        ("bank = 5", "bank"),
        ("bank = ''", "bank"),
        ("bank = {pt = ['a']}", "bank"),
        ("\n".join(f"t{number} = 'x'" for number in range(10_001)), "10000"),
    ],
)
def test_a_glossary_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, terms: str | None, said: str) -> None:
    path = tmp_path / "terms.toml"
    if terms is not None:
        path.write_text(terms, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        loaded(tmp_path, f"[translation]\nglossary_file = '{path}'\n")
    assert "translation.glossary_file" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models.translaton]\nx = 'echo'", "models.translation"),
        ("[models.translation]\n'a b' = 'echo'", "a b"),
        ("[models.translation.premium]\nmodle = 'echo'", "modle"),
        ("[models.translation]\npremium = 5", "premium"),
        ("[translation.glossary]\nbank = 5", "bank"),
    ],
)
def test_a_wrong_model_or_term_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, text)


def test_phrases_of_the_configuration_override_those_of_the_file_and_the_shipped_ones(tmp_path: Path) -> None:
    phrases = tmp_path / "phrases.toml"
    phrases.write_text("[en-pt]\nbye = 'fui'\nhello = 'alô'\n[pt-en]\noi = 'hiya'\n", encoding="utf-8")
    text = f"[translation]\nphrases_file = '{phrases}'\n[translation.phrases.en-pt]\nbye = 'até'\n\"hi?\" = 'oi?'\n"
    config = loaded(tmp_path, text)
    book = phrase_book(config.translation)
    assert [book.find(one, "en", "pt") for one in ("bye", "Hello", "hi?", "thanks")] == [
        "até",
        "Alô",
        "oi?",
        "obrigado",
    ]
    assert book.find("Oi", "pt", "en") == "Hiya"
    assert loaded(tmp_path, config_as_toml(config)) == config
    alone = loaded(tmp_path, text.replace("[translation]\n", "[translation]\nshipped_phrases = false\n"))
    assert phrase_book(alone.translation).find("thanks", "en", "pt") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[english-portuguese]\nbye = 'fui'\n", "phrases_file"),
        ("[en-pt]\nbye = 1\n", "en-pt.bye"),
        ("bye", "phrases_file"),
    ],
)
def test_a_file_of_phrases_that_is_none_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    phrases = tmp_path / "phrases.toml"
    phrases.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, f"[translation]\nphrases_file = '{phrases}'\n")
    phrases.unlink()
    with pytest.raises(ConfigError, match="phrases_file"):
        loaded(tmp_path, f"[translation]\nphrases_file = '{phrases}'\n")
