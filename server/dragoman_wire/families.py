"""The request families: one row for each, read by the decoder, by failures, by the server and by the client.

How to add a family is told in docs/architecture.md. No other list of request types exists in the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dragoman_wire.codec import Codec
from dragoman_wire.events.base import type_of
from dragoman_wire.events.failure import (
    AudioProcessError,
    BatchError,
    CorrectionError,
    ErrorEvent,
    ExtractionError,
    RequestRejected,
    SpeechError,
    TranscriptionError,
    TranslationError,
    VoiceApiError,
    VoiceProfileError,
)
from dragoman_wire.requests import (
    AudioProcessRequest,
    CancelRequest,
    CorrectionRequest,
    DetectRequest,
    ExtractionRequest,
    LanguagesRequest,
    PingRequest,
    Request,
    ResultRequest,
    SpeakRequest,
    StatsRequest,
    StoryTextRequest,
    TranscriptionRequest,
    TranslationRequest,
    VoicesRequest,
)

DEFAULT_TYPE = "translation"
"""The type of a header without one."""

_DECODERS: Mapping[Codec, Callable[[Any], Any]] = {
    Codec.JSON: msgspec.json.Decoder,
    Codec.MSGPACK: msgspec.msgpack.Decoder,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """One kind of request with the events that answer it."""

    name: str
    """The `type` on the wire."""
    request: type[Request] | None = None
    """The typed message; None where requests of this family are refused with `unknown_type`."""
    error: type[ErrorEvent] = RequestRejected
    """The event that reports a failure. Its fields are taken from the error and from the return address by name."""
    events: tuple[str, ...] = ()
    """The types of the events that answer it, each at most once for a target language. A control request has one;
    `result` has none of its own: it is answered with the events of the task that it names."""
    pieces: tuple[str, ...] = ()
    """The types of the events that answer it bit by bit; of these there may be many, each with an `index`."""
    aliases: tuple[str, ...] = ()
    """Other names of the type."""
    control: bool = False
    """Answered at once, without `accepted` and `task_finished`; all others are tasks."""
    per_language: bool = False
    """A failure is reported once for each target language, not once for the request."""
    prefix: bool = False
    """`name` is only the beginning of the family's types."""
    decoders: Mapping[Codec, Callable[[bytes], Request]] = field(init=False, repr=False)
    """Read a header of this family in one go; empty where there is no typed message."""

    def __post_init__(self) -> None:
        request = self.request
        made: dict[Codec, Callable[[bytes], Request]] = (
            {} if request is None else {codec: decoder(request).decode for codec, decoder in _DECODERS.items()}
        )
        object.__setattr__(self, "decoders", made)


class FamilyTable:
    """The families by each of their names.

    Args:
        families: the rows, in the order in which they are listed.

    Raises:
        ValueError: two families have a name or a typed message in common.
    """

    served: Mapping[str, Family]
    """The families with a typed message, by type and by alias."""
    requests: Mapping[str, type[Request]]
    """The typed message of each type that is served; without aliases."""
    control_types: frozenset[str]
    """The types of the control requests."""
    control_answers: frozenset[str]
    """The types of the events that answer control requests."""
    pieces: frozenset[str]
    """The types of the events of which there may be many, told apart by their `index`."""
    once: frozenset[str]
    """The types of the events that come at most once for a target language, errors included."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families: tuple[Family, ...] = ()
        self._index(tuple(families))

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families)

    def add(self, family: Family) -> None:
        """Add a row.

        Raises:
            ValueError: another family has its name, an alias or its typed message.
        """
        self._index((*self._families, family))

    def remove(self, family: Family) -> None:
        """Take a row out that was added."""
        self._index(tuple(each for each in self._families if each is not family))

    def find(self, request_type: str | None) -> Family:
        """Return the family of a type as it is after `canonical_type`; `UNKNOWN_FAMILY` where there is none."""
        if request_type is None:
            return UNKNOWN_FAMILY
        found = self._exact.get(request_type)
        if found is None:
            found = next((each for each in self._prefixes if request_type.startswith(each.name)), UNKNOWN_FAMILY)
        return found

    def type_of(self, request: type[Request]) -> str:
        """Return the `type` on the wire of a typed message.

        Raises:
            KeyError: the class belongs to no family.
        """
        return self._type_names[request]

    def canonical_type(self, fields: Mapping[str, Any]) -> Any:
        """Return the type in a header with an alias resolved; whatever stands there if it is no text."""
        kind = fields.get("type")
        if kind is None:
            return DEFAULT_TYPE
        if not isinstance(kind, str):
            return kind
        return self._aliases.get(kind, kind)

    def _index(self, families: tuple[Family, ...]) -> None:
        served = [(family, family.request) for family in families if family.request is not None]
        names = [name for family in families for name in (family.name, *family.aliases)]
        counts = Counter([*names, *(request.__name__ for _, request in served)])
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise ValueError(f"more than one family has {', '.join(twice)}")
        self._families = families
        self._aliases = {alias: family.name for family in families for alias in family.aliases}
        self._exact = {family.name: family for family in families if not family.prefix}
        # The longest first: `voice_profile_` before `voice_`.
        self._prefixes = sorted((each for each in families if each.prefix), key=lambda each: -len(each.name))
        self.served = {name: family for family, _ in served for name in (family.name, *family.aliases)}
        self.requests = {family.name: request for family, request in served}
        self._type_names = {request: name for name, request in self.requests.items()}
        control = [family for family in families if family.control]
        self.control_types = frozenset(family.name for family in control)
        self.control_answers = frozenset(event for family in control for event in family.events)
        self.pieces = frozenset(event for family in families for event in family.pieces)
        errors = {type_of(family.error) for family in families if family.error is not RequestRejected}
        self.once = frozenset(errors | {event for family in families for event in family.events})


UNKNOWN_FAMILY = Family(name="")
"""Of a request of no known type, or one that could not be read."""

FAMILIES = FamilyTable(
    (
        Family(name="ping", request=PingRequest, control=True, events=("pong",)),
        Family(name="stats", request=StatsRequest, control=True, events=("stats_result",)),
        Family(name="voices", request=VoicesRequest, control=True, events=("voices_result",)),
        Family(name="languages", request=LanguagesRequest, control=True, events=("languages_result",)),
        Family(name="detect", request=DetectRequest, control=True, events=("detect_result",)),
        Family(name="cancel", request=CancelRequest, control=True, events=("cancel_result",)),
        Family(name="result", request=ResultRequest, control=True),
        Family(
            name="translation",
            request=TranslationRequest,
            error=TranslationError,
            events=("translation_completed", "translation_skipped"),
            per_language=True,
        ),
        Family(
            name="story_text_object_translation",
            request=StoryTextRequest,
            error=TranslationError,
            events=("story_text_object_translation_completed",),
            per_language=True,
        ),
        Family(
            name="transcription_only",
            aliases=("transcription",),
            request=TranscriptionRequest,
            error=TranscriptionError,
            events=("transcription_completed",),
            pieces=("transcription_segment",),
        ),
        Family(
            name="audio_process",
            aliases=("audio",),
            request=AudioProcessRequest,
            error=AudioProcessError,
            events=(
                "transcription_ready",
                "audio_translation_ready",
                "audio_translations_progressive",
                "audio_translations_completed",
                "audio_process_completed",
            ),
            pieces=("audio_chunk",),
        ),
        Family(
            name="speak",
            request=SpeakRequest,
            error=SpeechError,
            events=("speech_completed",),
            pieces=("speech_chunk",),
        ),
        Family(
            name="correction",
            request=CorrectionRequest,
            error=CorrectionError,
            events=("correction_completed",),
            pieces=("correction_chunk",),
        ),
        Family(
            name="extraction",
            request=ExtractionRequest,
            error=ExtractionError,
            events=("extraction_completed",),
        ),
        # These have no handler yet: a request of them is refused in the words of its family. Profiles that are kept
        # (`voice_profile_get`, `_create`, ...) belong to the voice API.
        Family(name="voice_profile_analyze", error=VoiceProfileError),
        Family(name="voice_profile_verify", error=VoiceProfileError),
        Family(name="voice_profile_compare", error=VoiceProfileError),
        Family(name="voice_", prefix=True, error=VoiceApiError),
        Family(name="batch", error=BatchError),
    )
)
