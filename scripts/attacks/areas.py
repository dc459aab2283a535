"""The areas of attacks: one module each, and importing it enters its attacks into the table."""

from __future__ import annotations

from scripts.attacks import (
    amplification,
    http,
    sockets,
    state,
    wire,
)

NAMES = tuple(module.__name__.rpartition(".")[2] for module in (amplification, http, sockets, state, wire))
