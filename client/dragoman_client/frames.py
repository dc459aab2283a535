"""Requests to frames and frames to events. Pure: no sockets, no clock."""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from dragoman_client.errors import BadAnswer
from dragoman_wire.codec import Codec, decode_header, encode_header
from dragoman_wire.errors import DragomanError, InvalidRequest, TooLarge, error_from_code
from dragoman_wire.families import FAMILIES
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import Request, TaskId

Header = dict[str, Any]
_Wire = TypeVar("_Wire", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedEvent:
    """One event of the server, as it came."""

    type: str
    """For example `translation_completed`."""
    fields: Mapping[str, Any]
    """The header, with the wire's field names."""
    binaries: Mapping[str, bytes] = field(default_factory=dict)
    """The binary frames under the names that the header gives them."""

    @property
    def task_id(self) -> str | None:
        """Return the id of the task that the event belongs to; None where the event names none."""
        return _text(self.fields.get("taskId"))

    @property
    def language(self) -> str | None:
        """Return the target language that the event is about; None where it is about the whole task."""
        return _text(self.fields.get("targetLanguage")) or _text(self.fields.get("language"))

    @property
    def error(self) -> DragomanError | None:
        """Return the error that the event reports; None where it reports none."""
        code = self.fields.get("errorCode")
        if not isinstance(code, str):
            return None
        after_ms = self.fields.get("retryAfterMs")
        message = str(self.fields.get("error") or code)
        return error_from_code(code, message, after_ms if isinstance(after_ms, int) else None)

    def read_as(self, kind: builtins.type[_Wire]) -> _Wire:
        """Convert the event to a typed message of the contract.

        Raises:
            BadAnswer: a field is missing or of the wrong type.
        """
        try:
            return msgspec.convert(self.fields, kind)
        except msgspec.ValidationError as error:
            raise BadAnswer(f"the event {self.type} of the server is not readable: {error}") from error


Event = ReceivedEvent
"""The name under which `dragoman_client` has exported it since its first version."""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


_LARGE_FIELDS = ("format", "audioData", "audioBase64", "audio_data")
"""A request with one of these may have a large header."""


def header_of(request: Request | Mapping[str, Any]) -> Header:
    """Build the map that is sent of a request, typed or plain; a missing `taskId` is made.

    Raises:
        InvalidRequest: the `taskId` is no text of 1 to 128 characters.
    """
    if isinstance(request, Request):
        built = msgspec.to_builtins(request)
        header: Header = {name: value for name, value in built.items() if value is not None}
        header["type"] = FAMILIES.type_of(type(request))
    else:
        header = dict(request)
    if header.get("taskId") is None:
        header["taskId"] = f"task-{uuid.uuid4().hex}"
    try:
        msgspec.convert(header["taskId"], TaskId)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"taskId: {error}") from error
    return header


def pack(header: Header, binaries: Mapping[str, bytes], limits: WireLimits) -> list[bytes]:
    """Encode a request in msgpack; each binary gets a frame and a place in `binaryFrames`.

    Raises:
        TooLarge: the server would drop or refuse it unseen.
    """
    if binaries:
        places = {name: index for index, name in enumerate(binaries, start=1)}
        header = {**header, "binaryFrames": {**header.get("binaryFrames", {}), **places}}
    frames = [encode_header(header, Codec.MSGPACK), *binaries.values()]
    large = any(header.get(name) for name in _LARGE_FIELDS)
    name, most = (
        ("base64_header_bytes", limits.base64_header_bytes) if large else ("header_bytes", limits.header_bytes)
    )
    if len(frames[0]) > most:
        raise TooLarge(f"the header has {len(frames[0])} bytes; the limit {name} is {most}")
    size_bytes = sum(map(len, frames))
    if size_bytes > limits.request_bytes:
        raise TooLarge(f"the request has {size_bytes} bytes; the limit request_bytes is {limits.request_bytes}")
    return frames


def unpack(frames: Sequence[bytes]) -> ReceivedEvent:
    """Decode the event in the frames after the topic.

    Raises:
        BadAnswer: there is no readable header with a `type`.
    """
    if not frames:
        raise BadAnswer("the message has no header")
    try:
        _, fields = decode_header(frames[0])
    except InvalidRequest as error:
        raise BadAnswer(error.message) from error
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise BadAnswer("the header has no type")
    return ReceivedEvent(type=kind, fields=fields, binaries=_binaries(fields.get("binaryFrames"), frames))


def _binaries(places: object, frames: Sequence[bytes]) -> dict[str, bytes]:
    if not isinstance(places, dict):
        return {}
    found = {}
    for name, place in places.items():
        index = place.get("index") if isinstance(place, dict) else None
        if isinstance(index, int) and 1 <= index < len(frames):
            found[str(name)] = frames[index]
    return found
