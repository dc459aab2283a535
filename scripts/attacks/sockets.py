"""Attacks below the messages: connections, handshakes, frames and subscriptions."""

from __future__ import annotations

import time
from contextlib import suppress

from scripts.attacks.arena import Arena
from scripts.attacks.registry import attack
from scripts.attacks.zmtp import GREETING, MORE, RawPeer, frame, message, ready

_MIB = 1 << 20
_PING = b'{"type":"ping"}'


@attack()
def nothing(arena: Arena) -> str:
    """Nothing is sent: what the machine itself does to the pings."""
    arena.wait()
    return "nothing"


# --- parts and frames ----------------------------------------------------------------------------------------


@attack(short=True)
def endless_parts(arena: Arena) -> str:
    """One message whose parts of 60 MiB never end."""
    peer, part, count = arena.raw(), bytes(60 * _MIB), 0
    start = bytes([MORE | 2]) + len(part).to_bytes(8, "big")
    while arena.going() and peer.send(start) and peer.send(part):
        count += 1
    return f"{count} parts of 60 MiB of one message"


@attack(short=True)
def empty_parts(arena: Arena) -> str:
    """One message of millions of empty parts, then its last part; again and again."""
    peer, block, count = arena.raw(), frame(b"", MORE) * 100_000, 0
    while arena.going() and peer.send(block):
        count += 100_000
        if count % 1_000_000 == 0 and not peer.send(frame(b"")):
            break
    peer.send(frame(b""))
    return f"{count:,} empty parts"


@attack()
def many_small_parts(arena: Arena) -> str:
    """Messages of 1,000 parts of 100 bytes each, as fast as they go."""
    peer, count = arena.raw(), 0
    block = (frame(_PING, MORE) + frame(bytes(100), MORE) * 999 + frame(b"")) * 20
    while arena.going() and peer.send(block):
        count += 20
    return f"{count:,} messages of 1,000 parts"


@attack()
def huge_frames(arena: Arena) -> str:
    """Frames that say they have 8 EiB, 1 TiB, 1 GiB: each on a new connection."""
    count = 0
    while arena.going():
        with suppress(OSError):
            peer = arena.raw()
            peer.send(b"\x02" + (1 << (63, 40, 30)[count % 3]).to_bytes(8, "big") + bytes(1000))
            peer.close()
            count += 1
    return f"{count:,} frames with absurd lengths"


@attack()
def unfinished_frames(arena: Arena) -> str:
    """50 connections that each send all but the last byte of a frame of 60 MiB, and stay."""
    block, sent = bytes(_MIB), 0
    for _ in range(50):
        if not arena.going():
            break
        with suppress(OSError):
            peer = arena.raw()
            peer.send(b"\x02" + (60 * _MIB).to_bytes(8, "big"))
            sent += sum(peer.send(block) for _ in range(59))
            peer.send(block[:-1])
    arena.wait()
    return f"{sent} MiB of frames that do not end"


# --- connections ---------------------------------------------------------------------------------------------


@attack(short=True)
def half_open_handshakes(arena: Arena) -> str:
    """Connections that send half a greeting and stay."""
    count = 0
    while arena.going() and count < 1500:
        try:
            arena.raw(greet=False).send(GREETING[: arena.random.randrange(64)])
        except OSError:
            time.sleep(0.05)
            continue
        count += 1
    arena.wait()
    return f"{count:,} half greetings"


@attack(short=True)
def connection_flood(arena: Arena) -> str:
    """Connections that come and go as fast as they can, with a handshake and a ping each."""
    count = 0
    while arena.going():
        with suppress(OSError):
            peer = arena.raw()
            peer.send(message(_PING))
            peer.close()
            count += 1
    return f"{count:,} connections"


@attack()
def garbage_greetings(arena: Arena) -> str:
    """Connections that send random bytes, or HTTP, in place of a greeting; on all three sockets."""
    count = 0
    while arena.going():
        with suppress(OSError):
            socket = ("requests", "events", "routed")[count % 3]
            peer = arena.raw(socket=socket, greet=False)
            http = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            peer.send(http if count % 2 else arena.random.randbytes(arena.random.randrange(1, 2000)))
            peer.close()
            count += 1
    return f"{count:,} greetings of garbage"


@attack()
def wrong_commands(arena: Arena) -> str:
    """Connections that send random commands after their greeting: socket types that do not exist, endless metadata."""
    count, rng = 0, arena.random
    while arena.going():
        with suppress(OSError):
            peer = arena.raw(greet=False)
            body = rng.choice([b"\x05READY", b"\x04PING", b"\x05ERROR", b""]) + rng.randbytes(rng.randrange(600))
            peer.send(GREETING + rng.choice([frame(body, 4), ready(b"X" * 300), frame(body), b"\x06" + bytes(8)]))
            peer.close()
            count += 1
    return f"{count:,} wrong commands"


@attack()
def slow_bytes(arena: Arena) -> str:
    """200 connections that send a message one byte at a time."""
    data = message(_PING, bytes(100))
    peers: list[RawPeer] = []
    while arena.going() and len(peers) < 200:
        with suppress(OSError):
            peers.append(arena.raw())
    sent = 0
    while arena.going():
        for peer in peers:
            peer.send(data[sent % len(data) : sent % len(data) + 1])
        sent += 1
        time.sleep(0.01)
    return f"{sent} bytes on each of {len(peers)} connections"


@attack(short=True)
def reset_storm(arena: Arena) -> str:
    """Connections that are reset in the middle of a frame, with a full buffer behind them."""
    count, data = 0, message(_PING) * 500 + frame(bytes(5000))[:-1]
    while arena.going():
        with suppress(OSError):
            peer = arena.raw()
            peer.send(data)
            peer.reset()
            count += 1
    return f"{count:,} resets"


# --- subscriptions -------------------------------------------------------------------------------------------


def _topics(arena: Arena, socket: str, size: int) -> str:
    """Subscribe to random topics of this size."""
    peer, count = arena.raw(b"SUB", socket), 0
    while arena.going() and peer.send(b"".join(frame(b"\1" + arena.random.randbytes(size)) for _ in range(50))):
        count += 50
    return f"{count:,} topics of {size} bytes"


@attack()
def long_topics_on_routed(arena: Arena) -> str:
    """Subscriptions of 4,000 random bytes each on the routed socket."""
    return _topics(arena, "routed", 4000)


@attack()
def long_topics_on_events(arena: Arena) -> str:
    """Subscriptions of 4,000 random bytes each on the events socket."""
    return _topics(arena, "events", 4000)


@attack(short=True)
def short_topics_on_routed(arena: Arena) -> str:
    """Subscriptions of 40 random bytes each on the routed socket: as long as a name may be."""
    return _topics(arena, "routed", 40)


@attack()
def short_topics_on_events(arena: Arena) -> str:
    """Subscriptions of 3 random bytes each on the events socket."""
    return _topics(arena, "events", 3)


def _come_and_go(arena: Arena, socket: str) -> str:
    """Subscribe to topics and from them again."""
    peer, count = arena.raw(b"SUB", socket), 0
    topics = [b"%05d" % number for number in range(5000)]
    block = b"".join(frame(b"\1" + topic) + frame(b"\0" + topic) for topic in topics)
    while arena.going() and peer.send(block):
        count += 2 * len(topics)
    return f"{count:,} subscriptions that come and go"


@attack(short=True)
def subscriptions_come_and_go_on_routed(arena: Arena) -> str:
    """The same topics subscribed to and from, without an end, on the routed socket."""
    return _come_and_go(arena, "routed")


@attack()
def subscriptions_come_and_go_on_events(arena: Arena) -> str:
    """The same topics subscribed to and from, without an end, on the events socket."""
    return _come_and_go(arena, "events")


@attack()
def many_subscribers(arena: Arena) -> str:
    """300 subscribers of 200 topics each, which then all leave at once, again and again."""
    count = 0
    topics = b"".join(frame(b"\1peer-%d\0" % number) for number in range(200))
    while arena.going():
        peers = []
        for _ in range(300):
            if not arena.going():
                break
            with suppress(OSError):
                peer = arena.raw(b"SUB", "routed")
                peer.send(topics)
                peers.append(peer)
                count += 1
        for peer in peers:
            peer.close()
    return f"{count:,} subscribers of 200 topics"


@attack()
def messages_to_publishers(arena: Arena) -> str:
    """Messages of many parts sent to the sockets that publish."""
    peer, count = arena.raw(b"XSUB", "routed"), 0
    block = (frame(b"\1" + bytes(60), MORE) * 500 + frame(b"\2x")) * 10
    while arena.going() and peer.send(block):
        count += 10
    return f"{count:,} messages of 501 parts to a publisher"
