"""The `dragoman` command line."""

from __future__ import annotations

from dragoman_client.cli.app import build_app

__all__ = ["build_app", "main"]


def main() -> None:
    """Run the command line; does not return.

    Exit codes: 0 all is well, 1 the request failed, 2 wrong usage, 3 the server is unreachable or silent, 4 partly
    failed, 130 interrupted.
    """
    build_app()(prog_name="dragoman")
