"""When the operations endpoint needs a token, and what may be one."""

from __future__ import annotations

import ipaddress
from pathlib import Path

OPEN = "none"
"""Instead of a token: whoever reaches the address may ask everything."""
TOKEN_FILE = "file:"  # noqa: S105 - a prefix, not a token
_SHORTEST = 16


class TokenError(Exception):
    """The token cannot be had; the sentence says why."""


def read_token(setting: str) -> str | None:
    """The token that `sockets.ops_token` sets, from its file where it names one; None where none is asked for.

    Raises:
        TokenError: the file cannot be read, or holds none.
    """
    if setting in ("", OPEN):
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


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def token_problem(token: str) -> str | None:
    """Why this is no token."""
    if len(token) < _SHORTEST:
        return f"a token has at least {_SHORTEST} characters"
    if not token.isascii() or not token.isprintable() or " " in token:
        return "a token is made of ASCII characters without blanks"
    return None


def access_problem(host: str, ops_token: str) -> str | None:
    """Why the operations endpoint must not be opened like this."""
    if ops_token == OPEN or ops_token.startswith(TOKEN_FILE):
        return None
    if ops_token and not ops_token.strip("*"):
        return "ops_token: the stars stand for a token in the output of check-config; give the token, or file:PATH"
    if ops_token:
        problem = token_problem(ops_token)
        return f"ops_token: {problem}" if problem else None
    if is_loopback(host):
        return None
    return (
        f"ops is bound to {host}, which others can reach: set ops_token to a secret of 16 characters or more, or to"
        ' file:PATH of one, or to "none" to let everybody read and cancel tasks'
    )
