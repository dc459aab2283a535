"""Translation by the program of the embedded models alone: `{"en-pt": [text]}` becomes `{"en-pt": [translation]}`."""

from __future__ import annotations

import json
import sys

from dragoman_engines.models.resolve import resolve
from dragoman_engines.translation.firefox_files import find_pairs
from dragoman_engines.translation.marian.batched import BatchedTranslator
from dragoman_server.config import EnginesConfig


def main() -> None:
    """Do the job."""
    json.dump({pair: _translate(pair, lines) for pair, lines in json.load(sys.stdin).items()}, sys.stdout)


def _translate(pair: str, lines: list[str]) -> list[str]:
    source, _, target = pair.partition("-")
    files = dict(find_pairs(resolve(EnginesConfig().translation.model).folder))
    return BatchedTranslator(files[source, target], threads=1).translate(lines, careful=False)


if __name__ == "__main__":
    main()
