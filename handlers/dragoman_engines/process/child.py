"""One child process as its pool sees it: started, loaded, given batches, and ended."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import psutil

from dragoman_engines.base import EngineSpec
from dragoman_engines.process.channel import Batch, Load, Ping, Ready, Splitter, ToChild, ToServer, pack, to_server
from dragoman_engines.process.environment import child_environment


class Child(asyncio.Protocol):
    """A model's process and the pipe to it.

    Args:
        spec: the engine that the child makes.
        on_message: called with each message of the child's, in order.
    """

    def __init__(self, spec: EngineSpec, on_message: Callable[[Child, ToServer], None]) -> None:
        self.spec = spec
        self.ready = False
        self._on_message = on_message
        self._splitter = Splitter()
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._figures: psutil.Process | None = None
        self._gone = asyncio.Event()

    @classmethod
    async def start(cls, spec: EngineSpec, on_message: Callable[[Child, ToServer], None]) -> Child:
        """Start a process and tell it to load its model; `on_message` is called when it has."""
        child = cls(spec, on_message)
        ours, theirs = socket.socketpair()
        with theirs:
            environment = child_environment(os.environ, spec)
            child._process = subprocess.Popen(  # noqa: ASYNC220 - fork and exec take a few milliseconds
                # -P: not the folder in which the server was started, which may hold anything.
                [sys.executable, "-P", "-m", "dragoman_engines.process.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                # A Ctrl-C at the terminal is for the server alone. Not a session of its own: where Linux shares the
                # processor out among sessions, a nice value counts within one, and the child would slow the loop down.
                process_group=0,
            )
        try:
            await asyncio.get_running_loop().create_connection(lambda: child, sock=ours)
        except BaseException:  # also when this is cancelled: the process would be lost
            ours.close()
            child._process.kill()
            child._process.wait()
            raise
        child._write(Load(spec=spec))
        return child

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid if self._process else 0

    def send(self, batch: Batch) -> None:
        """Hand over a batch; the answer is a `Done` message, or the end of the process."""
        self._write(batch)

    def ping(self) -> None:
        """Ask for a sign of life; an idle process answers with a `Pong` message."""
        self._write(Ping())

    async def gone(self) -> int:
        """Wait until the pipe has ended and the process with it; return its exit status, negative for a signal."""
        await self._gone.wait()
        process = self._process
        if process is None:  # pragma: no cover - start() sets it before anything can end
            return 0
        process.kill()  # a child that closed its pipe has nothing more to say
        return await asyncio.get_running_loop().run_in_executor(None, process.wait)

    def close(self) -> None:
        """End the pipe: an idle child then exits by itself."""
        if self._transport is not None:
            self._transport.close()

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        if self._transport is not None and self._transport.is_closing():
            self._transport.abort()  # bytes that it no longer reads shall not hold the pipe open
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    def rss_mb(self) -> float:
        """Return its resident memory in MiB; 0 where the process has ended."""
        try:
            self._figures = self._figures or psutil.Process(self.pid)
            return float(self._figures.memory_info().rss) / 2**20
        except psutil.Error:
            return 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the pipe, which is open now."""
        self._transport = cast("asyncio.Transport", transport)  # what a socket pair gets

    def data_received(self, data: bytes) -> None:
        """Decode bytes of the child's into messages."""
        for body in self._splitter.feed(data):
            message = to_server.decode(body)
            self.ready = self.ready or isinstance(message, Ready)
            self._on_message(self, message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Note that the child is gone, or that we closed the pipe."""
        self.ready = False
        self._gone.set()

    def _write(self, message: ToChild) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(pack(message))
