"""The areas of attacks: one module each, and importing it enters its attacks into the table."""

from __future__ import annotations

from scripts.attacks import (
    http,
    sockets,
    state,
    wire,
)

NAMES = tuple(module.__name__.rpartition(".")[2] for module in (http, sockets, state, wire))
