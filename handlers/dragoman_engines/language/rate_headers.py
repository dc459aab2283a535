"""What a model's server says of its limits in the headers of an answer: when to come again, and what is left."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dragoman_engines.language.budget import Told

LONGEST_S = 600.0
"""A server may be wrong or hostile: it never stops us for longer."""
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS_S = (86_400.0, 3600.0, 60.0, 1.0, 0.001)
_MOST_CHARS = 64


def retry_after_s(headers: Mapping[str, str], now_unix_s: float) -> float | None:
    """Return the seconds after which to ask again, as the headers say: at most ten minutes; None where they do not.

    Args:
        headers: by names in small letters. `retry-after-ms` is more exact than `retry-after`, which has seconds or a
            date.
        now_unix_s: the Unix time, for dates.
    """
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return _bounded(exact / 1000)
    return _seconds(headers.get("retry-after"), now_unix_s)


def told_limits(headers: Mapping[str, str], now_unix_s: float) -> dict[str, Told]:
    """Return what is left of `requests` and of `tokens`, where the headers say that and when it is reset."""
    found: dict[str, Told] = {}
    for name in ("requests", "tokens"):
        left = _number(headers.get(f"x-ratelimit-remaining-{name}"))
        reset_s = _seconds(headers.get(f"x-ratelimit-reset-{name}"), now_unix_s)
        if left is not None and reset_s is not None:
            found[name] = Told(left=max(0.0, left), reset_s=reset_s)
    return found


def _seconds(value: str | None, now_unix_s: float) -> float | None:
    """Read seconds, a duration such as `6m0s`, or a date."""
    if value is None or not 0 < len(value.strip()) <= _MOST_CHARS:
        return None
    value = value.strip()
    number = _number(value)
    if number is not None:
        return _bounded(number)
    duration = _DURATION.fullmatch(value)
    if duration is not None:
        parts = zip(duration.groups(), _UNITS_S, strict=True)
        return _bounded(sum(float(part) * unit_s for part, unit_s in parts if part))
    moment = _moment(value)
    return None if moment is None else _bounded(moment - now_unix_s)


def _moment(value: str) -> float | None:
    """Read a date as HTTP or as ISO 8601 writes it."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _number(value: str | None) -> float | None:
    if value is None or len(value) > _MOST_CHARS:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(LONGEST_S, max(0.0, seconds))
