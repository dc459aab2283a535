"""The token of the operations endpoint: how a setting words it, and what may be one."""

from __future__ import annotations

from pathlib import Path

OPEN = "none"
"""Instead of a token: everyone who reaches the address may ask everything."""
TOKEN_FILE = "file:"  # noqa: S105 - a prefix, not a token
_SHORTEST = 16


class TokenError(Exception):
    """The token cannot be read; the sentence says why."""


def read_token(setting: str | None) -> str | None:
    """Return the token that a setting names: itself, the content of `file:PATH`, or None for `none` and nothing.

    Raises:
        TokenError: the file cannot be read, or holds no token.
    """
    if setting in (None, "", OPEN):
        return None
    if not setting.startswith(TOKEN_FILE):
        return setting
    path = Path(setting.removeprefix(TOKEN_FILE)).expanduser()
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise TokenError(f"sockets.ops_token: {path} cannot be read: {reason}") from error
    problem = token_problem(token)
    if problem is not None:
        raise TokenError(f"sockets.ops_token: {path}: {problem}")
    return token


def token_problem(token: str) -> str | None:
    """Return why this is no token; None where it is one."""
    if len(token) < _SHORTEST:
        return f"a token has at least {_SHORTEST} characters"
    if not token.isascii() or not token.isprintable() or " " in token:
        return "a token is made of ASCII characters without blanks"
    return None
