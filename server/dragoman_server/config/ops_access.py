"""When the operations endpoint needs a token."""

from __future__ import annotations

import ipaddress

from dragoman_wire.ops_token import OPEN, TOKEN_FILE, token_problem


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def access_problem(host: str, ops_token: str) -> str | None:
    """Return why the operations endpoint must not be opened like this; None where it may be."""
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
        ' file:PATH of one, or to "none" to let everyone read and cancel tasks'
    )
