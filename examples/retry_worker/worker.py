"""Translate a file of jobs, and outlive failures and restarts of the server and of this program.

Usage: python worker.py JOBS RESULTS        two files of JSON lines; see the README
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragoman_client import Client, ClientError, DragomanError, ServerUnreachable, TranslationFailed

TIMEOUT_S = float(os.environ.get("WORKER_TIMEOUT_S", "30"))
AT_ONCE = 8
ATTEMPTS = 8
BACKOFF_S, BACKOFF_MAX_S = 0.5, 30.0


@dataclass
class Outcome:
    """What is known of a job: translations and final errors, by language."""

    translations: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def retry_after_ms(error: Exception) -> int:
    """Return the time that the server names; 0 where it names none."""
    return getattr(error, "retry_after_ms", None) or 0


def backoff_s(attempt: int, after_ms: int = 0) -> float:
    """Return how long to wait: what the server says, else twice as long each time; never all at the same moment."""
    wait_s = after_ms / 1000 if after_ms else min(BACKOFF_S * 2**attempt, BACKOFF_MAX_S)
    return wait_s * random.uniform(1.0, 1.25)


async def attempt(client: Client, job: dict[str, Any], languages: list[str]) -> tuple[Outcome, dict[str, Exception]]:
    """Ask once; return what is final, and the passing errors by language."""
    outcome = Outcome()
    passing: dict[str, Exception] = {}
    errors: dict[str, DragomanError | ClientError] = {}
    try:
        results = await client.translate(job["text"], job["source"], to=languages, task_id=f"job-{job['id']}")
    except TranslationFailed as error:
        results, errors = error.results, dict(error.errors)
    except (DragomanError, ClientError) as error:
        results, errors = {}, dict.fromkeys(languages, error)
    outcome.translations = {language: result.text for language, result in results.items()}
    for language, reason in errors.items():
        # A server that does not answer may come back; of its answers, it says itself which ones may change.
        if isinstance(reason, ClientError) or reason.retryable:
            passing[language] = reason
        else:
            outcome.errors[language] = f"{reason.code}: {reason}"
    return outcome, passing


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, unless the worker is to stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def run(client: Client, job: dict[str, Any], stop: asyncio.Event) -> Outcome | None:
    """Ask until each language has a translation or a final error; None where the worker stops before that."""
    outcome, missing = Outcome(), list(job["to"])
    for number in range(ATTEMPTS):
        done, passing = await attempt(client, job, missing)
        outcome.translations |= done.translations
        outcome.errors |= done.errors
        if not passing:
            return outcome
        missing = list(passing)
        worst = max(passing.values(), key=retry_after_ms)
        print(f"{job['id']}: attempt {number + 1}: {worst}", file=sys.stderr, flush=True)
        if number + 1 < ATTEMPTS:
            await pause(stop, backoff_s(number, retry_after_ms(worst)))
        if stop.is_set():
            return None
    outcome.errors |= {language: f"gave up: {error}" for language, error in passing.items()}
    return outcome


async def connect(stop: asyncio.Event) -> Client | None:
    """Return a client as soon as there is a server, or None on `stop`."""
    number = 0
    while not stop.is_set():
        # The name stays the same, so that the server knows what it has done for an earlier run of this program.
        client = Client.from_env(peer="example-worker", timeout_s=TIMEOUT_S, connect_timeout_s=2.0)
        try:
            return await client.__aenter__()
        except ServerUnreachable as error:
            print(f"waiting for the server: {error}", file=sys.stderr, flush=True)
        await pause(stop, backoff_s(number))
        number += 1
    return None


async def work(client: Client, jobs: Iterator[dict[str, Any]], results: Path, stop: asyncio.Event) -> None:
    """Take jobs one after the other, until there are none or `stop` is set."""
    while not stop.is_set() and (job := next(jobs, None)) is not None:
        outcome = await run(client, job, stop)
        if outcome is not None:
            line = json.dumps({"id": job["id"], **vars(outcome)}, ensure_ascii=False)
            with results.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


async def main(jobs_path: Path, results_path: Path) -> int:
    """Do every job that has no result yet; return 1 where a job then has none, or an error."""
    jobs = read_lines(jobs_path)
    known = {result["id"] for result in read_lines(results_path)}
    todo = iter([job for job in jobs if job["id"] not in known])
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(stop)
    if client is not None:
        async with contextlib.aclosing(client), asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work(client, todo, results_path, stop))
    succeeded = {result["id"] for result in read_lines(results_path) if not result["errors"]}
    return 0 if succeeded >= {job["id"] for job in jobs} else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
