"""The server as a whole: builds the parts, starts them in order, and stops them in the reverse order."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence

import structlog
import zmq

from dragoman_engines.device import DeviceMissing
from dragoman_engines.pool.memory import Memory
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.work import R, Work
from dragoman_handlers.registry import HANDLERS
from dragoman_handlers.text import language_id as identifying
from dragoman_handlers.text.glossary import Glossary
from dragoman_server.available_models import AvailableModels
from dragoman_server.cache.open import open_cache
from dragoman_server.clock import Clock
from dragoman_server.config import Config, ConfigError, glossary_entries
from dragoman_server.control import Control
from dragoman_server.journal.base import JournalError
from dragoman_server.journal.sqlite import SqliteJournal
from dragoman_server.lifecycle.pools import check_devices, make_pools, model_names
from dragoman_server.lifecycle.readiness import Readiness
from dragoman_server.lifecycle.recovery import Recovery
from dragoman_server.lifecycle.signals import listen_for_signals
from dragoman_server.lifecycle.systemd import ServiceManager
from dragoman_server.ops import Ops, routes_of
from dragoman_server.ops.guard import Guard, guard_of
from dragoman_server.ops.statistics import Ports, Statistics
from dragoman_server.ops.stats_sources import StatsSources
from dragoman_server.spool import Spool
from dragoman_server.state_dir import StateDir
from dragoman_server.tasks.dispatcher import Dispatcher
from dragoman_server.tasks.lane import Lane
from dragoman_server.tasks.observer import Observer
from dragoman_server.tasks.outgoing import Outgoing
from dragoman_server.tasks.services import Services
from dragoman_server.tasks.task_store import TaskStore
from dragoman_server.telemetry.lines import NoLines
from dragoman_server.telemetry.logs import Logs
from dragoman_server.telemetry.telemetry import Telemetry
from dragoman_server.transport.addresses import StartError, binding, port_of, with_port
from dragoman_server.transport.backpressure import ByteBudget
from dragoman_server.transport.intake import Intake
from dragoman_server.transport.publisher import Publisher
from dragoman_wire.events import ServerStopping
from dragoman_wire.families import FAMILIES
from dragoman_wire.inbound import BadMessage, Inbound
from dragoman_wire.limits import WireLimits
from dragoman_wire.ops_token import TokenError

log = structlog.get_logger()

_LINGER_MS = 2000
"""What subscribers have not taken by then is had by a repeat."""


_FIXED = ("sockets", "engines", "models", "journal", "cache")
"""Sections that need a restart."""


class App:
    """One server.

    Args:
        config: what is in force.
        reload: reads the configuration again.
        logs: where the log goes; its level changes with the configuration.
        observers: who is told of requests besides those that the server has itself.
    """

    def __init__(
        self,
        config: Config,
        reload: Callable[[], Config] | None = None,
        logs: Logs | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.config = config
        self._reload = reload
        self._logs = logs
        self._clock = Clock()
        self._state = StateDir(config.server.state_dir)
        self._spool = Spool(self._state.path / "spool")
        self._zmq: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        mark = config.sockets.high_water_mark
        self.publisher = Publisher(self._zmq, mark)
        self._memory = Memory(config.engines.memory_mb)
        self.pools = make_pools(config, self._memory, self._keep)
        self.budget = ByteBudget(config.limits.in_flight_bytes, config.limits.request_bytes)
        self.lanes = {
            name: Lane(name, getattr(config.lanes, name), self._clock.monotonic)
            for name in type(config.lanes).model_fields
        }
        lane_of = {name: handler.lane for name, handler in HANDLERS.items()}
        self.telemetry = Telemetry(lane_of, self._clock, logs or NoLines(), observers)
        self._services = Services(
            pools=self.pools,
            publisher=self.publisher,
            limits=config.limits,
            spool=self._spool,
            clock=self._clock,
            budget=self.budget,
            observer=self.telemetry.observer,
            models=model_names(config),
            glossary=Glossary(glossary_entries(config.translation)),
        )
        self.store = TaskStore(config.results, self._clock.monotonic)
        self.dispatcher = Dispatcher(self._services, HANDLERS, self.lanes, self.store)
        self._recovery = Recovery(self._services, HANDLERS, self.store, self.dispatcher.executor)
        self.intake = Intake(
            self._zmq,
            _wire_limits(config),
            mark,
            self.budget,
            Outgoing(self._services),
            self._on_request,
            self._on_bad,
        )
        self._readiness = Readiness(self._services, self.dispatcher)
        sources = StatsSources(
            dispatcher=self.dispatcher,
            intake=self.intake,
            services=self._services,
            telemetry=self.telemetry,
            not_ready=self._readiness.reasons,
            log_lines_dropped=lambda: self._logs.dropped if self._logs else 0,
        )
        self.statistics = Statistics(sources)
        self._available = AvailableModels(str(config.engines.models_dir.expanduser()))
        self._control = Control(
            self.dispatcher,
            self.publisher,
            self.statistics,
            self._clock,
            self.pools,
            self._services.models,
            self._available,
        )
        self._ops = Ops(routes_of(sources, self.statistics), self.dispatcher.report)
        self._apply_logging(config)
        self._manager = ServiceManager.from_environment(os.environ)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then stop gracefully.

        Raises:
            StartError: an address is taken, the state directory cannot be used, or a device is not here.
        """
        listen_for_signals(self._stop, self.reload, self._end_at_once)
        await self.start()
        try:
            await self._stop.wait()
        finally:
            await self.stop()

    async def start(self) -> None:
        """Bind, start the engines and read requests; the engines may still be loading when it returns."""
        begin_s = time.monotonic()
        try:
            check_devices(self.config)
            guard = guard_of(self.config.sockets)
            self._state.open()
            self._spool.open()
            if self.config.journal.mode != "off":
                self._services.journal = SqliteJournal(self._state.path, self.config.journal)
                self.store.journal = self._services.journal
            self._services.cache = open_cache(self._state.path, self.config.cache)
            ports = await self._bind(guard)
        except (OSError, JournalError, DeviceMissing, TokenError) as error:
            raise StartError(str(error)) from error
        self.statistics.ports = ports
        self._memory.start()
        for pool in self.pools.values():
            pool.start()
        asyncio.get_running_loop().run_in_executor(None, identifying.warm_up)
        self._available.look()
        self._recovery.start()
        self.intake.start()
        self._manager.keep(lambda: self.intake.last_turn_s, self._readiness.line)
        announcement = self._readiness.announce(begin_s, self._endpoints, self._manager, self._logs)
        self._announcer = asyncio.create_task(announcement, name="announce ready")

    async def stop(self) -> None:
        """Let the work in flight end, publish what comes of it, and close everything."""
        drain_s = self.config.server.drain_s
        log.info("server.stopping", drain_s=drain_s, active=self.dispatcher.total_active)
        self._manager.stopping(drain_s)
        self.intake.empty()  # what was sent before the signal is still served
        self.publisher.announce(ServerStopping(drain_ms=round(drain_s * 1000)))
        self._recovery.stop()
        finished = await self.dispatcher.drain(drain_s)
        self.intake.stop()
        await self._services.journal.close()
        await self._services.cache.close()
        self.publisher.close(_LINGER_MS)
        self._announcer.cancel()
        self._memory.stop()
        await asyncio.gather(*(pool.stop() for pool in self.pools.values()), self._ops.stop())
        await asyncio.get_running_loop().run_in_executor(None, self._zmq.term)
        self._spool.close()
        self._state.close()
        await self._manager.close()
        log.info("server.stopped", all_finished=finished)

    def reload(self) -> None:
        """Read the configuration again and apply what can change at run time."""
        if self._reload is None:
            return
        self._manager.reloading()
        try:
            self._apply(self._reload())
        except ConfigError as error:
            log.error("config.rejected", error=str(error))
        self._manager.reloaded()

    def _apply(self, config: Config) -> None:
        self._apply_logging(config)
        for name, lane in self.lanes.items():
            lane.reconfigure(getattr(config.lanes, name))
        self._services.limits = config.limits
        self._services.glossary = Glossary(glossary_entries(config.translation))
        self.intake.limits = _wire_limits(config)
        self.budget.limit_bytes = config.limits.in_flight_bytes
        self.budget.reserve_bytes = config.limits.request_bytes
        self.store.reconfigure(config.results)
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

    def _keep(self, pool: EnginePool, work: Work[R], result: R, compute_s: float) -> bool:
        return self._services.cache.keep_unit(pool, work, result, compute_s)

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

    async def _bind(self, guard: Guard) -> Ports:
        sockets = self.config.sockets
        with binding("requests", sockets.requests):
            requests = self.intake.bind(sockets.requests)
        with binding("events", sockets.events):
            events = self.publisher.bind_events(sockets.events)
        with binding("routed", sockets.routed):
            routed = self.publisher.bind_routed(sockets.routed)
        with binding("ops", sockets.ops):
            ops = await self._ops.start(sockets.ops, guard)
        self._endpoints = {"requests": requests, "events": events, "routed": routed}
        self._endpoints["ops"] = with_port(sockets.ops, ops)
        log.info("server.listening", **self._endpoints)
        return Ports(requests=port_of(requests), events=port_of(events), routed=port_of(routed), ops=ops)

    def _end_at_once(self) -> None:
        if self._logs is not None:
            self._logs.close()
        for pool in self.pools.values():
            for child in pool.supervisor.children:
                child.kill()


def _wire_limits(config: Config) -> WireLimits:
    limits = config.limits
    return WireLimits(
        header_bytes=limits.header_bytes,
        frames=limits.frames,
        request_bytes=limits.request_bytes,
        languages=limits.languages,
    )
