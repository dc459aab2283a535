"""Models from stores on the net: fetched whole or not at all, continued, checked, and the same again next time."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import Entry, ModelStore, find_entry, pull
from dragoman_engines.models.resolve import resolve
from dragoman_engines.models.status import status_of, wrong_files
from tests import firefox_store
from tests.harness import PATIENCE_S, wait_until
from tests.hub import Hub, running_hub

pytest.importorskip("huggingface_hub")

CHUNK_BYTES = 10 << 20
"""The library writes what it receives in pieces of this size."""
MODEL = b"weights" * 1000
FILES = {"config.json": b"{}", "deep/model.bin": MODEL, "README.md": b"read me", ".gitattributes": b"*.bin lfs"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub(dict(FILES)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A models folder whose catalogue has the model of the hub."""
    (tmp_path / "mine.toml").write_text(
        textwrap.dedent("""
            [toy]
            kind = "transcription"
            engine = "whisper"
            about = "a toy"
            languages = ["en"]
            licence = "MIT"
            source = "hub:owner/toy"
        """)
    )
    return ModelStore(tmp_path)


def entry(store: ModelStore) -> Entry:
    found = find_entry("toy", store.root)
    assert found is not None
    return found


def files_in(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.usefixtures("hub")
def test_a_model_of_the_hub_is_fetched_checked_and_can_then_be_named_without_a_net(store: ModelStore) -> None:
    pull(entry(store), store)

    found = resolve("toy", ["deep/model.bin"], str(store.root))
    assert files_in(found.folder) == {"config.json": b"{}", "deep/model.bin": MODEL}
    assert set(found.sha256) == {"config.json", "deep/model.bin"}
    assert store.manifest("toy") is not None
    assert {path.name for path in store.root.iterdir()} == {"mine.toml", "toy", ".toy.lock"}


def test_a_model_that_is_here_is_not_fetched_again(hub: Hub, store: ModelStore) -> None:
    pull(entry(store), store)
    hub.refusing = True

    assert pull(entry(store), store) == store.root / "toy"
    assert len(hub.ranges) == 2


def test_a_server_fetches_nothing_and_says_what_to_run(hub: Hub, store: ModelStore) -> None:
    with pytest.raises(ModelMissing, match=r"the model toy is not in .*; run: dragoman models pull toy$"):
        resolve("toy", models_dir=str(store.root))

    assert hub.ranges == []


def test_a_download_of_a_killed_process_is_continued_by_the_next(hub: Hub, store: ModelStore) -> None:
    hub.files["deep/model.bin"] = os.urandom(2 * CHUNK_BYTES + 4096)
    hub.stop_after = CHUNK_BYTES + 4096
    code = (
        "import sys; from dragoman_engines.models import *; store = ModelStore(sys.argv[1]);"
        "pull(find_entry('toy', store.root), store)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(store.root)])
    assert hub.stopped.wait(PATIENCE_S)
    part = store.root / ".toy.part"
    wait_until(
        lambda: process.poll() is not None or sum(path.stat().st_size for path in part.rglob("*")) >= CHUNK_BYTES,
        "what was sent is written",
    )
    process.kill()
    assert process.wait(PATIENCE_S) == -9
    hub.stop_after, hub.ranges = None, []
    hub.go_on.set()

    assert status_of("toy", store).state == "absent"
    folder = pull(entry(store), store)

    assert ("deep/model.bin", CHUNK_BYTES) in hub.ranges
    assert files_in(folder)["deep/model.bin"] == hub.files["deep/model.bin"]


@pytest.mark.parametrize("name", ["deep/model.bin", "config.json"])
def test_a_file_that_comes_damaged_is_refused_and_fetched_anew(name: str, hub: Hub, store: ModelStore) -> None:
    hub.damaged.add(name)
    with pytest.raises(ModelMissing, match=rf"the file {name} of owner/toy came damaged; run again: dragoman models"):
        pull(entry(store), store)
    assert status_of("toy", store).state == "absent"

    hub.damaged.clear()
    hub.ranges.clear()
    assert files_in(pull(entry(store), store))[name] == FILES[name]
    assert (name, 0) in hub.ranges


def test_a_changed_file_is_found_and_fetched_as_it_was(hub: Hub, store: ModelStore) -> None:
    folder = pull(entry(store), store)
    (folder / "config.json").write_bytes(b"!!")
    assert [file.path.name for file in wrong_files(status_of("toy", store))] == ["config.json"]

    pull(entry(store), store)

    assert files_in(folder) == {"config.json": b"{}", "deep/model.bin": MODEL}


def test_a_model_that_changed_at_its_source_does_not_take_the_place_of_the_one_here(
    hub: Hub, store: ModelStore
) -> None:
    folder = pull(entry(store), store)
    (folder / "config.json").unlink()
    hub.files["config.json"] = b"[]"

    with pytest.raises(ModelMissing, match=r"is not the one that is known here: .*dragoman models remove toy"):
        pull(entry(store), store)

    assert files_in(folder) == {"deep/model.bin": MODEL}


def test_only_the_selected_files_are_fetched_and_one_that_is_not_there_is_named(hub: Hub, store: ModelStore) -> None:
    text = (store.root / "mine.toml").read_text()
    (store.root / "mine.toml").write_text(text + 'select = ["*.json"]\n')
    assert set(files_in(pull(entry(store), store))) == {"config.json"}

    (store.root / "mine.toml").write_text(text + 'files = { "vocabulary.txt" = {} }\n')
    store.remove("toy")
    with pytest.raises(ModelMissing, match=r"owner/toy on the hub has no file vocabulary\.txt"):
        pull(entry(store), store)


def test_a_hub_that_does_not_answer_is_said_with_what_to_run_where(hub: Hub, store: ModelStore) -> None:
    hub.refusing = True
    with pytest.raises(ModelMissing, match=r"status 503\); run where there is a net: dragoman models pull toy$"):
        pull(entry(store), store)


def test_a_repository_that_does_not_exist_is_said(hub: Hub, store: ModelStore) -> None:
    text = (store.root / "mine.toml").read_text()
    (store.root / "mine.toml").write_text(text.replace("owner/toy", "owner/nothing"))

    with pytest.raises(ModelMissing, match=r"could not be fetched from hub:owner/nothing \(\w+, status 404\)"):
        pull(entry(store), store)


@pytest.mark.parametrize(
    ("name", "legs"),
    [
        ("firefox-de-en", [("de", "en")]),
        ("firefox-en-pt", [("en", "pt")]),
        ("firefox-de-pt", [("de", "en"), ("en", "pt")]),
    ],
)
def test_a_pair_of_the_firefox_store_is_found_by_its_own_library_and_goes_on_with_what_is_here(
    name: str, legs: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fxtranslate")
    pair = find_entry(name)
    assert pair is not None
    for leg in legs:
        firefox_store.put(tmp_path / f".{name}.part", *leg)

    with firefox_store.running_store(("de", "en"), ("en", "pt"), ("pt", "en")) as url:
        monkeypatch.setenv("FXTRANSLATE_RECORDS_URL", url)
        pull(pair, ModelStore(tmp_path))

    found = resolve(name, models_dir=str(tmp_path))
    expected = {
        f"{one}-{other}/{file}": data
        for one, other in legs
        for file, data in firefox_store.files_of(one, other).items()
    }
    assert files_in(found.folder) == expected
    assert set(found.sha256) == set(expected)


def test_a_pair_that_the_firefox_store_does_not_have_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fxtranslate")
    pair = find_entry("firefox-xx-en")
    assert pair is not None
    with firefox_store.running_store(("de", "en")) as url:
        monkeypatch.setenv("FXTRANSLATE_RECORDS_URL", url)
        with pytest.raises(ModelMissing, match=r"from xx to en could not be fetched \(no model or pivot"):
            pull(pair, ModelStore(tmp_path))
    assert status_of("firefox-xx-en", ModelStore(tmp_path)).state == "absent"


def test_the_firefox_store_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fxtranslate")
    monkeypatch.setenv("FXTRANSLATE_RECORDS_URL", "http://127.0.0.1:9/records")
    pair = find_entry("firefox-de-en")
    assert pair is not None

    with pytest.raises(
        ModelMissing, match=r"from de to en could not be fetched .*; run where there is a net: dragoman"
    ):
        pull(pair, ModelStore(tmp_path))
