"""The servers of a client: which of them gets a request, and what to do where one stops or does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from dragoman_client.errors import ServerUnreachable
from dragoman_client.frames import Header
from dragoman_client.link import Fitness, ServerLink
from dragoman_client.request_state import ABOUT_TASKS
from dragoman_client.servers import OnServer, ServerAddress
from dragoman_wire.families import FAMILIES

log = logging.getLogger("dragoman_client")

_PLACES = 10_000
"""Tasks whose server is remembered, for a cancellation or a question that comes later."""


class ServerPool:
    """Deals requests out to servers.

    A new request goes to the server that has the fewest of this client's requests in flight; of equals, to each in
    turn.

    Args:
        addresses: of the servers.
        peer: the `replyTo` of the client.
        probe: returns when a server has answered.
        on_disconnect: called when a server is lost, or was not there at the start.
        on_reconnect: called when such a server answers.
    """

    def __init__(
        self,
        addresses: Sequence[ServerAddress],
        peer: str,
        probe: Callable[[ServerLink], Awaitable[None]],
        *,
        on_disconnect: OnServer | None = None,
        on_reconnect: OnServer | None = None,
    ) -> None:
        self._addresses = addresses
        self._peer = peer
        self._probe = probe
        self._on_disconnect = on_disconnect
        self._on_reconnect = on_reconnect
        self._links: list[ServerLink] = []
        self._away: set[ServerLink] = set()
        self._news = asyncio.Event()
        self._places: OrderedDict[str, ServerLink] = OrderedDict()

    @property
    def several(self) -> bool:
        """Return whether there is a choice."""
        return len(self._addresses) > 1

    @property
    def drain_ms(self) -> int | None:
        """Return how long the servers work on that announced their stop; None while one of them does not stop."""
        drains = [link.connection.drain_ms for link in self._links]
        stopping = [drain for drain in drains if drain is not None]
        return max(stopping) if stopping and len(stopping) == len(drains) else None

    def answering(self) -> tuple[ServerAddress, ...]:
        """Return the servers that take new requests, in the order in which they were named."""
        fit = {link.address for link in self._links if link.fitness < Fitness.STOPPING}
        return tuple(address for address in self._addresses if address in fit)

    async def open(self) -> None:
        """Connect to all, and wait until one has answered; the others are reached later.

        Raises:
            ServerUnreachable: none has answered in time, or an endpoint cannot be connected to at all.
        """
        try:
            for address in self._addresses:
                self._links.append(ServerLink(address, self._peer, self._probe, self._changed))
            while not any(link.answers for link in self._links):
                failures = [link.failure for link in self._links if link.failure is not None]
                if len(failures) == len(self._links):
                    raise self._unreachable(failures[0])
                self._news.clear()
                await self._news.wait()
        except BaseException:
            await self.close(clean=False)
            raise

    async def close(self, *, clean: bool) -> None:
        """Close all connections; calls that wait raise `ConnectionClosed`."""
        await asyncio.gather(*(link.close(clean=clean) for link in self._links))

    def place(self, header: Header) -> ServerLink:
        """Return the server that is to get a request; where none is fit, the one that is likeliest to become so."""
        if not self.several:
            return self._links[0]
        kind, task_id = FAMILIES.canonical_type(header), header["taskId"]
        if kind in ABOUT_TASKS and task_id in self._places:
            return self._places[task_id]
        best = min(self._links, key=_rank)
        # Of equals, the one that was chosen is the last next time.
        self._links.remove(best)
        self._links.append(best)
        if kind not in FAMILIES.control_types:
            self.moved(task_id, best)
        return best

    def moved(self, task_id: str, link: ServerLink) -> None:
        """Remember which server has a task."""
        self._places[task_id] = link
        self._places.move_to_end(task_id)
        if len(self._places) > _PLACES:
            self._places.popitem(last=False)

    def other_than(self, *links: ServerLink) -> ServerLink | None:
        """Return the best of the other servers that take requests; None where there is none."""
        fit = [each for each in self._links if each not in links and each.fitness < Fitness.STOPPING]
        return min(fit, key=_rank, default=None)

    def rest_s(self, task_id: str, wait_s: float) -> float:
        """Leave the server of a task alone for some seconds; return how long to wait until one takes requests.

        A single server is waited for.
        """
        asked = self._places.get(task_id)
        if asked is None:
            return wait_s
        asked.rest(wait_s)
        return min((link.rest_s() for link in self._links if link.fitness < Fitness.STOPPING), default=wait_s)

    def _changed(self, link: ServerLink) -> None:
        self._news.set()
        if link.answers:
            for other in self._links:
                if other.fitness >= Fitness.STOPPING:  # its calls have a place to go to now
                    other.connection.router.lost()
            if link in self._away:
                self._away.remove(link)
                log.info("server.back requests=%s", link.address)
                _call(self._on_reconnect, link.address)
        elif link not in self._away and (link.failure is None or self.several):
            self._away.add(link)
            log.warning("server.lost requests=%s", link.address)
            _call(self._on_disconnect, link.address)

    def _unreachable(self, first: Exception) -> ServerUnreachable:
        if not self.several:
            return ServerUnreachable(str(first))
        return ServerUnreachable(f"none of {len(self._links)} servers answers; of the first: {first}")


def _rank(link: ServerLink) -> tuple[Fitness, int]:
    return link.fitness, len(link.connection.router)


def _call(callback: OnServer | None, address: ServerAddress) -> None:
    if callback is None:
        return
    try:
        callback(address)
    except Exception:
        log.exception("callback.failed requests=%s", address)
