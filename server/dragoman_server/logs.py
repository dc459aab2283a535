"""Logging: events with fields, for people on a terminal and as JSON for machines."""

from __future__ import annotations

import logging
import sys

import msgspec
import structlog

from dragoman_server.config import ServerConfig


def set_up_logging(config: ServerConfig) -> None:
    """Send structlog's events to standard output in the configured form."""
    console = config.log_format == "console" or (config.log_format == "auto" and sys.stdout.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if console:
        renderer: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    else:
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[config.log_level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def _to_json(fields: object, **_: object) -> str:
    return msgspec.json.encode(fields, enc_hook=str).decode()
