"""A message as it arrives: what is kept of it, and what is dropped as it is read."""

from __future__ import annotations

import asyncio
import errno
import itertools
import mmap
import os
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from typing_extensions import override

from dragoman_server.transport.backpressure import ByteBudget, PartDropped, no_room
from dragoman_wire.errors import DragomanError
from dragoman_wire.inbound import Buffer, Seen
from dragoman_wire.limits import WireLimits

LARGE_BYTES = 1 << 16
"""Frames from this size on are read straight to their place."""
_SPOOLED_BYTES = 1 << 20
"""Frames from this size on may lie in a file."""
_AT_ONCE_BYTES = 4 << 20
"""Of a frame up to this size the whole room is taken at once, unless much has been promised already:"""
_PROMISED_BYTES = 64 << 20
_HEADERS_BYTES = 128 << 20
"""Large headers are not kept where so much is arriving."""
_CHUNK_BYTES = 1 << 20
"""So much of a frame is written at a time."""
_MOST_FILES = 512
"""Each is a descriptor."""
_writers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="spool")
_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
"""The files that are in use."""
_scratch = memoryview(bytearray(1 << 18))
"""Where bytes arrive on their way to nowhere: all reading is done in the one thread of the loop."""

OpenFile = Callable[[], int]
"""Makes a file without a name and returns its descriptor; raises OSError."""


class LargeFrame:
    """A large frame that is being read, and of which nothing is kept.

    Args:
        size_bytes: what its head says.
        budget: counts what is kept of it.
    """

    def __init__(self, size_bytes: int, budget: ByteBudget) -> None:
        self.size_bytes = size_bytes
        self.missing_bytes = size_bytes
        """Still to come."""
        self._budget = budget
        self._counted_bytes = 0

    def space(self) -> memoryview:
        """Return where the next bytes may be written."""
        return _scratch[: self.missing_bytes]

    def came(self, count: int) -> None:
        """Take so many bytes, which are in the space."""
        self.missing_bytes -= count

    def whole(self) -> Buffer | None:
        """Return the frame, which has come; None where it is not kept."""
        return None

    def release(self) -> None:
        """Count it no more among what arrives."""
        self._budget.arriving_bytes -= self._counted_bytes
        self._counted_bytes = 0

    def drop(self) -> None:
        """Let go of what has come."""
        self.release()

    def _count(self, size_bytes: int) -> None:
        self._budget.arriving_bytes += size_bytes
        self._counted_bytes += size_bytes


class HeaderStart(LargeFrame):
    """A header that is not kept, but for its beginning: the ids of the request may stand there."""

    def __init__(self, size_bytes: int, budget: ByteBudget) -> None:
        super().__init__(size_bytes, budget)
        self._start = bytearray()

    @override
    def came(self, count: int) -> None:
        super().came(count)
        self._start += _scratch[: min(count, LARGE_BYTES - len(self._start))]

    @override
    def whole(self) -> Buffer:
        return bytes(self._start)


class MemoryFrame(LargeFrame):
    """One that is kept in memory.

    A peer may promise more than it sends: only some room is taken before the bytes come.
    """

    def __init__(self, size_bytes: int, budget: ByteBudget) -> None:
        super().__init__(size_bytes, budget)
        self._at_once = size_bytes <= _AT_ONCE_BYTES and budget.arriving_bytes < _PROMISED_BYTES
        self._data = bytearray(size_bytes if self._at_once else 0)
        self._count(len(self._data))

    @override
    def space(self) -> memoryview:
        if self._at_once:
            return memoryview(self._data)[-self.missing_bytes :]
        return super().space()

    @override
    def came(self, count: int) -> None:
        super().came(count)
        if not self._at_once:
            self._data += _scratch[:count]
            self._count(count)

    @override
    def whole(self) -> Buffer:
        return memoryview(self._data).toreadonly()

    @override
    def drop(self) -> None:
        self.release()
        self._data = bytearray()


class SpooledFrame(LargeFrame):
    """One that lies in a file without a name, which is gone when nothing refers to the frame any more.

    The loop reads what comes, and threads write it: a disk may be slow.

    Raises:
        OSError: there can be no file.
    """

    def __init__(self, size_bytes: int, budget: ByteBudget, open_file: OpenFile) -> None:
        super().__init__(size_bytes, budget)
        if len(_mapped) >= _MOST_FILES:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        self._file = open_file()
        self._chunk = memoryview(bytearray(min(size_bytes, _CHUNK_BYTES)))
        self._waiting_bytes = 0
        """Of the chunk, to be written."""
        self._writing = False
        self._dropped = False

    @override
    def space(self) -> memoryview:
        return self._chunk[self._waiting_bytes :][: self.missing_bytes]

    @override
    def came(self, count: int) -> None:
        super().came(count)
        self._count(count)
        self._budget.spooled_bytes += count
        self._waiting_bytes += count

    @property
    def must_write(self) -> bool:
        """Return whether the chunk is full, or the last one."""
        return self._waiting_bytes == len(self._chunk) or not self.missing_bytes

    async def write(self) -> None:
        """Write the chunk; nothing may come meanwhile.

        Raises:
            OSError: the disk is full.
        """
        self._writing = True
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(_writers, _write_all, self._file, self._chunk[: self._waiting_bytes])
        finally:
            self._writing = False
            self._waiting_bytes = 0
            if self._dropped:
                self._close()

    @override
    def whole(self) -> Buffer:
        mapped = mmap.mmap(self._file, self.size_bytes, prot=mmap.PROT_READ)
        _mapped.add(mapped)
        weakref.finalize(mapped, _gone, self._budget, self.size_bytes)
        self._close()
        return memoryview(mapped)

    @override
    def drop(self) -> None:
        self.release()
        if self._file >= 0 and not self._dropped:
            self._budget.spooled_bytes -= self.size_bytes - self.missing_bytes
            self._dropped = True
            if not self._writing:
                self._close()

    def _close(self) -> None:
        os.close(self._file)
        self._file = -1
        self._chunk = memoryview(b"")


class Arrival:
    """The frames of one message that have come.

    Args:
        limits: what is over is counted and dropped.
        budget: counts what is kept.
        open_file: makes files for large frames.
    """

    def __init__(self, limits: WireLimits, budget: ByteBudget, open_file: OpenFile) -> None:
        self.frames: list[Buffer] = []
        self.parts = 0
        self.size_bytes = 0
        """Of all frames, those that were dropped among them."""
        self.header_bytes = 0
        self.refusal: DragomanError | None = None
        self._header_kept = True
        self._limits = limits
        self._budget = budget
        self._open_file = open_file
        self._large: list[LargeFrame] = []

    @property
    def seen(self) -> Seen:
        """Return what has come, and what was dropped of it."""
        return Seen(
            frames=self.parts, size_bytes=self.size_bytes, header_bytes=self.header_bytes, refusal=self.refusal
        )

    def add(self, frame: bytes) -> None:
        """Take a small frame."""
        self._count(len(frame))
        within = self.parts - 1 <= self._limits.frames and self.size_bytes <= self._limits.request_bytes
        if within and self._header_kept:
            self.frames.append(frame)
            return
        self._budget.parts_dropped[PartDropped.LIMIT] += 1
        if self._header_kept:
            self._drop_binaries()

    def begin(self, size_bytes: int) -> LargeFrame:
        """Return where the bytes of a large frame go: memory, a file, or nowhere, where it is over a limit."""
        self._count(size_bytes)
        large = self._place(size_bytes)
        self._large.append(large)
        return large

    def end(self, large: LargeFrame) -> None:
        """Take a large frame that has come."""
        frame = large.whole()
        if frame is not None:
            self.frames.append(frame)

    def refuse_rest(self, large: LargeFrame) -> LargeFrame:
        """Drop the message of a large frame that cannot be written to its file; return what takes the rest of it."""
        self._refuse(PartDropped.SPOOL)
        rest = LargeFrame(large.size_bytes, self._budget)
        rest.missing_bytes = large.missing_bytes
        return rest

    def release(self) -> None:
        """Count nothing for the message among what arrives: it is handed over."""
        for large in self._large:
            large.release()
        self._large.clear()

    def drop(self) -> None:
        """Let go of all: it will never be whole."""
        for large in self._large:
            large.drop()
        self._large.clear()
        self.frames.clear()

    def _place(self, size_bytes: int) -> LargeFrame:
        limits, budget = self._limits, self._budget
        nowhere = LargeFrame(size_bytes, budget)
        if self.parts == 1:
            return self._place_header(size_bytes)
        if (
            not self._header_kept
            or self.refusal is not None
            or self.parts - 1 > limits.frames
            or self.size_bytes > limits.request_bytes
        ):
            budget.parts_dropped[PartDropped.LIMIT if self.refusal is None else PartDropped.NO_ROOM] += 1
            self._drop_binaries()
            return nowhere
        if not budget.may_arrive(size_bytes):
            self._refuse(PartDropped.NO_ROOM)
            return nowhere
        if size_bytes < _SPOOLED_BYTES or budget.memory_bytes + size_bytes <= budget.limits.memory_bytes:
            return MemoryFrame(size_bytes, budget)
        try:
            return SpooledFrame(size_bytes, budget, self._open_file)
        except OSError:
            self._refuse(PartDropped.SPOOL)
            return nowhere

    def _place_header(self, size_bytes: int) -> LargeFrame:
        limits, budget = self._limits, self._budget
        if size_bytes <= max(limits.header_bytes, limits.base64_header_bytes):
            if size_bytes <= _SPOOLED_BYTES or budget.arriving_bytes + size_bytes <= _HEADERS_BYTES:
                return MemoryFrame(size_bytes, budget)
            self._refuse(PartDropped.NO_ROOM)
        else:
            budget.parts_dropped[PartDropped.LIMIT] += 1
        self._header_kept = False
        return HeaderStart(size_bytes, budget)

    def _count(self, size_bytes: int) -> None:
        self.parts += 1
        self.size_bytes += size_bytes
        if self.parts == 1:
            self.header_bytes = size_bytes

    def _refuse(self, why: PartDropped) -> None:
        self._budget.refused += 1
        self._budget.parts_dropped[why] += 1
        self.refusal = no_room(self._budget.limits.total_bytes)
        self._drop_binaries()

    def _drop_binaries(self) -> None:
        """Keep the header alone, for the answer."""
        del self.frames[1:]
        kept = 1 if self._large and self.frames and len(self.frames[0]) >= LARGE_BYTES else 0
        for large in self._large[kept:]:
            large.drop()
        del self._large[kept:]


def forget_pages(most: int) -> None:
    """Let go of the memory in which files of frames were looked at, up to `most` of them: the files still have it."""
    for mapped in itertools.islice(_mapped, most):
        mapped.madvise(mmap.MADV_DONTNEED)


def _write_all(file: int, data: memoryview) -> None:
    while data:
        data = data[os.write(file, data) :]


def _gone(budget: ByteBudget, size_bytes: int) -> None:
    budget.spooled_bytes -= size_bytes
