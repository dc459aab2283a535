"""What do batches on onnxruntime bring, beside fxtranslate on the same Firefox models?

Each program has a pool of one process of one thread, as a server has, and the two take turns in every round. Times are
the processor time of that process, which others on the machine disturb less than they do the clock.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psutil
import sacrebleu

from dragoman_engines.base import EngineSpec, FirefoxProgram
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.pool.pool import EnginePool
from dragoman_engines.pool.supervisor import PoolSettings
from dragoman_engines.work import TranslateSentences
from dragoman_handlers.text.sentences.segmentation import batches
from dragoman_server.config import EnginesConfig
from scripts.benchmarks.novel import NOVEL, job_of
from scripts.benchmarks.table import Row, chosen

SETTINGS = EnginesConfig().translation
FLORES = NOVEL.parent
PAIRS = (("en", "pt"), ("pt", "en"))
ALONE = 24
"""Sentences of a round that are asked for one after the other."""
AT_ONCE = 64
WORDS = 5000
LINES = 500
CHRF_POINTS = 0.3
"""How far the quality may be from fxtranslate's."""
OURS: FirefoxProgram = "onnx"
OTHER: FirefoxProgram = "fxtranslate"


def measure(rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows whose measurement's name contains `only`: `speed`, `quality`, or `start`."""
    measurements: dict[str, Callable[[int], Iterator[Row]]] = {"speed": _speed, "quality": _quality, "start": _start}
    yield from chosen(measurements, rounds, only)


def _speed(rounds: int) -> Iterator[Row]:
    yield from asyncio.run(_speeds(rounds))


async def _speeds(rounds: int) -> list[Row]:
    lines = flores("en")
    text = " ".join(NOVEL.read_text(encoding="utf-8").split()[20_000:])
    novel = batches(job_of(" ".join(text.split()[:WORDS]))["lines"])
    alone, at_once, whole = _figures(), _figures(), _figures()
    async with _pool(OURS) as ours, _pool(OTHER) as other:
        pools = {OURS: ours, OTHER: other}
        for number in range(rounds + 1):
            part = list(itertools.islice(itertools.cycle(lines), number * AT_ONCE, (number + 1) * AT_ONCE))
            for program in (OURS, OTHER) if number % 2 else (OTHER, OURS):
                pool = pools[program]
                alone_s = await _cpu_s(pool, _one_by_one(pool, part[:ALONE]))
                many_s = await _cpu_s(pool, _translate(pool, [[line] for line in part]))
                novel_s = await _cpu_s(pool, _translate(pool, novel))
                if number:  # the first round warms both up
                    alone[program].append(alone_s / ALONE * 1000)
                    at_once[program].append(len(part) / many_s)
                    whole[program].append(novel_s)
            print(f"round {number} of {rounds}", flush=True)
    return [
        _row("a FLORES sentence alone", alone, "ms", 1.0),
        _row(f"{AT_ONCE} sentences at once", at_once, "/s", 3.0, at_least=True),
        _row(f"{WORDS} words of a novel", whole, "s", 1 / 3),
    ]


def _quality(_: int) -> Iterator[Row]:
    yield from asyncio.run(_qualities())


async def _qualities() -> list[Row]:
    rows = []
    async with _pool(OURS) as ours, _pool(OTHER) as other:
        for source, target in PAIRS:
            lines = flores(source)
            said = [await _translate(pool, [[line] for line in lines], source, target) for pool in (ours, other)]
            figures = [chrf(one, flores(target)) for one in said]
            same = sum(one == another for one, another in zip(*said, strict=True))
            rows.append(
                Row(
                    name=f"chrF of {len(lines)} FLORES lines, {source} to {target}, {same} of them the same",
                    ours=figures[:1],
                    other=figures[1:],
                    unit="",
                    goal=1 - CHRF_POINTS / figures[1],
                    at_least=True,
                )
            )
    return rows


def _start(rounds: int) -> Iterator[Row]:
    yield from asyncio.run(_starts(rounds))


async def _starts(rounds: int) -> list[Row]:
    """Measure the time to be ready, and the memory after 64 sentences at once, of fresh processes."""
    starts, memory, private = _figures(), _figures(), _figures()
    lines = [[line] for line in flores("en")[:AT_ONCE]]
    for number in range(rounds + 1):
        for program in (OURS, OTHER) if number % 2 else (OTHER, OURS):
            async with _pool(program) as pool:
                [child] = pool.supervisor.children
                start_s = _clock_s(child.pid)
                await _translate(pool, lines)
                if number:
                    starts[program].append(start_s)
                    memory[program].append(child.rss_mb())
                    taken = psutil.Process(child.pid).memory_info()
                    private[program].append((taken.rss - taken.shared) / 2**20)
        print(f"round {number} of {rounds}", flush=True)
    after = f"after {AT_ONCE} sentences"
    return [
        _row("start", starts, "s", 1.0),
        _row(f"memory {after}, without mapped files", private, "MiB", 1.0),
        _row(f"memory {after}, resident", memory, "MiB", None),
    ]


def flores(language: str) -> list[str]:
    """Return the lines of FLORES in a language."""
    path = FLORES / f"flores.{language}.txt"
    return path.read_text(encoding="utf-8").splitlines()[:LINES]


def chrf(translations: Sequence[str], references: Sequence[str]) -> float:
    """Compute chrF, 0 to 100."""
    score: float = sacrebleu.corpus_chrf(list(translations), [list(references)]).score
    return score


@asynccontextmanager
async def _pool(program: FirefoxProgram) -> AsyncIterator[EnginePool]:
    spec = EngineSpec(kind="translation", model=SETTINGS.model, threads=1, engine=program, confine=True)
    settings = PoolSettings(batch=SETTINGS.batch, batch_cost_s=SETTINGS.batch_cost_s)
    pool = EnginePool(spec, settings)
    pool.start()
    try:
        await pool.settled()
        if pool.state != "ready":
            raise RuntimeError(f"the engine {program} did not start: {pool.state}")
        yield pool
    finally:
        await pool.stop()


async def _translate(
    pool: EnginePool, units: Sequence[Sequence[str]], source: str = "en", target: str = "pt"
) -> list[str]:
    """Have all units translated at once; return the sentences in order."""
    work = [TranslateSentences(source=source, target=target, sentences=list(unit)) for unit in units]
    size_s = sum(one.cost_s() for one in work)
    joined = [pool.join(one, Ticket(peer="bench", cost_s=one.cost_s(), size_s=size_s), "off") for one in work]
    answers = await asyncio.gather(*(pool.answer(unit) for unit in joined))
    return [sentence for answer in answers for sentence in answer.result.sentences]


async def _one_by_one(pool: EnginePool, lines: Sequence[str]) -> None:
    for line in lines:
        await _translate(pool, [[line]])


async def _cpu_s(pool: EnginePool, work: Coroutine[Any, Any, object]) -> float:
    """Do some work, and return the processor time that the pool's process took for it."""
    [child] = pool.supervisor.children
    begin_s = _clock_s(child.pid)
    await work
    return _clock_s(child.pid) - begin_s


def _clock_s(pid: int) -> float:
    """Return the processor time of another process, exact to microseconds: Linux has a clock for each."""
    return time.clock_gettime(~pid << 3 | 2)


def _figures() -> dict[FirefoxProgram, list[float]]:
    return {OURS: [], OTHER: []}


def _row(
    name: str, figures: dict[FirefoxProgram, list[float]], unit: str, goal: float | None, *, at_least: bool = False
) -> Row:
    return Row(name=name, ours=figures[OURS], other=figures[OTHER], unit=unit, goal=goal, at_least=at_least)
