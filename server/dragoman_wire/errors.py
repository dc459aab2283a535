"""Every error that a peer can be told of. The set is closed: one class a code, one code a class.

DragomanError
├── InvalidRequest        a field is missing, of the wrong type or out of range
├── UnknownType           no handler for this type
├── TooLarge              a configured limit was passed
├── UnsupportedLanguage   no route from source to target with the models at hand
├── AudioUndecodable      the bytes are no audio that the decoder knows
├── AudioTooLong          the audio is longer than the limit
├── Overloaded            the lane's queue is full                       (retryable)
├── DeadlineExceeded      timeoutMs passed
├── Cancelled             on request
├── EngineUnavailable     the model is not installed, loading or down    (retryable)
├── EngineFailed          the model raised                               (retryable)
├── ShuttingDown          arrived after the drain began                  (retryable)
└── InternalFault         a fault of the server's own                    (retryable)
"""

from __future__ import annotations

from typing import ClassVar


class DragomanError(Exception):
    """A failure with a public code.

    Args:
        message: one sentence for a person; it becomes `error` on the wire.
        retry_after_ms: when the same request may succeed, where that is known.
    """

    code: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_ms = retry_after_ms


class InvalidRequest(DragomanError):
    """A field is missing, of the wrong type or out of range; the sentence names it."""

    code = "invalid_request"


class UnknownType(DragomanError):
    """No handler for this type."""

    code = "unknown_type"


class TooLarge(DragomanError):
    """A limit was passed; the sentence names the limit and the size seen."""

    code = "too_large"


class UnsupportedLanguage(DragomanError):
    """No route from the source to the target language with the models at hand."""

    code = "unsupported_language"


class AudioUndecodable(DragomanError):
    """The bytes are no audio that the decoder knows."""

    code = "audio_undecodable"


class AudioTooLong(DragomanError):
    """The audio is longer than the limit."""

    code = "audio_too_long"


class Overloaded(DragomanError):
    """The lane's queue is full."""

    code = "overloaded"
    retryable = True


class DeadlineExceeded(DragomanError):
    """`timeoutMs` passed, in the queue or at work."""

    code = "deadline_exceeded"


class Cancelled(DragomanError):
    """The peer asked for the cancellation."""

    code = "cancelled"


class EngineUnavailable(DragomanError):
    """The model is not installed, still loading, or crashed and is being restarted."""

    code = "engine_unavailable"
    retryable = True


class EngineFailed(DragomanError):
    """The model raised, or took its process down with it."""

    code = "engine_failed"
    retryable = True


class ShuttingDown(DragomanError):
    """The request arrived after the drain began, or was not finished when it ended."""

    code = "shutting_down"
    retryable = True


class InternalFault(DragomanError):
    """A fault of the server's own."""

    code = "internal"
    retryable = True


ERRORS: dict[str, type[DragomanError]] = {error.code: error for error in DragomanError.__subclasses__()}


def error_from_code(code: str, message: str, retry_after_ms: int | None = None) -> DragomanError:
    """Return the error of a public code; a code that this version does not know is an `InternalFault`."""
    return ERRORS.get(code, InternalFault)(message, retry_after_ms=retry_after_ms)
