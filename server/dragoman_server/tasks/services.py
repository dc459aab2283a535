"""What every run needs of the server, and how the rows and events of one turn of the loop leave together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dragoman_engines.base import AnswerSource
from dragoman_engines.language.remote import RemoteModel
from dragoman_engines.pool.pool import EnginePool
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_handlers.text.options import DEFAULT_MODEL_TYPE
from dragoman_handlers.text.wording.phrasebook import PhraseBook
from dragoman_server.cache.cache import Cache
from dragoman_server.clock import Clock
from dragoman_server.config import EventsConfig, LimitsConfig
from dragoman_server.journal.base import Journal
from dragoman_server.journal.null import NOTHING
from dragoman_server.spool import Spool
from dragoman_server.tasks.observer import NO_OBSERVER, Observer
from dragoman_server.transport.backpressure import ByteBudget
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.envelope import Envelope
from dragoman_wire.families import FAMILIES
from dragoman_wire.requests import SoundFormat


@dataclass(kw_only=True, slots=True)
class Services:
    """The parts of the server that every run needs. `limits` and `events` may change while it runs."""

    pools: Mapping[str, EnginePool]
    """By kind, and by kind and name for models beside the default one."""
    publisher: Publisher
    limits: LimitsConfig
    spool: Spool
    clock: Clock
    budget: ByteBudget
    models: Mapping[str, str] = field(default_factory=lambda: {DEFAULT_MODEL_TYPE: ""})
    """The translation models by the names that peers know."""
    remotes: Mapping[str, RemoteModel] = field(default_factory=dict)
    """The language models of other servers, by the names that pools have."""
    language_models: Mapping[str, str] = field(default_factory=lambda: {"default": ""})
    """The language models by the names that peers know."""
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    """By a language model's name in units, that of the one which does its work while it is not available."""
    glossary: Glossary = field(default_factory=Glossary)
    phrases: PhraseBook = field(default_factory=PhraseBook)
    speech_format: SoundFormat = "wav"
    """Of speech where the request asks for none."""
    journal: Journal = NOTHING
    journal_events: Literal["audio", "all", "off"] = "audio"
    """Which requests of peers of *events* are written."""
    events: EventsConfig = field(default_factory=EventsConfig)
    """What peers of *events* are told."""
    cache: Cache = field(default_factory=Cache)
    observer: Observer = NO_OBSERVER

    def engine(self, pool: str) -> AnswerSource:
        """Return what answers units of this pool's name: processes, or a model of another server."""
        return self.remotes.get(pool) or self.pools[pool]

    def told_jointly(self, envelope: Envelope) -> bool:
        """Tell whether failures of the languages of this request are gathered, and told after its last one."""
        if envelope.reply_to is not None or self.events.language_errors == "each":
            return False
        return FAMILIES.find(envelope.request_type).per_language


class Outgoing:
    """The `Outbox` of the intake. Without it an answer that is written would leave two turns of the loop later.

    Args:
        services: the journal and the publisher.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def hold(self) -> None:
        """Let rows and events gather."""
        self._services.publisher.hold()

    def release(self) -> None:
        """Write what has gathered, and send what is written."""
        try:
            self._services.journal.hand_over()
        finally:
            self._services.publisher.release()
