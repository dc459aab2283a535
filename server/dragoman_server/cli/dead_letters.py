"""`dragoman dead`: the dead letters, requests at which engines or the server ended repeatedly."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman_server.cli.options import ConfigOption, SetOption, fail, flags_of, loaded_config
from dragoman_wire.printable import printable, printable_json

if TYPE_CHECKING:
    from dragoman_server.journal.dead_letters import DeadLetter

app = typer.Typer(
    no_args_is_help=True,
    help="Look at the dead letters: requests at which engines or the server ended repeatedly.",
)
Number = Annotated[int, typer.Argument(help="As `dragoman dead list` shows it.")]


@app.command("list")
def list_(config: ConfigOption = None, settings: SetOption = None) -> None:
    """List them, oldest first. The server may be running.

    Example: dragoman dead list
    """
    from dragoman_server.journal.dead_letters import list_dead_letters  # noqa: PLC0415 - needs the extra `server`

    with _explained():
        for one in list_dead_letters(_folder(config, settings)):
            typer.echo(printable(f"{_line(one)}  {one.reason}"))


@app.command()
def show(number: Number, config: ConfigOption = None, settings: SetOption = None) -> None:
    """Print one of them as JSON: its header and the sizes of its binary frames. The server may be running.

    Example: dragoman dead show 1
    """
    from dragoman_server.journal.dead_letters import show_dead_letter  # noqa: PLC0415

    with _explained():
        one, header, sizes = show_dead_letter(_folder(config, settings), number)
    document = {
        "number": one.number,
        "replyTo": one.reply_to,
        "taskId": one.task_id,
        "type": one.request_type,
        "arrived": _time(one.arrived_unix_s),
        "setAside": _time(one.dead_unix_s),
        "reason": one.reason,
        "header": header,
        "frameSizes": sizes,
    }
    encoded = json.dumps(document, indent=2, ensure_ascii=False, default=repr).encode("utf-8", "surrogatepass")
    typer.echo(printable_json(encoded).decode())


@app.command()
def retry(number: Number, config: ConfigOption = None, settings: SetOption = None) -> None:
    """Have the next start run it again, with its deadline from now. The server must be stopped.

    Its peer is told of a new result and a new end of the task.

    Example: dragoman dead retry 1
    """
    from dragoman_server.journal.dead_letters import retry_dead_letter  # noqa: PLC0415

    _change(retry_dead_letter, number, config, settings, "will run again at the next start")


@app.command()
def drop(number: Number, config: ConfigOption = None, settings: SetOption = None) -> None:
    """Remove it for good. The server must be stopped.

    Example: dragoman dead drop 1
    """
    from dragoman_server.journal.dead_letters import drop_dead_letter  # noqa: PLC0415

    _change(drop_dead_letter, number, config, settings, "removed")


def _change(
    change: Callable[[Path, int], DeadLetter],
    number: int,
    config: Path | None,
    settings: list[str] | None,
    said: str,
) -> None:
    with _explained():
        typer.echo(printable(f"{_line(change(_folder(config, settings), number))}  {said}"))


def _folder(config: Path | None, settings: list[str] | None) -> Path:
    folder: Path = loaded_config(config, flags_of(settings)).server.state_dir
    return folder


def _line(one: DeadLetter) -> str:
    return f"{one.number}  {_time(one.dead_unix_s)}  {one.request_type}  {one.reply_to}  {one.task_id}"


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
