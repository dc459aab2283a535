from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.language.budget import Limits
from dragoman_server.config import (
    ConfigError,
    LanguageConfig,
    config_as_toml,
    fallback_of,
    language_configs,
    load_config,
    read_key,
)
from dragoman_server.lifecycle.language import fallbacks, language_names

REMOTE = {"model": "openai:test"}


def config(**language: Any) -> LanguageConfig:
    return load_config(flags={"engines": {"language": REMOTE | language}}).engines.language


def test_without_configuration_there_are_the_rules_and_nothing_leaves_the_server() -> None:
    loaded = load_config()
    configs = language_configs(loaded.engines.language, loaded.models.language)

    assert [one.remote for one in configs.values()] == [None]
    assert language_names(loaded) == {"default": "", "rules": ""}


def test_a_tier_has_bounds_that_keys_override() -> None:
    assert config(tier=2).bounds().concurrency == 10
    bounds = config(tier="1", requests_per_minute=60, tokens_per_minute=-1, pause_ms=250, concurrency=2).bounds()

    assert (bounds.concurrency, bounds.pause_s) == (2, 0.25)
    assert bounds.limits == Limits(requests_per_minute=60, tokens_per_minute=0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"api_key": "sk-0123456789"}, "say where the key is"),
        ({"model": "openai:"}, "name the model"),
        ({"base_url": "ftp://a.b"}, "no http or https URL"),
        ({"base_url": "https://me:secret@a.b"}, "a name or a password"),
        ({"budget_per_day": 5}, "price_input and price_output"),
        ({"fallback": "other"}, "no other language model 'other'"),
        ({"tier": "9"}, "tier"),
    ],
)
def test_what_is_wrong_is_named_and_no_key_is_repeated(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        config(**wrong)
    assert words in str(refusal.value)
    assert "0123456789" not in str(refusal.value)


def test_a_key_is_read_from_a_file_or_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("sk-file\n", encoding="utf-8")
    monkeypatch.setenv("SOME_KEY", "sk-env")

    assert read_key(config(api_key=f"file:{tmp_path}/key"), "") == "sk-file"
    assert read_key(config(api_key="env:SOME_KEY"), "") == "sk-env"
    assert read_key(config(), "") == ""


@pytest.mark.parametrize("place", ["file:/nowhere/key", "env:NO_SUCH_KEY"])
def test_a_key_that_is_not_there_is_an_error_that_names_the_place(place: str) -> None:
    with pytest.raises(ConfigError, match=r"models\.language\.big\.api_key: "):
        read_key(config(api_key=place), "big")


def test_the_configuration_that_is_printed_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-secret")
    loaded = load_config(flags={"engines": {"language": REMOTE | {"api_key": "env:SOME_KEY"}}})

    assert 'api_key = "env:SOME_KEY"' in config_as_toml(loaded)
    assert "secret" not in config_as_toml(loaded)


def test_nothing_of_one_model_is_inherited_by_another() -> None:
    flags = {
        "engines": {"language": REMOTE | {"api_key": "env:SOME_KEY", "base_url": "https://a.b/v1", "tier": "4"}},
        "models": {"language": {"local": {"model": "openai:local"}}},
    }
    local = load_config(flags=flags).models.language["local"]

    assert (local.api_key, local.tier) == ("", "1")
    assert local.base_url == "https://api.openai.com/v1"


def test_the_rules_are_always_there_as_a_fallback() -> None:
    loaded = load_config(flags={"engines": {"language": REMOTE | {"fallback": "rules"}}})

    assert fallbacks(loaded) == {"": "rules"}
    assert language_names(loaded) == {"default": "", "rules": "rules"}


def test_a_model_beside_the_rules_falls_back_to_them() -> None:
    named = LanguageConfig(model="openai:big", fallback="rules")

    assert fallback_of("big", language_configs(LanguageConfig(), {"big": named})) == ""


@pytest.mark.parametrize(
    ("base_url", "clear"),
    [("https://a.b/v1", False), ("http://127.0.0.1:8080/v1", False), ("http://a.b/v1", True)],
)
def test_a_server_without_encryption_is_known(base_url: str, clear: bool) -> None:
    assert config(base_url=base_url).is_in_clear is clear
