"""What `scripts/smoke` is told by pyproject.toml, and how it finds the Pythons of a machine. Nothing is installed."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts.smoke_runs import project
from scripts.smoke_runs.interpreters import NoSuchPython, find, named
from tests.harness import ROOT
from tests.unit.test_layout import PACKAGES, imported_by, sources_of

OWN = ".".join(map(str, sys.version_info[:2]))
CI = ROOT / ".github" / "workflows" / "ci.yml"
THROUGH_ANOTHER = {"pydantic_core"}
"""What a dependency of ours asks for in one version only, as pydantic does for its core."""


def fake_python(path: Path, says: str) -> Path:
    """Write a program that answers as an interpreter does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{says}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def test_every_dependency_has_a_lowest_version() -> None:
    unbounded = [str(one) for one in project.all_requirements() if project.lowest_version(one) is None]

    assert unbounded == []


def test_every_package_that_is_imported_is_a_dependency_of_ours() -> None:
    sources = (path for package in PACKAGES for path in sources_of(package))
    modules = {module.partition(".")[0] for path in sources for module in imported_by(path)} - set(PACKAGES)
    stated = {canonicalize_name(one.name) for one in project.all_requirements()}
    owners = packages_distributions()

    by_accident = {
        module
        for module in modules & set(owners)
        if stated.isdisjoint(map(canonicalize_name, owners[module])) and module not in THROUGH_ANOTHER
    }
    assert by_accident == set()


def test_the_oldest_python_of_the_classifiers_is_the_one_that_is_required() -> None:
    pythons = project.supported_pythons()

    assert pythons == sorted(pythons, key=Version)
    assert project.required_python() == f">={pythons[0]}"


def test_hosted_ci_runs_on_every_python_of_the_classifiers() -> None:
    text = CI.read_text(encoding="utf-8")
    versions = [json.loads(found) for found in re.findall(r"^ +python: (\[.*\])$", text, re.MULTILINE)]

    assert versions == [project.supported_pythons()] * text.count("matrix:")


def test_a_lowest_version_that_cannot_be_installed_is_named() -> None:
    lowest: dict[str, str] = {
        canonicalize_name(one.name): str(project.lowest_version(one)) for one in project.requirements()
    }

    assert project.untrue_bounds(lowest, OWN) == []
    [problem] = project.untrue_bounds(lowest | {"av": "99.0"}, OWN)
    assert problem.startswith("pyproject.toml says av>=")
    assert problem.endswith("but the lowest that can be installed is 99.0")


@pytest.mark.parametrize("name", [OWN, f"python{OWN}", sys.executable])
def test_a_python_is_found_by_its_version_its_command_and_its_path(name: str) -> None:
    assert named(name, project.supported_pythons()).minor == OWN


def test_a_shim_that_leads_nowhere_does_not_hide_the_python_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = fake_python(tmp_path / "shims" / "python3.99", "exit 127")
    there = fake_python(tmp_path / "pyenv/versions/3.99.1/bin/python3.99", f"echo CPython 3.99.1 {tmp_path}/real")
    monkeypatch.setenv("PATH", str(shim.parent), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))

    found = find("3.99")

    assert there.is_file()
    assert found is not None
    assert (found.version, found.path) == ("3.99.1", tmp_path / "real")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("python3.98", "python3.98 is no Python that works on this machine"),
        ("old", "old is Python 3.6.1; dragoman is made for 3.11"),
        ("other", "other is no Python that works on this machine"),
    ],
)
def test_a_python_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    fake_python(tmp_path / "old", "echo CPython 3.6.1 /old")
    fake_python(tmp_path / "other", "echo PyPy 3.11.1 /other")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(NoSuchPython) as refused:
        named(name, project.supported_pythons())
    assert str(refused.value).startswith(sentence)
