"""One run of a request: its states, its deadline and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from dragoman_handlers.base import Handler
from dragoman_server.tasks.context import TaskContext
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task import TaskRecord
from dragoman_server.tasks.task_life import TRANSITIONS, IllegalTransition, State, status_of
from dragoman_server.tasks.timeline import RunStory
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DeadlineExceeded, DragomanError, InternalFault, ShuttingDown
from dragoman_wire.events import TaskStatus
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import Buffer
from dragoman_wire.requests import Request

log = structlog.get_logger()


class TaskRun:
    """A request at work.

    Args:
        services: what every run needs.
        record: the task that this is a run of.
        handler: who does it.
        request: what is to be done; for a repeat, only what is new in it.
        envelope: the return address.
        audio: the recording that came with it.
        story: what happens to it is noted there.
        parts: what is answered one by one.
    """

    def __init__(
        self,
        services: Services,
        record: TaskRecord,
        handler: Handler[Any],
        request: Request,
        envelope: Envelope,
        audio: Buffer | None,
        story: RunStory,
        parts: tuple[str, ...],
    ) -> None:
        self.record = record
        self.handler = handler
        self.request = request
        self.envelope = envelope
        self.context = TaskContext(services, record, request, envelope, audio, story)
        self.state: State = "received"
        self.parts = parts
        self.cancel_reason: DragomanError | None = None
        self.abandoned = False
        """Stopped without an answer: the journal has it, and the next start finishes it."""
        self.error: DragomanError | None = None
        self.suspicion = 0
        """What the end of the server would add to the suspicion against a request of an earlier one."""
        self._services = services
        self._task: asyncio.Task[None] | None = None
        self._started = False

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
                left_s = timeout_ms / 1000 - self.context.elapsed_s()
                async with asyncio.timeout(left_s):
                    await self._work(turn)
        except DragomanError as error:
            self.error = error
        except asyncio.CancelledError:
            self.error = self.cancel_reason or ShuttingDown("the server stopped before this was finished")
        except TimeoutError:
            queued_s = self.context.elapsed_s() if not self.context.story.began_s else self.context.waited_s()
            self.error = DeadlineExceeded(
                f"not finished within {timeout_ms} ms, {round(queued_s * 1000)} ms of it in the lane's queue"
            )
        except Exception:
            log.exception("task.fault", type=self.envelope.request_type, **self.envelope.ids)
            self.error = InternalFault("the server failed at this request; its log has the details")
        finally:
            lane.leave(turn)
        self.enter("finished")
        if not self.abandoned:
            self._answer_the_rest()

    def start(self, work: Coroutine[Any, Any, None], *, queued: bool) -> asyncio.Task[None]:
        """Have `work`, which is to call `execute`, done as a task of its own; `queued`: it has to wait first."""
        self.enter("queued" if queued else "running")
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(work)
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
        return status_of(list(self.context.outcomes.values()))

    async def _work(self, turn: asyncio.Future[None] | None) -> None:
        if turn is not None:
            await turn
            self.enter("running")
        self.context.story.began_s = self._services.clock.monotonic()
        if self.suspicion:
            self.record.journal.began(self.record.number, self.suspicion)
        await self.handler.handle(self.request, self.context)

    def _answer_the_rest(self) -> None:
        rest = [part for part in self.parts if part not in self.context.outcomes]
        if not rest:
            return
        error = self.error
        if error is None:
            log.error("task.unanswered", type=self.envelope.request_type, parts=rest, **self.envelope.ids)
            error = InternalFault("the server lost track of this request")
        if FAMILIES.find(self.envelope.request_type).per_language:
            for part in rest:
                self.context.fail(error, part)
            return
        # A family that answers as a whole says it once.
        self.context.fail(error, rest[0])
        for part in rest[1:]:
            self.context.settle(part, error)
