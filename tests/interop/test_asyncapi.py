"""The AsyncAPI document is one to AsyncAPI's own parser."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.harness import PATIENCE_S, ROOT
from tests.interop.conftest import MODULES

HERE = ROOT / "tests" / "interop"
ERROR, WARNING = 0, 1


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8"))
    return found


def complaints(node: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    """What the parser finds wrong, or doubtful, in a document."""
    if not (MODULES / "@asyncapi" / "parser").is_dir():
        pytest.skip("the packages of tests/interop are not installed; scripts/test does it where npm is there")
    done = subprocess.run(
        [node, HERE / "asyncapi.mjs"],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return [each for each in json.loads(done.stdout) if each["severity"] <= WARNING]


def test_the_asyncapi_document_is_valid(node: str, document: dict[str, Any]) -> None:
    assert complaints(node, document) == []


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (("operations", "ping"), "action", "ask"),
        (("operations", "stats"), "channel", {"$ref": "#/channels/weather"}),
        (("components", "schemas", "Pong"), "type", "thing"),
    ],
)
def test_the_validator_finds_what_is_wrong(
    node: str, document: dict[str, Any], place: tuple[str, ...], name: str, value: object
) -> None:
    part = document
    for each in place:
        part = part[each]
    part[name] = value
    assert ERROR in {each["severity"] for each in complaints(node, document)}
