"""A language model of another server: its line, its budgets, and the one place where a call is made again.

Calls are made in the event loop; a model of another server needs no process here.
"""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import structlog

from dragoman_engines.base import Capabilities
from dragoman_engines.language.chat import CallFailed, ChatModel, Completion
from dragoman_engines.language.gate import Bounds, Gate
from dragoman_engines.language.line import Call
from dragoman_engines.language.prompts import (
    ChatPrompt,
    correction_prompt,
    extraction_prompt,
    prompts_revision,
    unwrapped,
)
from dragoman_engines.language.rate_headers import retry_after_s, told_limits
from dragoman_engines.language.retries import RetryBudget, RetryPolicy
from dragoman_engines.language.tokens import estimated_tokens
from dragoman_engines.language.usage import Prices, Purse, UsageLedger, Used, day_of, until_tomorrow_s
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.unit import Answer
from dragoman_engines.work import CorrectedText, CorrectText, ExtractData, ExtractedData, R, Usage, Work
from dragoman_wire.errors import DragomanError, EngineFailed, EngineUnavailable, InternalFault

log = structlog.get_logger()

OnQueued = Callable[[int, float | None], None]
"""Told a call's place in the line, from 1, and the seconds that it will probably wait, where that is known."""
DENIED_S = 30.0
"""So long no call is made with a key that is not good, or with an account without credit."""
_TELL_EVERY_S = 2.0
_DOUBT = 8.0
"""A server that says so many times more or less tokens than were guessed is not believed."""


@dataclass(frozen=True, kw_only=True)
class RemoteSettings:
    """How a model of another server is used."""

    name: str
    """For logs, figures and results: `openai:NAME`."""
    address: str = ""
    """Its server, without the key."""
    bounds: Bounds = field(default_factory=Bounds)
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    timeout_s: float = 120.0
    """For one call."""
    on_open: Literal["wait", "refuse"] = "wait"
    """What requests do while the circuit is open."""
    fallback: str | None = None
    """The model that does the work while the circuit is open, by its name in units; None: no other does."""
    prices: Prices = field(default_factory=Prices)
    budget_per_day: float = 0.0
    """Money; 0: any."""
    chunk_chars: int = 3000
    facts: tuple[str, ...] = ()
    """What else its answers depend on, such as a temperature; for the keys of the cache."""


class RemoteModel:
    """Runs units through a chat model.

    Args:
        settings: how.
        chat: makes a call.
        ledger: counts what calls take.
        clock: monotonic seconds.
        unix: Unix seconds, for dates in headers and days of the ledger.
    """

    kind: Literal["language"] = "language"

    def __init__(
        self,
        settings: RemoteSettings,
        chat: ChatModel,
        ledger: UsageLedger,
        clock: Callable[[], float] = time.monotonic,
        unix: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.gate = Gate(settings.bounds)
        self.purse = Purse(ledger, settings.name, settings.budget_per_day)
        self.ledger = ledger
        self.retry_budget = RetryBudget()
        self.units_done = 0
        self.limited = 0
        """Calls that the server refused as too many."""
        self.doubted = 0
        """Answers whose count of tokens was not believed."""
        self.capabilities = Capabilities(
            model=settings.name,
            revision=f"{settings.address}+{prompts_revision()}",
            instructable=True,
            chunk_chars=settings.chunk_chars,
        )
        self._chat = chat
        self._clock = clock
        self._unix = unix
        self._waiting: dict[int, tuple[Call, asyncio.Future[None], OnQueued | None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._teller: asyncio.TimerHandle | None = None
        self._denied_until_s = -math.inf
        self._denied = ""
        self._closed = False

    @property
    def facts(self) -> tuple[str, ...]:
        """Return what the answers depend on beside model and revision: the kind first."""
        return (self.kind, *self.settings.facts)

    async def known(self) -> Capabilities:
        """Return the abilities of the model: nothing has to be loaded."""
        return self.capabilities

    # --- units ---------------------------------------------------------------------------------------------

    async def run(self, work: Work[R], ticket: Ticket, on_queued: OnQueued | None = None) -> Answer[R]:
        """Return the result of a unit. Cancelling withdraws its call, or breaks it off.

        Raises:
            TooLarge: a whole minute's budget is too small for it.
            EngineUnavailable: the circuit is open, the key is not good, or the day's money is spent.
            EngineFailed: the model did not answer, or not sensibly.
        """
        prompt = _prompt_of(work)
        call = Call(tokens=prompt.tokens() + prompt.output_tokens, priority=ticket.priority)
        self._check(prompt)
        self.gate.enter(call, self._clock())
        self.retry_budget.earn()
        asked_s, key = call.entered_s, str(uuid.uuid4())
        completion, usage = await self._answered(call, prompt, key, ticket.peer, on_queued)
        ended_s = self._clock()
        self.units_done += 1
        usage = msgspec.structs.replace(usage, requests=call.made, retries=call.made - 1)
        result: Any = _result_of(work, completion, prompt, usage)
        return Answer(
            result=result,
            queued_s=max(0.0, call.began_s - asked_s),
            began_s=call.began_s,
            ended_s=ended_s,
            compute_s=ended_s - call.began_s,
            worker=self.settings.name,
        )

    async def close(self) -> None:
        """Refuse what waits, and close the connections."""
        self._closed = True
        for timer in (self._timer, self._teller):
            if timer is not None:
                timer.cancel()
        self._refuse_waiting()
        await self._chat.close()

    # --- one call with its repeats -------------------------------------------------------------------------

    async def _answered(
        self, call: Call, prompt: ChatPrompt, key: str, peer: str, on_queued: OnQueued | None
    ) -> tuple[Completion, Usage]:
        while True:
            await self._turn(call, on_queued)
            self._check_money(prompt, call)
            try:
                completion, usage = await self._made(call, prompt, key, peer)
            except CallFailed as failure:
                if not self._repeat(call, failure):
                    raise self._error_of(failure) from failure
                continue
            if completion.cut:
                raise EngineFailed(f"the answer of {self.settings.name} was cut at {prompt.output_tokens} tokens")
            return completion, usage

    async def _turn(self, call: Call, on_queued: OnQueued | None) -> None:
        """Wait until the call may be made, with everything reserved that it needs."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[call.number] = (call, turn, on_queued)
        self._pump()
        if not turn.done() and not call.repeats:
            self._tell(call, on_queued)
        self._keep_telling()
        try:
            await turn
        except BaseException:
            self.gate.undo(call)  # its turn may have come in this moment
            self.gate.withdraw(call)
            self._pump()
            raise
        finally:
            self._waiting.pop(call.number, None)

    async def _made(self, call: Call, prompt: ChatPrompt, key: str, peer: str) -> tuple[Completion, Usage]:
        """Make the call once, and settle what it has taken."""
        cost = self._cost(prompt)
        self.purse.reserved += cost
        taken = call.tokens
        breaker, used = self.gate.breaker, Used(requests=1, retries=int(call.made > 1))
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                completion = await self._chat.complete(prompt, key)
            usage = self._usage_of(completion, prompt)
            taken = usage.prompt_tokens + usage.completion_tokens
            used.prompt_tokens, used.completion_tokens = usage.prompt_tokens, usage.completion_tokens
            used.cost = usage.cost
            breaker.succeed(trial=call.trial)
            self.gate.rate.climb(self._clock())
            self._learn(completion.headers)
        except TimeoutError:
            message = f"{self.settings.name} did not answer within {self.settings.timeout_s:g} s"
            failure = CallFailed(message, fault="broken", may_pass=True)
            self._note(failure, call)
            raise failure from None
        except CallFailed as failure:
            taken = call.tokens if failure.fault == "broken" and failure.reached else 0.0
            self._note(failure, call)
            raise
        except BaseException:
            breaker.withdraw(trial=call.trial)
            raise
        finally:
            self.purse.reserved -= cost
            self._settle(call, taken)
            self.ledger.add(day_of(self._unix()), self.settings.name, peer, used)
        return completion, usage

    def _settle(self, call: Call, tokens: float) -> None:
        if call.reservation is not None:
            self.gate.budget.settle(call.reservation, tokens)
        self.gate.end(call, self._clock())
        self._pump()

    # --- what answers and failures tell --------------------------------------------------------------------

    def _note(self, failure: CallFailed, call: Call) -> None:
        """Have the whole bucket heed a failure, not this call alone."""
        now_s, breaker = self._clock(), self.gate.breaker
        self._learn(failure.headers)
        if failure.fault == "broken":
            breaker.fail(now_s, trial=call.trial)
        else:
            breaker.succeed(trial=call.trial)
        told_s = retry_after_s(failure.headers, self._unix())
        if failure.fault == "limited":
            self.limited += 1
            self.gate.rate.fall(call.began_s, now_s)
            self.gate.budget.stop(self.settings.retries.delay_s(call.repeats, told_s), now_s)
            log.warning("ai.limited", model=self.settings.name, told_s=told_s, share=round(self.gate.rate.share, 3))
        elif told_s and failure.fault == "broken":
            self.gate.budget.stop(told_s, now_s)
        if failure.fault in ("denied", "unpaid"):
            self._denied_until_s, self._denied = now_s + DENIED_S, failure.message
            log.error("ai.denied", model=self.settings.name, reason=failure.message)
            self._refuse_waiting()
        elif self._refuses_while_open():
            self._refuse_waiting()

    def _learn(self, headers: Any) -> None:
        for name, told in told_limits(headers, self._unix()).items():
            self.gate.budget.learn(name, told, self._clock())

    def _repeat(self, call: Call, failure: CallFailed) -> bool:
        """Have a call made again later, where that may help; return whether it is."""
        now_s, policy = self._clock(), self.settings.retries
        if not failure.may_pass or self._closed or self._refuses_while_open():
            return False
        open_s = self.gate.breaker.wait_s(now_s)
        if failure.fault == "broken" and open_s > 0:
            self.gate.again(call, now_s + open_s, counts=False)  # it waits as the others do, however long that is
            return True
        if call.repeats >= policy.most or not self.retry_budget.spend():
            return False
        wait_s = policy.delay_s(call.repeats, retry_after_s(failure.headers, self._unix()))
        self.gate.again(call, now_s + wait_s)
        log.info(
            "ai.retry", model=self.settings.name, attempt=call.made, wait_s=round(wait_s, 2), reason=failure.message
        )
        return True

    def _error_of(self, failure: CallFailed) -> DragomanError:
        if failure.fault in ("limited", "denied", "unpaid") or not failure.reached:
            told_s = retry_after_s(failure.headers, self._unix())
            wait_s = told_s if told_s is not None else DENIED_S if failure.fault != "limited" else 1.0
            return EngineUnavailable(failure.message, retry_after_ms=max(100, round(1000 * wait_s)))
        if failure.fault == "broken" and self._refuses_while_open():
            wait_s = self.gate.breaker.wait_s(self._clock())
            return EngineUnavailable(failure.message, retry_after_ms=max(100, round(1000 * wait_s)))
        return EngineFailed(failure.message)

    def _usage_of(self, completion: Completion, prompt: ChatPrompt) -> Usage:
        """Return what a call has taken: as the server says, unless that cannot be."""
        guess, most = prompt.tokens(), prompt.output_tokens
        told_in, told_out = completion.prompt_tokens, completion.completion_tokens
        sound_in = told_in is not None and guess / _DOUBT <= told_in <= guess * _DOUBT
        sound_out = told_out is not None and 0 < told_out <= most * _DOUBT
        self.doubted += (told_in is not None and not sound_in) or (told_out is not None and not sound_out)
        sent = told_in if sound_in and told_in is not None else guess
        got = told_out if sound_out and told_out is not None else min(most, estimated_tokens(completion.text) + 1)
        return Usage(prompt_tokens=sent, completion_tokens=got, cost=self.settings.prices.cost(sent, got))

    # --- what is refused before a call ---------------------------------------------------------------------

    def _check(self, prompt: ChatPrompt) -> None:
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        self._check_money(prompt, None)

    def _refusal(self) -> EngineUnavailable | None:
        """Return why no call is made now and none waits; None where there is no reason."""
        now_s = self._clock()
        if self._closed:
            return EngineUnavailable("the server is stopping")
        if now_s < self._denied_until_s:
            left_s = self._denied_until_s - now_s
            return EngineUnavailable(self._denied, retry_after_ms=round(1000 * left_s) + 1)
        if self._refuses_while_open():
            wait_s = self.gate.breaker.wait_s(now_s)
            return EngineUnavailable(
                f"{self.settings.name} failed again and again, and is left alone for {wait_s:.0f} s",
                retry_after_ms=max(100, round(1000 * wait_s)),
            )
        return None

    def _refuse_waiting(self) -> None:
        """Fail every call that has not begun: there is a reason against all of them."""
        for call, turn, _ in list(self._waiting.values()):
            refusal = self._refusal()
            if refusal is not None and call.reservation is None and not turn.done():
                turn.set_exception(refusal)

    def _refuses_while_open(self) -> bool:
        refuses = self.settings.on_open == "refuse" or self.settings.fallback is not None
        return refuses and self.gate.breaker.wait_s(self._clock()) > 0

    def _check_money(self, prompt: ChatPrompt, call: Call | None) -> None:
        """Check that the day's money suffices; of a call whose turn has come, give back what it holds if not."""
        unix_s = self._unix()
        if self.purse.has(self._cost(prompt), day_of(unix_s)):
            return
        if call is not None:
            self.gate.undo(call)
            self._pump()
        raise EngineUnavailable(
            f"the day's budget of {self.purse.per_day:g} for {self.settings.name} is spent",
            retry_after_ms=round(1000 * until_tomorrow_s(unix_s)) + 1,
        )

    def _cost(self, prompt: ChatPrompt) -> float:
        return self.settings.prices.cost(prompt.tokens(), prompt.output_tokens)

    # --- the line ------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start every call that may start, and come again when the next one may."""
        if self._closed:
            return
        now_s = self._clock()
        while (call := self.gate.start(now_s)) is not None:
            _, turn, _ = self._waiting[call.number]
            if turn.done():  # it was cancelled, or refused
                self.gate.undo(call)
            else:
                turn.set_result(None)
        wait_s = self.gate.wait_s(now_s)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_s is not None:
            self._timer = asyncio.get_running_loop().call_later(max(wait_s, 0.001), self._pump)

    def _tell(self, call: Call, on_queued: OnQueued | None) -> None:
        if on_queued is not None:
            on_queued(self.gate.position(call), self.gate.expected_s(call, self._clock()))

    def _keep_telling(self) -> None:
        if self._teller is None and self.gate.waiting and not self._closed:
            self._teller = asyncio.get_running_loop().call_later(_TELL_EVERY_S, self._tell_all)

    def _tell_all(self) -> None:
        self._teller = None
        for call in self.gate.calls():
            _, _, on_queued = self._waiting[call.number]
            with suppress(Exception):
                self._tell(call, on_queued)
        self._keep_telling()


def _prompt_of(work: Work[Any]) -> ChatPrompt:
    match work:
        case CorrectText():
            return correction_prompt(work)
        case ExtractData():
            return extraction_prompt(work)
    raise InternalFault(f"a language model cannot do {type(work).__name__}")


def _result_of(
    work: Work[Any], completion: Completion, prompt: ChatPrompt, usage: Usage
) -> CorrectedText | ExtractedData:
    text = unwrapped(completion.text, prompt.mark)
    if isinstance(work, CorrectText):
        return CorrectedText(text=text, usage=usage)
    return ExtractedData(json=text, usage=usage)
