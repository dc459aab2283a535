"""What does a long file cost beside its sentences? `dragoman translate FILE --out` and the bare engine, in turn.

The bare engine gets the sentences that the server cuts the text into, in a process of its own, one after the other.
Both have one thread. The server's caches are off.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dragoman_client.cli.documents import FilesRequest, translate_files
from dragoman_client.cli.files import find_sources
from dragoman_client.cli.settings import Settings
from dragoman_client.cutting import cut
from dragoman_handlers.text.sentences.segmentation import split_text
from scripts.benchmarks.direct import Direct
from scripts.benchmarks.table import Row, chosen
from scripts.embedded_server import NO_CACHE, Server, embedded_server

NOVEL = Path(__file__).resolve().parents[3] / "shared" / "data" / "text" / "pride-and-prejudice.en.txt"
WORDS = 2000
"""Of each round: another part of the novel."""
GOAL = 1.1


def measure(rounds: int, only: str) -> Iterator[Row]:
    """Yield the rows whose measurement's name contains `only`: `novel`."""
    measurements: dict[str, Callable[[int], Iterator[Row]]] = {"novel": _novel}
    yield from chosen(measurements, rounds, only)


def _novel(rounds: int) -> Iterator[Row]:
    parts = [*itertools.islice(parts_of(NOVEL.read_text(encoding="utf-8")), rounds + 1)]
    ours, bare = [], []
    direct = Direct("translator")
    try:
        with embedded_server(NO_CACHE) as server:
            for number, part in enumerate(parts):
                # Each is first in every other round.
                seconds = {}
                for who in ("direct", "server") if number % 2 else ("server", "direct"):
                    seconds[who] = _by_the_command(server, part) if who == "server" else direct.seconds(job_of(part))
                if number:  # the first warms both up
                    ours.append(seconds["server"])
                    bare.append(seconds["direct"])
                print(f"round {number} of {rounds}", flush=True)
    finally:
        direct.close()
    yield Row(name=f"a novel, {WORDS} words of it", ours=ours, other=bare, unit="s", goal=GOAL)


def parts_of(text: str) -> Iterator[str]:
    """Consecutive parts of a text, of `WORDS` words or a little more, in whole paragraphs."""
    held: list[str] = []
    words = 0
    for paragraph in text.split("\n\n"):
        held.append(paragraph)
        words += len(paragraph.split())
        if words >= WORDS:
            yield "\n\n".join(held)
            held, words = [], 0


def job_of(text: str) -> dict[str, list[str]]:
    """Return the sentences that the server makes of it."""
    pieces = [piece.text for piece in cut(text) if piece.text]
    sentences = (one for piece in pieces for one in split_text(piece, "en") if one.translatable)
    return {"lines": [sentence.text for sentence in sentences]}


def _by_the_command(server: Server, text: str) -> float:
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        file, out = Path(folder) / "part.txt", Path(folder) / "out"
        file.write_text(text, encoding="utf-8")
        request = FilesRequest(
            sources=find_sources([str(file)], out, ["pt"]),
            source="en",
            languages=["pt"],
            out=out,
            force=False,
            format=None,
            columns=(),
            model=None,
            priority="normal",
            glossary={},
        )
        settings = Settings(requests=server.requests, routed=server.routed, timeout_s=None)
        begin_s = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            translate_files(settings, request, as_json=False)
        return time.perf_counter() - begin_s
