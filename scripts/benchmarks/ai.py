"""How long does work through a language model take beside what rate and concurrency allow?

A novel of 250 chunks, and 100 conversations, against a server that takes 3 s a call: the real handler, line, budgets
and SDK, a server in memory, and a clock that passes only while everything waits. An hour of it takes seconds.
"""

# ruff: noqa: ARG002 -- the context is asked as a real one is

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import structlog

from dragoman_engines.base import Capabilities
from dragoman_engines.language.budget import Limits
from dragoman_engines.language.gate import Bounds
from dragoman_engines.language.openai_chat import OpenAIChat, OpenAISettings
from dragoman_engines.language.remote import RemoteModel, RemoteSettings
from dragoman_engines.language.usage import UsageLedger
from dragoman_engines.pool.fair_queue import Ticket
from dragoman_engines.work import CorrectText
from dragoman_handlers.correction import CorrectionHandler
from dragoman_handlers.language.chunks import cut_chunks
from dragoman_wire.requests import CorrectionRequest
from scripts.benchmarks.novel import NOVEL
from scripts.benchmarks.table import Row, chosen
from tests.chat_server import Reply, Script, in_memory
from tests.virtual_time import now_s, run_virtual

CHUNKS = 250
CALL_S = 3.0
GOAL = 1.05
_CHUNK_CHARS = 2000
_T = TypeVar("_T")


def measure(rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows whose measurement's name contains `only`: `novel`, `groups`, `conversations`, `rate`."""
    structlog.configure(processors=[structlog.testing.LogCapture()])
    measurements: dict[str, Callable[[int], Iterator[Row]]] = {
        "novel": _novel,
        "groups": _groups,
        "conversations": _conversations,
        "rate": _rate,
    }
    yield from chosen(measurements, rounds, only)


def novel_text() -> str:
    """So much of the novel as makes 250 chunks."""
    text = NOVEL.read_text(encoding="utf-8")
    chunks = cut_chunks(text, "en", _CHUNK_CHARS)[:CHUNKS]
    return text[: chunks[-1].end]


def model_of(script: Script, bounds: Bounds) -> RemoteModel:
    """A model whose server is the script."""
    chat = OpenAIChat(OpenAISettings(model="novelist", base_url="http://chat.test/v1"), in_memory(script))
    return RemoteModel(RemoteSettings(name="novelist", bounds=bounds), chat, UsageLedger(), clock=now_s)


class _Context:
    """As much of a running task as the handler needs."""

    task_id = "novel"
    warnings = ()

    def __init__(self, model: RemoteModel) -> None:
        self.language_models: dict[str, str] = {}
        self.limits = self
        self.document_chars = 2_000_000
        self.stages: dict[str, Any] = {}
        self.published: list[Any] = []
        self._model = model
        self._time = asyncio.get_running_loop().time  # also asked from threads

    def now_s(self) -> float:
        return self._time()

    def elapsed_s(self) -> float:
        return self._time()

    def tell(self, event: Any) -> None:
        """Nobody listens."""

    def settle(self, part: str, error: Exception) -> None:
        raise error

    def publish(self, event: Any, *, settles: str | None = None) -> None:
        self.published.append(event)

    async def capabilities(self, kind: str, model: str = "") -> Capabilities:
        return self._model.capabilities

    def fallback(self, model: str) -> None:
        return None

    async def once(self, question: Any, answer_type: Any, compute: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        return await compute()

    async def run(self, work: Any, *, size_s: float) -> Any:
        return await self._model.run(work, Ticket())


async def _correct(text: str, script: Script, bounds: Bounds, at_a_time: int) -> float:
    """Correct a text; return how long it took."""
    context: Any = _Context(model_of(script, bounds))
    request = CorrectionRequest(text=text, language="en", chunk_chars=_CHUNK_CHARS, concurrency=at_a_time)
    await CorrectionHandler().handle(request, context)
    [done] = context.published
    assert (done.corrected_text, done.chunks.ok) == (text, done.chunks.total)  # noqa: S101 - else it measures nothing
    return now_s()


def _novel(_: int) -> Iterator[Row]:
    text = novel_text()
    for name, at_a_time, pause_s in (
        ("250 chunks one by one, 1 s of pause after each", 1, CALL_S + 1.0),
        ("250 chunks, 4 at a time", 4, 0.0),
        ("250 chunks, 10 at a time", 10, 0.0),
    ):
        script = Script(otherwise=lambda _: Reply(delay_s=CALL_S))
        took_s = run_virtual(_correct(text, script, Bounds(concurrency=at_a_time, pause_s=pause_s), at_a_time))
        limit_s = CHUNKS * max(pause_s, CALL_S / at_a_time)
        yield Row(name=name, ours=[took_s], other=[limit_s], unit="s", goal=GOAL)


def _groups(_: int) -> Iterator[Row]:
    """Calls take 1 to 5 s: a fixed group waits for its slowest, a semaphore does not."""
    text, chance = novel_text(), random.Random(7)
    delays_s = [chance.uniform(1.0, 5.0) for _ in range(CHUNKS)]
    for at_a_time in (4, 10):
        script = Script(otherwise=lambda number: Reply(delay_s=delays_s[number]))
        ours_s = run_virtual(_correct(text, script, Bounds(concurrency=at_a_time), at_a_time))
        groups = [max(delays_s[first : first + at_a_time]) for first in range(0, CHUNKS, at_a_time)]
        limit_s = sum(delays_s) / at_a_time
        name = f"250 chunks of 1 to 5 s, {at_a_time} at a time"
        yield Row(name=f"{name}, beside fixed groups", ours=[ours_s], other=[sum(groups)], unit="s", goal=None)
        yield Row(name=f"{name}, beside what is possible", ours=[ours_s], other=[limit_s], unit="s", goal=GOAL)


def _conversations(_: int) -> Iterator[Row]:
    for name, at_a_time, call_s in (
        ("100 conversations, 10 at a time, 1 s of pause each", 10, CALL_S + 1.0),
        ("100 conversations, 20 at a time", 20, CALL_S),
    ):

        async def work(at_a_time: int = at_a_time, call_s: float = call_s) -> float:
            model = model_of(Script(otherwise=lambda _: Reply(delay_s=call_s)), Bounds(concurrency=at_a_time))
            await _all(model, ["user: Hello.\nben: Good morning."] * 100)
            return now_s()

        limit_s = 100 / at_a_time * call_s
        yield Row(name=name, ours=[run_virtual(work())], other=[limit_s], unit="s", goal=GOAL)


def _rate(_: int) -> Iterator[Row]:
    """500 requests and 200,000 tokens a minute: never more in any 60 s, and nearly all of it used."""
    limits = Limits(requests_per_minute=500, tokens_per_minute=200_000)
    for name, words in (("short calls: requests decide", 20), ("long calls: tokens decide", 400)):
        script = Script(otherwise=lambda _: Reply(delay_s=CALL_S))

        async def work(script: Script = script, words: int = words) -> None:
            model = model_of(script, Bounds(concurrency=200, limits=limits))
            await _all(model, ["quiet words of it all " * (words // 5)] * 1800)

        run_virtual(work())
        calls = [(asked.at_s, _tokens(asked.body, asked.text)) for asked in script.asked]
        requests, tokens = _busiest(calls)
        yield Row(name=f"{name}; requests in any 60 s", ours=[requests], other=[500], unit="", goal=1.0)
        yield Row(name=f"{name}; tokens in any 60 s", ours=[tokens], other=[200_000], unit="", goal=1.0)
        minutes = (calls[-1][0] - calls[0][0]) / 60
        whole = int(minutes) * 60.0
        inside = [one for one in calls if one[0] < calls[0][0] + whole]
        used = max(len(inside) / int(minutes) / 500, sum(each for _, each in inside) / int(minutes) / 200_000)
        yield Row(name=f"{name}; of what is allowed", ours=[used], other=[1.0], unit="", goal=0.95, at_least=True)


async def _all(model: RemoteModel, texts: Sequence[str]) -> None:
    units = [CorrectText(text=f"{text} {number}", language="en") for number, text in enumerate(texts)]
    await asyncio.gather(*(model.run(unit, Ticket()) for unit in units))


def _tokens(body: dict[str, Any], text: str) -> int:
    """The tokens of a call as the server counts them."""
    return sum(len(str(message["content"])) for message in body["messages"]) // 4 + max(1, len(text) // 4)


def _busiest(calls: Sequence[tuple[float, int]]) -> tuple[int, int]:
    """The most requests and the most tokens in any 60 s."""
    requests, tokens, first = 0, 0, 0
    sums = [0, *itertools.accumulate(each for _, each in calls)]
    for last, (at_s, _) in enumerate(calls):
        while calls[first][0] <= at_s - 60.0:
            first += 1
        requests = max(requests, last + 1 - first)
        tokens = max(tokens, sums[last + 1] - sums[first])
    return requests, tokens
