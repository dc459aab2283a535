"""Files inside installed packages, found without importing them: an import would bring in all that they import."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def package_folder(package: str) -> Path | None:
    """Find where an installed package lies; None where it is not installed."""
    # find_spec of a dotted name would import the packages above it.
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
