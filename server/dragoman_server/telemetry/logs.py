"""Logging: events with fields, for people on a terminal and as JSON for machines."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import msgspec
import structlog
from typing_extensions import override

from dragoman_server.config import ServerConfig
from dragoman_server.telemetry.console import task_line
from dragoman_server.telemetry.log_writer import LogWriter
from dragoman_server.telemetry.redaction import described
from dragoman_wire.printable import printable, printable_json, printable_text

_encode = msgspec.json.Encoder(enc_hook=str).encode
Level = Literal["debug", "info", "warning", "error"]
_CLOSE_S = 1.0
"""How long a stream that takes nothing may delay the end of the server."""


class Logs:
    """Where everything that is logged goes: structlog's events, and what libraries say through `logging`.

    Args:
        config: form and level.
        stream: has a file descriptor.
    """

    def __init__(self, config: ServerConfig, stream: TextIO | None = None) -> None:
        stream = stream or sys.stdout
        self._terminal = stream.isatty()
        self._renderer = _Renderer()
        self._writer = LogWriter(stream.fileno(), self._notice)
        self.configure(config)
        logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)
        logging.captureWarnings(capture=True)
        self._writer.start()

    @property
    def dropped(self) -> int:
        """Return the number of lines for which a stalled stream had no room."""
        return self._writer.dropped

    def configure(self, config: ServerConfig) -> None:
        """Apply another form or level from now on."""
        as_text = config.log_format == "console" or (config.log_format == "auto" and self._terminal)
        self._renderer.content = config.log_content
        self._renderer.colours = self._terminal
        self._renderer.verbose = config.log_level == "debug"
        self._renderer.console = (
            structlog.dev.ConsoleRenderer(colors=self._terminal, exception_formatter=structlog.dev.plain_traceback)
            if as_text
            else None
        )
        lines = _Lines(self._writer)
        self._least = logging.getLevelNamesMapping()[config.log_level.upper()]
        structlog.configure(
            processors=[self._renderer],
            wrapper_class=structlog.make_filtering_bound_logger(self._least),
            logger_factory=lambda *_: lines,
            cache_logger_on_first_use=False,
        )

    def says(self, level: Level) -> bool:
        """Return whether lines of this level are written now."""
        return logging.getLevelNamesMapping()[level.upper()] >= self._least

    def write(self, level: Level, fields: dict[str, Any]) -> None:
        """Write a line without the way through structlog, which costs more than the line. `fields` is used up."""
        self._writer.put(self._renderer(None, level, fields))

    def write_whole(self, lines: Sequence[msgspec.Struct]) -> None:
        """Write lines that have their level and their timestamp."""
        self._writer.put_all([one for line in lines if (one := self._renderer.rendered(line))])

    def timestamp(self) -> str:
        """Return the time now, as it is written in lines."""
        return self._renderer.timestamp()

    def show(self, text: str) -> None:
        """Write lines as they are where the log is for people; nothing where it is for machines."""
        if self._renderer.console is not None:
            self._writer.put(text.encode())

    def close(self) -> None:
        """Write what waits, and end; lines from now on are lost."""
        self._writer.close(_CLOSE_S)

    def _notice(self, dropped: int) -> bytes:
        return self._renderer(None, "warning", {"event": "log.dropped", "lines": dropped})


class _Lines:
    """The logger at the end of structlog's chain."""

    def __init__(self, writer: LogWriter) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = self.msg = writer.put


class _Renderer:
    """The one processor: several in a row cost more than all that they do. Every request has two lines."""

    def __init__(self) -> None:
        self.console: structlog.dev.ConsoleRenderer | None = None
        self.content = False
        self.colours = False
        """Of the terminal, if it is one."""
        self.verbose = False
        """Whether people want to know all."""
        self._second = -1
        self._date = ""

    def __call__(self, logger: object, method: str, fields: MutableMapping[str, Any]) -> bytes:
        """Write one line."""
        exc_info = fields.pop("exc_info", None)
        if exc_info:
            fields["exception"] = described(sys.exc_info() if exc_info is True else exc_info, content=self.content)
        fields["level"] = "error" if method == "exception" else method
        fields["timestamp"] = self.timestamp()
        if self.console is not None:
            return self._console_line(logger, method, fields)
        return printable_json(_encode(fields))

    def rendered(self, line: msgspec.Struct) -> bytes:
        """Write a line that has everything; nothing where people need no line."""
        if self.console is None:
            return printable_json(_encode(line))
        fields = {name: value for name, value in msgspec.structs.asdict(line).items() if value is not None}
        if fields["event"] == "task.finished":
            return task_line(fields, colours=self.colours).encode("utf-8", "replace")
        if fields["event"] == "task.accepted" and not self.verbose:
            return b""  # its end says the same, and more
        return self._console_line(None, fields["level"], fields)

    def _console_line(self, logger: object, method: str, fields: MutableMapping[str, Any]) -> bytes:
        """Write a line for people, in which nothing of a peer's can steer the terminal or look like another line."""
        safe = {name: printable(value) if isinstance(value, str) else value for name, value in fields.items()}
        if "exception" in fields:  # it has lines of its own
            safe["exception"] = printable_text(fields["exception"])
        return str(self.console(logger, method, safe)).encode("utf-8", "replace") if self.console else b""

    def timestamp(self) -> str:
        """Return UTC with microseconds; the date and the time are only made once for each second."""
        second, rest_ns = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._date = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._date}.{rest_ns // 1000:06d}Z"


class _Forward(logging.Handler):
    """A library's log record as an event of ours. Its arguments may hold anything: they are left out."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        where = f"{os.path.basename(record.pathname)}:{record.lineno}"  # noqa: PTH119 - a name, not a path to open
        say = log.error if record.levelno >= logging.ERROR else log.warning
        template = str(record.msg) if record.args else None
        say("library.said", library=record.name, where=where, sentence=template, exc_info=record.exc_info)
