"""A chat server that speaks OpenAI's protocol and does as a test tells it: right answers, and all that goes wrong.

`Script` decides what is answered. It is served in memory, where the time may be virtual, or on a real socket, where
connections can break.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2

Way = Literal["whole", "stall", "cut", "reset", "drip"]
"""How an answer comes: at once; never; only half of it; not at all, with the connection reset; a byte at a time."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    """None: a completion with what the script's `corrects` makes of the text."""
    way: Way = "whole"
    delay_s: float = 0.0
    usage: Any = "true"
    """What it says of its tokens; "true": as it is, None: nothing."""
    pause_s: float = 0.01
    """Between two bytes of an answer that drips."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A call that came."""

    at_s: float
    text: str
    """What stood between the marked lines."""
    body: dict[str, Any]
    headers: Mapping[str, str]


OK = Reply()


class Script:
    """Answers calls in order: first those that are told, then all alike.

    Args:
        corrects: makes the answer's text of the text.
        otherwise: every answer that is not told; a call's number from 0 is handed in.
    """

    def __init__(
        self, corrects: Callable[[str], str] = lambda text: text, otherwise: Callable[[int], Reply] = lambda _: OK
    ) -> None:
        self.reset(corrects, otherwise)

    def reset(
        self, corrects: Callable[[str], str] = lambda text: text, otherwise: Callable[[int], Reply] = lambda _: OK
    ) -> None:
        """Forget everything; for the next test on the same socket."""
        self.corrects = corrects
        self.otherwise = otherwise
        self.told: deque[Reply] = deque()
        self.asked: list[Asked] = []
        self.at_work = 0
        self.most_at_work = 0

    def tell(self, *replies: Reply) -> None:
        """Answer the next calls like this."""
        self.told.extend(replies)

    def ask(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Note a call, and return its answer, complete."""
        fields = json.loads(body)
        text = text_of(fields)
        number = len(self.asked)
        self.asked.append(Asked(at_s=asyncio.get_running_loop().time(), text=text, body=fields, headers=headers))
        reply = self.told.popleft() if self.told else self.otherwise(number)
        if reply.body is None:
            said = self.corrects(text) if reply.status == 200 else ""
            reply = Reply(
                status=reply.status,
                headers=reply.headers,
                body=completion(said, fields, reply.usage) if reply.status == 200 else error(reply.status),
                way=reply.way,
                delay_s=reply.delay_s,
                pause_s=reply.pause_s,
            )
        return reply

    @asynccontextmanager
    async def working(self, reply: Reply) -> AsyncIterator[None]:
        """Take as long as it is told."""
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await asyncio.sleep(reply.delay_s)
            yield
        finally:
            self.at_work -= 1


def text_of(fields: Mapping[str, Any]) -> str:
    """What stands between the marked lines of a request's last message."""
    content = str(fields["messages"][-1]["content"])
    found = re.fullmatch(r"<(text-\w+)>\n(.*)\n</\1>", content, re.DOTALL)
    return found[2] if found else content


def completion(text: str, fields: Mapping[str, Any], usage: Any = "true") -> str:
    """A right answer."""
    said: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_785_150_000,
        "model": fields.get("model", "test"),
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
    }
    if usage == "true":
        sent = sum(len(str(message["content"])) for message in fields["messages"]) // 4
        got = max(1, len(text) // 4)
        usage = {"prompt_tokens": sent, "completion_tokens": got, "total_tokens": sent + got}
    if usage is not None:
        said["usage"] = usage
    return json.dumps(said)


def error(status: int, message: str = "it went wrong", code: str | None = None) -> str:
    """The body of a refusal."""
    return json.dumps({"error": {"message": message, "type": "error", "code": code, "status": status}})


# --- in memory -------------------------------------------------------------------------------------------------


def in_memory(script: Script) -> httpx2.AsyncBaseTransport:
    """A transport that leads to the script, without a socket: whole answers and stalls only."""

    async def handle(request: httpx2.Request) -> httpx2.Response:
        reply = script.ask(await request.aread(), dict(request.headers))
        async with script.working(reply):
            if reply.way == "stall":
                await asyncio.Event().wait()
            if reply.way != "whole":
                raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")
            headers = {"content-type": "application/json", **reply.headers}
            return httpx2.Response(reply.status, headers=headers, content=(reply.body or "").encode())

    return httpx2.MockTransport(handle)


# --- on a socket -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def on_a_socket(script: Script) -> AsyncIterator[str]:
    """Serve the script on a free port; yields the base URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _serve(script, reader, writer)
        tasks.discard(task)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        headers = {name.lower(): value for name, value in headers.items()}
        reply = script.ask(await reader.readexactly(int(headers["content-length"])), headers)
        async with script.working(reply):
            if not await _answer(reply, writer):
                return


async def _answer(reply: Reply, writer: asyncio.StreamWriter) -> bool:
    """Send it in its way; return whether the connection goes on."""
    if reply.way == "stall":
        await asyncio.Event().wait()
    if reply.way == "reset":
        sock = writer.get_extra_info("socket")
        sock.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER of no time: the end is a reset
        return False
    body = (reply.body or "").encode()
    given = {"content-type": "application/json", "content-length": str(len(body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} .", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    if reply.way == "cut":
        writer.write(body[: len(body) // 2])
        await writer.drain()
        return False
    if reply.way == "drip":
        for at in range(len(body)):
            writer.write(body[at : at + 1])
            await writer.drain()
            await asyncio.sleep(reply.pause_s)
        return True
    writer.write(body)
    await writer.drain()
    return True
