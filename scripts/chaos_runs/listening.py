"""Listeners whose process is stopped while the server publishes to them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.chaos_runs.listener import COUNT, text_of
from scripts.chaos_runs.victim import Victim

_PATIENCE_S = 60.0
_HIGH_WATER_MARK = 20
"""So few messages wait for a stopped subscriber that some are dropped."""


def stop_listeners(rounds: int, seed: int) -> tuple[list[str], str]:
    """SIGSTOP and SIGCONT for one listener each round: the problems, and a note."""
    rng = random.Random(seed)
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="dragoman-chaos-", ignore_cleanup_errors=True) as folder:
        settings = {"sockets.high_water_mark": _HIGH_WATER_MARK}
        with Victim(Path(folder), settings) as victim:
            for number in range(rounds):
                peer = f"listener-{number}"
                problems += _check(peer, _stop_one(victim, rng, peer))
            received = victim.stats()["messages"]["received"]
    more = received - rounds * COUNT
    return problems, f"{rounds} listeners of {COUNT} texts stopped, which asked or repeated {more} times"


def _check(peer: str, said: dict[str, str]) -> list[str]:
    wrong = [number for number in range(COUNT) if said.get(str(number)) != f"[pt] {text_of(peer, number)}"]
    return [f"{peer}: {len(wrong)} of {COUNT} results are missing or wrong"] if wrong else []


def _stop_one(victim: Victim, rng: random.Random, peer: str) -> dict[str, str]:
    """Return the listener's translations, by number; nothing where it did not end."""
    command = [sys.executable, "-m", "scripts.chaos_runs.listener", peer]
    command += [victim.endpoints["requests"], victim.endpoints["routed"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is not None:
                process.stdout.readline()  # the first result is there
            time.sleep(rng.uniform(0.0, 0.1))
            os.kill(process.pid, signal.SIGSTOP)
            _wait_until_served(victim)
            os.kill(process.pid, signal.SIGCONT)
            out, _ = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return {}
    said: dict[str, str] = json.loads(out or "{}")
    return said


def _wait_until_served(victim: Victim) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while victim.stats()["active_tasks"]["total_active"] and time.monotonic() < deadline_s:
        time.sleep(0.02)
