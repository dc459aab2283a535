"""Translation with Firefox Translations models: one small network for each language pair, on the processor.

A folder holds one pair, as Mozilla publishes it: `model.enpt.*.bin`, `vocab.enpt.spm` (or `srcvocab` and `trgvocab`
where the languages do not share one) and `lex.50.50.enpt.s2t.bin`. Folders may lie anywhere below the source, also
as fxtranslate's own cache lays them out (`en-pt/...`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fxtranslate import Translator

from dragoman_engines.base import Capabilities, ModelMissing
from dragoman_engines.models.resolve import ModelFolder
from dragoman_engines.translation.alphabet import alphabet
from dragoman_engines.translation.subwords import Subwords, cut, load_subwords
from dragoman_engines.work import AnyResult, AnyWork, Failure, TranslateSentences, Translations
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

_LANGUAGE = r"[a-z]{2,3}(?:[-_][A-Za-z]{4})?"
_FOLDER_PAIR = re.compile(rf"({_LANGUAGE})-({_LANGUAGE})")
_FILE_PAIR = re.compile(r"model\.([a-z]{2})([a-z]{2})\.")
_NAMED_AT_MOST = 8
SENTENCE_TOKENS = 80
"""What the models do well: chains of FLORES sentences lose 1 to 3 points of chrF up to here, a tenth of their words at
110 tokens, and a third at 150."""
MOST_TOKENS = 110
"""What is longer all the same, as a handler that counts words may let pass, is cut here."""


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

    def load(self, *, shortlist: bool = True) -> Translator:
        """Build the translator: 0.05 to 0.1 s.

        The lexical shortlist makes a sentence 1.6 times faster; without it every word of the vocabulary is considered.

        Raises:
            ModelMissing: a file is not what its name says.
        """
        source = self.source_vocabulary.read_bytes()
        target = source if self.target_vocabulary == self.source_vocabulary else self.target_vocabulary.read_bytes()
        try:
            extra = (self.shortlist.read_bytes(),) if shortlist else ()
            return Translator(self.model.read_bytes(), source, target, *extra)
        except ValueError as error:
            raise ModelMissing(f"the translation model in {self.model.parent} cannot be read: {error}") from error


class FirefoxEngine:
    """One translator a pair. fxtranslate's objects belong to the thread that made them, and it holds the GIL."""

    def __init__(self, model: ModelFolder) -> None:
        """Find and load every pair below the folder.

        Raises:
            ModelMissing: there is none, or a file of one is not readable.
        """
        found = dict(find_pairs(model.folder))
        if not found:
            raise ModelMissing(
                f"no translation model below {model.folder}:"
                " a pair's folder holds model.*.bin, *vocab*.spm and lex.*.bin",
            )
        self._files = found
        self._translators = {(pair, False): files.load() for pair, files in found.items()}
        self._subwords = {pair: load_subwords(files.source_vocabulary) for pair, files in found.items()}
        self._capabilities = Capabilities(
            model="firefox",
            revision=model.revision([path for files in found.values() for path in files.all()]),
            languages=sorted({language for pair in found for language in pair}),
            pairs=sorted(found),
            sentence_tokens=SENTENCE_TOKENS,
            alphabets=[
                known
                for pair, files in sorted(found.items())
                if (known := alphabet(files.source_vocabulary, files.target_vocabulary, pair)) is not None
            ],
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return the pairs that were found."""
        return self._capabilities

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        """Translate unit by unit; a unit that is no translation, or has an unknown pair, is a `Failure`."""
        return [self._answer(work) for work in batch]

    def _answer(self, work: AnyWork) -> AnyResult:
        if not isinstance(work, TranslateSentences):
            return Failure(code=EngineFailed.code, message=f"a translation model cannot do {type(work).__name__}")
        if (work.source, work.target) not in self._files:
            return self._unknown(work)
        translator = self._translator((work.source, work.target), careful=work.careful)
        subwords = self._subwords[work.source, work.target]
        try:
            return Translations(sentences=[_translate(translator, subwords, sentence) for sentence in work.sentences])
        except ValueError as error:
            return Failure(code=EngineFailed.code, message=f"the translation model failed: {error}")

    def _translator(self, pair: tuple[str, str], *, careful: bool) -> Translator:
        """Return the translator of a pair; the careful one, without the shortlist, is made when it is first needed."""
        known = self._translators.get((pair, careful))
        if known is None:
            known = self._translators[pair, careful] = self._files[pair].load(shortlist=False)
        return known

    def _unknown(self, work: TranslateSentences) -> Failure:
        pairs = [f"{source} to {target}" for source, target in self._capabilities.pairs]
        more = f" and {len(pairs) - _NAMED_AT_MOST} more pairs" if len(pairs) > _NAMED_AT_MOST else ""
        listed = ", ".join(pairs[:_NAMED_AT_MOST]) + more
        return Failure(
            code=UnsupportedLanguage.code,
            message=f"there is no model from {work.source} to {work.target}; there is {listed}",
        )


def _translate(translator: Translator, subwords: Subwords, sentence: str) -> str:
    """Translate a sentence. One that is too long for the model is cut between words."""
    # `translate_long` would cut sentences by rules of its own, after `Dr.` and `U.S.` as well; `translate` cuts none,
    # and leaves out what is too much. No sentence has more tokens than bytes.
    if len(sentence) * 4 <= MOST_TOKENS or len(pieces := subwords.split(sentence)) <= MOST_TOKENS:
        return translator.translate(sentence)
    parts = [subwords.join(part) for part in cut(pieces, MOST_TOKENS)]
    return " ".join([translator.translate(part) for part in parts])


def find_pairs(root: Path) -> Iterator[tuple[tuple[str, str], PairFiles]]:
    """Find the pairs in a folder and below it; of two folders with one pair, the first by name comes last and wins."""
    for model in sorted(root.rglob("model*.bin"), reverse=True):
        pair = _pair_of(model)
        files = _files_beside(model)
        if pair and files:
            yield pair, files


def _pair_of(model: Path) -> tuple[str, str] | None:
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
