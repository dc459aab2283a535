"""Attacks on the server's files and processes, while peers send on: what a disk's fault or a model's looks like."""

from __future__ import annotations

import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from scripts.attacks.arena import Arena
from scripts.attacks.registry import attack

_GARBAGE = b"\xa5" * 4096
_EVERY_S = 1.0
_HOSTILE = "\x1b[2J\x1b]0;x\x07\x9b31m\u202e\r\nforged\0"
_CACHE = {"cache.disk_bytes": 1 << 30, "cache.memory_bytes": 0}


def _requests(arena: Arena, name: str = "peer") -> int:
    """Send requests for a second, each with its own text; return how many."""
    push, count = arena.push(), 0
    deadline_s = time.monotonic() + _EVERY_S
    while arena.going() and time.monotonic() < deadline_s:
        fields = {
            "type": "translation",
            "taskId": f"{name}-{time.monotonic_ns()}",
            "replyTo": name,
            "text": f"Text {time.monotonic_ns()}.",
            "sourceLanguage": "en",
            "targetLanguages": ["pt"],
        }
        count += arena.send(push, fields)
        time.sleep(0.005)
    return count


def _overwrite(path: Path) -> None:
    with suppress(OSError), path.open("r+b") as file:
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(_GARBAGE * (size_bytes // len(_GARBAGE) + 1))


@attack(short=True)
def state_journal_removed(arena: Arena) -> str:
    """The journal's files are removed, again and again."""
    times, count = 0, 0
    while arena.going():
        count += _requests(arena)
        for path in arena.state_dir.glob("journal.db*"):
            if "corrupt" not in path.name:
                path.unlink(missing_ok=True)
        times += 1
    return f"journal removed {times} times between {count:,} requests"


@attack()
def state_journal_overwritten(arena: Arena) -> str:
    """The journal and its log are overwritten with garbage once."""
    count = _requests(arena)
    for name in ("journal.db", "journal.db-wal"):
        _overwrite(arena.state_dir / name)
    while arena.going():
        count += _requests(arena)
    return f"journal overwritten between {count:,} requests"


@attack()
def state_journal_is_a_link(arena: Arena) -> str:
    """The journal becomes a link to a file elsewhere."""
    away, count = arena.state_dir.parent / "away", _requests(arena)
    away.write_bytes(b"not the server's")
    with suppress(OSError):
        (arena.state_dir / "journal.db").unlink()
        (arena.state_dir / "journal.db").symlink_to(away)
    while arena.going():
        count += _requests(arena)
    kept = "untouched" if away.read_bytes() == b"not the server's" else "WRITTEN THROUGH"
    return f"{count:,} requests, what the link led to is {kept}"


@attack(settings=_CACHE)
def state_cache_overwritten(arena: Arena) -> str:
    """The cache on the disk is overwritten with garbage, again and again."""
    times, count = 0, 0
    while arena.going():
        count += _requests(arena)
        for name in ("cache.db", "cache.db-wal"):
            _overwrite(arena.state_dir / name)
        times += 1
    return f"cache overwritten {times} times between {count:,} requests"


@attack()
def state_files_may_not_grow(arena: Arena) -> str:
    """No file may grow, as on a full disk, for half of the time."""
    count = _requests(arena)
    soft, hard = resource.prlimit(arena.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(arena.pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        until_s = time.monotonic() + arena.left_s / 2
        while arena.going() and time.monotonic() < until_s:
            count += _requests(arena)
    finally:
        resource.prlimit(arena.pid, resource.RLIMIT_FSIZE, (soft, hard))
    while arena.going():
        count += _requests(arena)
    return f"{count:,} requests, half of them without room"


@attack(short=True)
def state_engines_killed(arena: Arena) -> str:
    """One engine's process after the other is killed."""
    times, count = 0, 0
    while arena.going():
        children = psutil.Process(arena.pid).children()
        if children:
            with suppress(psutil.Error):
                arena.random.choice(children).kill()
                times += 1
        count += _requests(arena)
    time.sleep(_EVERY_S)  # the last one comes back
    return f"{times} processes killed between {count:,} requests"


@attack()
def state_engines_held(arena: Arena) -> str:
    """All engines' processes stand still, then go on."""
    children, count = psutil.Process(arena.pid).children(), 0
    for child in children:
        child.suspend()
    try:
        while arena.going():
            count += _requests(arena)
    finally:
        for child in children:
            with suppress(psutil.Error):
                child.resume()
    return f"{count:,} requests while {len(children)} processes stood still"


@attack()
def state_reloads(arena: Arena) -> str:
    """The server is told to read its configuration again, without a pause."""
    count = 0
    while arena.going():
        os.kill(arena.pid, signal.SIGHUP)
        count += 1
        time.sleep(0.001)
    return f"{count:,} times SIGHUP"


@attack()
def state_ids_that_steer_terminals(arena: Arena) -> str:
    """Ids, types and names of control characters, for whoever reads the log."""
    push, count = arena.push(), 0
    while arena.going():
        fields = {"type": "translation", "taskId": f"{_HOSTILE}{count}", "replyTo": _HOSTILE, "text": "x"}
        count += arena.send(push, fields | {"targetLanguages": [_HOSTILE]})
        count += arena.send(push, {"type": _HOSTILE, "taskId": _HOSTILE})
    log = (arena.state_dir.parent / "server.log").read_bytes()
    found = sum(log.count(each) for each in (b"\x1b", b"\xc2\x9b", b"\xe2\x80\xae", b"\0", b"\r"))
    return f"{count:,} requests, {found} control characters in the log"
