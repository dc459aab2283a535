"""Marian models that a test writes in milliseconds: random weights, in the shape and the files of Firefox's models."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from dragoman_engines.translation.firefox_files import PairFiles

SIZE = 32
INT8, FLOAT32 = 0x4101, 0x0404
LETTERS = "abcdefghijklmnopqrstuvwxyz'-."
"""With the end, the unknown and the blank 32 pieces: fxtranslate wants a multiple of eight."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a tensor of the file holds."""

    values: NDArray[np.int8] | NDArray[np.float32]
    """As it is used: an int8 weight is [K, N]."""
    multiplier: float = 1.0


Tensors = dict[str, Weights]


def write_model(path: Path, tensors: Mapping[str, Weights], options: Mapping[str, object] | None = None) -> Path:
    """Write a file of Marian's; return its path."""
    items = [(name, *_packed(name, weights)) for name, weights in tensors.items()]
    if options is not None:
        text = "".join(f"{name}: {value}\n" for name, value in options.items()).encode()
        items.append(("special:model.yml", 0x0101, (len(text),), text))
    heads = b"".join(struct.pack("<QQQQ", len(n) + 1, kind, len(shape), len(data)) for n, kind, shape, data in items)
    names = b"".join(name.encode() + b"\0" for name, *_ in items)
    shapes = b"".join(struct.pack(f"<{len(shape)}i", *shape) for _, _, shape, _ in items)
    before = struct.pack("<QQ", 1, len(items)) + heads + names + shapes
    gap = -(len(before) + 8) % 256
    path.write_bytes(before + struct.pack("<Q", gap) + bytes(gap) + b"".join(data for *_, data in items))
    return path


def _packed(name: str, weights: Weights) -> tuple[int, tuple[int, ...], bytes]:
    values = weights.values
    if values.dtype == np.float32:
        data = values.tobytes()
        return FLOAT32, values.shape, data + bytes(-len(data) % 256)
    stored = values if name.endswith("Wemb") else values.T
    data = np.ascontiguousarray(stored).tobytes() + struct.pack("<f", weights.multiplier)
    return INT8, values.shape, data + bytes(-len(data) % 256)


def write_shortlist(path: Path, first: int, lists: Sequence[Sequence[int]]) -> Path:
    """Write a lexical shortlist: the most frequent words, and those of each token of the source."""
    starts = np.cumsum([0, *map(len, lists)]).astype("<u8")
    words = np.array([word for one in lists for word in one], "<u4")
    head = struct.pack("<QQQQQQ", 0, 0, first, 2, len(starts), len(words))
    path.write_bytes(head + starts.tobytes() + words.tobytes())
    return path


def random_tensors(words: int, *, seed: int = 7, shared: bool = True) -> Tensors:
    """Return the tensors of a model of two layers on each side, with random weights; vectors have 32 numbers."""
    made = _Random(seed)
    for layer in (1, 2):
        made.attention(f"encoder_l{layer}_self")
        made.feed_forward(f"encoder_l{layer}_ffn")
    for layer in (1, 2):
        for letter, activations in (("W", 18.0), ("Wf", 17.0 + layer)):  # those of the second layer differ
            made.weight(f"decoder_l{layer}_rnn_{letter}", SIZE, SIZE, 70.0, activations)
        made.vector(f"decoder_l{layer}_rnn_bf", SIZE)
        made.normalization(f"decoder_l{layer}_rnn_ffn")
        made.attention(f"decoder_l{layer}_context")
        made.feed_forward(f"decoder_l{layer}_ffn")
    for name in ["Wemb"] if shared else ["encoder_Wemb", "decoder_Wemb"]:
        made.weight(name, words, SIZE, 60.0, 20.0)
    made.vector("decoder_ff_logit_out_b", words)
    if shared:
        made.tensors["none_QuantMultA"] = made.tensors.pop("Wemb_QuantMultA")
    return made.tensors


class _Random:
    def __init__(self, seed: int) -> None:
        self.tensors: Tensors = {}
        self._random = np.random.default_rng(seed)

    def weight(self, name: str, rows: int, columns: int, multiplier: float, activations: float) -> None:
        values = np.clip(np.rint(self._random.normal(0, 16, (rows, columns))), -40, 40).astype(np.int8)
        self.tensors[name] = Weights(values=values, multiplier=multiplier)
        self.tensors[f"{name}_QuantMultA"] = Weights(values=np.array([[activations]], np.float32))

    def vector(self, name: str, count: int, mean: float = 0.0) -> None:
        values = mean + self._random.normal(0, 0.1, (1, count))
        self.tensors[name] = Weights(values=values.astype(np.float32))

    def normalization(self, name: str) -> None:
        self.vector(f"{name}_ln_scale", SIZE, 1.0)
        self.vector(f"{name}_ln_bias", SIZE)

    def attention(self, name: str) -> None:
        for letter, activations in zip("qkvo", (20.0, 20.0, 20.0, 25.0), strict=True):
            self.weight(f"{name}_W{letter}", SIZE, SIZE, 70.0, activations)
            self.vector(f"{name}_b{letter}", SIZE)
        self.normalization(f"{name}_Wo")

    def feed_forward(self, name: str) -> None:
        self.weight(f"{name}_W1", SIZE, 2 * SIZE, 70.0, 20.0)
        self.vector(f"{name}_b1", 2 * SIZE)
        self.weight(f"{name}_W2", 2 * SIZE, SIZE, 90.0, 12.0)
        self.vector(f"{name}_b2", SIZE)
        self.normalization(f"{name}_ffn")


OPTIONS: Mapping[str, object] = {"transformer-heads": 4, "dim-emb": 32, "enc-depth": 2, "dec-depth": 2}


def vocabulary(path: Path, letters: str = LETTERS) -> int:
    """Write a SentencePiece model whose pieces are letters, with the end first as Firefox has it; return its size."""
    writer = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(letters)] * 4),
        model_writer=writer,
        model_type="char",
        vocab_size=len(letters) + 3,
        normalization_rule_name="identity",
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        minloglevel=2,
    )
    path.write_bytes(writer.getvalue())
    size: int = sentencepiece.SentencePieceProcessor(model_file=str(path)).get_piece_size()
    return size


def toy_pair(
    folder: Path, name: str = "enpt", *, options: Mapping[str, object] | None = None, seed: int = 7
) -> PairFiles:
    """Write a whole pair with random weights; return its files."""
    folder.mkdir(parents=True, exist_ok=True)
    spm = folder / f"vocab.{name}.spm"
    words = vocabulary(spm)
    options = OPTIONS if options is None else options
    model = write_model(folder / f"model.{name}.bin", random_tensors(words, seed=seed), options)
    lists = [[(3 * token + 5) % words, (7 * token + 2) % words] for token in range(words)]
    shortlist = write_shortlist(folder / f"lex.50.50.{name}.s2t.bin", 2, lists)
    return PairFiles(model=model, source_vocabulary=spm, target_vocabulary=spm, shortlist=shortlist)
