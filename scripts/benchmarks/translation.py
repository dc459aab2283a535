"""What do batches on onnxruntime bring, beside fxtranslate on the same Firefox models?

Each program has a pool of one process of one thread, as a server has, and the two take turns in every round.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

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
                times = [await _seconds(_translate(pool, [[line]])) for line in part[:ALONE]]
                many_s = await _seconds(_translate(pool, [[line] for line in part]))
                novel_s = await _seconds(_translate(pool, novel))
                if number:  # the first round warms both up
                    alone[program].append(statistics.median(times) * 1000)
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
    starts, memory = _figures(), _figures()
    lines = [[line] for line in flores("en")[:AT_ONCE]]
    for number in range(rounds + 1):
        for program in (OURS, OTHER) if number % 2 else (OTHER, OURS):
            begin_s = time.perf_counter()
            async with _pool(program) as pool:
                start_s = time.perf_counter() - begin_s
                await _translate(pool, lines)
                if number:
                    starts[program].append(start_s)
                    memory[program].append(pool.supervisor.children[0].rss_mb())
        print(f"round {number} of {rounds}", flush=True)
    return [_row("start", starts, "s", 1.0), _row(f"memory after {AT_ONCE} sentences", memory, "MiB", 1.0)]


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


async def _seconds(work: Coroutine[Any, Any, object]) -> float:
    begin_s = time.perf_counter()
    await work
    return time.perf_counter() - begin_s


def _figures() -> dict[FirefoxProgram, list[float]]:
    return {OURS: [], OTHER: []}


def _row(
    name: str, figures: dict[FirefoxProgram, list[float]], unit: str, goal: float, *, at_least: bool = False
) -> Row:
    return Row(name=name, ours=figures[OURS], other=figures[OTHER], unit=unit, goal=goal, at_least=at_least)
