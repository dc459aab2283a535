"""A client in a process of its own, to be stopped: translates many long texts and prints what it was told.

Usage: python -m scripts.chaos_runs.listener PEER REQUESTS ROUTED
"""

from __future__ import annotations

import asyncio
import json
import sys

from dragoman_client import Client
from dragoman_client.frames import ReceivedEvent

COUNT = 400
_WORDS = 1300
_POLL_S = 0.5


def text_of(peer: str, number: int) -> str:
    """Return a text of about 9,000 characters."""
    return " ".join([f"text {number} of {peer}", *["again"] * _WORDS])


async def listen(peer: str, requests: str, routed: str) -> dict[str, str]:
    """Return all the translations, by number; print a line when the first result is there."""
    heard = False

    def first(event: ReceivedEvent) -> None:
        nonlocal heard
        if event.type == "translation_completed" and not heard:
            heard = True
            print("heard", flush=True)

    async with Client(requests, routed, peer=peer, poll_s=_POLL_S) as client:

        async def translate(number: int) -> str:
            return (await client.translate(text_of(peer, number), "en", to="pt", on_event=first)).text

        texts = await asyncio.gather(*map(translate, range(COUNT)))
    return {str(number): text for number, text in enumerate(texts)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(listen(*sys.argv[1:]))))
