"""The limits that are checked before anything is allocated for a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WireLimits:
    """Sizes past which a request is refused with `too_large`."""

    header_bytes: int = 1 << 20
    """Length of frame 0."""
    frames: int = 8
    """Binary frames after the header."""
    request_bytes: int = 64 << 20
    """All frames together."""
    languages: int = 64
    """Target languages of one request."""
