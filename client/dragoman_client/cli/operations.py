"""What the commands for operators do: ask the operations endpoint, and print what it says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import typer

from dragoman_client.cli.output import camel_keys, print_json, say, say_failure
from dragoman_client.cli.settings import Settings
from dragoman_client.top.figures import duration
from dragoman_wire.early_signals import interruptible
from dragoman_wire.ops import Document, OpsClient, OpsError, OpsRefused, OpsSilent
from dragoman_wire.ops_token import TokenError, read_token

FAILED, UNREACHABLE, PARTLY = 1, 3, 4
_TIMEOUT_S = 10.0
_LOOK_EVERY_S = 0.25
_ENDINGS = {"cancelled": "cancelled", "finished": "had finished already", "unknown": "is not known (any more)"}
_COLUMNS = ("task", "type", "peer", "state", "age", "queue", "compute", "error")
_LONGEST_CELL = 40
_T = TypeVar("_T")


def ops_client(settings: Settings) -> OpsClient:
    """Make a client of the operations endpoint that the common options name.

    Raises:
        typer.BadParameter: that is no address, or the token cannot be read.
    """
    try:
        timeout_s = settings.timeout_s or _TIMEOUT_S
        return OpsClient(settings.ops, read_token(settings.token), timeout_s)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--ops") from error
    except TokenError as error:
        raise typer.BadParameter(str(error), param_hint="--token") from error


def asked(ask: Callable[[], _T], *, as_json: bool) -> _T:
    """Return an answer of the operations endpoint.

    Raises:
        typer.Exit: there is none; the reason is printed.
    """
    try:
        return ask()
    except OpsSilent as error:
        say_failure("server_unreachable", str(error), as_json=as_json)
        raise typer.Exit(UNREACHABLE) from error
    except OpsRefused as error:
        code = {401: "unauthorized", 403: "unauthorized", 404: "task_unknown", 409: "task_ambiguous"}
        say_failure(code.get(error.status, "refused"), _in_words_of_options(str(error)), as_json=as_json)
        raise typer.Exit(FAILED) from error


def tasks(settings: Settings, state: str, order: str, limit: int, *, as_json: bool) -> None:
    """Print a table of tasks."""
    client = ops_client(settings)
    found = asked(lambda: client.tasks(state, order, limit), as_json=as_json)
    if as_json:
        print_json({"tasks": [camel_keys(each) for each in found]})
    elif found:
        print_columns([_COLUMNS, *map(_row, found)])
    else:
        say("no tasks", err=True)


def task(settings: Settings, task_id: str, peer: str | None, *, as_json: bool) -> None:
    """Print all that is known of a task."""
    client = ops_client(settings)
    found = asked(lambda: client.task(named(task_id, peer)), as_json=as_json)
    if as_json:
        print_json(camel_keys(found))
        return
    for line in _lines(found):
        say(line)


def cancel(settings: Settings, task_ids: Sequence[str], peer: str | None, *, as_json: bool) -> None:
    """Stop tasks; say what became of each.

    Raises:
        typer.Exit: one could not be stopped.
    """
    client = ops_client(settings)
    outcomes = {
        task_id: asked(lambda task_id=task_id: client.cancel(named(task_id, peer)), as_json=as_json)  # type: ignore[misc]
        for task_id in task_ids
    }
    if as_json:
        print_json({"tasks": [{"taskId": task_id, "status": status} for task_id, status in outcomes.items()]})
    else:
        for task_id, status in outcomes.items():
            say(f"{task_id} {_ENDINGS.get(status, status)}", err=status != "cancelled")
    stopped = sum(status == "cancelled" for status in outcomes.values())
    if stopped < len(outcomes):
        raise typer.Exit(PARTLY if stopped else FAILED)


def drain(settings: Settings, *, wait: bool, as_json: bool) -> None:
    """Ask the server to stop, and wait until it has.

    Raises:
        typer.Exit: it was interrupted; the server goes on to stop.
    """
    client = ops_client(settings)
    told = asked(client.drain, as_json=as_json)
    active, drain_s = told.get("active", 0), told.get("drain_s", 0.0)
    if not as_json:
        say(f"{client.address} takes nothing new; {active} at work have up to {drain_s:g} s", err=True)
    begin_s = time.monotonic()
    if wait:
        with interruptible():
            _wait_until_gone(client)
    waited_s = round(time.monotonic() - begin_s, 3)
    if as_json:
        print_json({"active": active, "drainS": drain_s, "stopped": wait, "waitedS": waited_s})
    elif wait:
        say(f"stopped after {waited_s:.1f} s")


def named(task_id: str, peer: str | None) -> dict[str, Any]:
    """Return a task as `OpsClient` takes it; without a peer, any peer's."""
    return {"task_id": task_id} if peer is None else {"task_id": task_id, "reply_to": peer}


def print_columns(rows: Iterable[Sequence[str]]) -> None:
    """Print rows of cells under each other; the last column is as long as it is."""
    rows = [[*map(_cut, row[:-1]), row[-1]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _wait_until_gone(client: OpsClient) -> None:
    while True:
        try:
            client.stats()
        except OpsSilent:
            return
        except OpsError:
            pass  # it is still there
        time.sleep(_LOOK_EVERY_S)


def _row(found: Document) -> tuple[str, ...]:
    return (
        str(found["task_id"]),
        str(found["type"]),
        str(found["reply_to"] or found["peer"] or "-"),
        str(found["status"] or found["state"]),
        *(duration(found[f"{name}_ms"]) for name in ("age", "queue", "compute")),
        str(found["error_code"] or ""),
    )


def _lines(found: Mapping[str, Any]) -> Iterable[str]:
    yield f"{found['task_id']}  {found['type']}  {found['status'] or found['state']}"
    yield f"peer {found['reply_to'] or '-'}, lane {found['lane']}, priority {found['priority']}"
    times = ", ".join(f"{name} {duration(found[f'{name}_ms'])}" for name in ("queue", "compute", "publish"))
    yield f"age {duration(found['age_ms'])}: {times}"
    units = found["units"]
    yield f"units: {units['done']} done, {units['running']} running, {units['queued']} queued"
    for part in found["parts"]:
        yield f"part {part['part'] or 'all'}: {part['state']} {part['error_code'] or ''}".rstrip()
    if found["error"]:
        yield f"{found['error_code']}: {found['error']}"
    for step in found["timeline"]:
        more = " ".join(f"{name}={value}" for name, value in step.items() if name not in ("at_ms", "event"))
        yield f"{duration(step['at_ms']):>7}  {step['event']}  {more}".rstrip()
    if found["timeline_dropped"]:
        yield f"{found['timeline_dropped']} steps in the middle are left out"


def _in_words_of_options(sentence: str) -> str:
    """Word what the server says of HTTP for people at a command line."""
    if "Authorization: Bearer" in sentence:
        return "the server wants a token: its sockets.ops_token, by --token or DRAGOMAN_SOCKETS__OPS_TOKEN"
    return re.sub(r"add \?reply_to= with one of", "add --peer with one of", sentence)


def _cut(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…"
