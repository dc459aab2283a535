"""The requests that are allowed over HTTP, by their origin.

On a loopback address whoever is on the machine may, but a web page must not: one that lies about its address (DNS
rebinding) is known by its Host header, one that posts to us from elsewhere by the headers that browsers add. On other
addresses every request shows a token, but for the probes and the page that asks for the token.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from dragoman_server.config import SocketsConfig
from dragoman_server.config.ops_access import is_loopback
from dragoman_server.ops.answers import refusal
from dragoman_wire.ops_token import read_token
from dragoman_wire.printable import printable

log = structlog.get_logger()

PUBLIC = frozenset({"/", "/healthz", "/readyz"})
"""Paths that need no token."""
_PROBES = frozenset({"/healthz", "/readyz"})
_READ_ONLY = frozenset({"GET", "HEAD"})
_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Decides on each request.

    Args:
        address: where the server listens.
        token: the token that requests must show; None asks for none.
    """

    def __init__(self, address: str, token: str | None) -> None:
        host = urlsplit(address).hostname or ""
        self._token = None if token is None else f"Bearer {token}".encode()
        self._names = _NAMES | {host} if is_loopback(host) and token is None else None

    def middleware(self) -> Middleware:
        """Build the middleware for aiohttp."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            refused = self.refuses(request)
            if refused is not None:
                return refused
            try:
                return await handler(request)
            except web.HTTPNotFound:
                return refusal(404, f"there is no {printable(request.path[:100])}")
            except web.HTTPMethodNotAllowed as error:
                allowed = ", ".join(sorted(error.allowed_methods))
                return refusal(405, f"{printable(request.path[:100])} takes {allowed}", Allow=allowed)
            except web.HTTPException as error:
                return refusal(error.status, error.reason)
            except Exception:
                log.exception("ops.fault", path=request.path[:100])
                return refusal(500, "the server failed at this; its log says how")

        return guard

    def refuses(self, request: web.BaseRequest) -> web.Response | None:
        """Return the answer to a request that is not served; None where it is."""
        if request.path in _PROBES:
            return None
        if self._token is not None and request.path not in PUBLIC and not self._knows(request):
            sentence = "the header Authorization: Bearer TOKEN is missing or wrong; the token is sockets.ops_token"
            return refusal(401, sentence, **{"WWW-Authenticate": 'Bearer realm="dragoman"'})
        if self._names is not None and not self._is_local(request):
            sentence = "the Host header names another host than this one; behind a proxy set sockets.ops_token"
            return refusal(403, sentence)
        if request.method not in _READ_ONLY and _is_of_another_site(request):
            return refusal(403, "a web page of another site sent this")
        return None

    def _knows(self, request: web.BaseRequest) -> bool:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return self._token is not None and hmac.compare_digest(given, self._token)

    def _is_local(self, request: web.BaseRequest) -> bool:
        host = request.headers.get("Host")
        return self._names is None or host is None or (_hostname(f"//{host}") in self._names)


def guard_of(sockets: SocketsConfig) -> Guard:
    """Build the guard that is configured.

    Raises:
        TokenError: the file with the token cannot be read, or holds none.
    """
    token = read_token(sockets.ops_token.get_secret_value())
    if token is None and not is_loopback(urlsplit(sockets.ops).hostname or ""):
        log.warning("ops.open", ops=sockets.ops, hint="whoever reaches it may read and cancel tasks")
    return Guard(sockets.ops, token)


def _is_of_another_site(request: web.BaseRequest) -> bool:
    """Return whether a browser says so; what says nothing is no browser."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != request.headers.get("Host", "")
    except ValueError:  # such as a bracket that is not closed
        return True


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
