"""HTTP within bounds: an answer is read up to a size and never unpacked, whatever the other server sends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
from typing_extensions import override

ANSWER_BYTES = 8 << 20
"""Of one answer; a novel's chunk has some thousand."""


class TooMuchAnswer(httpx2.ReadError):
    """The other server sends more than any answer has, or sends it packed."""


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, most_bytes: int) -> None:
        self._stream = stream
        self._most_bytes = most_bytes

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > self._most_bytes:
                raise TooMuchAnswer(f"the answer has more than {self._most_bytes} bytes")
            yield part

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Bounds what another transport reads.

    Args:
        inner: makes the calls.
        most_bytes: of an answer's body.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, most_bytes: int = ANSWER_BYTES) -> None:
        self._inner = inner
        self._most_bytes = most_bytes

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Make the call, asking for an answer that is not packed: a small one may be huge once it is unpacked."""
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await response.aclose()
            raise TooMuchAnswer("the answer is packed, which was not asked for")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, self._most_bytes)
        return response

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
