"""A model in memory: its two graphs as onnxruntime sessions, and the arrays that go between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from dragoman_engines.translation.marian.graphs import (
    Dimensions,
    decoder_step,
    dimensions_of,
    embeddings,
    encoder,
    output_bias,
    positions,
)
from dragoman_engines.translation.marian.model_file import MarianModel, NotMarian, read_model

Floats = NDArray[np.float32]
Words = NDArray[np.int64]
"""Numbers of a vocabulary."""
MOST_PLACES = 512
"""Tokens of a sentence, or of its translation; the models were trained on shorter ones."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Sentences as the decoder sees them, B of T tokens."""

    mask: NDArray[np.int32]
    """[B, T]: 1 for a token, 0 for padding."""
    seen: list[Floats]
    """Keys and values [B, heads, T, size / heads] for each layer, in turn."""
    columns: NDArray[np.int8]
    """The output's weights [size, W] of the words that may be written."""


class Network:
    """A pair's model.

    Args:
        path: of Marian's file.
        threads: that a call may use.

    Raises:
        OSError: the file cannot be read.
        NotMarian: it is damaged, or of another architecture.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._model: MarianModel = read_model(path)
        self.sizes: Dimensions = dimensions_of(self._model)
        self._threads = threads
        self._encoder = _session(encoder(self._model, self.sizes), threads)
        self._step = _session(decoder_step(self._model, self.sizes), threads)
        self._model.release()  # of the file only the embeddings are read from now on
        self._careful_step: onnxruntime.InferenceSession | None = None
        self._source, self._target = embeddings(self._model)
        self._source_scale, self._target_scale = (
            np.float32(math.sqrt(self.sizes.size) / one.multiplier) for one in (self._source, self._target)
        )
        self._bias = output_bias(self._model)
        self._positions = positions(self.sizes.size, MOST_PLACES)
        self._try()

    @property
    def reads(self) -> int:
        """Return the number of tokens that it knows."""
        return len(self._source.values)

    @property
    def words(self) -> int:
        """Return the number of words that it can write."""
        return len(self._bias)

    def encode(self, sentences: Sequence[Words], words: Words | None) -> Encoded:
        """Read sentences of which each ends with the end's token; `words` may be written, None for all."""
        longest = max(map(len, sentences))
        x = np.zeros((len(sentences), longest, self.sizes.size), np.float32)
        mask = np.zeros((len(sentences), longest), np.int32)
        for row, tokens in enumerate(sentences):
            place = x[row, : len(tokens)]
            np.multiply(self._source.values[tokens], self._source_scale, out=place)
            place += self._positions[: len(tokens)]
            mask[row, : len(tokens)] = 1
        rows = self._target.values[np.arange(0) if words is None else words]
        *seen, columns = self._encoder.run(None, {"x": x, "mask": mask, "rows": rows})
        return Encoded(mask=mask, seen=seen, columns=columns)

    def step(self, encoded: Encoded, words: Words | None) -> Step:
        """Prepare to write the translations of these sentences, of `words` or of all."""
        if words is not None:
            return Step(self._step, self.sizes, encoded, {"words": encoded.columns, "bias": self._bias[words]})
        if self._careful_step is None:
            whole = decoder_step(self._model, self.sizes, every_word=True)
            self._careful_step = _session(whole, self._threads)
            self._model.release()
        return Step(self._careful_step, self.sizes, encoded, {}, self.words)

    def embed(self, words: Words, place: int, out: Floats) -> None:
        """Put the vectors of words, one a sentence, at this place of the translation into `out` [B, size]."""
        np.multiply(self._target.values[words], self._target_scale, out=out)
        out += self._positions[place]

    def _try(self) -> None:
        """Take one step: weights that do not fit each other are found here, not in a request."""
        words = np.zeros(1, np.int64)
        try:
            self.step(self.encode([words], words), words).run()
        except Exception as error:  # onnxruntime's errors have no common base
            raise NotMarian(f"it is damaged, or of another architecture: {error}") from error

    def begin(self, out: Floats) -> None:
        """Put what stands before the first word into `out` [B, size]: no word, at the first place."""
        out[:] = self._positions[0]


class Step:
    """One step of the decoder for a number of sentences; its arrays are used again from step to step.

    Args:
        session: of the step's graph.
        sizes: of the model.
        encoded: the sentences.
        output: the arrays of the words that may be written, where they are no part of the graph.
        words: how many those are, where they are part of it.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        sizes: Dimensions,
        encoded: Encoded,
        output: Mapping[str, NDArray[np.generic]],
        words: int = 0,
    ) -> None:
        rows = len(encoded.mask)
        self._session = session
        self._names = [one.name for one in session.get_outputs()]
        self._output = output
        self._mask, self._seen = encoded.mask, encoded.seen
        self._cells = [np.zeros((rows, sizes.size), np.float32) for _ in range(sizes.decoder_layers)]
        self.x = np.zeros((rows, sizes.size), np.float32)
        """What goes in: the vectors [B, size] of the words before."""
        self.scores = np.empty((rows, words or encoded.columns.shape[1]), np.float32)
        """What comes out: how well each word [B, W] goes on."""
        self._binding = self._bind()

    def run(self) -> None:
        """Take a step: from `x` to `scores`."""
        self._session.run_with_iobinding(self._binding)

    def keep(self, rows: Words) -> None:
        """Go on with some of the sentences, in order."""
        self._cells = [cell[rows] for cell in self._cells]
        self._seen = [one[rows] for one in self._seen]
        self._mask = self._mask[rows]
        self.x, self.scores = self.x[: len(rows)], self.scores[: len(rows)]
        self._binding = self._bind()

    def _bind(self) -> onnxruntime.IOBinding:
        inputs: dict[str, NDArray[np.generic]] = {"x": self.x, "mask": self._mask, **self._output}
        for layer, cell in enumerate(self._cells):
            inputs[f"c{layer + 1}"] = cell
            inputs[f"k{layer + 1}"], inputs[f"v{layer + 1}"] = self._seen[2 * layer : 2 * layer + 2]
        binding = self._session.io_binding()
        for name, array in inputs.items():
            binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        # The next cells are made of the last ones, which nothing reads any more then: they take their place.
        for name, array in zip(self._names, [self.scores, *self._cells], strict=True):
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        return binding


def _session(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The graphs are as they should be: what would be fused is slower here (SkipLayerNormalization).
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Else it remembers a plan for every shape that it sees, and here are as many as there are batches.
    options.enable_mem_pattern = False
    # Threads that wait shall not burn a core that others need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(graph, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base
        raise NotMarian(f"it is damaged, or of another architecture: {error}") from error
    session._model_bytes = None  # noqa: SLF001 - kept for a session with other providers, which nobody makes
    return session
