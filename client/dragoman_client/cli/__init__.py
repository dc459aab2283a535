"""The `dragoman` command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dragoman_wire.early_signals import leave_quietly_while_starting

if TYPE_CHECKING:
    from dragoman_client.cli.app import build_app

__all__ = ["build_app", "main"]


def __getattr__(name: str) -> Any:
    """Import the commands when they are first asked for: a server can be told to stop before that."""
    if name != "build_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dragoman_client.cli.app import build_app  # noqa: PLC0415

    return build_app


def main() -> None:
    """Run the command line; does not return.

    Exit codes: 0 all is well, 1 the request failed, 2 wrong usage, 3 the server is unreachable or silent, 4 partly
    failed, 130 interrupted.
    """
    leave_quietly_while_starting()
    import logging  # noqa: PLC0415

    from dragoman_client.cli.app import build_app  # noqa: PLC0415
    from dragoman_client.cli.streams import repair_streams  # noqa: PLC0415

    repair_streams()
    # A lost server is said by the commands, in a sentence.
    logging.getLogger("dragoman_client").addHandler(logging.NullHandler())
    build_app()(prog_name="dragoman")
