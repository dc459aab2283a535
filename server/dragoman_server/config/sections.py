"""The sections of the configuration: one frozen class each, its defaults and its limits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from dragoman_server.config.ops_access import access_problem
from dragoman_wire.endpoints import DEFAULT_EVENTS, DEFAULT_OPS, DEFAULT_REQUESTS, DEFAULT_ROUTED

Endpoint = Annotated[str, Field(pattern=r"^(tcp|ipc|inproc)://.+")]


class Section(BaseModel):
    """Base of the sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SocketsConfig(Section):
    """Where the server listens. Port 0 binds any free port; the log says which."""

    requests: Endpoint = DEFAULT_REQUESTS
    events: Endpoint = DEFAULT_EVENTS
    routed: Endpoint = DEFAULT_ROUTED
    ops: Annotated[str, Field(pattern=r"^http://.+:\d+$")] = DEFAULT_OPS
    ops_token: SecretStr = SecretStr("")
    """What operators show; `file:PATH` reads it from there, `none` asks for none. Empty only on loopback."""
    high_water_mark: Annotated[int, Field(ge=1)] = 20_000
    """Messages that wait for a slow subscriber before later ones are dropped."""
    subscriber_bytes: Annotated[int, Field(ge=1)] = 64 << 20
    """The same in bytes."""
    subscribers_bytes: Annotated[int, Field(ge=1)] = 256 << 20
    """For all subscribers together."""
    subscriptions: Annotated[int, Field(ge=1)] = 4096
    """Topics of one subscriber; of all together sixteen times as many."""
    connections: Annotated[int, Field(ge=1)] = 1000
    """Of each of the three sockets."""
    connections_per_address: Annotated[int, Field(ge=1)] = 500
    """The same from one address of another machine."""

    @model_validator(mode="after")
    def _access(self) -> Self:
        problem = access_problem(urlsplit(self.ops).hostname or "", self.ops_token.get_secret_value())
        if problem is not None:
            raise PydanticCustomError("ops_access", "{problem}", {"problem": problem})
        return self


class ServerConfig(Section):
    """The process itself."""

    state_dir: Path = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "dragoman"
    """Holds the journal, and decoded audio while it is at work."""
    drain_s: Annotated[float, Field(ge=0)] = 30.0
    orphan_s: Annotated[float, Field(ge=0)] = 60.0
    """A peer of *routed events* whose connection has been gone for so long has those of its tasks cancelled that are
    not in the journal; 0: never."""
    orphan_journalled_s: Annotated[float, Field(ge=0)] = 0.0
    """The same for those that are in the journal, which by default are finished whoever waits; 0: never."""
    restart_expected: Literal["auto", "yes", "no"] = "auto"
    """Whether peers are told, when it stops, that a successor comes up; `auto`: where a service manager runs it."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """`auto`: console where the log goes to a terminal, JSON otherwise."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_content: bool = False
    """Whether texts and results may appear in the log."""
    tracing: bool = False
    """Whether spans are exported; needs the extra `otel`."""


class LimitsConfig(Section):
    """The sizes above which a request is refused."""

    header_bytes: Annotated[int, Field(ge=64)] = 1 << 20
    base64_header_bytes: Annotated[int, Field(ge=64)] = 16 << 20
    """Of a request with a document, or with a recording in base64."""
    frames: Annotated[int, Field(ge=0, le=1000)] = 8
    request_bytes: Annotated[int, Field(ge=64)] = 64 << 20
    languages: Annotated[int, Field(ge=1)] = 128
    text_chars: Annotated[int, Field(ge=1)] = 10_000
    document_chars: Annotated[int, Field(ge=1)] = 2_000_000
    """Of a text whose request states its format."""
    segments: Annotated[int, Field(ge=0)] = 5000
    """Of a transcription that the phone made."""
    glossary_terms: Annotated[int, Field(ge=0)] = 200
    """Of one request's glossary."""
    glossary_chars: Annotated[int, Field(ge=1)] = 200
    """Of a term, and of what it becomes."""
    audio_s: Annotated[float, Field(gt=0)] = 7200.0
    audio_samples: Annotated[int, Field(ge=1)] = 3_000_000_000
    """Of one recording, in all its channels together: channels x rate x seconds, before it is brought to 16 kHz."""
    spool_bytes: Annotated[int, Field(ge=1)] = 4 << 30
    """Of the disk, for the decoded audio of all requests together."""
    output_bytes: Annotated[int, Field(ge=1)] = 512 << 20
    """Of the sound in the events of one request, language by language; while it is held it counts as in flight."""
    speech_s: Annotated[float, Field(gt=0)] = 14_400.0
    """Spoken for one request, in all its languages together."""
    in_flight_bytes: Annotated[int, Field(ge=1)] = 2 << 30
    """Of all requests together; past it requests are refused."""
    peer_in_flight_bytes: Annotated[int, Field(ge=1)] = 1 << 30
    """Of all requests of one peer."""
    in_memory_bytes: Annotated[int, Field(ge=0)] = 64 << 20
    """Of all requests together; large frames past it lie in files in the spool."""


class EventsConfig(Section):
    """What peers of *events* are told; on *routed events* each language that fails has an event of its own."""

    language_errors: Literal["last", "each", "off"] = "last"
    """Failures of single languages of a text: one `translation_error` for all after the last language, one for each
    as it fails, or none."""


class LaneConfig(Section):
    """One lane: how many requests are at work, and how many may wait."""

    concurrency: Annotated[int, Field(ge=1)] = 32
    queue: Annotated[int, Field(ge=0)] = 1000
    in_flight_bytes: Annotated[int, Field(ge=1)] = 768 << 20
    """Of its requests together, at work and waiting."""


class LanesConfig(Section):
    """The lanes by name."""

    translation: LaneConfig = LaneConfig(concurrency=1024, queue=10_000, in_flight_bytes=256 << 20)
    transcription: LaneConfig = LaneConfig(concurrency=16, queue=200)
    voice: LaneConfig = LaneConfig(concurrency=8, queue=100)
    speech: LaneConfig = LaneConfig(concurrency=16, queue=200, in_flight_bytes=256 << 20)
    language: LaneConfig = LaneConfig(concurrency=256, queue=1000, in_flight_bytes=256 << 20)


class ResultsConfig(Section):
    """The store of finished tasks, from which repeats are answered."""

    keep_s: Annotated[float, Field(ge=0)] = 900.0
    tasks: Annotated[int, Field(ge=1)] = 20_000
    """About 1 KiB each, where they are small."""
    bytes: Annotated[int, Field(ge=0)] = 256 << 20


class CacheConfig(Section):
    """Answers that are known. 0 bytes switch a level off."""

    memory_entries: Annotated[int, Field(ge=1)] = 100_000
    memory_bytes: Annotated[int, Field(ge=0)] = 64 << 20
    disk_bytes: Annotated[int, Field(ge=0)] = 1 << 30
    """Of the file `cache.db` in the state directory."""
    disk_keep_s: Annotated[float, Field(gt=0)] = 30 * 86400.0
    """Entries not used for so long are evicted from the disk."""


class JournalConfig(Section):
    """The journal, by which tasks survive a crash."""

    mode: Literal["off", "process", "power"] = "process"
    """What the journal survives: nothing, the end of the process, or the loss of power as well."""
    events: Literal["audio", "all", "off"] = "audio"
    """Which requests without `replyTo` are written, of those that are not answered at once: those with a recording,
    which peers send once; all; or none."""
    max_bytes: Annotated[int, Field(ge=1 << 18)] = 2 << 30
    """Past it requests are refused until there is room again."""
    peer_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Of that for one peer; past it only its own requests are refused."""
