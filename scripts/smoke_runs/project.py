"""What pyproject.toml promises: which Pythons, and which versions of which packages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent.parent
EXTRAS = ("server", "models", "top", "otel")
"""What is installed. `models-large` is left out: 250 MB of files whose versions are pinned, so there is no choice."""
_CLASSIFIER = "Programming Language :: Python :: "
_BOUNDS = (">=", "==")


@cache
def _project() -> Mapping[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def supported_pythons() -> list[str]:
    """List the minor versions of the classifiers, such as 3.11, the oldest first."""
    return [
        text.removeprefix(_CLASSIFIER) for text in _project()["classifiers"] if text.startswith(_CLASSIFIER + "3.")
    ]


def required_python() -> str:
    """Read what installers hold an interpreter against."""
    return str(_project()["requires-python"])


def requirements(extras: Iterable[str] = EXTRAS) -> list[Requirement]:
    """List what the bare install and these extras need."""
    optional: Mapping[str, list[str]] = _project()["optional-dependencies"]
    lines = [*_project()["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [Requirement(line) for line in lines]


def all_requirements() -> list[Requirement]:
    """List what the bare install and every extra need."""
    return requirements(_project()["optional-dependencies"])


def lowest_version(requirement: Requirement) -> Version | None:
    """Read the lowest version that a requirement allows; None where it names none."""
    bounds = [Version(part.version) for part in requirement.specifier if part.operator in _BOUNDS]
    return max(bounds, default=None)


def untrue_bounds(installed: Mapping[str, str], python: str) -> list[str]:
    """Say which lower bounds could not be installed, so that nothing is known about them.

    Args:
        installed: version by canonical name, from an install with the lowest versions.
        python: its minor version.
    """
    found = []
    for requirement in requirements():
        if requirement.marker is not None and not requirement.marker.evaluate({"python_version": python}):
            continue
        got = installed.get(canonicalize_name(requirement.name), "none")
        if got == "none" or Version(got) != lowest_version(requirement):
            found.append(f"pyproject.toml says {requirement}, but the lowest that can be installed is {got}")
    return found
