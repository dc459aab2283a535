"""What a shell offers when the Tab key is pressed: languages, voices and kinds of models, as the server has them."""

# ruff: noqa: PLC0415 -- the shell loads this at each key: sockets and codecs are imported where they are needed

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import typer

from dragoman_client.cli.settings import Settings

if TYPE_CHECKING:
    from dragoman_client.aio import Client

_PATIENCE_S = 0.7
"""How long a person waits for the Tab key."""
_T = TypeVar("_T")


def complete_language(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer languages."""
    return [code for code in _languages(ctx) if code.startswith(incomplete)]


def complete_languages(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer languages for the last place of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    taken = set(before.split(","))
    return [f"{before}{comma}{code}" for code in _languages(ctx) if code.startswith(last) and code not in taken]


def complete_voice(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer voices, also after `LANG=`."""

    async def names(client: Client) -> list[str]:
        return [voice.name for voice in (await client.voices()).voices]

    before, equals, last = incomplete.rpartition("=")
    return [f"{before}{equals}{name}" for name in _asked(ctx, names) or () if name.startswith(last)]


def complete_model(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the kinds of models of the server."""

    async def names(client: Client) -> list[str]:
        pairs = (await client.languages()).pairs
        return _in_order(pair.model_type for pair in pairs if isinstance(pair.model_type, str))

    found = _asked(ctx, names)
    known = [] if found is None else _in_order([*found, "premium"])
    return [name for name in known if name.startswith(incomplete)]


def _languages(ctx: typer.Context) -> list[str]:
    async def codes(client: Client) -> list[str]:
        found = await client.languages()
        of_pairs = [code for pair in found.pairs for code in (pair.source, pair.target)]
        several = [code for pair in found.pairs if isinstance(pair.languages, list) for code in pair.languages]
        return _in_order([*of_pairs, *several, *found.transcription, *found.speech])

    return _asked(ctx, codes) or []


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name not in ("*", "")})


def _asked(ctx: typer.Context, question: Callable[[Client], Awaitable[_T]]) -> _T | None:
    """Ask the server that the command line names; None where it does not answer at once."""
    import asyncio

    from dragoman_client.aio import Client
    from dragoman_client.errors import ClientError
    from dragoman_wire.errors import DragomanError

    given = ctx.find_root().obj
    settings = given if isinstance(given, Settings) else Settings()

    async def ask() -> _T:
        client = Client(settings.requests, settings.routed, timeout_s=_PATIENCE_S, connect_timeout_s=_PATIENCE_S)
        async with client:
            return await question(client)

    try:
        return asyncio.run(ask())
    except (ClientError, DragomanError, OSError):
        return None
