"""A translation model that a test builds in a second: a transformer whose weights are a dictionary, word for word.

Every token is one dimension of its vectors, and every position is another. The decoder looks at the place in the
source that it has come to itself, and says what the dictionary has for the token there. Nothing is trained, nothing is
random, and CTranslate2 runs it as it runs NLLB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from ctranslate2.specs import transformer_spec
from numpy.typing import NDArray

Array = NDArray[np.float32]
SPECIAL = ("<unk>", "<s>", "</s>")
_SHARP = 40.0
"""So much more does a place of the source count than its neighbours."""
_LOUD = 10.0
"""So much more does the dictionary count than the token before."""


def build(
    folder: Path,
    dictionary: Mapping[str, str],
    *,
    languages: Sequence[str] = (),
    adds_end: bool = False,
    positions: int = 64,
) -> None:
    """Write a model in CTranslate2's format with the SentencePiece model of its words.

    Args:
        folder: where to; it is made.
        dictionary: word to word; what is not in it stays as it is.
        languages: the tokens that say a language, before the source and before the translation.
        adds_end: CTranslate2 is to end the source by itself, as with models that Marian made.
        positions: the most tokens of a sentence.
    """
    folder.mkdir(parents=True)
    words = sorted({*dictionary, *dictionary.values()})
    pieces = _train(folder, words)
    tokens = [*SPECIAL, *pieces, *languages]
    marked = {f"\u2581{one}": f"\u2581{other}" for one, other in dictionary.items()}
    says = [tokens.index(marked.get(token, token)) for token in tokens]
    spec = _spec(says, positions)
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.decoder_start_token = SPECIAL[2]
    spec.config.add_source_eos = adds_end
    spec.validate()
    spec.optimize(quantization=None)
    spec.save(str(folder))


def _train(folder: Path, words: Sequence[str]) -> list[str]:
    """A SentencePiece model for which every word is a piece; the pieces without its own signs."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(words)] * 4),
        model_prefix=str(folder / "sentencepiece"),
        model_type="word",
        vocab_size=len(words) + len(SPECIAL),
        normalization_rule_name="identity",
        minloglevel=2,
    )
    (folder / "sentencepiece.vocab").unlink()
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
    return [model.id_to_piece(index) for index in range(len(SPECIAL), model.get_piece_size())]


def _spec(says: Sequence[int], positions: int) -> Any:
    size = len(says)
    depth = size + positions
    spec = transformer_spec.TransformerSpec.from_config((1, 1), num_heads=1, pre_norm=True)
    token_part, place_part = np.zeros((depth, depth), np.float32), np.zeros((depth, depth), np.float32)
    token_part[:size, :size] = np.eye(size)
    place_part[size:, size:] = np.eye(positions)
    dictionary = np.zeros((depth, depth), np.float32)
    for token, said in enumerate(says):
        dictionary[said, token] = _LOUD
    embeddings = np.eye(size, depth, dtype=np.float32)
    places = np.eye(positions, depth, k=size, dtype=np.float32)
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = False
        side.position_encodings.encodings = places
        _plain_norm(side.layer_norm, depth)
        _do_nothing(side.layer[0], depth)
    spec.encoder.embeddings[0].weight = embeddings
    spec.decoder.embeddings.weight = embeddings
    spec.decoder.projection.weight = embeddings
    spec.decoder.projection.bias = np.zeros(size, np.float32)
    look = spec.decoder.layer[0].attention
    _plain_norm(look.layer_norm, depth)
    for linear, weight in zip(
        look.linear, (_SHARP * place_part, np.concatenate([place_part, token_part]), dictionary), strict=True
    ):
        linear.weight = weight
        linear.bias = np.zeros(len(weight), np.float32)
    return spec


def _do_nothing(layer: Any, depth: int) -> None:
    """Let self-attention and the feed-forward part add nothing."""
    for norm in (layer.self_attention.layer_norm, layer.ffn.layer_norm):
        _plain_norm(norm, depth)
    for linear, rows in (
        (layer.self_attention.linear[0], 3 * depth),
        (layer.self_attention.linear[1], depth),
        (layer.ffn.linear_0, depth),
        (layer.ffn.linear_1, depth),
    ):
        linear.weight = np.zeros((rows, depth), np.float32)
        linear.bias = np.zeros(rows, np.float32)


def _plain_norm(norm: Any, depth: int) -> None:
    norm.gamma = np.ones(depth, np.float32)
    norm.beta = np.zeros(depth, np.float32)
