"""Models that come in parts: joined once, checked, put into the models folder whole, and never seen half made."""

from __future__ import annotations

import errno
import hashlib
import importlib
import shutil
import subprocess
import sys
import textwrap
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import ModelStore, assemble, load_catalogue, pull, ready_folder
from dragoman_engines.models.resolve import resolve
from dragoman_engines.models.store import MANIFEST
from tests.harness import PATIENCE_S, ROOT

FIRST, SECOND = b"one half, ", b"the other half"
WHOLE = FIRST + SECOND


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two installed packages, each with one part of a file; importing them fails."""
    folder = tmp_path / "site"
    for number, part in ((1, FIRST), (2, SECOND)):
        package = folder / f"toy_part_{number}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('this package must not be imported')")
        (package / "data" / "part").write_bytes(part)
    (folder / "toy_part_2" / "data" / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    return folder


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """A models folder whose catalogue knows the toy model."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        textwrap.dedent(f"""
            [toy]
            kind = "transcription"
            engine = "whisper"
            about = "a toy"
            languages = ["en"]
            licence = "MIT"
            source = "package:toy_part_2/data"
            requires = ["toy-part-1==1.0", "toy-part-2==1.0"]
            [toy.files]
            "deep/model.bin" = {{ bytes = {len(WHOLE)}, sha256 = "{sha256(WHOLE)}", from = [
                "package:toy_part_1/data/part", "package:toy_part_2/data/part"] }}
            "config.json" = {{ bytes = 2, sha256 = "{sha256(b"{}")}" }}
        """)
    )
    return folder


def left_over(models_dir: Path) -> set[str]:
    return {path.name for path in models_dir.iterdir()} - {"mine.toml", ".toy.lock"}


@pytest.mark.usefixtures("site")
def test_a_model_is_joined_from_the_parts_in_several_packages(models_dir: Path) -> None:
    found = resolve("toy", ["deep/model.bin", "config.json"], str(models_dir))

    assert (found.folder / "deep" / "model.bin").read_bytes() == WHOLE
    assert (found.folder / "config.json").read_text() == "{}"
    assert (found.folder, found.name) == (models_dir / "toy", "toy")
    assert found.sha256 == {"deep/model.bin": sha256(WHOLE), "config.json": sha256(b"{}")}
    assert left_over(models_dir) == {"toy"}


def test_a_joined_model_is_used_again_also_when_its_packages_are_gone(site: Path, models_dir: Path) -> None:
    before = resolve("toy", models_dir=str(models_dir))
    written_ns = (before.folder / "config.json").stat().st_mtime_ns
    shutil.rmtree(site)

    assert resolve("toy", models_dir=str(models_dir)) == before
    assert (before.folder / "config.json").stat().st_mtime_ns == written_ns


def test_a_package_that_is_not_installed_is_named_with_what_to_run(site: Path, models_dir: Path) -> None:
    shutil.rmtree(site / "toy_part_1")
    importlib.invalidate_caches()

    with pytest.raises(ModelMissing) as caught:
        resolve("toy", models_dir=str(models_dir))

    assert str(caught.value) == (
        "the package toy-part-1 is not installed; run: pip install toy-part-1==1.0 toy-part-2==1.0"
    )


def test_a_changed_part_is_refused_and_leaves_no_model_behind(site: Path, models_dir: Path) -> None:
    (site / "toy_part_1" / "data" / "part").write_bytes(b"evil")

    with pytest.raises(ModelMissing, match=r"toy is damaged.*deep/model\.bin.*--force-reinstall --no-deps toy-part-1"):
        resolve("toy", models_dir=str(models_dir))

    assert "toy" not in left_over(models_dir)
    (site / "toy_part_1" / "data" / "part").write_bytes(FIRST)
    assert resolve("toy", models_dir=str(models_dir)).folder.is_dir()


@pytest.mark.usefixtures("site")
def test_a_file_that_changed_afterwards_is_not_loaded_and_pulling_mends_it(models_dir: Path) -> None:
    folder = resolve("toy", models_dir=str(models_dir)).folder
    (folder / "deep" / "model.bin").write_bytes(b"evil")

    with pytest.raises(ModelMissing, match=r"deep/model\.bin is missing or is not .* run: dragoman models pull toy"):
        resolve("toy", models_dir=str(models_dir))

    pull(load_catalogue(models_dir)["toy"], ModelStore(models_dir))
    assert (resolve("toy", models_dir=str(models_dir)).folder / "deep" / "model.bin").read_bytes() == WHOLE
    assert left_over(models_dir) == {"toy"}


@pytest.mark.usefixtures("site")
def test_what_a_killed_process_left_is_no_model_and_is_no_hindrance(models_dir: Path) -> None:
    half = models_dir / ".toy.part"
    (half / "deep").mkdir(parents=True)
    (half / "deep" / "model.bin").write_bytes(FIRST)
    (half / "older.bin").write_bytes(b"of another version")

    folder = resolve("toy", models_dir=str(models_dir)).folder

    assert {path.name for path in folder.rglob("*")} == {"deep", "model.bin", "config.json", MANIFEST}


def test_processes_that_join_a_model_at_once_do_not_disturb_each_other(site: Path, models_dir: Path) -> None:
    imports = "import sys; from dragoman_engines.models.resolve import resolve"
    code = f"{imports}; print(resolve('toy', [], sys.argv[1]).revision())"
    environment = {"PYTHONPATH": f"{site}:{ROOT / 'handlers'}:{ROOT / 'server'}"}
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(models_dir)], stdout=subprocess.PIPE, env=environment)
        for _ in range(4)
    ]
    said = {process.communicate(timeout=PATIENCE_S)[0].strip() for process in started}

    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert len(said) == 1
    assert left_over(models_dir) == {"toy"}


@pytest.mark.usefixtures("site")
def test_a_disk_without_room_is_said_before_anything_is_written(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - what shutil gives
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 3))

    with pytest.raises(ModelMissing, match=r"no room for the model toy .* engines\.models_dir"):
        resolve("toy", models_dir=str(models_dir))

    assert "toy" not in left_over(models_dir)


@pytest.mark.usefixtures("site")
def test_a_disk_that_fills_up_meanwhile_is_said(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(assemble, "_write_joined", full)

    with pytest.raises(ModelMissing, match=r"no room for the model toy .*; make room or name another folder"):
        resolve("toy", models_dir=str(models_dir))


@pytest.mark.usefixtures("site")
def test_a_models_folder_that_cannot_be_written_is_said(models_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.touch()
    catalogue = load_catalogue(models_dir)

    with pytest.raises(ModelMissing, match=r"toy cannot be kept in .* name another folder with engines\.models_dir"):
        ready_folder(catalogue["toy"], ModelStore(file / "models"))


def test_the_models_folder_is_the_users_own_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert ModelStore().root == tmp_path / "dragoman" / "models"
    assert ModelStore("~/models").root == Path.home() / "models"
