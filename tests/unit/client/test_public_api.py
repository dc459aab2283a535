"""tests/typing/public_api.py, which mypy checks, has every public name and every call of both clients."""

from __future__ import annotations

import ast

import pytest

import dragoman_client
from dragoman_client import Client, SyncClient
from tests.harness import ROOT

TREE = ast.parse((ROOT / "tests" / "typing" / "public_api.py").read_text(encoding="utf-8"))


def test_every_public_name_is_imported_there() -> None:
    imported = {
        alias.name
        for node in ast.walk(TREE)
        if isinstance(node, ast.ImportFrom) and node.module == "dragoman_client"
        for alias in node.names
    }

    assert imported == {*dragoman_client.__all__, "__version__"}


@pytest.mark.parametrize(("kind", "where"), [(Client, "asynchronous"), (SyncClient, "plain")])
def test_every_public_member_of_a_client_is_used_there(kind: type[object], where: str) -> None:
    [function] = [node for node in TREE.body if getattr(node, "name", None) == where]
    used = {
        node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "client"
    }

    assert used == {name for name in dir(kind) if not name.startswith("_")} | ({"peer"} & used)
