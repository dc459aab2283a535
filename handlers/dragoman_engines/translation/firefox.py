"""Translation with Firefox Translations models: one small network for each language pair, on the processor.

Two programs run them: ours in batches on onnxruntime (`marian`), and fxtranslate sentence by sentence.
"""

# ruff: noqa: PLC0415 -- each of the two programs brings in its own libraries, and only one is needed as a rule.

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from dragoman_engines.base import Capabilities, EngineSpec, ModelMissing
from dragoman_engines.models.resolve import ModelFolder
from dragoman_engines.translation.alphabet import alphabet
from dragoman_engines.translation.firefox_files import Pair, PairFiles, find_pairs
from dragoman_engines.translation.subwords import Subwords, cut, load_subwords
from dragoman_engines.work import AnyResult, AnyWork, Failure, TranslateSentences, Translations
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

_NAMED_AT_MOST = 8
SENTENCE_TOKENS = 80
"""What the models do well: chains of FLORES sentences lose 1 to 3 points of chrF up to here, a tenth of their words at
110 tokens, and a third at 150."""
MOST_TOKENS = 110
"""What is longer all the same, as a handler that counts words may let pass, is cut here."""


class PairTranslator(Protocol):
    """The model of one pair."""

    def translate(self, sentences: Sequence[str], *, careful: bool) -> list[str]:
        """Translate each sentence; with `careful` every word of the vocabulary is considered, not a shortlist.

        Raises:
            ValueError: the model failed.
        """
        ...


class FirefoxEngine:
    """One translator for each pair."""

    def __init__(self, spec: EngineSpec, model: ModelFolder) -> None:
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
        self._subwords = {pair: _subwords(files) for pair, files in found.items()}
        self._translators = {pair: load_pair(spec, files) for pair, files in found.items()}
        revision = model.revision([path for files in found.values() for path in files.all()])
        self._capabilities = Capabilities(
            model="firefox",
            # The two programs round differently: now and then a sentence comes out in other words.
            revision=f"{revision}-onnx" if spec.engine == "onnx" else revision,
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
        """Translate the units of one pair together; no translation, or an unknown pair, is a `Failure`."""
        results: dict[int, AnyResult] = {}
        calls: defaultdict[tuple[Pair, bool], dict[int, TranslateSentences]] = defaultdict(dict)
        for index, work in enumerate(batch):
            if not isinstance(work, TranslateSentences):
                reason = f"a translation model cannot do {type(work).__name__}"
                results[index] = Failure(code=EngineFailed.code, message=reason)
            elif (work.source, work.target) not in self._translators:
                results[index] = self._unknown(work)
            else:
                calls[(work.source, work.target), work.careful][index] = work
        for (pair, careful), units in calls.items():
            results |= self._answers(pair, units, careful=careful)
        return [results[index] for index in range(len(batch))]

    def _answers(self, pair: Pair, units: Mapping[int, TranslateSentences], *, careful: bool) -> dict[int, AnyResult]:
        distinct = list(dict.fromkeys(sentence for work in units.values() for sentence in work.sentences))
        try:
            known = dict(zip(distinct, self._translate(pair, distinct, careful=careful), strict=True))
        except ValueError as error:
            if len(units) == 1:
                reason = f"the translation model failed: {error}"
                return {index: Failure(code=EngineFailed.code, message=reason) for index in units}
            alone = [self._answers(pair, {index: work}, careful=careful) for index, work in units.items()]
            return {index: answer for one in alone for index, answer in one.items()}
        return {
            index: Translations(sentences=[known[sentence] for sentence in work.sentences])
            for index, work in units.items()
        }

    def _translate(self, pair: Pair, sentences: Sequence[str], *, careful: bool) -> list[str]:
        """Translate sentences. One that is too long for the model is cut between words."""
        parts = [_parts(self._subwords[pair], sentence) for sentence in sentences]
        translations = iter(
            self._translators[pair].translate([part for one in parts for part in one], careful=careful)
        )
        return [" ".join([next(translations) for _ in one]) for one in parts]

    def _unknown(self, work: TranslateSentences) -> Failure:
        pairs = [f"{source} to {target}" for source, target in self._capabilities.pairs]
        more = f" and {len(pairs) - _NAMED_AT_MOST} more pairs" if len(pairs) > _NAMED_AT_MOST else ""
        listed = ", ".join(pairs[:_NAMED_AT_MOST]) + more
        return Failure(
            code=UnsupportedLanguage.code,
            message=f"there is no model from {work.source} to {work.target}; there is {listed}",
        )


def load_pair(spec: EngineSpec, files: PairFiles) -> PairTranslator:
    """Load the model of a pair: 0.05 to 0.1 s. One that our own program does not know runs in fxtranslate.

    Raises:
        ModelMissing: a file is not what its name says.
    """
    if spec.engine == "onnx":
        from dragoman_engines.translation.marian.batched import BatchedTranslator
        from dragoman_engines.translation.marian.model_file import NotMarian

        try:
            return BatchedTranslator(files, spec.threads)
        except NotMarian as error:
            print(f"the model {files.model} runs in fxtranslate: {error}", file=sys.stderr, flush=True)
    from dragoman_engines.translation.sequential import SequentialTranslator

    return SequentialTranslator(files)


def _subwords(files: PairFiles) -> Subwords:
    try:
        return load_subwords(files.source_vocabulary)
    except (OSError, ValueError) as error:
        raise ModelMissing(f"the translation model in {files.model.parent} cannot be read: {error}") from error


def _parts(subwords: Subwords, sentence: str) -> list[str]:
    # No sentence has more tokens than bytes.
    if len(sentence) * 4 <= MOST_TOKENS or len(pieces := subwords.split(sentence)) <= MOST_TOKENS:
        return [sentence]
    return [subwords.join(part) for part in cut(pieces, MOST_TOKENS)]
