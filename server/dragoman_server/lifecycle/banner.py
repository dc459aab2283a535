"""The banner of a server that was started on a terminal: where it listens, and commands to try."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from dragoman_engines.base import Capabilities
from dragoman_server.config import SocketsConfig

_GREETINGS = {
    "en": "Good morning",
    "pt": "Bom dia",
    "es": "Buenos días",
    "fr": "Bonjour",
    "de": "Guten Morgen",
    "it": "Buongiorno",
    "nl": "Goedemorgen",
}
"""Something to translate, by its language."""
_ANY_HOST = ("0.0.0.0", "*", "[::]")  # noqa: S104 - compared with, not bound to


def welcome(endpoints: Mapping[str, str], translation: Capabilities | None) -> str:
    """Return the lines of the banner.

    Args:
        endpoints: the addresses that were bound, by the names of `[sockets]`.
        translation: of the translation engine, where it is ready.
    """
    lines = [
        f"Requests go to {endpoints['requests']}; answers come from {endpoints['routed']}, or without a replyTo from",
        f"{endpoints['events']}. The dashboard is at {endpoints['ops']}. Try, in another terminal:",
        *(f"    {_dragoman(endpoints)} {words}" for words in _to_try(translation)),
        "Ctrl-C stops the server, once what is in flight is done.",
    ]
    return "\n".join(lines)


def _to_try(translation: Capabilities | None) -> list[str]:
    words = ["ping", "load --duration 5", "stats"]
    pair = _pair(translation)
    if pair is not None:
        words[0] = f'translate "{_GREETINGS[pair[0]]}" --from {pair[0]} --to {pair[1]}'
    if pair != ("en", "pt"):
        words[1] = "load --duration 5 --mix ping"
    return words


def _pair(translation: Capabilities | None) -> tuple[str, str] | None:
    """Return a pair of languages that the engine translates between and that we have a greeting for."""
    if translation is None:
        return None
    if not translation.pairs or ("en", "pt") in translation.pairs:
        return "en", "pt"
    return next((pair for pair in translation.pairs if pair[0] in _GREETINGS), None)


def _dragoman(endpoints: Mapping[str, str]) -> str:
    """Return the command with the options that it needs to reach this server from this machine."""
    words = [_program()]
    for name, default in SocketsConfig().model_dump().items():
        reachable = _reachable(endpoints[name]) if name in ("requests", "routed") else default
        if reachable != default:
            words += [f"--{name}", reachable]
    return shlex.join(words)


def _reachable(endpoint: str) -> str:
    scheme, _, rest = endpoint.partition("://")
    host, colon, port = rest.rpartition(":")
    if not colon or host not in _ANY_HOST:
        return endpoint
    return f"{scheme}://{'[::1]' if host == '[::]' else '127.0.0.1'}:{port}"


def _program() -> str:
    """Return `dragoman`, or its path if a shell would not find it."""
    beside = Path(sys.executable).parent / "dragoman"
    if shutil.which("dragoman") or not beside.is_file():
        return "dragoman"
    here = Path.cwd()
    return f"./{beside.relative_to(here)}" if beside.is_relative_to(here) else str(beside)
