"""Attacks with whole messages: headers that are dear to read, and floods of small ones."""

from __future__ import annotations

import json
import struct
import time

import msgpack

from scripts.attacks.arena import Arena
from scripts.attacks.registry import attack

_MIB = 1 << 20


def _again(arena: Arena, *messages: bytes) -> int:
    """Send these headers by turns while there is time; return how many."""
    push, count = arena.push(), 0
    while arena.going():
        if arena.send_raw(push, messages[count % len(messages)]):
            count += 1
    return count


@attack(short=True)
def large_headers(arena: Arena) -> str:
    """Headers of 15 MiB that are all small values: a list of numbers, of empty maps, of short texts."""
    fill = 15 * _MIB
    start = b'{"type":"translation","format":"markdown","targetLanguages":["pt"],"text":['
    bodies = [start + (each * (fill // len(each)))[:-1] + b"]}" for each in (b"1,", b"{},", b'"a",')]
    return f"{_again(arena, *bodies)} headers of 15 MiB"


@attack()
def large_escaped_texts(arena: Arena) -> str:
    """Documents of 15 MiB that are all escapes, and recordings of 15 MiB in base64 with a fault at the end."""
    escapes = b'{"text":"' + b"\\u00e9" * (15 * _MIB // 6) + b'","format":"markdown","targetLanguages":["pt"]}'
    lone = b'{"text":"' + b"\\ud800" * (15 * _MIB // 6) + b'","format":"markdown","targetLanguages":["pt"]}'
    audio = b'{"type":"transcription_only","audioData":"' + b"QUJD" * (15 * _MIB // 4) + b'!"}'
    return f"{_again(arena, escapes, lone, audio)} headers of 15 MiB of text"


@attack()
def large_msgpack_headers(arena: Arena) -> str:
    """Msgpack headers of 15 MiB: maps of small keys, nested lists, and extensions."""
    keys = msgpack.packb({"type": "translation", "format": "html"})[1:]
    number = 3 * _MIB
    fat = b"\xdf" + struct.pack(">I", 3) + keys + msgpack.packb("text") + b"\xdd" + struct.pack(">I", number)
    bodies = [fat + b"\x80" * number, fat + b"\x90" * number, fat + b"\xa1x" * number]
    return f"{_again(arena, *bodies)} msgpack headers of 3 to 6 MiB"


@attack()
def full_headers(arena: Arena) -> str:
    """Headers of just under 1 MiB: lists, maps, unknown fields, with and without a fault."""
    fill = _MIB - 200
    bodies = []
    for each in (b"1,", b"{},", b'"a",', b"[[]],", b"1e5,"):
        filler = (each * (fill // len(each)))[:-1]
        bodies.append(b'{"type":"translation","targetLanguages":["pt"],"text":"a","x":[' + filler + b"]}")
        bodies.append(b'{"type":"translation","targetLanguages":["pt"],"text":[' + filler + b"]}")
    keys = b",".join(b'"k%d":1' % number for number in range(80_000))
    bodies.append(b'{"type":"nonsense",' + keys + b"}")
    return f"{_again(arena, *bodies)} headers of 1 MiB"


@attack(short=True)
def deep_nesting(arena: Arena) -> str:
    """Lists in lists and maps in maps, 100,000 deep, in both encodings, in unknown and in known fields."""
    deep = 100_000
    bodies = []
    for field in ("text", "x", "metadata"):
        start = b'{"type":"translation","targetLanguages":["pt"],"%s":' % field.encode()
        bodies += [start + b"[" * deep + b"]" * deep + b"}", start + b'{"a":' * deep + b"1" + b"}" * deep + b"}"]
        packed = b"\x82" + msgpack.packb("type") + msgpack.packb("translation") + msgpack.packb(field)
        bodies += [packed + b"\x91" * deep + b"\xc0", packed + b"\x81\xa1a" * deep + b"\xc0"]
    return f"{_again(arena, *bodies)} nested headers"


@attack(short=True)
def odd_numbers(arena: Arena) -> str:
    """NaN, infinities, numbers of 401 digits and of a million, at the top and nested."""
    numbers = [b"NaN", b"Infinity", b"-Infinity", b"9" * 401, b"1e400", b"-" + b"9" * 900_000, b"0." + b"1" * 900_000]
    bodies = []
    for number in numbers:
        bodies += [b'{"type":"ping","timestamp":' + number + b"}", b'{"type":"ping","x":{"y":[' + number + b"]}}"]
    for value in (float("nan"), float("inf")):
        bodies += [msgpack.packb({"type": "ping", "timestamp": value}), msgpack.packb({"type": "ping", "x": [value]})]
    return f"{_again(arena, *bodies)} odd numbers"


@attack()
def unhashable_keys(arena: Arena) -> str:
    """Msgpack maps whose keys are lists, maps, numbers and nil, and many keys that collide."""
    bodies = [b"\x81\x90\x01", b"\x81\x80\x01", b"\x82\x01\x02\x03\x04", b"\x81\xc0\xc0", b"\x81\x91\x81\x90\x01\x01"]
    many = b"\xdf" + struct.pack(">I", 60_000)
    bodies.append(many + b"".join(b"\xcf" + struct.pack(">Q", number << 61) + b"\x01" for number in range(60_000)))
    return f"{_again(arena, *bodies):,} headers with odd keys"


@attack()
def random_headers(arena: Arena) -> str:
    """Random bytes as headers and binary frames, and good headers with some bytes changed."""
    push, count, rng = arena.push(), 0, arena.random
    good = json.dumps({"type": "translation", "text": "Help", "sourceLanguage": "en", "targetLanguages": ["pt", "fr"]})
    while arena.going():
        header = bytearray(good.encode() if count % 2 else rng.randbytes(rng.randrange(300)))
        for _ in range(min(3, len(header))):
            header[rng.randrange(len(header))] = rng.randrange(256)
        count += arena.send_raw(push, bytes(header), *(rng.randbytes(20) for _ in range(rng.randrange(3))))
    return f"{count:,} random messages"


# --- floods of good messages ---------------------------------------------------------------------------------


@attack(short=True)
def ping_flood(arena: Arena) -> str:
    """Pings as fast as one connection carries them."""
    header = b'{"type":"ping","replyTo":"flood"}'
    return f"{_again(arena, header):,} pings"


@attack()
def ping_flood_without_reply_to(arena: Arena) -> str:
    """Pings without replyTo: every subscriber of events gets their pongs; one of them does not read."""
    idle = arena.raw(b"SUB", "events")
    idle.send(b"\x00\x01\x01")
    header = b'{"type":"ping"}'
    return f"{_again(arena, header):,} pings"


@attack()
def stats_flood(arena: Arena) -> str:
    """Requests for the statistics, which are dear to make, and for languages and voices."""
    kinds = [b'{"type":"%s","replyTo":"flood"}' % kind for kind in (b"stats", b"languages", b"voices")]
    return f"{_again(arena, *kinds):,} control requests"


@attack()
def detect_flood(arena: Arena) -> str:
    """Requests to name the language of a text of 9,900 characters."""
    text = "".join(arena.random.choice("abcdefghij éñßλдあ") for _ in range(9900))
    header = json.dumps({"type": "detect", "replyTo": "flood", "text": text}).encode()
    return f"{_again(arena, header):,} detections"


@attack(short=True)
def repeat_flood(arena: Arena) -> str:
    """The same task into 60 languages again and again: each repeat is answered with 60 events."""
    languages = [f"{first}{second}" for first in "abcdef" for second in "ghijklmnop"]
    header = json.dumps(
        {"taskId": "r", "replyTo": "flood", "text": "Help", "sourceLanguage": "en", "targetLanguages": languages}
    )
    return f"{_again(arena, header.encode()):,} repeats"


@attack(short=True)
def cancel_flood(arena: Arena) -> str:
    """Tasks and their cancellations, and cancellations of what does not exist."""
    push, count = arena.push(), 0
    while arena.going():
        name = f"c{count}"
        task = {"taskId": name, "replyTo": "flood", "text": name, "sourceLanguage": "en", "targetLanguages": ["pt"]}
        arena.send(push, task)
        arena.send(push, {"type": "cancel", "taskId": name, "replyTo": "flood"})
        arena.send(push, {"type": "cancel", "taskId": f"no{count}", "replyTo": "flood"})
        count += 1
    return f"{count:,} tasks and {2 * count:,} cancellations"


@attack()
def task_flood(arena: Arena) -> str:
    """New texts from one peer, as fast as it can, each under another replyTo."""
    push, count = arena.push(), 0
    while arena.going():
        task = {"replyTo": f"p{count}", "text": f"Help {count}", "sourceLanguage": "en", "targetLanguages": ["pt"]}
        count += arena.send(push, task)
    return f"{count:,} texts"


@attack({"engines.decoder.delay_ms": 60_000, "engines.transcription.delay_ms": 60_000}, short=True)
def large_recordings(arena: Arena) -> str:
    """Recordings of 48 MiB that wait for an engine, more than fit into the byte budget."""
    push, count, recording = arena.push(), 0, bytes(48 * _MIB)
    while arena.going() and count < 40:
        fields = {"type": "transcription_only", "taskId": f"r{count}", "binaryFrames": {"audio": 1}}
        count += arena.send(push, fields, recording)
    time.sleep(arena.left_s)
    for number in range(count):
        arena.send(push, {"type": "cancel", "taskId": f"r{number}"})
    return f"{count} recordings of 48 MiB, then cancelled"


@attack({"engines.decoder.delay_ms": 60_000, "engines.transcription.delay_ms": 60_000})
def recordings_of_many_names(arena: Arena) -> str:
    """Recordings of 4 MiB under many names and on many connections."""
    sockets, count, recording = [arena.push() for _ in range(20)], 0, bytes(4 * _MIB)
    while arena.going() and count < 500:
        fields = {"type": "transcription_only", "replyTo": f"p{count}", "taskId": "r", "binaryFrames": {"audio": 1}}
        count += arena.send(sockets[count % 20], fields, recording)
    time.sleep(arena.left_s)
    for number in range(count):
        arena.send(sockets[0], {"type": "cancel", "replyTo": f"p{number}", "taskId": "r"})
    return f"{count} recordings of 4 MiB, then cancelled"


@attack()
def slow_subscriber(arena: Arena) -> str:
    """A subscriber that does not read, and recordings whose events hold the sound."""
    idle = arena.raw(b"SUB", "routed")
    idle.send(b"\x00\x06\x01idle\0")
    push, count = arena.push(), 0
    while arena.going():
        fields = {
            "type": "audio_process",
            "taskId": f"s{count}",
            "replyTo": "idle",
            "targetLanguages": ["pt", "fr"],
            "mobileTranscription": {"text": "word " * 300, "language": "en"},
        }
        count += arena.send(push, fields)
    return f"{count:,} voice messages to a peer that does not read"
