"""Numbers that no program can go on with: those that are not finite, and integers past all floating-point numbers.

msgspec refuses them where it decodes a number of JSON. These functions find the others, wherever they stand: in
msgpack, in integers, and in fields that are skipped.
"""

from __future__ import annotations

import math
from typing import Any

_MOST_DIGITS = 308
_MOST_BITS = 1024
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG_RUN = b"0" * (_MOST_DIGITS + 1)
# The first two bytes of a floating-point number of msgpack whose exponent is all ones, or nearly.
_SIGNS = (b"\xca\x7f", b"\xca\xff", b"\xcb\x7f", b"\xcb\xff")


def json_may_hold_odd_number(header: bytes) -> bool:
    """Return whether a JSON header has a run of digits that is too long for a number; a text may have it too."""
    return len(header) > _MOST_DIGITS and _LONG_RUN in header.translate(_DIGITS)


def msgpack_may_hold_odd_number(header: bytes) -> bool:
    """Return whether a msgpack header has bytes that a number which is not finite has; a text may have them too."""
    return any(sign in header for sign in _SIGNS)


def holds_odd_number(value: Any) -> bool:
    """Return whether such a number is anywhere in a decoded header."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            rest += each.keys()
            rest += each.values()
        elif isinstance(each, list | tuple):
            rest += each
        elif isinstance(each, float):
            if not math.isfinite(each):
                return True
        elif isinstance(each, int) and each.bit_length() > _MOST_BITS:
            return True
    return False
