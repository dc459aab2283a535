"""The limits that are checked before anything is allocated for a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WireLimits:
    """Sizes past which a request is refused with `too_large`."""

    header_bytes: int = 1 << 20
    """Length of frame 0."""
    base64_header_bytes: int = 16 << 20
    """The same where frame 0 holds a document or a recording in base64; all else in it is within `header_bytes`."""
    frames: int = 8
    """Binary frames after the header."""
    request_bytes: int = 64 << 20
    """All frames together."""
    languages: int = 128
    """Target languages of one request."""
