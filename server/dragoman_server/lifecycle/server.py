"""The parts of a server, built in one go: each gets what it needs as it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from dragoman_engines.pool.memory import Memory
from dragoman_handlers.registry import HANDLERS
from dragoman_handlers.text.marks.glossary import Glossary
from dragoman_server.available_models import AvailableModels
from dragoman_server.cache.cache import Cache
from dragoman_server.clock import Clock
from dragoman_server.config import Config, ResultsConfig, glossary_entries, phrase_book
from dragoman_server.control import Control
from dragoman_server.journal.base import Journal
from dragoman_server.lifecycle.idle import IdleWork
from dragoman_server.lifecycle.language import fallbacks, language_names, open_remotes
from dragoman_server.lifecycle.pools import make_pools, model_names
from dragoman_server.lifecycle.readiness import Readiness
from dragoman_server.lifecycle.recovery import Recovery
from dragoman_server.ops import Ops, routes_of
from dragoman_server.ops.guard import Guard
from dragoman_server.ops.statistics import Ports, Statistics
from dragoman_server.ops.stats_sources import StatsSources
from dragoman_server.spool import Spool
from dragoman_server.tasks.dispatcher import Dispatcher
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer import Observer
from dragoman_server.tasks.orphans import Orphans
from dragoman_server.tasks.services import Outgoing, Services
from dragoman_server.tasks.task_store import TaskStore
from dragoman_server.telemetry.lines import NoLines
from dragoman_server.telemetry.logs import Logs
from dragoman_server.telemetry.telemetry import Telemetry
from dragoman_server.transport.addresses import binding, port_of, with_port
from dragoman_server.transport.backpressure import ByteBudget, ByteLimits
from dragoman_server.transport.connections import ConnectionLimits
from dragoman_server.transport.intake import Intake
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import BadMessage, Inbound
from dragoman_wire.limits import WireLimits

log = structlog.get_logger()

_FIXED = ("sockets", "engines", "models", "journal", "cache")
"""Sections that need a restart."""


class Server:
    """Everything between the sockets and the engines; `App` starts and stops it.

    Args:
        config: what is in force.
        spool: where decoded audio lies.
        journal: where requests are kept.
        cache: what is known already.
        logs: where the log goes; its level changes with the configuration.
        observers: told of requests besides those that the server has itself.
        stop: begins a graceful stop.
    """

    def __init__(
        self,
        config: Config,
        spool: Spool,
        journal: Journal,
        cache: Cache,
        logs: Logs | None,
        observers: Sequence[Observer],
        stop: Callable[[], None],
    ) -> None:
        clock = Clock()
        self.config = config
        self._logs = logs
        self.journal = journal
        self.cache = cache
        self.publisher = _make_publisher(config)
        self.memory = Memory(config.engines.memory_mb)
        self.pools = make_pools(config, self.memory, cache.keep_unit, spool.folder)
        self.usage, self.remotes = open_remotes(config, spool.folder.parent)
        self.budget = ByteBudget(_byte_limits(config))
        self.lanes = {
            name: Lane(name, getattr(config.lanes, name), clock.monotonic) for name in type(config.lanes).model_fields
        }
        lane_of = {name: handler.lane for name, handler in HANDLERS.items()}
        self.telemetry = Telemetry(lane_of, clock, logs or NoLines(), observers)
        self._services = services = self._make_services(spool, clock)
        self.store = TaskStore(_results(config), clock.monotonic, journal)
        self.dispatcher = Dispatcher(services, HANDLERS, self.lanes, self.store)
        self.orphans = self._make_orphans(clock)
        self.recovery = Recovery(services, HANDLERS, self.store, self.dispatcher.executor)
        self.intake = self._make_intake(spool)
        self.idle = self._make_idle()
        self.readiness = Readiness(services, self.dispatcher)
        sources = StatsSources(
            dispatcher=self.dispatcher,
            intake=self.intake,
            services=services,
            telemetry=self.telemetry,
            not_ready=self.readiness.reasons,
            log_lines_dropped=lambda: logs.dropped if logs else 0,
        )
        self.statistics = Statistics(sources)
        self.available = AvailableModels(str(config.engines.models_dir.expanduser()))
        self._control = Control(
            self.dispatcher, self.publisher, self.statistics, clock, self.pools, services.models, self.available
        )
        routes = routes_of(sources, self.statistics, stop, lambda: self.config.server.drain_s)
        self.ops = Ops(routes, self.dispatcher.report)
        self._apply_logging(config)
        self._apply_orphans(config)

    def _make_idle(self) -> IdleWork:
        return IdleWork(
            messages=lambda: self.intake.received,
            busy=lambda: bool(self.dispatcher.total_active or self.budget.arriving_bytes),
        )

    def _make_intake(self, spool: Spool) -> Intake:
        return Intake(
            _wire_limits(self.config),
            _connection_limits(self.config),
            self.budget,
            spool.open_unnamed,
            Outgoing(self._services),
            self._on_request,
            self._on_bad,
        )

    def _make_orphans(self, clock: Clock) -> Orphans:
        orphans = Orphans(
            lambda: self.store.in_flight, self.publisher.is_heard_by, self.dispatcher.cancel, clock.monotonic
        )
        self.publisher.subscribers.on_lost = orphans.lost
        return orphans

    def _make_services(self, spool: Spool, clock: Clock) -> Services:
        config = self.config
        return Services(
            pools=self.pools,
            publisher=self.publisher,
            limits=config.limits,
            events=config.events,
            spool=spool,
            clock=clock,
            budget=self.budget,
            observer=self.telemetry.observer,
            models=model_names(config),
            remotes=self.remotes,
            language_models=language_names(config),
            fallbacks=fallbacks(config),
            glossary=Glossary(glossary_entries(config.translation)),
            phrases=phrase_book(config.translation),
            speech_format=config.engines.speech.format,
            journal=self.journal,
            journal_events=config.journal.events,
            cache=self.cache,
        )

    async def bind(self, guard: Guard) -> dict[str, str]:
        """Bind all sockets.

        Args:
            guard: decides what is served over HTTP.

        Returns: the endpoints by the names of `[sockets]`, with the ports that the system gave.

        Raises:
            StartError: one cannot be bound; the sentence names it.
        """
        sockets = self.config.sockets
        with binding("requests", sockets.requests):
            requests = self.intake.bind(sockets.requests)
        with binding("events", sockets.events):
            events = self.publisher.bind_events(sockets.events)
        with binding("routed", sockets.routed):
            routed = self.publisher.bind_routed(sockets.routed)
        with binding("ops", sockets.ops):
            ops = await self.ops.start(sockets.ops, guard)
        endpoints = {"requests": requests, "events": events, "routed": routed, "ops": with_port(sockets.ops, ops)}
        log.info("server.listening", **endpoints)
        self.statistics.ports = Ports(
            requests=port_of(requests), events=port_of(events), routed=port_of(routed), ops=ops
        )
        return endpoints

    def apply(self, config: Config) -> None:
        """Take over what can change at run time."""
        self._apply_logging(config)
        self._apply_orphans(config)
        for name, lane in self.lanes.items():
            lane.reconfigure(getattr(config.lanes, name))
        self._services.limits = config.limits
        self._services.events = config.events
        self._services.glossary = Glossary(glossary_entries(config.translation))
        self._services.phrases = phrase_book(config.translation)
        self.intake.limits = _wire_limits(config)
        self.budget.limits = _byte_limits(config)
        self.store.reconfigure(_results(config.model_copy(update={"journal": self.config.journal})))
        fixed = [name for name in _FIXED if getattr(config, name) != getattr(self.config, name)]
        log.info("config.reloaded", needs_restart=fixed)
        kept = {name: getattr(self.config, name) for name in _FIXED}
        self.config = config.model_copy(update=kept)

    def _apply_logging(self, config: Config) -> None:
        self.dispatcher.report()  # what happened until now is logged as it was wished until now
        if self._logs is not None:
            self._logs.configure(config.server)
        self.telemetry.log.configure(content=config.server.log_content)
        self.statistics.log_level = config.server.log_level

    def _apply_orphans(self, config: Config) -> None:
        server = config.server
        self.orphans.configure(plain_s=server.orphan_s, journalled_s=server.orphan_journalled_s)

    def _on_request(self, inbound: Inbound) -> None:
        self.telemetry.counts.receive(inbound.request_type)
        if inbound.request_type in FAMILIES.control_types:
            self._control.answer(inbound)
        else:
            self.dispatcher.submit(inbound)

    def _on_bad(self, bad: BadMessage) -> None:
        self.telemetry.counts.receive(bad.envelope.request_type)
        self.telemetry.log.unreadable(bad)
        self.dispatcher.refuse(bad.envelope, bad.error)


def _make_publisher(config: Config) -> Publisher:
    sockets = config.sockets
    return Publisher(
        sockets.high_water_mark,
        subscriber_bytes=sockets.subscriber_bytes,
        subscribers_bytes=sockets.subscribers_bytes,
        topics=sockets.subscriptions,
        connections=_connection_limits(config),
    )


def _connection_limits(config: Config) -> ConnectionLimits:
    return ConnectionLimits(total=config.sockets.connections, address=config.sockets.connections_per_address)


def _results(config: Config) -> ResultsConfig:
    """Return the limits of the results: in the journal they leave most of the room to what is not finished."""
    if config.journal.mode == "off":
        return config.results
    return config.results.model_copy(update={"bytes": min(config.results.bytes, config.journal.max_bytes // 4)})


def _wire_limits(config: Config) -> WireLimits:
    limits = config.limits
    return WireLimits(
        header_bytes=limits.header_bytes,
        base64_header_bytes=limits.base64_header_bytes,
        frames=limits.frames,
        request_bytes=limits.request_bytes,
        languages=limits.languages,
    )


def _byte_limits(config: Config) -> ByteLimits:
    limits = config.limits
    return ByteLimits(
        total_bytes=limits.in_flight_bytes,
        peer_bytes=limits.peer_in_flight_bytes,
        lane_bytes={name: getattr(config.lanes, name).in_flight_bytes for name in type(config.lanes).model_fields},
        memory_bytes=limits.in_memory_bytes,
    )
