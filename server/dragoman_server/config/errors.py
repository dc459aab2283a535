"""What is wrong with a configuration."""

from __future__ import annotations

from pydantic import ValidationError


class ConfigError(Exception):
    """The configuration cannot be used; the sentence names the key."""


def problems_of(error: ValidationError) -> str:
    """Every problem with the key that it is at."""
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
