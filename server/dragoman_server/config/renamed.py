"""Sections and keys that had another name in the version before: the old name is understood for one version more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

RENAMED: Mapping[str, Mapping[str, str]] = {
    "engines": {"audio": "decoder"},
    "lanes": {"audio": "voice"},
    "limits": {"large_header_bytes": "base64_header_bytes"},
}
"""The old and the new name of sections and keys, by the section that they are in."""


def old_names(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the old and the new name, both in full, of everything that has its old name in a source."""
    for outer, names in RENAMED.items():
        inner = tree.get(outer)
        if isinstance(inner, Mapping):
            yield from ((f"{outer}.{old}", f"{outer}.{new}") for old, new in names.items() if old in inner)


def with_new_names(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source with the new names; where it has both, the keys of the new one are in force."""
    return {key: _renamed(value, RENAMED[key]) if key in RENAMED else value for key, value in tree.items()}


def _renamed(section: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(section, Mapping):
        return section  # what is wrong with it is told where keys are checked
    renamed = dict(section)
    for old, new in names.items():
        if old in renamed:
            given = renamed.pop(old)
            now = renamed.get(new)
            if isinstance(given, Mapping) and isinstance(now, Mapping):
                renamed[new] = {**given, **now}
            elif now is None:
                renamed[new] = given
    return renamed
