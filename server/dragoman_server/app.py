"""The server's life: its parts are opened and started in order, and stopped with nothing lost."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

import structlog

from dragoman_engines.base import ModelMissing
from dragoman_engines.device import DeviceMissing
from dragoman_handlers.text import language_id
from dragoman_handlers.text.revision import revision
from dragoman_handlers.translation import version
from dragoman_server.cache.open import open_cache
from dragoman_server.config import Config, ConfigError
from dragoman_server.journal.base import JournalError
from dragoman_server.journal.open import open_journal
from dragoman_server.lifecycle.pools import check_devices
from dragoman_server.lifecycle.server import Server
from dragoman_server.lifecycle.signals import listen_for_signals, stop_listening
from dragoman_server.lifecycle.systemd import ServiceManager
from dragoman_server.ops.guard import guard_of
from dragoman_server.spool import Spool
from dragoman_server.state_dir import StateDir
from dragoman_server.tasks.observer import Observer
from dragoman_server.telemetry.logs import Logs
from dragoman_server.transport.addresses import StartError
from dragoman_wire.events import ServerStopping
from dragoman_wire.ops_token import TokenError

log = structlog.get_logger()

_LINGER_S = 2.0
"""Events that subscribers have not taken by then are sent again on a repeat."""


class App:
    """One server.

    Args:
        config: what is in force.
        reload: reads the configuration again.
        logs: where the log goes; its level changes with the configuration.
        observers: told of requests besides those that the server has itself.
    """

    def __init__(
        self,
        config: Config,
        reload: Callable[[], Config] | None = None,
        logs: Logs | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._config = config
        self._reload = reload
        self._logs = logs
        self._observers = observers
        self._manager = ServiceManager.from_environment(os.environ)
        self._stop = asyncio.Event()
        self._reading = False
        """The configuration is being read."""
        self._read_again = False
        """It was asked for meanwhile."""
        self._server: Server | None = None
        """While it serves."""

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then stop gracefully.

        Raises:
            StartError: an address is taken, a file cannot be used, or a device is not here.
            StateDirError: the state directory cannot be used.
        """
        listen_for_signals(self._stop, self._reload_beside, self._end_at_once)
        async with self.serving():
            await self._stop.wait()
        stop_listening()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Server]:
        """Serve for the time of a block; the engines may still be loading when it begins.

        Raises:
            StartError: as `run`.
            StateDirError: as `run`.
        """
        begin_s = time.monotonic()
        async with AsyncExitStack() as stack:
            with _start_errors():
                server, endpoints = await self._open(stack)
            self._server = server
            self._start(server)
            announcement = server.readiness.announce(begin_s, endpoints, self._manager, self._logs)
            announcer = asyncio.create_task(announcement, name="announce ready")
            try:
                yield server
            finally:
                all_finished = await self._drain(server)
                announcer.cancel()
        self._server = None
        log.info("server.stopped", all_finished=all_finished)

    async def _open(self, stack: AsyncExitStack) -> tuple[Server, dict[str, str]]:
        """Open files and sockets. `stack` closes them: what is registered last is closed first."""
        config = self._config
        check_devices(config)
        guard = guard_of(config.sockets)
        stack.push_async_callback(self._manager.close)
        state = stack.enter_context(StateDir(config.server.state_dir))
        spool = stack.enter_context(Spool(state.path / "spool"))
        journal, cache = open_journal(state.path, config.journal), open_cache(state.path, config.cache)
        server = Server(config, spool, journal, cache, self._logs, self._observers, self._stop.set)
        # Nothing more comes in; what came is written and then sent; only then it may take time to end processes.
        stack.push_async_callback(_stop_engines, server)
        stack.push_async_callback(server.publisher.close, _LINGER_S)
        stack.push_async_callback(cache.close)
        stack.push_async_callback(journal.close)
        stack.callback(server.intake.stop)
        stack.callback(server.idle.stop)
        return server, await server.bind(guard)

    def _start(self, server: Server) -> None:
        """Start the engines, recover the tasks of an earlier server, then read requests."""
        server.memory.start()
        for pool in server.pools.values():
            pool.start()
        server.usage.start(server.remotes, time.monotonic)
        asyncio.get_running_loop().run_in_executor(None, _warm_up)
        server.available.look()
        server.recovery.start()
        server.intake.start()
        server.idle.start()
        self._manager.keep(lambda: server.intake.last_turn_s, server.readiness.line)

    async def _drain(self, server: Server) -> bool:
        """Let the work in flight end and publish its events; return whether all of it ended by itself."""
        drain_s, expected = server.config.server.drain_s, server.config.server.restart_expected
        log.info("server.stopping", drain_s=drain_s, active=server.dispatcher.total_active)
        self._manager.stopping(drain_s)
        server.intake.leave()  # what was sent before the signal is still served
        server.publisher.announce(
            ServerStopping(
                drain_ms=round(drain_s * 1000),
                restart_expected=self._manager.present if expected == "auto" else expected == "yes",
            )
        )
        server.recovery.stop()
        return await server.dispatcher.drain(drain_s)

    def _reload_beside(self) -> None:
        """Read the configuration again, in a thread: the disk or the net that it lies on may stand still."""
        if self._reload is None or self._server is None:
            return
        if self._reading:
            self._read_again = True
            return
        self._reading, self._read_again = True, False
        self._manager.reloading()
        loop = asyncio.get_running_loop()
        # A daemon: one that never comes back shall not keep the server from ending.
        threading.Thread(target=self._read, args=(self._reload, loop), name="configuration", daemon=True).start()

    def _read(self, read: Callable[[], Config], loop: asyncio.AbstractEventLoop) -> None:
        found: Config | ConfigError
        try:
            found = read()
        except ConfigError as error:
            found = error
        except Exception as error:  # noqa: BLE001 - a fault here shall not end reloads for good
            found = ConfigError(f"{type(error).__name__}: {error}")
        with suppress(RuntimeError):  # the loop is closed: there is nothing to apply it to
            loop.call_soon_threadsafe(self._take_over, found)

    def _take_over(self, found: Config | ConfigError) -> None:
        """Apply what can change at run time."""
        self._reading = False
        if self._server is not None:
            if isinstance(found, ConfigError):
                log.error("config.rejected", error=str(found))
            else:
                self._server.apply(found)
        self._manager.reloaded()
        if self._read_again:
            self._reload_beside()

    def _end_at_once(self) -> None:
        if self._logs is not None:
            self._logs.close()
        for pool in self._server.pools.values() if self._server is not None else ():
            for child in pool.supervisor.children:
                child.kill()


@contextmanager
def _start_errors() -> Iterator[None]:
    """Map the errors of what is opened to `StartError`."""
    try:
        yield
    except (OSError, JournalError, DeviceMissing, TokenError, ConfigError, ModelMissing) as error:
        raise StartError(str(error)) from error


def _warm_up() -> None:
    """Read what the first request would hold the loop for. May run in a thread of its own."""
    revision()
    version()
    language_id.warm_up()


async def _stop_engines(server: Server) -> None:
    """End the engines' processes and, for that takes a moment too, the operations endpoint at the same time."""
    server.memory.stop()
    remotes = server.remotes
    await server.usage.stop(remotes, time.monotonic)
    await asyncio.gather(
        *(pool.stop() for pool in server.pools.values()),
        *(remote.close() for remote in remotes.values()),
        server.ops.stop(),
    )
