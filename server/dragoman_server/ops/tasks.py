"""GET /tasks, GET /tasks/ID and POST /tasks/ID/cancel: the tasks of the server, and their cancellation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

from aiohttp import web

from dragoman_server.clock import Clock
from dragoman_server.ops.answers import answer, refusal
from dragoman_server.tasks.task import TaskKey
from dragoman_server.telemetry.task_log import Order, TaskLog, Which
from dragoman_wire.events import CancelStatus

T = TypeVar("T")

_DEFAULT_LIMIT = 50
_MOST = 500


class Tasks:
    """The routes of the tasks.

    Args:
        log: what is known of them.
        cancel: stops one.
        clock: dates the lists.
    """

    def __init__(self, log: TaskLog, cancel: Callable[[TaskKey], CancelStatus], clock: Clock) -> None:
        self._log = log
        self._stop = cancel
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [
            web.get("/tasks", self._list),
            web.get("/tasks/{task_id}", self._one),
            web.post("/tasks/{task_id}/cancel", self._cancel),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        try:
            which: Which = _choice(request, "state", get_args(Which), "all")
            order: Order = _choice(request, "sort", get_args(Order), "recent")
            limit = _limit(request)
        except ValueError as error:
            return refusal(400, str(error))
        return answer({"now_s": round(self._clock.unix(), 3), "tasks": self._log.select(which, order, limit)})

    async def _one(self, request: web.Request) -> web.Response:
        task_id, reply_to, any_peer = _asked(request)
        view = self._log.find(task_id, reply_to, any_peer=any_peer)
        return _unknown(task_id) if view is None else answer(self._log.details(view))

    async def _cancel(self, request: web.Request) -> web.Response:
        task_id, reply_to, any_peer = _asked(request)
        if any_peer:
            peers = self._log.peers_of(task_id)
            if len(peers) > 1:
                named = ", ".join(sorted(peer or "(none)" for peer in peers))
                return refusal(409, f"{len(peers)} peers have a task {task_id!r}; add ?reply_to= with one of: {named}")
            reply_to = peers[0] if peers else None
        status = self._stop((reply_to, task_id))
        if status == "unknown":
            view = self._log.find(task_id, reply_to, any_peer=any_peer)
            if view is None or not view.finished:
                return answer({"task_id": task_id, "status": "unknown"}, 404)
            status = "finished"
        return answer({"task_id": task_id, "status": status})


def _asked(request: web.Request) -> tuple[str, str | None, bool]:
    """Return the task id, the peer, and whether any peer will do; an empty `reply_to` is a task without one."""
    named = request.query.get("reply_to")
    return request.match_info["task_id"], named or None, named is None


def _unknown(task_id: str) -> web.Response:
    return refusal(404, f"no task {task_id[:128]!r} is in flight or among the last that finished")


def _choice(request: web.Request, name: str, known: tuple[Any, ...], default: T) -> T:
    """Read a query parameter that is one of these words.

    Raises:
        ValueError: it is none; the sentence names them.
    """
    given = request.query.get(name, default)
    if given not in known:
        raise ValueError(f"{name}: {str(given)[:50]!r} is none of {', '.join(known)}")
    chosen: T = given  # type: ignore[assignment]
    return chosen


def _limit(request: web.Request) -> int:
    """Read how many tasks are wanted.

    Raises:
        ValueError: it is no number of tasks.
    """
    text = request.query.get("limit", str(_DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST and len(text) < 9):
        raise ValueError(f"limit: {text[:20]!r} is no number from 1 to {_MOST}")
    return int(text)
