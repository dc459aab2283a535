"""Where a server listens by default, and so where a client asks."""

from __future__ import annotations

DEFAULT_REQUESTS = "tcp://127.0.0.1:5555"
DEFAULT_EVENTS = "tcp://127.0.0.1:5558"
DEFAULT_ROUTED = "tcp://127.0.0.1:5559"
DEFAULT_OPS = "http://127.0.0.1:8088"
