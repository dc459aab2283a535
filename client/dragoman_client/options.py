"""Options that all clients, or all calls, share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from dragoman_client.cache import TranslationCache
from dragoman_client.frames import ReceivedEvent
from dragoman_client.servers import OnServer
from dragoman_wire.events import TaskProgress
from dragoman_wire.formats import TextFormat
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import CacheUse, Priority, Replacement, SoundFormat, SpeakRequest, TranslationRequest

Several = list[str] | tuple[str, ...]
"""Several texts, or several languages. A bare text is none, though it is a sequence of texts."""
CONCURRENCY = 64
"""How many of several texts are with the servers at a time, where a call does not say."""


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of `Client`; see there."""

    peer: str | None
    timeout_s: float
    connect_timeout_s: float
    resend_s: float
    poll_s: float
    retries: int
    limits: WireLimits | None
    cache: TranslationCache | None
    on_disconnect: OnServer | None
    on_reconnect: OnServer | None


class CallOptions(TypedDict, total=False):
    """The keyword arguments that every convenience call takes."""

    task_id: str | None
    """To cancel the task, or to repeat it safely; by default a random one."""
    message_id: str | None
    """Echoed in the events."""
    priority: Priority | None
    cache: CacheUse | None
    """"use" (the default) takes what is known, "refresh" has it computed and kept, "off" neither takes nor keeps."""
    timeout_ms: int | None
    """The server gives up this long after the request arrived."""
    timeout_s: float | None
    """The client gives up after this long without a new event; by default as the client was told."""
    on_progress: Callable[[TaskProgress], None] | None
    """Called with each `task_progress` event; it must not block. Without it none is asked for."""
    detach: bool
    """Whether the server goes on with the task of a call that is cancelled or times out; by default it is ended."""
    on_event: Callable[[ReceivedEvent], None] | None
    """Called with every event as it comes, for progress; it must not block."""


class TranslateOptions(CallOptions, total=False):
    """The keyword arguments of `Client.translate`."""

    model_type: str | None
    """Which of the server's models."""
    glossary: Mapping[str, Replacement] | None
    """Terms and what they become: a text, a map of texts by language, or None for a term that stays."""
    format: TextFormat | None
    """What the text is a file of; "auto" lets the server find out. A text whose format is stated, "text" included, may
    be as long as a document, and the server tells how far it is (`on_progress`), so that a long one does not run out
    of `timeout_s`. See `dragoman_wire.formats.format_of`."""
    columns: Sequence[str]
    """The columns of a CSV file that are translated."""
    concurrency: int
    """Of several texts: how many are with the servers at a time; 64 by default."""


class SpeakOptions(CallOptions, total=False):
    """The keyword arguments of `Client.speak` and `Client.speak_stream`."""

    voice: str | None
    """The voice that speaks, by a name that `Client.voices` lists; by default the usual one of the language."""
    model_type: str | None
    """"premium" asks for the best voice of the language, however slow."""
    speed: float | None
    """0.5 to 2; 1 is the voice's own pace."""
    audio_format: SoundFormat | None
    """By default the server's, as a rule "wav". "pcm" is samples of 16 bits, little endian, mono, without a header."""


def options_at(options: TranslateOptions, place: int) -> TranslateOptions:
    """Return the options of one of several texts: each has a task of its own."""
    task_id = options.get("task_id")
    return options if task_id is None else {**options, "task_id": f"{task_id}-{place}"}


def translation_request(text: str, source: str, languages: list[str], options: TranslateOptions) -> TranslationRequest:
    """Build the request of a call; of a file it asks for progress."""
    glossary, form = options.get("glossary"), options.get("format")
    return TranslationRequest(
        text=text,
        source_language=source,
        target_languages=languages,
        model_type=options.get("model_type"),
        glossary=dict(glossary) if glossary else None,
        format=form,
        columns=list(options.get("columns") or ()) or None,
        **request_fields(options) | ({"progress": True} if form else {}),
    )


def speak_request(text: str, language: str | None, options: SpeakOptions, *, stream: bool) -> SpeakRequest:
    """Build the request of a call; it asks for progress, so that a long text does not run out of `timeout_s`."""
    return SpeakRequest(
        text=text,
        language=language,
        voice=options.get("voice"),
        model_type=options.get("model_type"),
        speed=options.get("speed"),
        output_format=options.get("audio_format"),
        stream=stream or None,
        **request_fields(options) | {"progress": True},
    )


def request_fields(options: CallOptions) -> dict[str, Any]:
    """Return the options that are fields of the request."""
    return {
        "task_id": options.get("task_id"),
        "message_id": options.get("message_id"),
        "priority": options.get("priority"),
        "timeout_ms": options.get("timeout_ms"),
        "cache": options.get("cache"),
        "progress": True if options.get("on_progress") is not None else None,
    }
