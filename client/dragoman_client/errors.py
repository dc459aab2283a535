"""Errors of the client's side. An error that the server answers is a `dragoman_wire.errors.DragomanError`.

ClientError
├── ServerUnreachable   no server answers at the endpoints
├── TimedOut            the server was silent for longer than `timeout_s`
├── ConnectionClosed    the client is not open (any more)
├── BadAnswer           the server sent what this version cannot read
└── TranslationFailed   some target languages failed; carries what worked (in `results`)
"""

from __future__ import annotations

from typing import ClassVar


class ClientError(Exception):
    """Base of the client's own errors; its text is one sentence for a person."""

    code: ClassVar[str] = "client_error"


class ServerUnreachable(ClientError):
    """No server answers: it is not running, or an endpoint is wrong."""

    code = "server_unreachable"


class TimedOut(ClientError):
    """The server was silent for too long; the sentence says what was waited for."""

    code = "timed_out"


class ConnectionClosed(ClientError):
    """The client was not opened, was closed, or lost its reader of events."""

    code = "connection_closed"


class BadAnswer(ClientError):
    """The server sent something that this version of the client cannot read."""

    code = "bad_answer"
