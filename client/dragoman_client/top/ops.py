"""The operations endpoint over HTTP: what /stats and /tasks say, and the cancelling of a task.

Plain `http.client`: no proxy of the environment and no redirect ever sees the token.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

DEFAULT_ADDRESS = "http://127.0.0.1:8088"
_TIMEOUT_S = 3.0
_MOST_BYTES = 16 << 20
_ANY_HOST = re.compile(r"^(https?://)(\*|0\.0\.0\.0|\[::\])(?=[:/]|$)")

Document = dict[str, Any]
Connection = http.client.HTTPConnection


class OpsError(Exception):
    """The endpoint did not do what was asked; the sentence says why."""


class OpsSilent(OpsError):
    """Nobody answers there."""


class OpsRefused(OpsError):
    """It answered with an error."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        """Of HTTP."""


class OpsClient:
    """Asks, and waits at most 3 s for an answer. Calls block; threads may share it.

    Args:
        address: where the endpoint is, e.g. http://127.0.0.1:8088.
        token: what it wants as a bearer token, if anything.

    Raises:
        ValueError: that is no address.
    """

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = _ANY_HOST.sub(_local_host, address.strip()).rstrip("/")
        url = urlsplit(self.address)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"{address!r} is no address; it looks like {DEFAULT_ADDRESS}")
        self._host, self._port, self._folder = url.hostname, url.port, url.path
        self._kind: type[Connection] = http.client.HTTPSConnection if url.scheme == "https" else Connection
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def stats(self) -> Document:
        """The figures of this moment.

        Raises:
            OpsError: there are none.
        """
        return self._ask("GET", "/stats")

    def tasks(self, which: str, order: str, limit: int) -> list[Document]:
        """Up to `limit` tasks.

        Raises:
            OpsError: there are none.
        """
        tasks: list[Document] = self._ask("GET", "/tasks", {"state": which, "sort": order, "limit": limit})["tasks"]
        return tasks

    def task(self, task: Mapping[str, Any]) -> Document:
        """One that was listed, with its timeline.

        Raises:
            OpsError: it is not known any more, or nobody answers.
        """
        return self._ask("GET", _path(task), _peer(task))

    def cancel(self, task: Mapping[str, Any]) -> str:
        """Stop one that was listed: `cancelled`, `finished` or `unknown`.

        Raises:
            OpsError: nobody knows what became of it.
        """
        return str(self._ask("POST", f"{_path(task)}/cancel", _peer(task))["status"])

    def _ask(self, method: str, path: str, query: Mapping[str, object] | None = None) -> Document:
        connection = self._kind(self._host, self._port, timeout=_TIMEOUT_S)
        target = f"{self._folder}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            connection.request(method, target, headers=self._headers)
            response = connection.getresponse()
            body = response.read(_MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise OpsSilent(f"no answer from {self.address}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        return _document(response.status, body)


def read_token(given: str | None) -> str | None:
    """A token as the server's configuration words it: itself, `file:PATH`, or `none`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no text.
    """
    if given is None or given in ("", "none"):
        return None
    if given.startswith("file:"):
        return Path(given.removeprefix("file:")).expanduser().read_text(encoding="utf-8").strip()
    return given


def _document(status: int, body: bytes) -> Document:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise OpsRefused(status, f"the answer ({status}) is no JSON document: is this the ops address of a Dragoman?")
    if status == http.HTTPStatus.NOT_FOUND and "status" in document:
        return document  # a task to be cancelled that is unknown
    if status != http.HTTPStatus.OK:
        raise OpsRefused(status, str(document.get("error", f"the server answered {status}")))
    return document


def _path(task: Mapping[str, Any]) -> str:
    return f"/tasks/{quote(task['task_id'], safe='')}"


def _peer(task: Mapping[str, Any]) -> dict[str, str]:
    return {"reply_to": task["reply_to"] or ""}


def _local_host(bound: re.Match[str]) -> str:
    """Where a server listens on all addresses, the local one is asked."""
    return f"{bound[1]}{'[::1]' if bound[2] == '[::]' else '127.0.0.1'}"
