"""One attack from the start of its server to its end, and what came of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.attacks.arena import Arena
from scripts.attacks.meter import Figures, Meter
from scripts.attacks.pinger import Pinger, Pings
from scripts.attacks.registry import Attack
from scripts.embedded_server import launch, wait_until_ready

MEMORY_BACK = 1.10
"""Of the memory before: so much is as before."""
P50_MS = 5.0
BUSY = 3.0
"""So many times the median before the attack it may be, where the machine has other work as well."""
CAP_MIB = 1200.0
_SPARE_DESCRIPTORS = 2
"""Those of a request to the operations endpoint."""
_ENGINES = ("decoder", "transcription", "translation", "speech")
_MIB = 1 << 20
_POLL_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long each part of an attack takes.

    Args:
        attack_s: the attack itself.
        calm_s: how long pings are measured before it, and after it.
        settle_s: what is not as it was before after so long counts as kept; the clock starts when nothing is at work.
    """

    attack_s: float
    calm_s: float = 1.0
    settle_s: float = 8.0


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server that is there to be attacked.

    Args:
        pid: of the server.
        state_dir: its state folder.
        endpoints: by the names of `[sockets]`.
    """

    pid: int
    state_dir: Path
    endpoints: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attack."""

    attack: Attack
    sent: str
    calm: Pings
    """Before the attack."""
    pings: Pings
    """While it was attacked."""
    afterwards: Pings
    before: Figures
    peak: Figures
    after: Figures
    slow: tuple[str, ...]
    """The goals of pings that were missed, each in a few words."""
    alive: bool
    """Whether the server is still there and its probes say that it is well."""
    harm: tuple[str, ...]
    """What was not as it had been after the attack, each in a few words."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return all goals that were missed."""
        return (*self.slow, *self.harm)


@contextmanager
def target(settings: Mapping[str, object]) -> Iterator[Target]:
    """Start a server on echo engines for the time of a block; `settings` by `section.key`."""
    with tempfile.TemporaryDirectory(prefix="dragoman-attack-") as name:
        folder = Path(name)
        log = folder / "server.log"
        process = launch(folder, log, {f"engines.{kind}.model": "echo" for kind in _ENGINES} | dict(settings))
        try:
            endpoints = wait_until_ready(process, log)
            yield Target(pid=process.pid, state_dir=folder / "state", endpoints=endpoints)
        finally:
            process.kill()
            process.wait()


def run_attack(attack: Attack, at: Target, pace: Pace, seed: int) -> Outcome:
    """Attack a server for so long, and look at what an innocent peer noticed and what stayed."""
    with Meter(at.pid, at.state_dir) as meter, Pinger(at.endpoints) as innocent:
        arena = Arena(
            pid=at.pid,
            state_dir=at.state_dir,
            endpoints=at.endpoints,
            seed=seed,
            seconds=pace.attack_s,
            meter=meter,
            cap_mib=CAP_MIB,
        )
        return _attacked(attack, arena, innocent, pace)


def _attacked(attack: Attack, arena: Arena, innocent: Pinger, pace: Pace) -> Outcome:
    time.sleep(pace.calm_s)
    calm = innocent.mark()
    before = arena.meter.restart()
    with arena.closing():
        arena.begin()
        sent = attack.run(arena)
        pings = innocent.mark()
        arena.cancel_all()
        _wait_until_idle(arena, pace.settle_s)
    after = arena.meter.settle(before.server_mib * MEMORY_BACK, before.descriptors + _SPARE_DESCRIPTORS, pace.settle_s)
    after = replace(after, kept_mib=arena.kept_mib())
    peak = arena.meter.peak
    innocent.mark()
    time.sleep(pace.calm_s)
    afterwards = innocent.mark()
    most = (max(P50_MS, BUSY * calm.p50_ms), attack.worst_ms)
    unwell = _unwell(arena)
    return Outcome(
        alive=not unwell,
        attack=attack,
        sent=sent,
        calm=calm,
        pings=pings,
        afterwards=afterwards,
        before=before,
        peak=peak,
        after=after,
        slow=(*_slow(pings, *most), *(f"afterwards: {each}" for each in _slow(afterwards, *most))),
        harm=(*_kept(before, after), *unwell),
    )


def _wait_until_idle(arena: Arena, patience_s: float) -> None:
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s and arena.meter.running() and not arena.is_idle():
        time.sleep(_POLL_S)


def _slow(pings: Pings, p50_ms: float, worst_ms: float) -> list[str]:
    found = []
    if not pings.count:
        found.append("no pong")
    if pings.p50_ms > p50_ms:
        found.append(f"p50 {pings.p50_ms:.1f} ms")
    if pings.worst_ms > worst_ms:
        found.append(f"worst ping {pings.worst_ms:.0f} ms")
    return found


def _kept(before: Figures, after: Figures) -> list[str]:
    found = []
    if after.server_mib - after.kept_mib > before.server_mib * MEMORY_BACK:
        kept = f", {after.kept_mib:.0f} of them known results" if after.kept_mib >= 1 else ""
        found.append(f"memory {before.server_mib:.0f} MiB, then {after.server_mib:.0f} MiB{kept}")
    if after.descriptors > before.descriptors + _SPARE_DESCRIPTORS:
        found.append(f"descriptors {before.descriptors}, then {after.descriptors}")
    if after.spool_mib > before.spool_mib:
        found.append(f"the spool keeps {after.spool_mib:.1f} MiB")
    return found


def _unwell(arena: Arena) -> list[str]:
    """Look at both probes."""
    if not arena.meter.running():
        return ["the server ended"]
    found = []
    for path in ("/healthz", "/readyz"):
        try:
            status, document = arena.get(path)
        except OSError as error:
            found.append(f"{path}: {error}")
            continue
        if status != 200:
            found.append(f"{path}: {document['reasons']}")
    return found
