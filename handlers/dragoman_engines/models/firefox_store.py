"""Pairs of the Firefox Translations model store, found and fetched as fxtranslate does it.

The store delivers models to browsers: a pair is fetched once, by `dragoman models pull`, and never by a server. The
library checks each file against the hash that the store states for it.
"""

from __future__ import annotations

import re
from pathlib import Path

from dragoman_engines.base import ModelMissing
from dragoman_engines.models.entry import Entry
from dragoman_engines.models.files import hash_file
from dragoman_engines.models.pairs import PAIR

INSTALL = "pip install 'dragoman[models]'"
_REQUEST = re.compile(r"(?:GET )?https?://\S+: ")
"""The words of the library before the reason, several times over."""


def fetch_pair(entry: Entry, folder: Path) -> dict[str, str]:
    """Download a pair, both its legs where it goes through another language; return the sha256 of each file.

    Raises:
        ModelMissing: the library is not here, there is no such pair, or it cannot be fetched.
    """
    match = PAIR.fullmatch(entry.place)
    if match is None:
        raise ModelMissing(f"{entry.source!r} names no pair; write firefox:SOURCE-TARGET, for example firefox:de-en")
    try:
        # The command line starts without the engines' libraries.
        from fxtranslate import discovery  # noqa: PLC0415
    except ImportError as error:
        raise ModelMissing(f"the library fxtranslate is not installed; run: {INSTALL}") from error
    try:
        discovery.add_models(match[1], match[2], cache_dir=str(folder))
    except ValueError as error:
        reason = _REQUEST.sub("", str(error))
        raise ModelMissing(
            f"the translation from {match[1]} to {match[2]} could not be fetched ({reason});"
            f" run where there is a net: dragoman models pull {entry.name}",
        ) from error
    files = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder): path for path in files}
    return {
        name.as_posix(): hash_file(path)
        for name, path in names.items()
        if not any(part.startswith(".") for part in name.parts)
    }
