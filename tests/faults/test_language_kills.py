"""A server that is killed in the middle of a correction: no chunk is lost, and none is asked for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from tests.chat_server import Reply, Script, on_a_socket
from tests.harness import ECHO, connected, running_server, wait_until

CHUNKS, ANSWERED = 12, 6
TEXT = "\n\n".join(f"Teh {'quiet ' * 38}chapter {number} ends." for number in range(CHUNKS))


@contextmanager
def beside(script: Script) -> Iterator[str]:
    """Serve the script in a thread; yields the base URL."""
    ready, stop, urls = Event(), Event(), []

    async def serve() -> None:
        async with on_a_socket(script) as url:
            urls.append(url)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(60)
        yield urls[0]
    finally:
        stop.set()
        thread.join()


def test_a_killed_server_goes_on_with_the_chunks_that_are_missing(tmp_path: Path) -> None:
    script = Script(lambda text: text.replace("Teh", "The"))
    script.otherwise = lambda number: Reply(way="stall" if number in (ANSWERED, ANSWERED + 1) else "whole")
    request = {"type": "correction", "taskId": "t", "text": TEXT, "language": "en", "chunkChars": 300}
    with beside(script) as url:
        settings = ECHO | {"engines__language__model": "openai:test", "engines__language__base_url": url}
        with running_server(tmp_path, **settings) as server, connected(server, "peer") as peer:
            peer.send(request | {"concurrency": 2, "stream": True})
            # A chunk is told once it is written.
            told = [peer.collect(lambda message: message.type == "correction_chunk")[-1] for _ in range(ANSWERED)]
            wait_until(lambda: len(script.asked) == ANSWERED + 2, "two calls that stand")
            server.process.kill()
            server.process.wait()
        with running_server(tmp_path, **settings) as server, connected(server, "peer") as peer:
            events = peer.collect(lambda message: message.type == "task_finished")
    [done] = [event.fields for event in events if event.type == "correction_completed"]
    later = [event.fields["index"] for event in events if event.type == "correction_chunk"]
    assert done["correctedText"] == TEXT.replace("Teh", "The")
    assert done["chunks"] == {"total": CHUNKS, "ok": CHUNKS, "failed": 0}
    assert sorted([event.fields["index"] for event in told] + later) == list(range(CHUNKS))
    assert len(script.asked) == CHUNKS + 2, "only the two calls that stood are made again"
