"""When a call is sent again after an error."""

from __future__ import annotations

import pytest

from dragoman_client import DragomanError
from dragoman_client.frames import ReceivedEvent
from dragoman_client.retry import RetryPolicy, passing_error
from dragoman_wire.errors import ERRORS, EngineFailed, Overloaded
from tests.unit.client.conftest import Serve, client_of


def longest(policy: RetryPolicy, error: DragomanError, attempts: int) -> list[float | None]:
    return [policy.wait_s(attempt, error) for attempt in range(attempts)]


def test_without_a_word_of_the_server_waits_double_up_to_a_limit() -> None:
    policy = RetryPolicy(retries=7, spread=lambda low, high: low)
    assert longest(policy, EngineFailed("it raised"), 8) == [0.5, 1, 2, 4, 8, 10, 10, None]


def test_the_time_that_the_server_names_is_waited_for_and_at_most_a_quarter_longer() -> None:
    for spread, waited_s in ((min, 0.7), (max, 0.875)):
        policy = RetryPolicy(retries=1, spread=spread)
        assert policy.wait_s(0, Overloaded("full", retry_after_ms=700)) == pytest.approx(waited_s)


def test_peers_that_were_refused_together_do_not_come_back_together() -> None:
    waits = {RetryPolicy(retries=1).wait_s(0, Overloaded("full", retry_after_ms=1000)) for _ in range(10)}
    assert len(waits) > 1
    assert all(1 <= (wait or 0) <= 1.25 for wait in waits)


def event(code: str, **fields: object) -> ReceivedEvent:
    return ReceivedEvent(
        type="translation_error", fields={"type": "translation_error", "errorCode": code, "error": "no", **fields}
    )


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_what_may_pass_is_what_the_protocol_calls_retryable(error: type[DragomanError]) -> None:
    assert (passing_error([event(error.code)]) is not None) == error.retryable


def test_the_server_says_of_codes_that_this_version_does_not_know_whether_they_may_pass() -> None:
    assert passing_error([event("quota_of_next_year", retryable=True)]) is not None
    assert passing_error([event("forbidden_from_next_year", retryable=False)]) is None


def test_of_several_errors_the_longest_wait_counts() -> None:
    events = [event("overloaded", retryAfterMs=5), event("overloaded", retryAfterMs=900), event("engine_failed")]
    found = passing_error(events)
    assert found is not None
    assert found.retry_after_ms == 900


@pytest.mark.parametrize("code", ["overloaded", "engine_failed", "internal"])
async def test_a_call_goes_on_after_retryable_errors_and_gives_up_after_the_last_attempt(
    serve: Serve, code: str
) -> None:
    server = serve(None)
    async with client_of(server, retries=2) as client:
        server.refuse(code, "translation", retry_after_ms=1, times=2)
        assert (await client.translate("hi", to="pt", task_id="t")).text == "pt(hi)"
        server.refuse(code, "translation", retry_after_ms=1, times=9)
        with pytest.raises(DragomanError, match="refused on demand"):
            await client.translate("hi", to="pt", task_id="u")
    assert [request["taskId"] for request in server.requests if request["type"] == "translation"] == [
        *"ttt",
        *"uuu",
    ]


async def test_what_is_not_retryable_is_not_sent_again(serve: Serve) -> None:
    server = serve(None)
    server.refuse("unsupported_language", "translation", times=9)
    async with client_of(server, retries=5) as client:
        with pytest.raises(DragomanError):
            await client.translate("hi", to="xx")
    assert server.count("translation") == 1
