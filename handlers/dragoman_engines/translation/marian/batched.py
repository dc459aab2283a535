"""Translation of one pair in batches: sentences of alike length together, each step of all of them one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.translation.firefox_files import PairFiles
from dragoman_engines.translation.marian.model_file import NotMarian, Shortlist
from dragoman_engines.translation.marian.network import MOST_PLACES, Network, Step, Words
from dragoman_engines.translation.subwords import open_sentencepiece

MOST_TOKENS = 512
"""Tokens of a batch: the words that may be written are looked at for all of it, and each token brings in more."""
MOST_ROWS = 48
"""Sentences of a batch, where they are short."""
_FEW = 4
"""So many stay together, however long they are."""
_MOST_PADDING = 0.25
"""Part of a batch's tokens that may be padding."""
_LONGEST_TIMES, _LONGEST_MORE, _LONGEST = 2, 4, 256
"""A translation is cut off at this many times the sentence's tokens and some more, as fxtranslate does."""
_HELD = 7 / 8
"""A batch of which fewer sentences than this part go on is made smaller."""


class BatchedTranslator:
    """A pair's translator. What comes out for a sentence does not depend on those beside it.

    Args:
        files: of the pair; read in 0.05 to 0.1 s.
        threads: that a call may use.

    Raises:
        OSError: a file cannot be read.
        NotMarian: one is damaged, or the model is of another architecture.
    """

    def __init__(self, files: PairFiles, threads: int) -> None:
        shared = files.source_vocabulary == files.target_vocabulary
        self._network = Network(files.model, threads)
        self._source = open_sentencepiece(files.source_vocabulary)
        self._target = self._source if shared else open_sentencepiece(files.target_vocabulary)
        self._shortlist = Shortlist(files.shortlist, self._network.words, shared=shared)
        self._end = max(0, self._target.eos_id())
        for vocabulary, most in ((self._source, self._network.reads), (self._target, self._network.words)):
            if vocabulary.get_piece_size() > most:
                raise NotMarian(f"{files.model.name} has {most} words, fewer than its vocabulary")

    def translate(self, sentences: Sequence[str], *, careful: bool) -> list[str]:
        """Translate each sentence; with `careful` every word of the vocabulary is considered, not a shortlist.

        A sentence without a token becomes empty, too.
        """
        encoded: list[list[int]] = self._source.encode(list(sentences), num_threads=1)
        tokens = {
            index: np.array([*one[: MOST_PLACES - 1], self._end], np.int64) for index, one in enumerate(encoded) if one
        }
        indexes = list(tokens)
        translations = [""] * len(encoded)
        for batch in alike([len(one) for one in tokens.values()]):
            chosen = [indexes[at] for at in batch]
            written = self._write([tokens[index] for index in chosen], careful=careful)
            for index, words in zip(chosen, written, strict=True):
                translations[index] = self._text(words)
        return translations

    def _write(self, tokens: Sequence[Words], *, careful: bool) -> list[list[int]]:
        words: Words | None = None
        allowed: NDArray[np.bool_] | None = None
        if not careful:
            each = np.array([self._shortlist.of(one) for one in tokens])
            words = np.flatnonzero(each.any(axis=0))
            allowed = each[:, words] if len(tokens) > 1 else None
        limits = np.array([min(_LONGEST_TIMES * len(one) + _LONGEST_MORE, _LONGEST) for one in tokens])
        step = self._network.step(self._network.encode(tokens, words), words)
        return _Batch(self._network, step, limits, words, allowed).write(self._end)

    def _text(self, words: Sequence[int]) -> str:
        target = self._target
        text: str = target.decode([word for word in words if not (target.is_control(word) or target.is_unknown(word))])
        return text


class _Batch:
    """Sentences whose translations are written word by word, the best word each time.

    Args:
        network: the model.
        step: its decoder on these sentences.
        limits: the most words [B] of each translation.
        words: that may be written; None for all.
        allowed: which of them [B, W] may be in which sentence; None for all.
    """

    def __init__(
        self,
        network: Network,
        step: Step,
        limits: Words,
        words: Words | None,
        allowed: NDArray[np.bool_] | None,
    ) -> None:
        self._network = network
        self._step = step
        self._limits = limits
        self._words = words
        self._allowed = allowed
        self._written: list[list[int]] = [[] for _ in limits]
        self._rows = np.arange(len(limits))
        """The sentences that the step works on."""
        self._going = np.ones(len(limits), np.bool_)
        """Which of these go on."""

    def write(self, end: int) -> list[list[int]]:
        """Return the words of each translation, without the end."""
        self._network.begin(self._step.x)
        for place in range(1, int(self._limits.max()) + 1):
            self._step.run()
            chosen = self._best()
            self._going &= chosen != end
            for at in np.flatnonzero(self._going):
                self._written[self._rows[at]].append(int(chosen[at]))
            self._going &= place < self._limits
            going = int(np.count_nonzero(self._going))
            if not going:
                break
            if going < _HELD * len(self._going):
                chosen = chosen[self._drop_finished()]
            self._network.embed(chosen, place, self._step.x)
        return self._written

    def _best(self) -> Words:
        """Return each sentence's best word of those that it may have."""
        scores = self._step.scores
        best: Words = scores.argmax(axis=1)
        if self._allowed is not None:
            # The words of all of them are looked at together; a sentence seldom likes one of another's best.
            missed = ~self._allowed[np.arange(len(best)), best] & self._going
            for at in np.flatnonzero(missed):
                best[at] = np.where(self._allowed[at], scores[at], -np.inf).argmax()
        return best if self._words is None else self._words[best]

    def _drop_finished(self) -> Words:
        kept = np.flatnonzero(self._going)
        self._step.keep(kept)
        self._rows, self._limits, self._going = self._rows[kept], self._limits[kept], self._going[kept]
        if self._allowed is not None:
            self._allowed = self._allowed[kept]
        return kept


def alike(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the indexes of sentences of these lengths in batches, each of sentences of about one length."""
    batch: list[int] = []
    tokens = 0
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        places = lengths[index] * (len(batch) + 1)
        padding = places - tokens - lengths[index]
        full = len(batch) >= MOST_ROWS or (batch and places > MOST_TOKENS)
        if full or (len(batch) >= _FEW and padding > _MOST_PADDING * places):
            yield batch
            batch, tokens = [], 0
        batch.append(index)
        tokens += lengths[index]
    if batch:
        yield batch
