"""An error, reported by the error event of the request's family."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError
from dragoman_wire.events import ErrorEvent, FailedLanguage
from dragoman_wire.families import FAMILIES

_ENVELOPE_FIELDS = frozenset(Envelope.__struct_fields__)


def failure_events(
    envelope: Envelope, error: DragomanError, now_s: float, languages: Sequence[str] | None = None
) -> list[ErrorEvent]:
    """Build the error events of one failure: one for each target language in the translation families, else one.

    Args:
        envelope: the return address of the request.
        error: what went wrong.
        now_s: Unix time for the events' `timestamp`.
        languages: the target languages it went wrong for; by default all of the request.
    """
    family = FAMILIES.find(envelope.request_type)
    common = _common(envelope, error, now_s)
    if not family.per_language:
        return [family.error(**common)]
    failed = envelope.languages if languages is None else languages
    return [family.error(**(common | {"target_language": language})) for language in (failed or (None,))]


def joint_failure_event(envelope: Envelope, failed: Mapping[str, DragomanError], now_s: float) -> ErrorEvent:
    """Build one error event for all target languages that failed, in the translation families.

    Args:
        envelope: the return address of the request.
        failed: what went wrong, by language, the first to fail first.
        now_s: Unix time for the event's `timestamp`.
    """
    language, first = next(iter(failed.items()))
    fields = _common(envelope, first, now_s) | {
        "target_language": language,
        "failed_languages": [
            FailedLanguage(target_language=each, error=error.message, error_code=error.code)
            for each, error in failed.items()
        ],
    }
    return FAMILIES.find(envelope.request_type).error(**fields)


def _common(envelope: Envelope, error: DragomanError, now_s: float) -> dict[str, Any]:
    """Return the fields that do not depend on a language."""
    family = FAMILIES.find(envelope.request_type)
    common: dict[str, Any] = {
        "error": error.message,
        "error_code": error.code,
        "retryable": error.retryable,
        "retry_after_ms": UNSET if error.retry_after_ms is None else error.retry_after_ms,
        **_echoed(family.error, envelope),
    }
    if "timestamp" in family.error.__struct_fields__:
        common["timestamp"] = now_s
    return common


def _echoed(event: type[ErrorEvent], envelope: Envelope) -> dict[str, Any]:
    """Read the fields that an event takes from the return address; one that may be left out is, where it has none."""
    values = {name: (getattr(envelope, name), optional) for name, optional in _echoed_names(event)}
    return {name: value for name, (value, optional) in values.items() if not (optional and value is None)}


@functools.cache
def _echoed_names(event: type[ErrorEvent]) -> tuple[tuple[str, bool], ...]:
    fields = [field for field in msgspec.structs.fields(event) if field.name in _ENVELOPE_FIELDS]
    return tuple((field.name, field.default is UNSET) for field in fields)
