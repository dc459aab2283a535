"""A hub, or one between it and us, states names, hashes and sizes that reach beyond the models folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import ModelStore, find_entry, pull
from dragoman_engines.models.paths import check_names, path_problem, plain_folder
from tests.hub import Hub, running_hub

pytest.importorskip("huggingface_hub")

SECRET = b"not the hub's"
LARGE = b"weights" * 1000
TOY = """
[toy]
kind = "transcription"
engine = "whisper"
about = "a toy"
languages = ["en"]
licence = "MIT"
source = "hub:owner/toy"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models folder beside something that is not the hub's."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "mine.toml").write_text(TOY)
    (tmp_path / "secret").write_bytes(SECRET)
    return models


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub({"config.json": b"{}", "model.bin": LARGE}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


def refused(folder: Path) -> str:
    """Pull the toy; why it was refused. Nothing may have changed beside the folder, nor be published in it."""
    store = ModelStore(folder)
    entry = find_entry("toy", folder)
    assert entry is not None
    with pytest.raises(ModelMissing) as error:
        pull(entry, store)
    assert store.names() == []
    assert sorted(path.name for path in folder.parent.iterdir()) == ["models", "secret"]
    assert (folder.parent / "secret").read_bytes() == SECRET
    return str(error.value)


HOSTILE_NAMES = [
    "/etc/cron.d/x",
    "a//b",
    "a/",
    "a/../../secret",
    "..\\secret",
    "C:/secret",
    "file:stream",
    "a\0b",
    "a\nb",
    "\x1b[2J",
    "\u202egnp.exe",
    "NUL",
    "deep/aux.txt",
    "trailing.",
    "trailing ",
    " leading",
    "x" * 300,
    "/".join(["deep"] * 400),
    "*",
    "",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_no_plain_path_is_refused(name: str) -> None:
    assert path_problem(name) is not None


@pytest.mark.parametrize(
    "name", ["model.bin", "deep/er/model.onnx", "tokenizer_config.json", "pt_BR-x.onnx.json", "é"]
)
def test_a_plain_path_is_taken(name: str) -> None:
    assert path_problem(name) is None


@pytest.mark.parametrize(
    "names", [["a", "A"], ["a", "a/b"], ["a/b", "a"], ["A/b", "a"], [f"{n}" for n in range(10_001)]]
)
def test_files_that_would_be_one_or_lie_in_one_another_are_refused(names: list[str]) -> None:
    with pytest.raises(ModelMissing):
        check_names(names, "a hub")


@pytest.mark.parametrize("name", ["/var/x", "a/../../secret", "a\\b", "a\nb", "NUL.bin"])
def test_a_hub_whose_files_lie_elsewhere_is_refused(hub: Hub, folder: Path, name: str) -> None:
    hub.files[name] = LARGE
    if ".." in name:  # such names are passed over, as hidden files are
        entry = find_entry("toy", folder)
        assert entry is not None
        place = pull(entry, ModelStore(folder))
        assert sorted(path.name for path in place.iterdir()) == [".dragoman.json", "config.json", "model.bin"]
        assert (folder.parent / "secret").read_bytes() == SECRET
    else:
        assert "is refused" in refused(folder)


@pytest.mark.parametrize(
    "lfs",
    [
        {"sha256": "../../../secret", "size": len(LARGE), "pointerSize": 1},
        {"sha256": "", "size": len(LARGE), "pointerSize": 1},
        {"sha256": "A" * 64, "size": len(LARGE), "pointerSize": 1},
        {"sha256": "a" * 63, "size": len(LARGE), "pointerSize": 1},
        {"sha256": "a" * 64 + "\n", "size": len(LARGE), "pointerSize": 1},
        {"sha256": "/etc/passwd", "size": len(LARGE), "pointerSize": 1},
    ],
)
def test_a_hash_that_is_no_hash_is_refused(hub: Hub, folder: Path, lfs: dict[str, Any]) -> None:
    hub.stated["model.bin"] = {"lfs": lfs}
    assert "no hash or no possible size" in refused(folder)


@pytest.mark.parametrize("blob", ["../../../secret", "", "z" * 40, "/etc/passwd"])
def test_a_small_file_s_hash_that_is_no_hash_is_refused(hub: Hub, folder: Path, blob: str) -> None:
    hub.stated["config.json"] = {"blobId": blob}
    assert "no hash or no possible size" in refused(folder)


@pytest.mark.parametrize("size", [-1, 1 << 60])
def test_a_size_that_no_file_has_is_refused(hub: Hub, folder: Path, size: int) -> None:
    hub.stated["model.bin"] = {"size": size}
    assert "no possible size" in refused(folder)


@pytest.mark.parametrize("commit", ["../../x", "main", "c" * 39, ""])
def test_a_revision_that_is_no_commit_is_refused(hub: Hub, folder: Path, commit: str) -> None:
    hub.commit = commit
    assert "no commit" in refused(folder)


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_a_file_without_an_end_stops_at_the_size_that_was_stated(hub: Hub, folder: Path, name: str) -> None:
    hub.endless = True
    hub.files = {name: hub.files[name]}
    assert "sends more than the" in refused(folder)
    written = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".toml"]
    assert sum(path.stat().st_size for path in written) <= len(hub.files[name])


def test_a_hub_that_leads_in_a_circle_is_left(hub: Hub, folder: Path) -> None:
    hub.redirect = f"/owner/toy/resolve/{hub.commit}/model.bin"
    hub.files = {"model.bin": LARGE}
    refused(folder)
    assert len(hub.ranges) <= 6


@pytest.mark.parametrize(
    ("here", "there", "taken"),
    [
        ("https", "https://cdn.example/x", True),
        ("https", "/other", True),
        ("https", "http://cdn.example/x", False),
        ("https", "ftp://cdn.example/x", False),
        ("http", "https://cdn.example/x", True),
        ("http", "http://cdn.example/x", True),
        ("http", "file:///etc/passwd", False),
    ],
)
def test_no_redirect_leads_to_an_address_without_encryption(here: str, there: str, taken: bool) -> None:
    httpx = pytest.importorskip("httpx")
    from dragoman_engines.models.hub import _check_redirect  # noqa: PLC0415

    response = SimpleNamespace(
        has_redirect_location=True, url=httpx.URL(f"{here}://hub.example/file"), headers={"location": there}
    )
    if taken:
        _check_redirect(response)
        return
    with pytest.raises(ModelMissing, match="refused"):
        _check_redirect(response)


def test_the_library_s_own_client_has_the_check() -> None:
    from dragoman_engines.models.hub import _check_redirect, _library  # noqa: PLC0415

    library = _library()
    library = _library()
    assert library.get_session().event_hooks["response"].count(_check_redirect) == 1
    assert library.get_session().max_redirects == 5


@pytest.mark.parametrize("place", [".toy.part", ".toy.part/.downloads", ".toy.part/deep"])
def test_links_in_the_models_folder_lead_nowhere(hub: Hub, folder: Path, place: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_bytes(SECRET)
    link = folder / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    hub.files["deep/model.bin"] = LARGE
    entry = find_entry("toy", folder)
    assert entry is not None
    place_of_it = pull(entry, ModelStore(folder))
    assert (place_of_it / "deep" / "model.bin").read_bytes() == LARGE
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]


def test_a_link_in_the_place_of_a_file_is_not_written_through(hub: Hub, folder: Path) -> None:
    part = folder / ".toy.part"
    part.mkdir()
    for name in ("model.bin", "config.json", ".dragoman.json"):
        (part / name).symlink_to(folder.parent / "secret")
    entry = find_entry("toy", folder)
    assert entry is not None
    place = pull(entry, ModelStore(folder))
    assert [path.name for path in place.iterdir() if path.is_symlink()] == []
    assert (folder.parent / "secret").read_bytes() == SECRET


def test_a_link_in_the_place_of_the_lock_is_not_followed(hub: Hub, folder: Path) -> None:
    (folder / ".toy.lock").symlink_to(folder.parent / "secret")
    assert "cannot be kept" in refused(folder)


def test_a_folder_below_is_made_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a").symlink_to(tmp_path / "away")
    made = plain_folder(tmp_path / "root" / "a" / "b", tmp_path / "root")
    assert made.is_dir()
    assert os.listdir(tmp_path / "away") == []  # noqa: PTH208
