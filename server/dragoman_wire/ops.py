"""The operations endpoint over HTTP, for command lines: figures, tasks, cancelling one, forgetting cached answers.

Both the server's commands and the client's ask here. It is plain `http.client`: neither a proxy of the environment nor
the target of a redirect ever sees the token. It blocks, so nothing on the way of a message uses it.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dragoman_wire.endpoints import DEFAULT_OPS

_MOST_BYTES = 16 << 20
_ANY_HOST = re.compile(r"^(https?://)(\*|0\.0\.0\.0|\[::\])(?=[:/]|$)")

Document = dict[str, Any]
Connection = http.client.HTTPConnection


class OpsError(Exception):
    """The endpoint did not do what was asked; the sentence says why."""


class OpsSilent(OpsError):
    """No server answers there."""


class OpsRefused(OpsError):
    """It answered with an error."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        """Of HTTP."""


class OpsClient:
    """Asks, and waits for each answer. Calls block; threads may share it.

    Args:
        address: where the endpoint is, for example http://127.0.0.1:8088; one bound to all addresses is asked locally.
        token: the bearer token that it asks for; None where it asks for none.
        timeout_s: of connecting, and between two parts of an answer.

    Raises:
        ValueError: that is no address.
    """

    def __init__(self, address: str, token: str | None = None, timeout_s: float = 3.0) -> None:
        self.address = _ANY_HOST.sub(_local_host, address.strip()).rstrip("/")
        url = urlsplit(self.address)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"{address!r} is no address; it looks like {DEFAULT_OPS}")
        self._host, self._port, self._folder = url.hostname, url.port, url.path
        self._kind: type[Connection] = http.client.HTTPSConnection if url.scheme == "https" else Connection
        self._timeout_s = timeout_s
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def stats(self) -> Document:
        """Return the figures of this moment.

        Raises:
            OpsError: there are none.
        """
        return self._ask("GET", "/stats")

    def tasks(self, which: str, order: str, limit: int) -> list[Document]:
        """Return up to `limit` tasks.

        Raises:
            OpsError: there are none.
        """
        tasks: list[Document] = self._ask("GET", "/tasks", {"state": which, "sort": order, "limit": limit})["tasks"]
        return tasks

    def task(self, task: Mapping[str, Any]) -> Document:
        """Return a task that was listed, with its timeline; without its `reply_to`, that of any peer.

        Raises:
            OpsError: it is not known any more, or no server answers.
        """
        return self._ask("GET", _path(task), _peer(task))

    def cancel(self, task: Mapping[str, Any]) -> str:
        """Stop a task that was listed; without its `reply_to`, any peer's.

        Returns: `cancelled`, `finished` or `unknown`.

        Raises:
            OpsError: what became of it is not known.
        """
        return str(self._ask("POST", f"{_path(task)}/cancel", _peer(task))["status"])

    def clear_cache(self) -> None:
        """Forget every cached answer, at every level.

        Raises:
            OpsError: the server did not, or there is none.
        """
        self._ask("POST", "/cache/clear")

    def drain(self) -> Document:
        """Have the server stop gracefully; return how many tasks are at work, and how long they have.

        Raises:
            OpsError: it does not, or there is none.
        """
        return self._ask("POST", "/drain")

    def _ask(self, method: str, path: str, query: Mapping[str, object] | None = None) -> Document:
        connection = self._kind(self._host, self._port, timeout=self._timeout_s)
        target = f"{self._folder}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            connection.request(method, target, headers=self._headers)
            response = connection.getresponse()
            body = response.read(_MOST_BYTES)
        except (OSError, http.client.IncompleteRead) as error:
            raise OpsSilent(f"no answer from {self.address}: {error or type(error).__name__}") from error
        except http.client.HTTPException as error:  # its words are the bytes of whatever is there
            raise OpsSilent(f"no answer from {self.address}: what listens there speaks no HTTP") from error
        finally:
            connection.close()
        return _document(response.status, body)


def _document(status: int, body: bytes) -> Document:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
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
    return {"reply_to": task["reply_to"] or ""} if "reply_to" in task else {}


def _local_host(bound: re.Match[str]) -> str:
    """Return the local address of a server that listens on all."""
    return f"{bound[1]}{'[::1]' if bound[2] == '[::]' else '127.0.0.1'}"
