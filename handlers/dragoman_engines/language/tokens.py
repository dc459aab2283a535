"""A guess of how many tokens a text has. It is never exact: every model cuts texts in its own way."""

from __future__ import annotations

import math

_BYTES = 3.0
"""Of UTF-8 in a token: 4 in English, 3 in most European languages, and one sign of Chinese is three bytes."""


def estimated_tokens(text: str) -> int:
    """Return about as many tokens as the text has, rather more than fewer."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / _BYTES)
