"""What does the cache save? Hits against pings, a stream with repeats, a restart, and equal requests at once."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgpack
import zmq

from scripts.benchmarks.table import Row, chosen
from scripts.embedded_server import NO_CACHE, Server, embedded_server

OUTSTANDING = 32
REPEATS = 0.7
STREAM = 400
"""Requests of one round."""
APART = 2 * OUTSTANDING
"""A repeat comes so many new texts after its first at least: what is still at work would be shared without a cache."""
HITS = 400
"""Round trips behind each median."""
EQUAL = 1000
_PATIENCE_MS = 60_000
_SUBJECTS = ("my sister", "the old man", "our teacher", "the doctor", "a good friend", "the captain", "your neighbour")
_VERBS = ("found", "carried", "painted", "lost", "remembered", "wanted", "bought", "described", "opened")
_THINGS = (
    "a small boat",
    "the yellow house",
    "three letters",
    "an empty box",
    "the last train ticket",
    "a long story",
)
_PLACES = ("near the river", "in the morning", "before the storm", "at the station", "after the war", "on the hill")


def measure(rounds: int, only: str) -> list[Row]:
    """Return every measurement whose name contains `only`."""
    measurements = {
        "hit against ping": _hit_against_ping,
        "stream with repeats": _stream,
        "restart": _restart,
        "equal requests": _equal,
    }
    return list(chosen(measurements, rounds, only))


def sentences(seed: int) -> Iterator[str]:
    """Sentences of everyday length, none twice: about 2000 of them, then numbered."""
    parts = list(itertools.product(_SUBJECTS, _VERBS, _THINGS, _PLACES))
    random.Random(seed).shuffle(parts)
    for number in itertools.count():
        for subject, verb, thing, place in parts:
            more = f" for the {number}th time" if number else ""
            yield f"{subject.capitalize()} {verb} {thing} {place}{more}, and nobody knew why."


class Peer:
    """Bare sockets, with a `replyTo` of its own or without."""

    def __init__(self, server: Server, *, routed: bool = True) -> None:
        self.last = "task_finished" if routed else "translation_completed"
        """The last event of a translation."""
        self._name = f"bench-{uuid.uuid4().hex}"
        self._return = {"replyTo": self._name} if routed else {}
        self._numbers = itertools.count()
        self._context = zmq.Context()
        self._push = self._context.socket(zmq.PUSH)
        self._push.connect(server.requests)
        self._sub = self._context.socket(zmq.SUB)
        self._sub.set(zmq.RCVHWM, 0)
        self._sub.subscribe(self._name.encode() + b"\0" if routed else b"")
        self._sub.connect(server.routed if routed else server.events)
        while not self._sub.poll(100):
            self.ping()
        while self._sub.poll(100):
            self._sub.recv_multipart()

    def ping(self) -> None:
        """Ask for a pong."""
        self._push.send(msgpack.packb({"type": "ping", **self._return}))

    def translate(self, text: str) -> None:
        """Ask for a translation."""
        request = {
            "taskId": f"{self._name}-{next(self._numbers)}",
            **self._return,
            "text": text,
            "sourceLanguage": "en",
            "targetLanguages": ["pt"],
        }
        self._push.send(msgpack.packb(request))

    def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of this type."""
        while self._sub.poll(_PATIENCE_MS):
            event: dict[str, Any] = msgpack.unpackb(self._sub.recv_multipart()[-1])
            if event["type"] == kind:
                return event
        raise TimeoutError(f"no {kind}")

    def rate(self, texts: list[str]) -> float:
        """Translations per second with OUTSTANDING at a time."""
        begin_s = time.perf_counter()
        for text in texts[:OUTSTANDING]:
            self.translate(text)
        for text in texts[OUTSTANDING:]:
            self.until(self.last)
            self.translate(text)
        for _ in texts[:OUTSTANDING]:
            self.until(self.last)
        return len(texts) / (time.perf_counter() - begin_s)

    def close(self) -> None:
        """Close the sockets."""
        self._context.destroy(linger=0)


@contextmanager
def _peer(server: Server, *, routed: bool = True) -> Iterator[Peer]:
    peer = Peer(server, routed=routed)
    try:
        yield peer
    finally:
        peer.close()


def _stats(server: Server) -> dict[str, Any]:
    with urlopen(f"{server.ops}/stats", timeout=10) as response:  # noqa: S310 - our own server
        document: dict[str, Any] = json.load(response)
        return document


def _hit_against_ping(rounds: int) -> list[Row]:
    rows = []
    with embedded_server() as server:
        for routed, name in ((False, "on events"), (True, "routed and journalled")):
            with _peer(server, routed=routed) as peer:
                hits, pings = zip(*(_round_trips(peer) for _ in range(rounds)), strict=True)
            rows.append(
                Row(name=f"round trip of a hit, {name}, against a ping", ours=hits, other=pings, unit="ms", goal=1.5)
            )
    return rows


def _round_trips(peer: Peer) -> tuple[float, float]:
    """Return the medians of a hit and of a ping, in milliseconds, in turn."""
    text = next(sentences(1))
    peer.translate(text)
    peer.until(peer.last)
    took: dict[str, list[float]] = {"translation_completed": [], "pong": []}
    for _ in range(HITS):
        for kind, times in took.items():
            begin_s = time.perf_counter()
            peer.ping() if kind == "pong" else peer.translate(text)
            peer.until(kind)
            times.append(1000 * (time.perf_counter() - begin_s))
            if kind not in ("pong", peer.last):
                peer.until(peer.last)
    return statistics.median(took["translation_completed"]), statistics.median(took["pong"])


def _stream(rounds: int) -> list[Row]:
    rates: list[tuple[float, float]] = []
    works: list[float] = []
    with embedded_server() as cached, embedded_server(NO_CACHE) as plain, _peer(cached) as ours, _peer(plain) as other:
        texts = sentences(2)
        told = [next(texts) for _ in range(2 * APART)]
        for peer in (ours, other):
            peer.rate(told)
        for number in range(rounds):
            stream = _with_repeats(texts, told, random.Random(number))
            before = _units(cached)
            rates.append((ours.rate(stream), other.rate(stream)))
            works.append(float(_units(cached) - before))
    pairs = list(zip(*rates, strict=True))
    name = f"stream with {REPEATS:.0%} repeats, against no cache"
    return [
        Row(name=name, ours=pairs[0], other=pairs[1], unit="/s", goal=3.0, at_least=True),
        Row(name="of its requests, those that the engine did", ours=works, other=[STREAM] * rounds, unit="", goal=0.3),
    ]


def _with_repeats(texts: Iterator[str], told: list[str], rng: random.Random) -> list[str]:
    """New texts and repeats of earlier ones in random order; the new ones are added to `told`."""
    repeats = round(STREAM * REPEATS)
    kinds = [True] * repeats + [False] * (STREAM - repeats)
    rng.shuffle(kinds)
    stream = []
    for repeat in kinds:
        if not repeat:
            told.append(next(texts))
        stream.append(rng.choice(told[:-APART]) if repeat else told[-1])
    return stream


def _units(server: Server) -> int:
    return int(_stats(server)["engines"]["translation"]["units"])


def _restart(rounds: int) -> list[Row]:
    """Texts whose translation after a restart is the one of before, and from the cache."""
    right = []
    count = 50
    for number in range(min(rounds, 2)):
        some = list(itertools.islice(sentences(100 + number), count))
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
            settings = {"server.state_dir": Path(folder) / "state"}
            with embedded_server(settings) as server, _peer(server) as peer:
                first = [_result(peer, text)["translatedText"] for text in some]
                server.stop()
            with embedded_server(settings) as server, _peer(server) as peer:
                second = [_result(peer, text) for text in some]
        same = sum(one["fromCache"] and one["translatedText"] == text for one, text in zip(second, first, strict=True))
        right.append(float(same))
    return [
        Row(name="right hits after a restart", ours=right, other=[float(count)] * len(right), unit="", goal=1.0,
            at_least=True)
    ]  # fmt: skip


def _result(peer: Peer, text: str) -> dict[str, Any]:
    peer.translate(text)
    result: dict[str, Any] = peer.until("translation_completed")["result"]
    return result


def _equal(rounds: int) -> list[Row]:
    units = []
    with embedded_server() as server, _peer(server) as peer:
        for text in itertools.islice(sentences(3), rounds):
            before = _units(server)
            for _ in range(EQUAL):
                peer.translate(text)
            for _ in range(EQUAL):
                peer.until(peer.last)
            units.append(float(_units(server) - before))
    return [Row(name=f"model runs for {EQUAL} equal requests", ours=units, other=[1.0] * rounds, unit="", goal=1.0)]
