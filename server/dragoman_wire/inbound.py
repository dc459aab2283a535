"""Frames that a peer pushed, to one typed message. Every limit is checked before what it guards is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from dragoman_wire.base64_text import decode_base64
from dragoman_wire.codec import Codec, codec_of, decode_header, may_hold_odd_number, mended
from dragoman_wire.envelope import Envelope, envelope_of_fields, envelope_of_request
from dragoman_wire.errors import DragomanError, InvalidRequest, TooLarge, UnknownType
from dragoman_wire.families import FAMILIES
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import (
    AudioProcessRequest,
    AudioRequest,
    CorrectionRequest,
    Request,
    StoryTextRequest,
    TranslationRequest,
)
from dragoman_wire.salvage import looks_like_msgpack, salvaged_fields
from dragoman_wire.typed import large_request, typed_request

Buffer = bytes | memoryview


class BadMessage(Exception):
    """The peer misbehaved.

    Attributes:
        error: what it did wrong.
        envelope: where the answer goes; as much of it as could be read.
        first_bytes: the first 64 bytes of the header, for the log.
        readable: whether the header is a map; what is wrong is in its fields, then.
    """

    def __init__(
        self, error: DragomanError, envelope: Envelope, first_bytes: bytes, *, readable: bool = False
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.envelope = envelope
        self.first_bytes = first_bytes
        self.readable = readable


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One well-formed request with the recording that came with it."""

    request_type: str
    request: Request
    codec: Codec
    size_bytes: int
    audio: Buffer | None = None
    frames: Sequence[Buffer] = ()
    """As they came, header first."""
    warnings: tuple[str, ...] = ()
    """A sentence for each thing in the request that was left out."""

    @property
    def envelope(self) -> Envelope:
        """Return the return address. It is made on demand: a request that is answered at once needs none."""
        return envelope_of_request(self.request_type, self.request, self.codec)

    def envelope_as(self, task_id: str) -> Envelope:
        """Build the return address of the task of this id, which the server may have made."""
        envelope = self.envelope
        return envelope if envelope.task_id == task_id else msgspec.structs.replace(envelope, task_id=task_id)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a message, where not all of it was kept.

    Attributes:
        frames: how many, the header among them.
        size_bytes: of all together.
        header_bytes: of the header.
        refusal: why frames were not kept, where that is no fault of the message.
    """

    frames: int
    size_bytes: int
    header_bytes: int
    refusal: DragomanError | None = None


def decode_message(frames: Sequence[Buffer], limits: WireLimits, seen: Seen | None = None) -> Inbound:
    """Decode the request in `frames`: a header, then binary frames.

    Args:
        frames: those that were kept; of a header that was not, its beginning.
        limits: sizes past which it is refused.
        seen: what came, where that is more than `frames`.

    Raises:
        BadMessage: with the public error and the return address. Nothing else is raised, whatever the bytes.
    """
    seen = seen or seen_of(frames)
    if seen.refusal is not None and frames and len(frames[0]) < seen.header_bytes:
        start = bytes(frames[0])
        codec = codec_of(start)
        raise BadMessage(seen.refusal, envelope_of_fields(salvaged_fields(start, codec), codec), start[:64])
    header = bytes(frames[0][: max(limits.header_bytes, limits.base64_header_bytes) + 1]) if frames else b""
    codec = codec_of(header)
    if seen.header_bytes <= limits.header_bytes:
        found = typed_request(header, codec)
    else:
        found = _large(header, codec, limits, seen)
        header = header[: limits.header_bytes + 1] if found is None else header
    if found is None:
        found = _explained(header, codec, limits, seen)
    return _within_limits(found, codec, header, frames, limits, seen)


def decode_quickly(
    frames: Sequence[Buffer], limits: WireLimits, seen: Seen | None = None, *, quick_bytes: int, explained_bytes: int
) -> Inbound | None:
    """Decode the request in `frames` as `decode_message` does, or return None where that may take long.

    Args:
        frames: as of `decode_message`.
        limits: as of `decode_message`.
        seen: as of `decode_message`.
        quick_bytes: up to this size a header is read.
        explained_bytes: up to this size it is found out what is wrong with one, which takes many times as long.

    Raises:
        BadMessage: as `decode_message`.
    """
    seen = seen or seen_of(frames)
    if seen.header_bytes <= explained_bytes or not frames:
        return decode_message(frames, limits, seen)
    if seen.header_bytes > min(quick_bytes, limits.header_bytes):
        return None
    header = bytes(frames[0])
    codec = codec_of(header)
    found = typed_request(header, codec)
    return None if found is None else _within_limits(found, codec, header, frames, limits, seen)


def seen_of(frames: Sequence[Buffer]) -> Seen:
    """Return what came of a message of which all was kept."""
    sizes = [len(frame) for frame in frames]
    return Seen(frames=len(sizes), size_bytes=sum(sizes), header_bytes=sizes[0] if sizes else 0)


def _within_limits(
    found: tuple[str, Request],
    codec: Codec,
    header: bytes,
    frames: Sequence[Buffer],
    limits: WireLimits,
    seen: Seen,
) -> Inbound:
    request_type, request = found
    try:
        return _checked(request_type, request, codec, frames, limits, seen)
    except DragomanError as error:
        envelope = envelope_of_request(request_type, request, codec)
        if len(envelope.languages) > limits.languages:  # they are not answered one by one
            envelope = msgspec.structs.replace(envelope, languages=())
        raise BadMessage(error, envelope, header[:64], readable=True) from error


def _large(header: bytes, codec: Codec, limits: WireLimits, seen: Seen) -> tuple[str, Request] | None:
    """Read a header that may be large: its length is that of a document, or of a recording in base64.

    Raises:
        BadMessage: it is one that may not.
    """
    if seen.header_bytes > limits.base64_header_bytes:
        return None
    found = large_request(header, codec, limits.header_bytes)
    if found is None:
        return None
    if _may_be_large(found[1]):
        _check_numbers(header, codec, found)
        return found
    error = TooLarge(
        f"the header has {len(header)} bytes; the limit header_bytes is {limits.header_bytes}; "
        f"a text that is a document states its format"
    )
    raise BadMessage(error, envelope_of_request(*found, codec), header[:64], readable=True)


def _check_numbers(header: bytes, codec: Codec, found: tuple[str, Request]) -> None:
    if not may_hold_odd_number(header, codec):
        return
    try:
        decode_header(header)
    except DragomanError as error:
        raise BadMessage(error, envelope_of_request(*found, codec), header[:64]) from error


def _may_be_large(request: Request) -> bool:
    if isinstance(request, AudioRequest | CorrectionRequest):
        return True
    return isinstance(request, TranslationRequest | StoryTextRequest) and request.format is not None


def _explained(header: bytes, codec: Codec, limits: WireLimits, seen: Seen) -> tuple[str, Request]:
    """Explain what is wrong with a header, in words that name the field; return its request where nothing is.

    Raises:
        BadMessage: something is.
    """
    try:
        size = seen.header_bytes
        if size > limits.header_bytes:
            raise TooLarge(f"the header has {size} bytes; the limit header_bytes is {limits.header_bytes}")
        header, found = _mended(header, codec)
        if found is not None:
            return found
        _, fields = decode_header(header)
    except DragomanError as error:
        spoken = codec if looks_like_msgpack(header) else Codec.JSON
        envelope = envelope_of_fields(salvaged_fields(header, spoken), spoken)
        if len(envelope.languages) > limits.languages:
            envelope = msgspec.structs.replace(envelope, languages=())
        raise BadMessage(error, envelope, header[:64]) from error
    try:
        _check_sizes(seen, limits)
        return _typed(fields)
    except DragomanError as error:
        raise BadMessage(error, envelope_of_fields(fields, codec), header[:64], readable=True) from error


def _mended(header: bytes, codec: Codec) -> tuple[bytes, tuple[str, Request] | None]:
    """Return a header with what can be mended in it, and its request where that was all."""
    better = mended(header) if codec is Codec.JSON else header
    return better, None if better == header else typed_request(better, codec)


def _typed(fields: dict[str, Any]) -> tuple[str, Request]:
    request_type = FAMILIES.canonical_type(fields)
    if not isinstance(request_type, str):
        raise InvalidRequest(f"type: expected `str`, got `{type(request_type).__name__}`")
    wanted = FAMILIES.requests.get(request_type)
    if wanted is None:
        raise UnknownType(f"no handler for requests of type {request_type[:128]!r}")
    try:
        return request_type, msgspec.convert(fields, wanted)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_named(str(error))) from error


def _checked(
    request_type: str, request: Request, codec: Codec, frames: Sequence[Buffer], limits: WireLimits, seen: Seen
) -> Inbound:
    """Return the request with its recording, which is within the limits."""
    _check_sizes(seen, limits)
    if seen.refusal is not None:
        raise seen.refusal
    warnings: tuple[str, ...] = ()
    if isinstance(request, TranslationRequest | StoryTextRequest | AudioProcessRequest):
        request, warnings = _with_languages(request, limits)
    return Inbound(
        request_type=request_type,
        request=request,
        codec=codec,
        size_bytes=seen.size_bytes,
        audio=_audio(request, frames) if isinstance(request, AudioRequest) else None,
        frames=frames,
        warnings=warnings,
    )


def _with_languages(
    request: TranslationRequest | StoryTextRequest | AudioProcessRequest, limits: WireLimits
) -> tuple[Request, tuple[str, ...]]:
    """Return the request with target languages that are all named, and a warning where some were not.

    Raises:
        TooLarge: there are too many.
        InvalidRequest: a text is to be translated into none.
    """
    languages = request.target_languages
    if languages and all(languages) and len(languages) <= limits.languages:
        return request, ()
    if languages and len(languages) > limits.languages:
        raise TooLarge(f"targetLanguages has {len(languages)} entries; the limit languages is {limits.languages}")
    named = [language for language in languages or () if language]
    if not named and not isinstance(request, AudioProcessRequest):
        raise InvalidRequest("targetLanguages: no language is named")
    dropped = len(languages or ()) - len(named)
    warning = f"targetLanguages: {dropped} without a name left out"
    return msgspec.structs.replace(request, target_languages=named), (warning,) if dropped else ()


def _check_sizes(seen: Seen, limits: WireLimits) -> None:
    """Check number and size of the frames."""
    if seen.frames - 1 > limits.frames:
        raise TooLarge(f"the request has {seen.frames - 1} binary frames; the limit frames is {limits.frames}")
    if seen.size_bytes > limits.request_bytes:
        raise TooLarge(f"the request has {seen.size_bytes} bytes; the limit request_bytes is {limits.request_bytes}")


def _named(problem: str) -> str:
    """Return msgspec's sentence with the field in front: `text: Expected `str`, got `int``."""
    missing = re.fullmatch(r"Object missing required field `(.+?)`(?: - at `\$\.?(.*)`)?", problem)
    if missing:
        path = ".".join(part for part in (missing[2], missing[1]) if part)
        return f"{path}: the field is missing"
    wrong = re.fullmatch(r"(.*) - at `\$\.?(.+)`", problem, re.DOTALL)
    return f"{wrong[2]}: {wrong[1]}" if wrong else problem


def _audio(request: AudioRequest, frames: Sequence[Buffer]) -> Buffer | None:
    """Return the recording of a request; None where a transcription of the phone's stands in for it.

    Raises:
        InvalidRequest: there is none, it is no base64, or its frame does not exist.
    """
    index = request.binary_frames.audio if request.binary_frames else None
    if index is not None:
        if not 1 <= index < len(frames):
            raise InvalidRequest(f"binaryFrames.audio: {index} is no frame; there are {len(frames) - 1} binary frames")
        audio = frames[index]
        if not len(audio):
            raise InvalidRequest("binaryFrames.audio: the frame is empty")
        return audio
    for name, text in (
        ("audioData", request.audio_data),
        ("audioBase64", request.audio_base64),
        ("audio_data", request.audio_data_snake),
    ):
        if text:
            return decode_base64(name, text)
    mobile = request.mobile_transcription
    if mobile is not None and mobile.text and mobile.text.strip():
        return None
    for name, text in (("audioPath", request.audio_path), ("audioUrl", request.audio_url)):
        if text:
            raise InvalidRequest(
                f"{name}: the server opens no paths and no URLs; send the bytes in a binary frame or as audioData"
            )
    raise InvalidRequest("audio: the field is missing; send binaryFrames.audio with its frame, or audioData")
