from __future__ import annotations

from email.utils import formatdate

import pytest

from dragoman_engines.language.budget import Told
from dragoman_engines.language.rate_headers import LONGEST_S, retry_after_s, told_limits

NOW_S = 1_785_150_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 20 ", 20.0),
        ("-3", 0.0),
        ("99999999", LONGEST_S),
        (formatdate(NOW_S + 30, usegmt=True), 30.0),
        (formatdate(NOW_S - 30, usegmt=True), 0.0),
        ("2026-07-27T11:00:30Z", 30.0),
        ("6m0s", 360.0),
        ("1h30m", LONGEST_S),
        ("250ms", 0.25),
        ("1m2.5s", 62.5),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("9" * 100, None),
        ("Mon, 99 Jul 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_a_date_or_a_duration(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}, NOW_S) == seconds


def test_milliseconds_are_more_exact_than_seconds() -> None:
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "1"}, NOW_S) == 0.25
    assert retry_after_s({"retry-after-ms": "x", "retry-after": "1"}, NOW_S) == 1.0
    assert retry_after_s({}, NOW_S) is None


def test_what_is_left_is_read_with_the_time_of_its_reset() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "3",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-remaining-tokens": "-5",
        "x-ratelimit-reset-tokens": "6m0s",
    }

    assert told_limits(headers, NOW_S) == {"requests": Told(left=3, reset_s=0.12), "tokens": Told(left=0, reset_s=360)}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining-requests": "3"},
        {"x-ratelimit-reset-requests": "1s"},
        {"x-ratelimit-remaining-requests": "many", "x-ratelimit-reset-requests": "1s"},
        {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "later"},
    ],
)
def test_half_of_what_is_said_says_nothing(headers: dict[str, str]) -> None:
    assert told_limits(headers, NOW_S) == {}
