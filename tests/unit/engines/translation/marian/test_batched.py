from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("onnxruntime", reason="the [models] extra is not installed")

from dragoman_engines.translation.firefox_files import PairFiles
from dragoman_engines.translation.marian.batched import MOST_ROWS, MOST_TOKENS, BatchedTranslator, alike
from dragoman_engines.translation.marian.model_file import NotMarian
from dragoman_engines.translation.marian.network import Network
from tests.marian_model import OPTIONS, Tensors, Weights, random_tensors, toy_pair, write_model

Floats = NDArray[np.float64]
WORDS = 40
TEXTS = ["a b c", "hello world", "the quick brown fox jumps", "x", "zzzz y", "lorem ipsum dolor", "sator arepo tenet"]


class Reference:
    """The same network in plain arithmetic, one sentence at a time."""

    def __init__(self, tensors: Tensors, heads: int = 4) -> None:
        self.tensors = tensors
        self.heads = heads
        self.size = tensors["decoder_l1_rnn_W"].values.shape[0]

    def real(self, name: str) -> Floats:
        weights = self.tensors[name]
        return np.asarray(weights.values, np.float64) / weights.multiplier

    def alpha(self, name: str) -> float:
        return float(self.real(f"{name}_QuantMultA")[0, 0])

    def affine(self, x: Floats, name: str, bias: str | None) -> Floats:
        alpha = self.alpha(name)
        rounded = np.clip(np.rint(x * alpha), -127, 128) / alpha
        result: Floats = rounded @ self.real(name) + (self.real(bias)[0] if bias else 0)
        return result

    def norm(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
        result: Floats = scaled * self.real(f"{name}_ln_scale")[0] + self.real(f"{name}_ln_bias")[0]
        return result

    def attend(self, query: Floats, key: Floats, value: Floats) -> Floats:
        def split(x: Floats) -> Floats:
            return x.reshape(len(x), self.heads, -1).transpose(1, 0, 2)

        scores = split(query) @ split(key).transpose(0, 2, 1) / math.sqrt(self.size / self.heads)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        joined = weights / weights.sum(-1, keepdims=True) @ split(value)
        result: Floats = joined.transpose(1, 0, 2).reshape(len(query), -1)
        return result

    def feed_forward(self, x: Floats, name: str) -> Floats:
        alpha = self.alpha(f"{name}_W2")
        # The product before it is of whole numbers, to which its bias is rounded as well.
        unit = self.alpha(f"{name}_W1") * self.tensors[f"{name}_W1"].multiplier
        product = self.affine(x, f"{name}_W1", None) + np.rint(self.real(f"{name}_b1")[0] * unit) / unit
        hidden = np.clip(np.rint(product * alpha), 0, 255) / alpha
        return self.norm(x + hidden @ self.real(f"{name}_W2") + self.real(f"{name}_b2")[0], f"{name}_ffn")

    def positions(self, count: int) -> Floats:
        half = self.size // 2
        angles = np.arange(count)[:, None] * np.exp(np.arange(half) * -(math.log(10_000) / (half - 1)))
        return np.concatenate([np.sin(angles), np.cos(angles)], 1)

    def scores(
        self, tokens: Sequence[int], written: Sequence[int], source: str = "Wemb", target: str = "Wemb"
    ) -> Floats:
        """The scores of every word at each place, where these words are written."""
        x = self.real(source)[list(tokens)] * math.sqrt(self.size) + self.positions(len(tokens))
        for layer in (1, 2):
            name = f"encoder_l{layer}_self"
            query, key, value = (self.affine(x, f"{name}_W{one}", f"{name}_b{one}") for one in "qkv")
            out = self.affine(self.attend(query, key, value), f"{name}_Wo", f"{name}_bo")
            x = self.feed_forward(self.norm(x + out, f"{name}_Wo"), f"encoder_l{layer}_ffn")
        cells = {layer: np.zeros((1, self.size)) for layer in (1, 2)}
        found = []
        for place in range(len(written) + 1):
            before = self.real(target)[written[place - 1]] * math.sqrt(self.size) if place else 0
            y = before + self.positions(place + 1)[place:]
            for layer in (1, 2):
                name = f"decoder_l{layer}"
                gate = 1 / (1 + np.exp(-self.affine(y, f"{name}_rnn_Wf", f"{name}_rnn_bf")))
                cells[layer] = gate * cells[layer] + (1 - gate) * self.affine(y, f"{name}_rnn_W", None)
                y = self.norm(y + np.maximum(cells[layer], 0), f"{name}_rnn_ffn")
                context = f"{name}_context"
                query = self.affine(y, f"{context}_Wq", f"{context}_bq")
                key, value = (self.affine(x, f"{context}_W{one}", f"{context}_b{one}") for one in "kv")
                out = self.affine(self.attend(query, key, value), f"{context}_Wo", f"{context}_bo")
                y = self.feed_forward(self.norm(y + out, f"{context}_Wo"), f"{name}_ffn")
            alpha = self.alpha("none" if source == target else target)
            rounded = np.clip(np.rint(y * alpha), -127, 128) / alpha
            found.append((rounded @ self.real(target).T + self.real("decoder_ff_logit_out_b"))[0])
        return np.array(found)


def scores_of(network: Network, sentences: Sequence[Sequence[int]], written: Sequence[int], words: Any) -> Floats:
    """The scores of a batch [places, B, W], where the same words are written for each sentence."""
    encoded = network.encode([np.array(one) for one in sentences], words)
    step = network.step(encoded, words)
    network.begin(step.x)
    found = []
    for place, word in enumerate([*written, 0], 1):
        step.run()
        found.append(step.scores.copy())
        network.embed(np.full(len(sentences), word), place, step.x)
    return np.array(found)


@pytest.mark.parametrize("shared", [True, False], ids=["one-vocabulary", "two-vocabularies"])
@pytest.mark.parametrize("whole", [True, False], ids=["every-word", "some-words"])
def test_the_network_computes_what_the_reference_does(tmp_path: Path, *, shared: bool, whole: bool) -> None:
    tensors = random_tensors(WORDS, shared=shared)
    network = Network(write_model(tmp_path / "model.bin", tensors, OPTIONS), threads=1)
    sentences = [[5, 9, 30, 2, 0], [8, 0], [1, 39, 17, 17, 3, 21, 0], [11, 0], [20, 21, 22, 0], [36, 4, 0]]
    written = [7, 31, 12]
    words = None if whole else np.array([0, 3, 7, 12, 25, 31])
    names = {} if shared else {"source": "encoder_Wemb", "target": "decoder_Wemb"}
    found = scores_of(network, sentences, written, words)
    off = []
    for row, tokens in enumerate(sentences):
        expected = Reference(tensors).scores(tokens, written, **names)[:, slice(None) if whole else words]
        off.append(np.abs(found[:, row] - expected).max() / expected.std())
    # Where a number lies just between two steps of 8 bits, its rounding is chance, and is seen in the scores.
    assert max(off) < 0.5
    assert sum(one < 1e-4 for one in off) >= len(sentences) // 2


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> PairFiles:
    return toy_pair(tmp_path_factory.mktemp("toy") / "en-pt")


@pytest.fixture(scope="module")
def translator(pair: PairFiles) -> BatchedTranslator:
    return BatchedTranslator(pair, threads=1)


@pytest.mark.parametrize("careful", [False, True])
def test_a_translation_does_not_depend_on_the_sentences_beside_it(
    translator: BatchedTranslator, *, careful: bool
) -> None:
    texts = [*TEXTS, *("".join(reversed(text)) for text in TEXTS), "", " ".join(TEXTS)]
    together = translator.translate(texts, careful=careful)
    assert together == [translator.translate([text], careful=careful)[0] for text in texts]
    assert len(set(together)) > 5


def test_only_words_of_the_sentences_own_shortlist_are_written(translator: BatchedTranslator) -> None:
    # Letters that neither sentence has, nor is told by its shortlist, may be written for the other one alone.
    words = translator._source.encode(TEXTS)
    for text, tokens in zip(translator.translate(TEXTS, careful=False), words, strict=True):
        allowed = np.flatnonzero(translator._shortlist.of(np.array([*tokens, 0])))
        assert set(translator._target.encode(text)) - {2} <= {int(word) for word in allowed}
    assert translator.translate(TEXTS, careful=False) != translator.translate(TEXTS, careful=True)


def test_nothing_is_translated_to_nothing(translator: BatchedTranslator) -> None:
    assert translator.translate([], careful=False) == []
    assert translator.translate(["", " ", "a b c"], careful=False)[:2] == ["", ""]


def test_a_translation_is_cut_off_where_it_does_not_end(tmp_path: Path) -> None:
    pair = toy_pair(tmp_path)
    tensors = random_tensors(32)
    bias = np.zeros((1, 32), np.float32)
    bias[0, 0], bias[0, 5] = -1e4, 1e3  # never the end
    tensors["decoder_ff_logit_out_b"] = Weights(values=bias)
    write_model(pair.model, tensors, OPTIONS)
    [one] = BatchedTranslator(pair, 1).translate(["abc"], careful=True)
    assert len(one) == 2 * 5 + 4  # a blank, three letters and the end


@pytest.mark.parametrize(
    ("option", "value"),
    [("dec-cell", "gru"), ("transformer-ffn-activation", "swish"), ("transformer-heads", 5), ("transformer-heads", 0)],
)
def test_another_architecture_is_refused(tmp_path: Path, option: str, value: object) -> None:
    with pytest.raises(NotMarian, match="another architecture"):
        BatchedTranslator(toy_pair(tmp_path, options={**OPTIONS, option: value}), 1)


@pytest.mark.parametrize(
    "name",
    ["decoder_l1_rnn_Wf", "encoder_l2_self_Wq_QuantMultA", "encoder_l1_ffn_ffn_ln_bias", "Wemb", "decoder_l2_rnn_W"],
)
def test_a_model_without_one_of_its_tensors_is_refused(tmp_path: Path, name: str) -> None:
    pair = toy_pair(tmp_path)
    tensors = random_tensors(32)
    del tensors[name]
    write_model(pair.model, tensors, OPTIONS)
    with pytest.raises(NotMarian, match="another architecture"):
        BatchedTranslator(pair, 1)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("encoder_l1_ffn_ffn_ln_scale", 0),  # no number at all
        ("encoder_l2_self_Wo_ln_bias", 36),
        ("decoder_l1_context_Wk", 16),
        ("decoder_l2_ffn_W2", 32),
        ("encoder_l1_self_Wq_QuantMultA", 0),
        ("Wemb", 0),
    ],
)
def test_weights_that_do_not_fit_are_found_when_the_model_is_read(tmp_path: Path, name: str, rows: int) -> None:
    pair, tensors = toy_pair(tmp_path), random_tensors(32)
    weights = tensors[name]
    shape = (rows, weights.values.shape[1]) if weights.values.dtype == np.int8 else (1, rows)
    tensors[name] = Weights(values=np.ones(shape, weights.values.dtype), multiplier=weights.multiplier)
    write_model(pair.model, tensors, OPTIONS)
    with pytest.raises(NotMarian):
        BatchedTranslator(pair, 1)


@pytest.mark.parametrize("multiplier", [0.0, -1.0, float("nan"), float("inf")])
def test_a_multiplier_of_activations_that_is_none_is_refused(tmp_path: Path, multiplier: float) -> None:
    pair, tensors = toy_pair(tmp_path), random_tensors(32)
    tensors["decoder_l1_ffn_W1_QuantMultA"] = Weights(values=np.array([[multiplier]], np.float32))
    write_model(pair.model, tensors, OPTIONS)
    with pytest.raises(NotMarian, match="multiplier"):
        BatchedTranslator(pair, 1)


def test_a_model_with_fewer_words_than_its_vocabulary_is_refused(tmp_path: Path) -> None:
    pair = toy_pair(tmp_path)
    write_model(pair.model, random_tensors(24), OPTIONS)
    with pytest.raises(NotMarian, match="vocabulary"):
        BatchedTranslator(pair, 1)


@pytest.mark.parametrize("lengths", [[], [5], [500, 1, 1, 500], list(range(1, 120)), [3] * 200, [40] * 64 + [2] * 64])
def test_batches_hold_every_sentence_once_and_are_neither_too_large_nor_too_uneven(lengths: list[int]) -> None:
    batches = list(alike(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        taken = [lengths[index] for index in batch]
        assert len(batch) <= MOST_ROWS
        assert len(batch) == 1 or max(taken) * len(batch) <= MOST_TOKENS
        assert len(batch) <= 4 or sum(taken) >= 0.75 * max(taken) * len(batch)
