"""What holds for every command: the common options on either side of it, and no trace where a sentence will do."""

from __future__ import annotations

import copy
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from dragoman_client.cli.settings import OPS, WIRE, Settings

_LITTLE_SHOWN = frozenset({"requests", "routed"})
"""Common options that the help of a single command leaves out: `--server` says the same for nearly everybody."""
_UsageError: Any = typer.BadParameter.__mro__[1]
"""The base of all that is wrong with a command line, which the library does not export."""
_OLD_NAMES = {"language": "from"}
"""Names of options in the version before, which are understood for one more."""
_FAILED, _WRONG_USAGE, _UNREACHABLE = 1, 2, 3
_CODES = {_WRONG_USAGE: "wrong_usage", _UNREACHABLE: "server_unreachable"}


class Frame(TyperGroup):
    """The root of the commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._as_json = False
        common = {str(option.name): option for option in self.params if option.name in _names_of_options()}
        for _, command in leaves_of(self):
            own = {option.name for option in command.params}
            for name, option in common.items():
                if name in common_options_of(command) and name not in own:
                    command.params.append(_repeated(option))

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Refuse a common option that the command has no use for, instead of leaving it out silently."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and isinstance(ctx.obj, Settings):
            known = set[str]().union(*(_usable(leaf) for _, leaf in leaves_of(command)))
            if known & (WIRE | OPS):  # one set of options names a server, whatever of it a command asks
                known |= WIRE | OPS
            for option in self.params:
                if option.name in ctx.obj.given and option.name not in known:
                    ctx.fail(f"{option.opts[0]} means nothing to `dragoman {name}`.")
        return name, command, rest

    @override
    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Note whether a document is wanted before anything can be wrong with the options."""
        self._as_json = "--json" in args
        with self._refusals_as_documents():
            return super().make_context(info_name, args, parent, **extra)

    @override
    def invoke(self, ctx: Any) -> Any:
        """Run the command; what its surroundings cause ends it with a sentence."""
        with self._refusals_as_documents():
            return self._invoke(ctx)

    @contextmanager
    def _refusals_as_documents(self) -> Iterator[None]:
        """Have what never came to a server tell scripts of it as an error of a server does."""
        try:
            yield
        except _UsageError as error:
            # A word of the library that reads numbers, of no use to a person.
            error.message = error.message.replace("Value error, ", "")
            self._print_refusal(error.format_message(), "wrong_usage")
            raise
        except typer.Exit as error:  # of the commands of other parts
            if (sentence := getattr(error, "sentence", None)) is not None:
                self._print_refusal(sentence, _CODES.get(error.exit_code, "failed"))
            raise

    def _refuse(self, sentence: str, status: int) -> None:
        typer.echo(sentence, err=True)
        self._print_refusal(sentence, _CODES.get(status, "failed"))

    def _print_refusal(self, sentence: str, code: str) -> None:
        if self._as_json:
            from dragoman_client.cli.output import print_json  # noqa: PLC0415 - the help needs no sockets

            print_json({"error": sentence, "errorCode": code})

    def _invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except UnicodeError as error:
            self._refuse(f"this is no text in UTF-8, or cannot be written as {_encoding_of(error)}", _WRONG_USAGE)
            raise typer.Exit(_WRONG_USAGE) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever read the output has enough: the end is quiet
            where = f"{error.filename}: " if error.filename else ""
            self._refuse(f"{where}{error.strerror or error}", _FAILED)
            raise typer.Exit(_FAILED) from error


def leaves_of(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the commands at the ends of the tree, each with its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, each in inner.items():
        yield from leaves_of(each, *path, name)


def common_options_of(command: Any) -> frozenset[str]:
    """Return the common options that mean something to a command; see `takes`."""
    marked: frozenset[str] = getattr(command.callback, "common_options", frozenset())
    return marked


def normalized(option: str) -> str:
    """Return an option's name of today."""
    return _OLD_NAMES.get(option, option)


def take_common(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> Any:
    """Take a common option in, wherever it stands.

    Raises:
        typer.BadParameter: it names no server.
    """
    settings = ctx.find_root().obj
    if settings is None:
        settings = ctx.find_root().obj = Settings()
    if value not in (None, False):
        try:
            settings.give(str(param.name), value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return value


def _usable(leaf: Any) -> set[str]:
    return {*common_options_of(leaf), *(str(option.name) for option in leaf.params)}


def _names_of_options() -> frozenset[str]:
    return WIRE | OPS | {"as_json"}


def _repeated(option: Any) -> Any:
    """Return an option of the root for a command: the command's function does not see it."""
    again = copy.copy(option)
    again.expose_value = False
    again.default = None
    again.hidden = option.hidden or option.name in _LITTLE_SHOWN
    return again


def _encoding_of(error: UnicodeError) -> str:
    return str(getattr(error, "encoding", "UTF-8"))
