"""A fresh virtual environment with Dragoman in it: our wheel, and wheels of all that it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_name

from scripts.smoke_runs.interpreters import Interpreter
from scripts.smoke_runs.project import EXTRAS, ROOT, requirements

Choice = Literal["newest", "lowest"]
_RESOLUTION = {"newest": "highest", "lowest": "lowest-direct"}
"""The lowest versions of what pyproject.toml names; of what those need in their turn, it says nothing."""
INSTALL_S = 900.0
"""All wheels are about 300 MB where none is in uv's cache."""
_SAID_LINES = 8


class InstallFailed(Exception):
    """The packages could not be installed; the sentence is the installer's, which names the package."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment in a folder of its own."""

    folder: Path
    installed: dict[str, str]
    """The version of every package, by its canonical name."""

    @property
    def python(self) -> Path:
        """Return the environment's interpreter."""
        return self.folder / "bin" / "python"


def build_wheel(folder: Path) -> Path:
    """Build the project's wheel into a folder.

    Raises:
        InstallFailed: it cannot be built.
    """
    _run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)])
    return next(folder.glob("*.whl"))


def install(folder: Path, interpreter: Interpreter, choice: Choice, wheel: Path) -> Environment:
    """Make an environment in a new folder. Wheels come from uv's cache where they are there.

    Nothing is compiled: a package that has no wheel for the interpreter is named in the error, but for docopt.

    Raises:
        InstallFailed: a package is missing, or the network is.
    """
    _run_uv("venv", "--python", str(interpreter.path), str(folder))
    into = ("--python", str(folder / "bin" / "python"))
    # docopt, which num2words asks for, has never had a wheel; it is one file of Python.
    resolution = ("--resolution", _RESOLUTION[choice], "--only-binary", ":all:", "--no-binary", "docopt")
    # What the wheel needs is named beside it, or uv would not choose the lowest versions of that.
    needed = map(str, requirements())
    _run_uv("pip", "install", *into, *resolution, f"dragoman[{','.join(EXTRAS)}] @ {wheel.as_uri()}", *needed)
    listed = json.loads(_run_uv("pip", "list", *into, "--format", "json"))
    return Environment(
        folder=folder, installed={canonicalize_name(one["name"]): str(one["version"]) for one in listed}
    )


def _run_uv(*arguments: str) -> str:
    return _run([sys.executable, "-m", "uv", "--quiet", "--no-python-downloads", *arguments])


def _run(command: list[str]) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise InstallFailed(f"not installed within {INSTALL_S:g} s") from error
    except subprocess.CalledProcessError as error:
        raise InstallFailed("\n".join(error.stderr.strip().splitlines()[:_SAID_LINES])) from error
    return done.stdout
