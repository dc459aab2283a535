"""The schemas that lie in docs are those that the code makes; `dragoman schema` prints and writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dragoman_client.cli import build_app
from tests.harness import ROOT

DOCS = ROOT / "docs"


def schema(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build_app(), ["schema", *map(str, arguments)])


def files_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}


def test_the_schemas_in_docs_are_made_from_the_code_as_it_is(tmp_path: Path) -> None:
    assert schema("--out", tmp_path / "schema").exit_code == 0
    made, lying = files_in(tmp_path / "schema"), files_in(DOCS / "schema")
    assert made.keys() == lying.keys(), "run: dragoman schema --out docs/schema"
    assert [name for name in made if made[name] != lying[name]] == [], "run: dragoman schema --out docs/schema"


def test_the_asyncapi_document_in_docs_is_made_from_the_code_as_it_is(tmp_path: Path) -> None:
    assert schema("asyncapi", "--out", tmp_path).exit_code == 0
    assert files_in(tmp_path) == {"asyncapi.json": (DOCS / "asyncapi.json").read_text(encoding="utf-8")}, (
        "run: dragoman schema asyncapi --out docs"
    )


@pytest.mark.parametrize("name", ["ping", "pong", "messages", "asyncapi"])
def test_a_document_is_printed(name: str) -> None:
    lying = (DOCS / "asyncapi.json" if name == "asyncapi" else DOCS / "schema" / f"{name}.json").read_text("utf-8")
    assert schema(name).stdout == lying


def test_without_a_name_all_messages_are_printed_in_one_schema() -> None:
    assert json.loads(schema().stdout)["title"] == "Message"


def test_a_name_that_there_is_not_is_told_with_the_nearest() -> None:
    result = schema("translat")
    assert result.exit_code == 2
    assert "'translation'" in result.stderr


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = schema("ping", "--out", tmp_path / "file" / "below")
    assert result.exit_code == 2
    assert "--out" in result.stderr
