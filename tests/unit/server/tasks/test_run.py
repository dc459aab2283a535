"""The states of a run, and how a task's parts are summed up."""

from __future__ import annotations

import asyncio

import pytest

from dragoman_server.tasks.run import TRANSITIONS, IllegalTransition, State, peer_of, status_of
from dragoman_wire.errors import Cancelled, DeadlineExceeded, DragomanError, EngineFailed, ShuttingDown
from dragoman_wire.requests import Request
from tests.unit.server.core import a_run

STATES: tuple[State, ...] = ("received", "accepted", "queued", "running", "finished")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_run_takes_only_the_steps_of_the_table(state: State, to: State) -> None:
    run = a_run("pt")
    run.state = state
    if to in TRANSITIONS[state]:
        run.enter(to)
        assert run.state == to
    else:
        with pytest.raises(IllegalTransition, match=f"{state} -> {to}"):
            run.enter(to)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([None, None], "completed"),
        ([], "completed"),
        ([None, EngineFailed("x")], "partial"),
        ([EngineFailed("x"), EngineFailed("x")], "failed"),
        ([None, Cancelled("x")], "cancelled"),
        ([EngineFailed("x"), ShuttingDown("x")], "cancelled"),
        ([EngineFailed("x"), DeadlineExceeded("x")], "expired"),
    ],
)
def test_the_parts_of_a_task_are_summed_up_in_one_word(outcomes: list[DragomanError | None], status: str) -> None:
    assert status_of(outcomes) == status


def test_a_request_goes_on_the_account_of_the_peer_then_the_sender_then_the_conversation() -> None:
    assert peer_of(Request(reply_to="p", sender_id="s", conversation_id="c")) == "p"
    assert peer_of(Request(sender_id="s", conversation_id="c")) == "s"
    assert peer_of(Request(conversation_id="c")) == "c"
    assert peer_of(Request()) == ""


async def test_a_run_that_is_cancelled_before_its_first_step_has_that_step_first() -> None:
    run, steps = a_run("pt"), list[str]()

    async def work() -> None:
        run.started = True
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            steps.append("cancelled")

    run.enter("accepted")
    job = run.start(work())
    run.cancel(Cancelled("first"))
    run.cancel(Cancelled("second"))
    await job
    assert steps == ["cancelled"]
    assert str(run.cancel_reason) == "first"


def test_a_run_that_the_peer_has_cancelled_is_not_abandoned() -> None:
    run = a_run("pt")
    run.cancel(Cancelled("by the peer"))
    run.abandon()
    assert not run.abandoned
    other = a_run("pt")
    other.abandon()
    assert other.abandoned
    assert isinstance(other.cancel_reason, ShuttingDown)
