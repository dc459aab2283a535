"""One run of a request: its states, its deadline, and the context that its handler sees."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from dragoman_engines.base import Capabilities
from dragoman_engines.fairqueue import Ticket
from dragoman_engines.pool import EnginePool
from dragoman_engines.unit import Answer, EngineDied
from dragoman_engines.work import AnyWork, Kind
from dragoman_handlers.base import Handler
from dragoman_server.budget import ByteBudget
from dragoman_server.clock import Clock
from dragoman_server.config import LimitsConfig
from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.lane import Lane
from dragoman_server.observation.observer import NOBODY, Observer
from dragoman_server.publisher import Publisher
from dragoman_server.results import TaskRecord
from dragoman_server.spool import Spool
from dragoman_server.task_life import SUSPECT, TRANSITIONS, IllegalTransition, State, busy_s, peer_of, status_of
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DeadlineExceeded, DragomanError, InternalFault, ShuttingDown
from dragoman_wire.events import Event, TaskStatus
from dragoman_wire.failures import failure_events
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request

log = structlog.get_logger()


@dataclass(kw_only=True, slots=True)
class Services:
    """What every run needs of the server. `limits` may change while it runs."""

    pools: Mapping[Kind, EnginePool]
    publisher: Publisher
    limits: LimitsConfig
    spool: Spool
    clock: Clock
    budget: ByteBudget
    journal: Journal = NOTHING
    observer: Observer = NOBODY


class TaskRun:
    """A request at work. It is the `Context` of its handler.

    Args:
        services: what every run needs.
        record: the task that this is a run of.
        handler: who does it.
        request: what is to be done; for a repeat, only what is new in it.
        envelope: the return address.
        audio: the recording that came with it.
        arrived_s: when it came, on the monotonic clock.
    """

    def __init__(
        self,
        services: Services,
        record: TaskRecord,
        handler: Handler[Any],
        request: Request,
        envelope: Envelope,
        audio: Buffer | None,
        arrived_s: float,
    ) -> None:
        self.record = record
        self.handler = handler
        self.request = request
        self.envelope = envelope
        self.audio = audio
        self.state = State.RECEIVED
        self.parts = handler.parts(request)
        self.cancel_reason: DragomanError | None = None
        self.abandoned = False
        """Stopped without an answer: the journal has it, and the next start finishes it."""
        self.resumed = False
        """Begun by an earlier server: what that one said is not said again."""
        self.error: DragomanError | None = None
        self.calls: list[tuple[float, float]] = []
        """Model calls that answered units of it: when each began and ended."""
        self._services = services
        self._arrived_s = arrived_s
        self._began_s: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = False

    # --- the dispatcher's side -----------------------------------------------------------------------------

    def enter(self, state: State) -> None:
        """Go on to the next state.

        Raises:
            IllegalTransition: the table has no such step.
        """
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self.state} -> {state}")
        self.state = state

    async def execute(self, lane: Lane, turn: asyncio.Future[None] | None) -> None:
        """Wait for the turn, do the work within its time, and see that every part has been answered."""
        self._started = True
        timeout_ms = self.request.timeout_ms
        try:
            if timeout_ms is None:
                await self._work(turn)
            else:
                left_s = timeout_ms / 1000 - self.elapsed_s()
                async with asyncio.timeout(left_s):
                    await self._work(turn)
        except DragomanError as error:
            self.error = error
        except asyncio.CancelledError:
            self.error = self.cancel_reason or ShuttingDown("the server stopped before this was finished")
        except TimeoutError:
            queued_ms = round((self.elapsed_s() if self._began_s is None else self.waited_s()) * 1000)
            self.error = DeadlineExceeded(
                f"not finished within {timeout_ms} ms, {queued_ms} ms of it in the lane's queue"
            )
        except Exception:
            log.exception("task.fault", type=self.envelope.request_type, **self.envelope.ids)
            self.error = InternalFault("the server failed at this request; its log has the details")
        finally:
            lane.leave(turn)
        self.enter(State.FINISHED)
        if not self.abandoned:
            self._answer_the_rest()

    def start(self, lane: Lane, turn: asyncio.Future[None] | None) -> asyncio.Task[None]:
        """Execute as a task of its own."""
        self.enter(State.QUEUED if turn is not None else State.RUNNING)
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self.execute(lane, turn))
        if self.cancel_reason is not None:
            loop.call_soon(self._task.cancel)
        return self._task

    def cancel(self, reason: DragomanError) -> None:
        """Stop as soon as possible; `reason` is told to the peer for what is not yet answered."""
        if self.cancel_reason is not None:
            return
        self.cancel_reason = reason
        if self._task is None:
            return  # not written yet: it is cancelled as it starts
        if self._started:
            self._task.cancel()
        else:
            # A task that is cancelled before its first step never runs, and would answer nobody.
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def abandon(self) -> None:
        """Stop and answer nothing, unless the peer has cancelled it."""
        if self.cancel_reason is None:
            self.abandoned = True
            self.cancel(ShuttingDown("the server stopped before this was finished"))

    @property
    def status(self) -> TaskStatus:
        """How the run ended, in the word of `task_finished`."""
        return status_of([self.record.outcomes.get(part) for part in self.parts])

    @property
    def compute_s(self) -> float:
        """Wall time during which at least one unit was in a model call."""
        return busy_s(self.calls)

    async def _work(self, turn: asyncio.Future[None] | None) -> None:
        if turn is not None:
            await turn
            self.enter(State.RUNNING)
        self._began_s = self._services.clock.monotonic()
        self._services.observer.started(self)
        if self.resumed:
            self.record.journal.began(self.record.number, SUSPECT)
        await self.handler.handle(self.request, self)

    def _answer_the_rest(self) -> None:
        rest = [part for part in self.parts if part not in self.record.outcomes]
        if not rest:
            return
        error = self.error
        if error is None:
            log.error("task.unanswered", type=self.envelope.request_type, parts=rest, **self.envelope.ids)
            error = InternalFault("the server lost track of this request")
        if len(failure_events(self.envelope, error, self.now_s(), languages=rest)) == len(rest):
            for part in rest:
                self.fail(error, part)
            return
        # A family that answers as a whole says it once.
        self.fail(error, rest[0])
        for part in rest[1:]:
            self.settle(part, error)

    # --- the handler's side --------------------------------------------------------------------------------

    @property
    def task_id(self) -> str:
        """See Context."""
        return self.record.key[1]

    @property
    def codec(self) -> Codec:
        """See Context."""
        return self.envelope.codec

    @property
    def limits(self) -> LimitsConfig:
        """See Context."""
        return self._services.limits

    @property
    def stages(self) -> dict[str, Any]:
        """See Context."""
        return self.record.stages

    def now_s(self) -> float:
        """See Context."""
        return self._services.clock.unix()

    def elapsed_s(self) -> float:
        """See Context."""
        return self._services.clock.monotonic() - self._arrived_s

    def waited_s(self) -> float:
        """See Context."""
        return (self._began_s or self._arrived_s) - self._arrived_s

    def publish(self, event: Event, binaries: Sequence[Buffer] = (), *, settles: str | None = None) -> None:
        """See Context."""
        if not (self.resumed and self.record.said(event)):
            self._say(event, binaries, part=settles)
        if settles is not None:
            self._settled(settles, None)

    def fail(self, error: DragomanError, part: str) -> None:
        """See Context."""
        for event in failure_events(self.envelope, error, self.now_s(), languages=[part]):
            self._say(event, part=part, error=error)
        self._settled(part, error)

    def settle(self, part: str, error: DragomanError | None = None) -> None:
        """See Context."""
        self.record.journal.settle(self.record.number, part, error.code if error else None)
        self._settled(part, error)

    async def capabilities(self, kind: Kind) -> Capabilities:
        """See Context."""
        pool = self._services.pools[kind]
        if pool.capabilities is None:
            await pool.settled()
        if pool.capabilities is None:
            raise pool.unavailable()
        return pool.capabilities

    async def run(self, work: AnyWork, *, size_s: float) -> Answer:
        """See Context."""
        ticket = Ticket(
            peer=peer_of(self.request),
            priority=self.request.priority or "normal",
            cost_s=work.cost_s(),
            size_s=size_s,
        )
        observer = self._services.observer
        joined = functools.partial(observer.unit_asked, self, work)
        answer: Answer | None = None
        try:
            answer = await self._services.pools[work.kind].run(work, ticket, joined)
        finally:
            observer.unit_done(self, work, answer)
        self.calls.append((answer.began_s, answer.ended_s))
        return answer

    def spool_file(self) -> AbstractContextManager[Path]:
        """See Context."""
        return self._services.spool.file()

    def _say(
        self, event: Event, binaries: Sequence[Buffer] = (), *, part: str | None, error: DragomanError | None = None
    ) -> None:
        services = self._services
        then = functools.partial(services.observer.published, self, event, services.clock.monotonic())
        self.record.say(event, self.envelope, services.publisher, binaries, part=part, error=error, then=then)

    def _settled(self, part: str, error: DragomanError | None) -> None:
        self.record.outcomes[part] = error
        if isinstance(error, EngineDied):
            self.record.died = error.message
