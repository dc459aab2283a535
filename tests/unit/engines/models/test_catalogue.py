"""The catalogue as data: what ours says, and that a wrong entry of the user's is named."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dragoman_engines.base import ModelMissing
from dragoman_engines.models import find_entry, load_catalogue, npm
from dragoman_engines.models.entry import STORE_SCHEMES
from dragoman_engines.models.resolve import resolve
from dragoman_engines.models.store import MANIFEST
from tests.harness import ROOT

ENTRY = """
[{name}]
kind = "speech"
engine = "kokoro"
about = "a voice"
languages = ["en"]
licence = "MIT"
[{name}.files]
{files}
"""


def test_the_models_in_parts_are_in_the_catalogue() -> None:
    catalogue = load_catalogue()

    assert catalogue["base"].schemes() == {"package"}
    assert catalogue["base"].files["model.bin"].size_bytes == 145_217_607
    assert len([file for file in catalogue["kokoro"].files if file.startswith("voices/")]) == 54
    assert catalogue["kokoro"].schemes() == {"package", "npm"}


def test_every_file_that_comes_from_a_package_is_pinned_and_every_package_has_a_version() -> None:
    for entry in load_catalogue().values():
        if not entry.schemes() & STORE_SCHEMES:
            assert entry.files
            assert all(file.sha256 and file.size_bytes for file in entry.files.values()), entry.name
        assert all("==" in requirement for requirement in entry.requires)


def test_every_entry_says_whose_it_is_what_it_speaks_and_how_large_it_is() -> None:
    for entry in load_catalogue().values():
        assert entry.licence
        assert entry.languages
        assert entry.size_bytes > 500_000, entry.name
        assert entry.engine in {"whisper", "firefox", "ctranslate2", "kokoro", "piper", "hibari", "espeak-ng"}


def test_what_the_catalogue_asks_of_pip_is_what_the_extras_bring() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]

    for entry in load_catalogue().values():
        assert set(entry.requires) <= set(extras.get(entry.extra, [])), entry.name


@pytest.mark.parametrize(
    ("name", "files", "reason"),
    [
        ("Loud", '"a" = { from = ["package:x/a"] }', "small letters"),
        ("toy", "", "neither files nor a source"),
        ("toy", '"../a" = { from = ["package:x/a"] }', "plain path"),
        ("toy", '"/a" = { from = ["package:x/a"] }', "plain path"),
        ("toy", '".dragoman.json" = { from = ["package:x/a"] }', "plain path"),
        ("toy", '"a" = { sha256 = "12", from = ["package:x/a"] }', "64 small hexadecimal digits"),
        ("toy", '"a" = {}', "nothing says where"),
        ("toy", '"a" = { from = ["somewhere"] }', "comes from nowhere known"),
        ("toy", '"a" = { form = ["package:x/a"] }', "unknown field `form`"),
        ("toy", '"a" = { bytes = "many", from = ["package:x/a"] }', "Expected `int`"),
        ("toy", '"a" = { from = ["hub:a/b"] }', "comes from nowhere known"),
    ],
)
def test_a_wrong_entry_of_the_users_own_is_named_with_its_file(
    name: str, files: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(ENTRY.format(name=name, files=files))

    with pytest.raises(ModelMissing, match=rf"the entry {name} of the catalogue .*mine\.toml is wrong: .*{reason}"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ('source = "ftp:there"', "is none of package:, path:, npm:, hub: and firefox:"),
        ('source = "npm:a@1.0"', "of an npm package the files must be named"),
        ('source = "hub:a/b"\nfiles = { a = { from = ["package:x/a"] } }', "hub: brings the model as a whole"),
        ('source = "path:/models/a"\nlanguages = "bass"', "no entry 'bass' before it"),
    ],
)
def test_a_wrong_source_of_the_users_own_is_named(lines: str, reason: str, tmp_path: Path) -> None:
    languages = "" if "languages" in lines else 'languages = ["en"]\n'
    head = f'[toy]\nkind = "speech"\nengine = "kokoro"\nabout = "a voice"\nlicence = "MIT"\n{languages}'
    (tmp_path / "mine.toml").write_text(head + lines)

    with pytest.raises(ModelMissing, match=f"the entry toy of the catalogue .* is wrong: .*{reason}"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("name", "source", "engine"),
    [
        ("firefox-de-en", "firefox:de-en", "firefox"),
        ("firefox-en-zh-hant", "firefox:en-zh-Hant", "firefox"),
        ("firefox-zh-hans-en", "firefox:zh-Hans-en", "firefox"),
        ("opus-mt-es-de", "hub:gaudi/opus-mt-es-de-ctranslate2", "ctranslate2"),
        ("opus-mt-gaa-de", "hub:gaudi/opus-mt-gaa-de-ctranslate2", "ctranslate2"),
    ],
)
def test_a_pair_is_an_entry_though_it_is_not_listed(name: str, source: str, engine: str) -> None:
    entry = find_entry(name)

    assert entry is not None
    assert (entry.name, entry.source, entry.engine) == (name, source, engine)


@pytest.mark.parametrize(
    "name", ["firefox-", "firefox-de", "firefox-DE-EN", "firefox-d-e", "chrome-de-en", "de-en", "opus-mt-de"]
)
def test_what_is_no_pair_is_no_entry(name: str) -> None:
    assert find_entry(name) is None


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[")

    with pytest.raises(ModelMissing, match=r"the catalogue .*mine\.toml cannot be read"):
        load_catalogue(tmp_path)


def test_an_entry_of_the_users_own_wins(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(ENTRY.format(name="base", files='"a" = { from = ["package:x/a"] }'))

    assert load_catalogue(tmp_path)["base"].about == "a voice"


def test_a_name_that_is_not_in_the_catalogue_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="'bass' names no model: write a name that `dragoman models list` shows"):
        resolve("bass", models_dir=str(tmp_path))


def test_a_model_that_needs_more_than_packages_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(ENTRY.format(name="toy", files='"a" = { from = ["npm:toy@1.0.0/a"] }'))

    with pytest.raises(ModelMissing, match=r"the model toy is not in .*; run: dragoman models pull toy$"):
        resolve("toy", models_dir=str(tmp_path))


@pytest.mark.parametrize(
    ("part", "package", "file"),
    [
        ("npm:kokoro-js@1.2.1/voices/a.bin", "kokoro-js@1.2.1", "voices/a.bin"),
        ("npm:@scope/name@1.0.0-rc.1/a", "@scope/name@1.0.0-rc.1", "a"),
    ],
)
def test_a_part_in_an_npm_package_is_a_package_with_its_version_and_a_file(part: str, package: str, file: str) -> None:
    assert npm.split(part) == (package, file)


@pytest.mark.parametrize("part", ["npm:name/file", "npm:name@1.0.0", "npm:--flag@1/file", "npm:../x@1/file"])
def test_what_is_no_part_of_an_npm_package_is_refused(part: str) -> None:
    with pytest.raises(ModelMissing, match="names no file of an npm package"):
        npm.split(part)


AT_ONCE = """
import sys, threading
from pathlib import Path
from dragoman_engines.models.store import MANIFEST, ModelStore
from dragoman_engines.models.table import load_catalogue

folder = Path(sys.argv[1])
barrier = threading.Barrier(8)

def read():
    barrier.wait()
    load_catalogue()
    assert ModelStore(folder).names() == ["toy"]

threads = [threading.Thread(target=read) for _ in range(8)]
sys.setswitchinterval(1e-6)
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("_", range(3))
def test_threads_that_read_the_catalogue_first_and_at_once_do_not_end_the_process(tmp_path: Path, _: int) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / MANIFEST).write_text('{"name": "toy", "sha256": {}}', encoding="utf-8")

    done = subprocess.run([sys.executable, "-c", AT_ONCE, str(tmp_path)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
