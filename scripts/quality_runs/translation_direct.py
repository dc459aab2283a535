"""Translation by fxtranslate alone: `{"en-pt": [text]}` becomes `{"en-pt": [translation]}`."""

from __future__ import annotations

import json
import sys

from fxtranslate import Translator

from dragoman_engines.models.resolve import resolve
from dragoman_server.config import EnginesConfig


def main() -> None:
    """Do the job."""
    json.dump({pair: _translate(pair, lines) for pair, lines in json.load(sys.stdin).items()}, sys.stdout)


def _translate(pair: str, lines: list[str]) -> list[str]:
    folder = resolve(EnginesConfig().translation.model).folder
    [model] = folder.glob(f"{pair.replace('-', '')}-*/model.*.bin")
    [vocabulary] = model.parent.glob("vocab.*.spm")
    [shortlist] = model.parent.glob("lex.*.bin")
    words = vocabulary.read_bytes()
    translator = Translator(model.read_bytes(), words, words, shortlist.read_bytes())
    return [translator.translate_long(line) for line in lines]


if __name__ == "__main__":
    main()
