"""The two graphs of a model: the encoder, which reads a batch of sentences, and one step of the decoder.

Weights stay int8, with the multipliers of the file. Activations are rounded to 8 bits by the multipliers that were
found when the model was made (`*_QuantMultA`): so a sentence's translation does not depend on those beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragoman_engines.translation.marian.model_file import MarianModel, NotMarian, Tensor
from dragoman_engines.translation.marian.onnx_graph import MICROSOFT, Graph

_EPSILON = 1e-6
"""Of Marian's layer normalization."""
_ZERO = 127
"""The 8-bit number that stands for 0 in an activation, as in Marian's own arithmetic."""
_MARK = "_QuantMultA"
_SHARED = "Wemb"
"""The embeddings of a model whose languages share a vocabulary."""
_HEADS = "8"
"""Where the file does not say."""
_KNOWN = {
    "dec-cell": ("ssru",),
    "transformer-ffn-activation": ("relu",),
    "transformer-ffn-depth": ("2",),
    "transformer-decoder-autoreg": ("rnn",),
    "transformer-train-position-embeddings": ("false",),
    "lemma-dim-emb": ("0",),
}
"""Marian's options that change the arithmetic, with what is built here, the usual value first."""
_LAYER = re.compile(r"(encoder|decoder)_l(\d+)_")


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """The sizes of a model."""

    size: int
    """Of a token's vector."""
    heads: int
    encoder_layers: int
    decoder_layers: int

    @property
    def by_head(self) -> list[str | int]:
        """Return the shape of keys and values."""
        return ["batch", self.heads, "time", self.size // self.heads]


def dimensions_of(model: MarianModel) -> Dimensions:
    """Return the sizes of a model.

    Raises:
        NotMarian: it is of another architecture.
    """
    for option, known in _KNOWN.items():
        if model.options.get(option, known[0]) not in known:
            raise NotMarian(f"it is of another architecture: {option} is {model.options[option]}")
    layers = {"encoder": 0, "decoder": 0}
    for name in model.tensors:
        if match := _LAYER.match(name):
            layers[match[1]] = max(layers[match[1]], int(match[2]))
    size = model.tensor("decoder_l1_rnn_W").values.shape[-1]
    heads = model.options.get("transformer-heads", _HEADS)
    if not layers["encoder"] or not heads.isdecimal() or not int(heads) or size % int(heads):
        raise NotMarian(f"it is of another architecture: {heads} heads of {size} numbers in {layers}")
    return Dimensions(size=size, heads=int(heads), encoder_layers=layers["encoder"], decoder_layers=layers["decoder"])


def embeddings(model: MarianModel) -> tuple[Tensor, Tensor]:
    """Return the vectors [words, size] of the source's tokens and of the target's; they may be the same.

    Raises:
        NotMarian: there are none.
    """
    source, target = (model.tensors.get(_SHARED) or model.tensor(name) for name in ("encoder_Wemb", "decoder_Wemb"))
    if any(one.values.ndim != 2 or one.values.dtype != np.int8 for one in (source, target)):
        raise NotMarian("it is of another architecture: its embeddings are not int8")
    return source, target


def output_bias(model: MarianModel) -> NDArray[np.float32]:
    """Return what is added to the scores of all words.

    Raises:
        NotMarian: it does not fit the words.
    """
    _, target = embeddings(model)
    found = model.tensors.get("decoder_ff_logit_out_b")
    if found is None:
        return np.zeros(len(target.values), np.float32)
    if found.values.size != len(target.values):
        raise NotMarian("it is damaged: the output's bias does not fit the words")
    return np.asarray(found.values, np.float32).reshape(-1)


def activation_multiplier(model: MarianModel, *names: str) -> float:
    """Return the multiplier of the activations that go into a product; the first of these names that there is.

    Raises:
        NotMarian: there is none, or it is no positive number.
    """
    for name in names:
        found = model.tensors.get(name + _MARK)
        if found is not None:
            multiplier = float(found.values.flat[0]) / found.multiplier if found.values.size else 0.0
            if not (math.isfinite(multiplier) and multiplier > 0):
                raise NotMarian(f"it is damaged: {name}{_MARK} is no multiplier")
            return multiplier
    raise NotMarian(f"it is of another architecture: it has no {names[0]}{_MARK}")


def encoder(model: MarianModel, sizes: Dimensions) -> bytes:
    """Build the graph of the encoder, with what the decoder's layers look at.

    Inputs: `x` f32 [B, T, size], embeddings with their positions; `mask` i32 [B, T], 1 for a
    token and 0 for padding; `rows` int8 [W, size], the embeddings of words. Outputs: for each layer of the decoder
    keys and values f32 [B, heads, T, size / heads]; then the rows as columns [size, W].
    """
    build = _Builder(model, sizes)
    graph = build.graph
    x = build.rows(graph.input("x", "float32", ["batch", "time", sizes.size]))
    mask = graph.input("mask", "int32", ["batch", "time"])
    shape = graph.add("Shape", "x")
    for layer in range(1, sizes.encoder_layers + 1):
        name = f"encoder_l{layer}_self"
        parts = build.affine(x, [f"{name}_Wq", f"{name}_Wk", f"{name}_Wv"], [f"{name}_bq", f"{name}_bk", f"{name}_bv"])
        query, key, value = (graph.add("Reshape", part, shape) for part in parts)
        joined = graph.add("MultiHeadAttention", query, key, value, "", mask, domain=MICROSOFT, num_heads=sizes.heads)
        [attended] = build.affine(build.rows(joined), [f"{name}_Wo"], [f"{name}_bo"])
        x = build.normalized(x, attended, f"{name}_Wo")
        x = build.feed_forward(x, f"encoder_l{layer}_ffn")
    for layer in range(1, sizes.decoder_layers + 1):
        name = f"decoder_l{layer}_context"
        parts = build.affine(x, [f"{name}_Wk", f"{name}_Wv"], [f"{name}_bk", f"{name}_bv"])
        for part in parts:
            graph.output(build.by_head(part, shape), "float32", sizes.by_head)
    rows = graph.input("rows", "int8", ["words", sizes.size])
    graph.output(graph.add("Transpose", rows, perm=[1, 0]), "int8", [sizes.size, "words"])
    return graph.to_bytes()


def decoder_step(model: MarianModel, sizes: Dimensions, *, every_word: bool = False) -> bytes:
    """Build the graph of one step of the decoder.

    Inputs: `x` f32 [B, size], the embedding of each sentence's last word with its position; `mask` i32 [B, T];
    `c{n}` f32 [B, size], `k{n}` and `v{n}` for each layer; `words` int8 [size, W], the output's columns, and `bias`
    f32 [W], unless every word is part of the graph. Outputs: the scores f32 [B, W], and the next cells f32 [B, size].
    """
    build = _Builder(model, sizes)
    graph = build.graph
    x = graph.input("x", "float32", ["batch", sizes.size])
    mask = graph.input("mask", "int32", ["batch", "time"])
    cells: list[str] = []
    for layer in range(1, sizes.decoder_layers + 1):
        name = f"decoder_l{layer}"
        before = graph.input(f"c{layer}", "float32", ["batch", sizes.size])
        key, value = (graph.input(f"{letter}{layer}", "float32", sizes.by_head) for letter in "kv")
        cells.append(build.recurrent(x, before, f"{name}_rnn"))
        x = build.normalized(x, graph.add("Relu", cells[-1]), f"{name}_rnn_ffn")
        attended = build.attention(x, key, value, mask, f"{name}_context")
        x = build.normalized(x, attended, f"{name}_context_Wo")
        x = build.feed_forward(x, f"{name}_ffn")
    _, target = embeddings(model)
    if every_word:
        words, bias = graph.constant(target.values.T), graph.constant(output_bias(model))
    else:
        words = graph.input("words", "int8", [sizes.size, "words"])
        bias = graph.input("bias", "float32", ["words"])
    multiplier = activation_multiplier(model, "none", "decoder_Wemb", _SHARED)
    scores = build.product(x, multiplier, words, np.float32(1 / target.multiplier), bias)
    graph.output(scores, "float32", ["batch", "words"])
    for cell in cells:
        graph.output(cell, "float32", ["batch", sizes.size])
    return graph.to_bytes()


class _Builder:
    """The parts of which both graphs are made."""

    def __init__(self, model: MarianModel, sizes: Dimensions) -> None:
        self.graph = Graph()
        self._model = model
        self._sizes = sizes
        self._zero = self.graph.constant(np.uint8(_ZERO))
        self._none = self.graph.constant(np.uint8(0))
        self._weight_zero = self.graph.constant(np.int8(0))
        self._rows = self.graph.constant(np.array([-1, sizes.size], np.int64))
        self._heads = self.graph.constant(np.array([0, 0, sizes.heads, sizes.size // sizes.heads], np.int64))

    def rows(self, x: str) -> str:
        """Return [B, T, size] as [B * T, size]."""
        return self.graph.add("Reshape", x, self._rows)

    def by_head(self, x: str, shape: str) -> str:
        """Return [B * T, size] as [B, heads, T, size / heads]."""
        split = self.graph.add("Reshape", self.graph.add("Reshape", x, shape), self._heads)
        return self.graph.add("Transpose", split, perm=[0, 2, 1, 3])

    def product(
        self, x: str, multiplier: float, weights: str, scales: NDArray[np.float32] | np.float32, bias: str
    ) -> str:
        """Return `x @ weights * scales + bias`, with `x` rounded to 8 bits."""
        graph = self.graph
        scale = graph.constant(np.float32(1 / multiplier))
        rounded = graph.add("QuantizeLinear", x, scale, self._zero)
        return graph.add(
            "MatMulIntegerToFloat",
            rounded,
            weights,
            scale,
            graph.constant(scales),
            self._zero,
            "",
            bias,
            domain=MICROSOFT,
        )

    def affine(self, x: str, weights: Sequence[str], biases: Sequence[str | None]) -> list[str]:
        """Return `x @ W + b` for each of these weights: by one product where `x` is rounded alike for all."""
        multipliers = [activation_multiplier(self._model, name) for name in weights]
        if len(set(multipliers)) > 1:
            return [one for name, bias in zip(weights, biases, strict=True) for one in self.affine(x, [name], [bias])]
        tensors = [self._weight(name, self._sizes.size) for name in weights]
        columns = [one.values.shape[0] for one in tensors]
        together = np.concatenate([one.values for one in tensors]).T
        scales = np.concatenate(
            [np.full(n, 1 / t.multiplier, np.float32) for n, t in zip(columns, tensors, strict=True)]
        )
        bias = np.concatenate([self._bias(name, n) for name, n in zip(biases, columns, strict=True)])
        graph = self.graph
        product = self.product(
            x,
            multipliers[0],
            graph.constant(together),
            scales if len(weights) > 1 else scales[0],
            graph.constant(bias),
        )
        if len(weights) == 1:
            return [product]
        return graph.add_many(len(weights), "Split", product, graph.constant(np.array(columns, np.int64)), axis=-1)

    def feed_forward(self, x: str, name: str) -> str:
        """Return `normalize(x + relu(x @ W1 + b1) @ W2 + b2)`; between the products are only numbers of 8 bits."""
        graph = self.graph
        first = self._weight(f"{name}_W1", self._sizes.size)
        second = self._weight(f"{name}_W2", len(first.values))
        before, between = (activation_multiplier(self._model, f"{name}_{one}") for one in ("W1", "W2"))
        scale, inner = graph.constant(np.float32(1 / before)), graph.constant(np.float32(1 / between))
        biases = self._bias(f"{name}_b1", len(first.values)) * np.float32(before * first.multiplier)
        # What is below zero is cut off as the numbers of 8 bits begin there: that is the ReLU.
        hidden = graph.add(
            "QGemm",
            graph.add("QuantizeLinear", x, scale, self._zero),
            scale,
            self._zero,
            graph.constant(first.values.T),
            graph.constant(np.float32(1 / first.multiplier)),
            self._weight_zero,
            graph.constant(np.rint(biases).astype(np.int32)),
            inner,
            self._none,
            domain=MICROSOFT,
        )
        out = graph.add(
            "MatMulIntegerToFloat",
            hidden,
            graph.constant(second.values.T),
            inner,
            graph.constant(np.float32(1 / second.multiplier)),
            self._none,
            "",
            graph.constant(self._bias(f"{name}_b2", len(second.values))),
            domain=MICROSOFT,
        )
        return self.normalized(x, out, f"{name}_ffn")

    def recurrent(self, x: str, before: str, name: str) -> str:
        """Return the next cell of an SSRU: `f * before + (1 - f) * x @ W` with `f = sigmoid(x @ Wf + bf)`."""
        graph = self.graph
        fresh, forget = self.affine(x, [f"{name}_W", f"{name}_Wf"], [None, f"{name}_bf"])
        gate = graph.add("Sigmoid", forget)
        return graph.add("Add", fresh, graph.add("Mul", gate, graph.add("Sub", before, fresh)))

    def attention(self, x: str, key: str, value: str, mask: str, name: str) -> str:
        """Return what one step's vectors [B, size] find in the sentences."""
        graph = self.graph
        [query] = self.affine(x, [f"{name}_Wq"], [f"{name}_bq"])
        axis = graph.constant(np.array([1], np.int64))
        joined = graph.add(
            "MultiHeadAttention",
            graph.add("Unsqueeze", query, axis),
            key,
            value,
            "",
            mask,
            domain=MICROSOFT,
            num_heads=self._sizes.heads,
        )
        [out] = self.affine(self.rows(joined), [f"{name}_Wo"], [f"{name}_bo"])
        return out

    def normalized(self, x: str, more: str, name: str) -> str:
        """Return `(x + more)` with its layer normalization."""
        graph = self.graph
        gamma, beta = (graph.constant(self._bias(f"{name}_ln_{one}", self._sizes.size)) for one in ("scale", "bias"))
        # SkipLayerNormalization, which does both, takes five times as long.
        return graph.add("LayerNormalization", graph.add("Add", x, more), gamma, beta, axis=-1, epsilon=_EPSILON)

    def _weight(self, name: str, size: int) -> Tensor:
        """Return weights for vectors of this size."""
        found = self._model.tensor(name)
        if found.values.ndim != 2 or found.values.dtype != np.int8:
            raise NotMarian(f"it is of another architecture: the weights {name} are not int8")
        if found.values.shape[1] != size:
            raise NotMarian(f"it is damaged: the weights {name} are for {found.values.shape[1]} numbers, not {size}")
        return found

    def _bias(self, name: str | None, size: int) -> NDArray[np.float32]:
        if name is None:
            return np.zeros(size, np.float32)
        values = np.asarray(self._model.tensor(name).values, np.float32).reshape(-1)
        if values.size != size:
            raise NotMarian(f"it is damaged: {name} does not fit its weights")
        return values


def positions(size: int, most: int) -> NDArray[np.float32]:
    """Return the vectors that mark positions, [most, size]: sines, then cosines."""
    half = size // 2
    rates = np.exp(np.arange(half) * -(math.log(10_000) / (half - 1)))
    angles = np.arange(most)[:, None] * rates[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
