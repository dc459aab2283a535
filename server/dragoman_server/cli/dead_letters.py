"""`dragoman dead`: the dead letters, requests at which engines or the server ended repeatedly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman_server.cli.options import (
    AsJson,
    ConfigOption,
    SetOption,
    command,
    fail,
    flags_of,
    loaded_config,
    print_json,
)
from dragoman_wire.printable import printable

if TYPE_CHECKING:
    from dragoman_server.journal.dead_letters import DeadLetter

app = typer.Typer(
    no_args_is_help=True,
    help="Look at requests at which engines or the server ended repeatedly.",
    short_help="Look at requests that ended engines repeatedly.",
)
Number = Annotated[int, typer.Argument(help="As `dragoman dead list` shows it.", metavar="NUMBER")]


@command(app, "list")
def list_(config: ConfigOption = None, settings: SetOption = None, *, as_json: AsJson = False) -> None:
    """List them, oldest first. The server may be running.

    Example: dragoman dead list
    """
    from dragoman_server.journal.dead_letters import list_dead_letters  # noqa: PLC0415 - needs the extra `server`

    with _explained():
        letters = list(list_dead_letters(_folder(config, settings)))
    if as_json:
        print_json({"deadLetters": list(map(_document, letters))})
        return
    for one in letters:
        typer.echo(printable(f"{_line(one)}  {one.reason}"))


@command(app)
def show(number: Number, config: ConfigOption = None, settings: SetOption = None, *, as_json: AsJson = False) -> None:
    """Print one as JSON: its header and the sizes of its frames.

    The server may be running.

    Example: dragoman dead show 1
    """
    from dragoman_server.journal.dead_letters import show_dead_letter  # noqa: PLC0415

    del as_json  # it is JSON in any case
    with _explained():
        one, header, sizes = show_dead_letter(_folder(config, settings), number)
    print_json(_document(one) | {"header": header, "frameSizes": sizes})


@command(app)
def retry(number: Number, config: ConfigOption = None, settings: SetOption = None, *, as_json: AsJson = False) -> None:
    """Have the next start run it again.

    Its deadline counts from now. The server must be stopped.

    Its peer is told of a new result and a new end of the task.

    Example: dragoman dead retry 1
    """
    from dragoman_server.journal.dead_letters import retry_dead_letter  # noqa: PLC0415

    _change(retry_dead_letter, number, config, settings, "will run again at the next start", as_json=as_json)


@command(app)
def drop(number: Number, config: ConfigOption = None, settings: SetOption = None, *, as_json: AsJson = False) -> None:
    """Remove it for good. The server must be stopped.

    Example: dragoman dead drop 1
    """
    from dragoman_server.journal.dead_letters import drop_dead_letter  # noqa: PLC0415

    _change(drop_dead_letter, number, config, settings, "removed", as_json=as_json)


def _change(
    change: Callable[[Path, int], DeadLetter],
    number: int,
    config: Path | None,
    settings: list[str] | None,
    said: str,
    *,
    as_json: bool,
) -> None:
    with _explained():
        changed = change(_folder(config, settings), number)
    if as_json:
        print_json(_document(changed) | {"message": said})
    else:
        typer.echo(printable(f"{_line(changed)}  {said}"))


def _folder(config: Path | None, settings: list[str] | None) -> Path:
    folder: Path = loaded_config(config, flags_of(settings)).server.state_dir
    return folder


def _line(one: DeadLetter) -> str:
    return f"{one.number}  {_time(one.dead_unix_s)}  {one.request_type}  {one.reply_to}  {one.task_id}"


def _document(one: DeadLetter) -> dict[str, object]:
    return {
        "number": one.number,
        "replyTo": one.reply_to,
        "taskId": one.task_id,
        "type": one.request_type,
        "arrived": _time(one.arrived_unix_s),
        "setAside": _time(one.dead_unix_s),
        "reason": one.reason,
    }


def _time(unix_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))


@contextmanager
def _explained() -> Iterator[None]:
    """Report errors of the state directory as sentences."""
    from dragoman_server.journal.base import JournalError  # noqa: PLC0415
    from dragoman_server.state_dir import StateDirError  # noqa: PLC0415

    try:
        yield
    except (JournalError, StateDirError) as error:
        fail(str(error))
