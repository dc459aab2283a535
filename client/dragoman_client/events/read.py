"""From an event as it came to a typed one."""

from __future__ import annotations

import msgspec

from dragoman_client.events import EVENTS, OtherEvent, TypedEvent
from dragoman_client.frames import ReceivedEvent


def read_event(received: ReceivedEvent) -> TypedEvent:
    """Return the typed event of an event as it came; what the server left out is None.

    Raises:
        BadAnswer: a field is missing or of the wrong type.
    """
    known = EVENTS.get(received.type)
    if known is None:
        return OtherEvent(type=received.type, fields=received.fields, binaries=received.binaries)
    message, event = known
    read = received.read_as(message)
    fields = {name: getattr(read, name) for name in message.__struct_fields__}
    given = {name: None if value is msgspec.UNSET else value for name, value in fields.items()}
    return event(**given, binaries=received.binaries)  # type: ignore[return-value]  # EVENTS pairs them by name
