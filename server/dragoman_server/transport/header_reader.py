"""Large headers are decoded in a process of their own: one can take a second, and would hold the loop for as long."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable

import structlog

from dragoman_engines.process.environment import plain_environment
from dragoman_server.transport.header_channel import LENGTH, Ask, found, pack, read_answer
from dragoman_wire.codec import codec_of
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError, Overloaded, TooLarge
from dragoman_wire.inbound import BadMessage, Buffer, Inbound, Seen, seen_of
from dragoman_wire.limits import WireLimits

log = structlog.get_logger()

_MOST_WAITING_BYTES = 64 << 20
_PATIENCE_S = 20.0
"""For one header; the process is replaced then."""
_RETRY_MS = 2000

Found = Callable[[Inbound | BadMessage], None]


class _Waiting:
    """A message that is to be read."""

    def __init__(self, frames: list[Buffer], limits: WireLimits, seen: Seen, done: Found) -> None:
        self.frames = frames
        self.limits = limits
        self.seen = seen
        self.done = done

    def refuse(self, error: DragomanError) -> None:
        """Answer it without its ids."""
        first_bytes = bytes(self.frames[0][:64])
        envelope = Envelope(request_type=None, codec=codec_of(first_bytes))
        self.done(BadMessage(error, envelope, first_bytes))

    def ask(self) -> Ask:
        """Return what the process is told."""
        header, *binaries = self.frames
        return Ask(
            header=bytes(header),
            sizes=list(map(len, binaries)),
            limits=self.limits,
            seen_frames=self.seen.frames,
            seen_bytes=self.seen.size_bytes,
            seen_header_bytes=self.seen.header_bytes,
        )


class HeaderReader:
    """Reads one header after the other, in the order in which they come. The process is started when it is needed."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._busy = False
        self._process: _Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def read(self, frames: list[Buffer], limits: WireLimits, seen: Seen | None, done: Found) -> None:
        """Have a message read; `done` is called with what it is, later."""
        one = _Waiting(frames, limits, seen or seen_of(frames), done)
        size_bytes = len(frames[0])
        if self._closed or self._waiting_bytes + size_bytes > _MOST_WAITING_BYTES:
            full = Overloaded("other large headers are still being read", retry_after_ms=_RETRY_MS)
            asyncio.get_running_loop().call_soon(one.refuse, full)
            return
        self._waiting.append(one)
        self._waiting_bytes += size_bytes
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read_all(), name="large headers")

    def close(self) -> None:
        """End the process."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        if self._process is not None:
            self._process.kill()
            self._process = None

    async def _read_all(self) -> None:
        while self._waiting:
            one = self._waiting[0]
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    result = await self._read(one)
            except (OSError, EOFError, TimeoutError) as error:
                log.warning("headers.process_failed", error=type(error).__name__)
                self._replace()
                one_bad = TooLarge(f"the header has {one.seen.header_bytes} bytes, and could not be read")
                self._drop_first()
                one.refuse(one_bad)
            else:
                self._drop_first()
                one.done(result)

    async def _read(self, one: _Waiting) -> Inbound | BadMessage:
        if self._process is None:
            self._process = await _Process.start()
        answer = read_answer(await self._process.ask(pack(one.ask())))
        return found(answer, one.frames, one.seen)

    def _drop_first(self) -> None:
        one = self._waiting.popleft()
        self._waiting_bytes -= len(one.frames[0])

    def _replace(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


class _Process:
    """The process and the pipe to it."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls) -> _Process:
        """Start a process."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: ASYNC220 - fork and exec take a few milliseconds
                [sys.executable, "-P", "-m", "dragoman_server.transport.header_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=plain_environment(os.environ),
                # A Ctrl-C at the terminal is for the server alone. Not a session of its own: where Linux shares the
                # processor out among sessions, a nice value counts within one, and the child would slow the loop down.
                process_group=0,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(process, reader, writer)

    async def ask(self, packed: bytearray) -> bytes:
        """Send a message and return the answer.

        Raises:
            EOFError: the process has ended.
            OSError: it has ended in the middle.
        """
        self._writer.write(packed)
        await self._writer.drain()
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return await self._reader.readexactly(length)

    def kill(self) -> None:
        """End it."""
        self._writer.transport.abort()
        self._process.kill()
        # It is reaped by a thread: this takes no time as a rule, and must take none here.
        asyncio.get_running_loop().run_in_executor(None, self._process.wait)
