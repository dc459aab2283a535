"""Units through a model of another server: the real SDK on a server in memory, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dragoman_engines.language.budget import Limits
from dragoman_engines.language.gate import Bounds
from dragoman_engines.language.openai_chat import OpenAIChat, OpenAISettings
from dragoman_engines.language.remote import RemoteModel, RemoteSettings
from dragoman_engines.language.retries import RetryPolicy
from dragoman_engines.language.usage import Prices, UsageLedger, day_of
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.work import CorrectedText, CorrectText
from dragoman_wire.errors import EngineFailed, EngineUnavailable, TooLarge
from tests.chat_server import Reply, Script, error, in_memory
from tests.virtual_time import now_s, run_virtual

UNIX_S = 1_785_150_000.0
STEADY = RetryPolicy(chance=lambda: 1.0)
KEY = "sk-secret-0123456789"


def model_of(script: Script, ledger: UsageLedger | None = None, **settings: Any) -> RemoteModel:
    """A model whose server is the script."""
    given = {"name": "test", "retries": STEADY, **settings}
    chat = OpenAIChat(OpenAISettings(model="test", base_url="http://chat.test/v1", api_key=KEY), in_memory(script))
    return RemoteModel(
        RemoteSettings(**given), chat, ledger or UsageLedger(), clock=now_s, unix=lambda: UNIX_S + now_s()
    )


def running(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()

    run_virtual(run())


async def corrected(model: RemoteModel, text: str = "Teh end.", peer: str = "anna") -> CorrectedText:
    return (await model.run(CorrectText(text=text, language="en"), Ticket(peer=peer))).result


async def outcomes(model: RemoteModel, count: int) -> list[Any]:
    return await asyncio.gather(*(corrected(model, f"Text {each}.") for each in range(count)), return_exceptions=True)


def test_a_unit_is_answered_with_what_it_took() -> None:
    script = Script(lambda text: text.replace("Teh", "The"))

    async def work() -> None:
        ledger = UsageLedger()
        model = model_of(script, ledger, prices=Prices(input=1e6, output=1e6))
        result = await corrected(model)
        assert result.text == "The end."
        assert (result.usage.requests, result.usage.retries) == (1, 0)
        assert result.usage.cost == result.usage.prompt_tokens + result.usage.completion_tokens
        assert ledger.on(day_of(UNIX_S), "test").requests == 1
        assert list(ledger.peers(day_of(UNIX_S), "test")) == ["anna"]

    running(work)
    [asked] = script.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.body["model"] == "test"


def test_calls_are_never_more_than_its_concurrency() -> None:
    script = Script(otherwise=lambda _: Reply(delay_s=3.0))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=4))
        await outcomes(model, 50)
        assert now_s() == pytest.approx(13 * 3.0, abs=0.1)

    running(work)
    assert script.most_at_work == 4


def test_what_can_get_better_is_asked_again_with_the_same_key_and_nothing_else_repeats_it() -> None:
    script = Script()
    script.tell(Reply(status=500), Reply(status=503), Reply(status=408))

    async def work() -> None:
        result = await corrected(model_of(script))
        assert (result.usage.requests, result.usage.retries) == (4, 3)
        assert now_s() == pytest.approx(0.5 + 1.0 + 2.0, abs=0.05)

    running(work)
    assert len(script.asked) == 4
    assert len({each.headers["idempotency-key"] for each in script.asked}) == 1


def test_after_three_repeats_it_fails() -> None:
    script = Script(otherwise=lambda _: Reply(status=500))

    async def work() -> None:
        with pytest.raises(EngineFailed, match="HTTP 500"):
            await corrected(model_of(script))

    running(work)
    assert len(script.asked) == 4


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_is_not_asked_again_and_does_not_tell_the_key(status: int) -> None:
    script = Script(otherwise=lambda _: Reply(status=status, body=error(status, f"too odd for {KEY}")))

    async def work() -> None:
        with pytest.raises(EngineFailed, match=rf"\(HTTP {status}\): too odd for \*\*\*"):
            await corrected(model_of(script))

    running(work)
    assert len(script.asked) == 1


def test_a_key_that_is_not_good_stops_all_calls_for_a_while() -> None:
    script = Script(otherwise=lambda number: Reply(status=401) if number < 4 else Reply())

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=1))
        found = await outcomes(model, 10)
        assert {type(each) for each in found} == {EngineUnavailable}
        assert len(script.asked) == 1, "the others were refused without a call"
        await asyncio.sleep(31)
        await outcomes(model, 1)
        assert len(script.asked) == 2

    running(work)


def test_an_account_without_credit_is_not_asked_again() -> None:
    body = error(429, "You exceeded your current quota", "insufficient_quota")
    script = Script(otherwise=lambda _: Reply(status=429, body=body))

    async def work() -> None:
        with pytest.raises(EngineUnavailable, match="no credit"):
            await corrected(model_of(script))

    running(work)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("headers", "waits_s"),
    [
        ({"retry-after": "7"}, 7.7),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.65),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s"}, 12.0),
        ({}, 0.5),
    ],
)
def test_too_many_requests_stop_the_whole_bucket_for_as_long_as_the_server_says(
    headers: dict[str, str], waits_s: float
) -> None:
    script = Script()
    script.tell(Reply(status=429, headers=headers))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=1))
        found = await outcomes(model, 3)
        assert not [each for each in found if isinstance(each, Exception)]
        assert model.gate.rate.share < 1.0

    running(work)
    first, *others = script.asked
    assert min(each.at_s for each in others) - first.at_s == pytest.approx(waits_s, abs=0.05)
    assert [each.text for each in script.asked] == ["Text 0.", "Text 0.", "Text 1.", "Text 2."], "the order is kept"


def test_repeats_are_at_most_a_tenth_of_the_calls_beside_the_first_ten() -> None:
    script = Script(otherwise=lambda number: Reply(status=500 if number % 3 == 0 else 200))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=10))
        await outcomes(model, 300)

    running(work)
    assert len(script.asked) <= 300 * 1.1 + 10


def test_requests_wait_while_the_circuit_is_open_and_all_are_answered_when_the_server_is_back() -> None:
    script = Script(otherwise=lambda number: Reply(status=500) if now_s() < 100 else Reply())

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=4))
        found = await outcomes(model, 20)
        assert not [each for each in found if isinstance(each, Exception)]
        assert model.gate.breaker.opened >= 1

    running(work)
    assert len([each for each in script.asked if each.at_s < 100]) < 25, "the server was left alone"


def test_requests_are_refused_while_the_circuit_is_open_where_they_are_not_to_wait() -> None:
    script = Script(otherwise=lambda _: Reply(status=500))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=1), on_open="refuse", retries=RetryPolicy(most=0))
        found = await outcomes(model, 20)
        assert {type(each) for each in found} == {EngineFailed, EngineUnavailable}
        with pytest.raises(EngineUnavailable, match="left alone") as refusal:
            await corrected(model)
        assert refusal.value.retry_after_ms is not None

    running(work)
    assert len(script.asked) == 5


def test_a_call_that_takes_too_long_is_broken_off_and_made_again() -> None:
    script = Script()
    script.tell(Reply(way="stall"))

    async def work() -> None:
        assert (await corrected(model_of(script, timeout_s=20.0))).usage.retries == 1
        assert now_s() == pytest.approx(20.5, abs=0.05)

    running(work)


def test_a_cancelled_unit_leaves_nothing_behind() -> None:
    script = Script(otherwise=lambda _: Reply(delay_s=5.0))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=1))
        tasks = [asyncio.create_task(corrected(model, f"Text {each}.")) for each in range(3)]
        await asyncio.sleep(1)
        tasks[0].cancel()
        tasks[1].cancel()
        assert (await tasks[2]).text == "Text 2."
        assert (model.gate.active, model.gate.waiting, model.purse.reserved) == (0, 0, 0)

    running(work)
    assert [each.text for each in script.asked] == ["Text 0.", "Text 2."]


def test_a_unit_that_is_larger_than_a_minute_is_refused_without_a_call() -> None:
    script = Script()

    async def work() -> None:
        model = model_of(script, bounds=Bounds(limits=Limits(tokens_per_minute=100)))
        with pytest.raises(TooLarge, match="tokens_per_minute"):
            await corrected(model)

    running(work)
    assert script.asked == []


def test_the_money_of_a_day_is_never_passed_by_calls_at_a_time() -> None:
    script = Script(otherwise=lambda _: Reply(delay_s=1.0))

    async def work() -> None:
        ledger = UsageLedger()
        model = model_of(
            script,
            ledger,
            bounds=Bounds(concurrency=10),
            prices=Prices(input=1000.0, output=1000.0),
            budget_per_day=2.0,
        )
        found = await outcomes(model, 50)
        assert 0 < ledger.on(day_of(UNIX_S), "test").cost <= 2.0
        refused = [each for each in found if isinstance(each, EngineUnavailable)]
        assert refused
        assert "budget of 2" in refused[0].message
        assert refused[0].retry_after_ms
        assert (model.gate.active, model.gate.waiting) == (0, 0)

    running(work)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {"prompt_tokens": -5, "completion_tokens": 10**12, "total_tokens": 1},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 10**9, "completion_tokens": 1, "total_tokens": 1},
    ],
)
def test_a_server_that_lies_about_its_tokens_is_not_believed(usage: Any) -> None:
    script = Script(otherwise=lambda _: Reply(usage=usage))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(limits=Limits(tokens_per_minute=100_000)))
        result = await corrected(model)
        assert 50 < result.usage.prompt_tokens < 1000
        assert 0 < result.usage.completion_tokens < 200
        used = model.gate.budget.used(now_s())["tokens_per_minute"]
        assert used == result.usage.prompt_tokens + result.usage.completion_tokens

    running(work)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>Bad gateway</html>",
        "[]",
        "null",
        "7",
        '{"choices": []}',
        '{"choices": null}',
        '{"choices": [{"message": null}]}',
        '{"choices": [{"finish_reason": "stop", "message": {"content": null}}]}',
        '{"choices": [{"finish_reason": "stop", "message": {"content": 5}}]}',
        '{"choices": [{"finish_reason": "stop", "message": {"content": "  "}}]}',
        '{"choices": [{"finish_reason": "stop", "message": {"content": "half',
        '{"id": "x"}',
    ],
)
def test_an_answer_that_is_none_is_asked_for_again(body: str) -> None:
    script = Script()
    script.tell(Reply(body=body))

    async def work() -> None:
        assert (await corrected(model_of(script))).usage.retries == 1

    running(work)


def test_an_answer_that_was_cut_is_a_failure() -> None:
    body = '{"choices": [{"finish_reason": "length", "message": {"content": "The"}}]}'
    script = Script(otherwise=lambda _: Reply(body=body))

    async def work() -> None:
        with pytest.raises(EngineFailed, match="cut"):
            await corrected(model_of(script))

    running(work)
    assert len(script.asked) == 1


def test_the_place_in_line_is_told_and_told_again_as_it_changes() -> None:
    script = Script(otherwise=lambda _: Reply(delay_s=0.5))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=10, pause_s=1.0))
        told: list[tuple[int, float | None]] = []
        unit = CorrectText(text="Last.", language="en")
        others = [asyncio.create_task(corrected(model, f"Text {each}.")) for each in range(10)]
        await asyncio.sleep(0)
        await model.run(unit, Ticket(), lambda position, wait_s: told.append((position, wait_s)))
        await asyncio.gather(*others)
        positions = [position for position, _ in told]
        assert positions == sorted(positions, reverse=True)
        assert told[0][0] == 10
        assert told[0][1] == pytest.approx(10.0)
        assert len(told) >= 4

    running(work)


def test_what_waits_is_refused_when_the_server_stops() -> None:
    script = Script(otherwise=lambda _: Reply(delay_s=5.0))

    async def work() -> None:
        model = model_of(script, bounds=Bounds(concurrency=1))
        tasks = [asyncio.create_task(corrected(model, f"Text {each}.")) for each in range(2)]
        await asyncio.sleep(1)
        await model.close()
        with pytest.raises(EngineUnavailable, match="stopping"):
            await tasks[1]
        with pytest.raises(EngineUnavailable, match="stopping"):
            await corrected(model)

    running(work)
