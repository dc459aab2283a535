"""The files of Firefox Translations models, as Mozilla publishes them, and as fxtranslate's own cache lays them out.

A folder holds one pair: `model.enpt.*.bin`, `vocab.enpt.spm` (or `srcvocab` and `trgvocab` where the languages do not
share one) and `lex.50.50.enpt.s2t.bin`. Folders may lie anywhere below the source, also as `en-pt/...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Pair = tuple[str, str]
"""Source and target language."""

_LANGUAGE = r"[a-z]{2,3}(?:[-_][A-Za-z]{4})?"
_FOLDER_PAIR = re.compile(rf"({_LANGUAGE})-({_LANGUAGE})")
_FILE_PAIR = re.compile(r"model\.([a-z]{2})([a-z]{2})\.")


@dataclass(frozen=True, kw_only=True)
class PairFiles:
    """The files of one pair."""

    model: Path
    source_vocabulary: Path
    target_vocabulary: Path
    shortlist: Path

    def all(self) -> list[Path]:
        """Return every file, once."""
        return sorted({self.model, self.source_vocabulary, self.target_vocabulary, self.shortlist})


def find_pairs(root: Path) -> Iterator[tuple[Pair, PairFiles]]:
    """Find the pairs in a folder and below it; of two folders with one pair, the first by name comes last and wins."""
    for model in sorted(root.rglob("model*.bin"), reverse=True):
        pair = _pair_of(model)
        files = _files_beside(model)
        if pair and files:
            yield pair, files


def _pair_of(model: Path) -> Pair | None:
    # The folder's name tells `zh-Hant-en` apart; in a file's name, `enzh_hant`, only two letters each are certain.
    match = _FOLDER_PAIR.fullmatch(model.parent.name) or _FILE_PAIR.match(model.name)
    return (match[1], match[2]) if match else None


def _files_beside(model: Path) -> PairFiles | None:
    folder = model.parent
    shortlist = next(iter(sorted(folder.glob("lex*.bin"))), None)
    shared = next(iter(sorted(folder.glob("vocab*.spm"))), None)
    source = next(iter(sorted(folder.glob("srcvocab*.spm"))), shared)
    target = next(iter(sorted(folder.glob("trgvocab*.spm"))), shared)
    if shortlist is None or source is None or target is None:
        return None
    return PairFiles(model=model, source_vocabulary=source, target_vocabulary=target, shortlist=shortlist)
