"""What is wrong with a configuration."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails


class ConfigError(Exception):
    """The configuration cannot be used; the sentence names the key."""


def problems_of(error: ValidationError) -> str:
    """Describe every problem with the key that it is at."""
    return "; ".join(map(_said, error.errors()))


def _said(problem: ErrorDetails) -> str:
    """Describe one problem: the key, what is wrong with it, and its value where that is short and no secret."""
    key, given = ".".join(map(str, problem["loc"])), problem["input"]
    plain = isinstance(given, (str, int, float)) and not key.endswith(("token", "key"))
    return f"{key}: {problem['msg']}" + (f", not {given!r}" if plain else "")
