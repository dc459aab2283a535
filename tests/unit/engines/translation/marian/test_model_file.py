from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numpy", reason="the [models] extra is not installed")

from dragoman_engines.translation.marian.model_file import NotMarian, Shortlist, read_model
from tests.marian_model import Weights, write_model, write_shortlist

TENSORS = {
    "Wemb": Weights(values=np.arange(6, dtype=np.int8).reshape(3, 2), multiplier=4.0),
    "encoder_l1_self_Wq": Weights(values=np.arange(-3, 3, dtype=np.int8).reshape(2, 3), multiplier=2.0),
    "encoder_l1_self_bq": Weights(values=np.array([[0.5, -1.5, 2.0]], np.float32)),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.bin", TENSORS, {"transformer-heads": 8, "dim-vocabs": "[1, 2]"})


def changed(file: Path, at: int, data: bytes) -> Path:
    whole = file.read_bytes()
    file.write_bytes(whole[:at] + data + whole[at + len(data) :])
    return file


def test_tensors_come_as_they_lie_in_the_file(file: Path) -> None:
    model = read_model(file)
    assert model.tensor("Wemb").values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert model.tensor("Wemb").multiplier == 4.0
    assert model.tensor("encoder_l1_self_Wq").values.tolist() == [[-3, 0], [-2, 1], [-1, 2]]  # column by column
    assert model.tensor("encoder_l1_self_bq").values.tolist() == [[0.5, -1.5, 2.0]]
    assert model.options == {"transformer-heads": "8"}
    model.release()
    assert model.tensor("Wemb").values.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_a_tensor_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(NotMarian, match="it has no tensor decoder_l1_rnn_W"):
        read_model(file).tensor("decoder_l1_rnn_W")


@pytest.mark.parametrize("kept", [1, 15, 40, 150, 200, 300, 700])
def test_a_file_that_ends_too_early_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(NotMarian, match="not complete"):
        read_model(file)


@pytest.mark.parametrize(
    ("at", "data"),
    [
        (0, struct.pack("<Q", 2)),  # another version
        (8, struct.pack("<Q", 1 << 60)),  # so many tensors
        (16, struct.pack("<Q", 1 << 62)),  # a name as long as that
        (32, struct.pack("<Q", 1 << 40)),  # and a shape
        (40, struct.pack("<Q", 1 << 63)),  # and data
        (40, struct.pack("<Q", 3)),  # less data than the shape has
    ],
)
def test_a_head_that_makes_no_sense_is_refused(file: Path, at: int, data: bytes) -> None:
    with pytest.raises(NotMarian):
        read_model(changed(file, at, data))


def test_a_negative_size_is_refused(file: Path) -> None:
    at = file.read_bytes().index(struct.pack("<ii", 3, 2))
    with pytest.raises(NotMarian):
        read_model(changed(file, at, struct.pack("<ii", -3, -2)))


@pytest.mark.parametrize("multiplier", [0.0, -1.0, float("nan"), float("inf")])
def test_a_multiplier_that_is_none_is_refused(tmp_path: Path, multiplier: float) -> None:
    tensors = {"Wemb": Weights(values=np.ones((2, 2), np.int8), multiplier=multiplier)}
    with pytest.raises(NotMarian, match="the tensor Wemb has the multiplier"):
        read_model(write_model(tmp_path / "model.bin", tensors))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.bin").touch()
    with pytest.raises(NotMarian, match=r"empty\.bin is empty"):
        read_model(tmp_path / "empty.bin")


def words(allowed: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    return [int(word) for word in np.flatnonzero(allowed)]


def test_a_shortlist_has_the_first_words_those_of_each_token_and_the_tokens(tmp_path: Path) -> None:
    file = write_shortlist(tmp_path / "lex.bin", 2, [[30], [31, 20], [], [25, 31]])
    assert words(Shortlist(file, 40, shared=True).of(np.array([1, 3, 33]))) == [0, 1, 2, 3, 20, 25, 31, 33]
    assert words(Shortlist(file, 40, shared=False).of(np.array([1, 3, 33]))) == [0, 1, 2, 3, 4, 20, 25, 31]


def test_a_shortlist_is_filled_up_to_a_multiple_of_eight_where_the_vocabulary_has_as_many(tmp_path: Path) -> None:
    file = write_shortlist(tmp_path / "lex.bin", 3, [[4]])
    assert words(Shortlist(file, 20, shared=False).of(np.array([0]))) == list(range(8))
    assert words(Shortlist(file, 6, shared=False).of(np.array([0]))) == list(range(6))


def test_a_shortlist_of_another_vocabulary_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    file = write_shortlist(tmp_path / "lex.bin", 2, [[30], [31]])
    with pytest.raises(NotMarian, match="another vocabulary"):
        Shortlist(file, 31, shared=True)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    with pytest.raises(NotMarian, match="not complete"):
        Shortlist(file, 40, shared=True)
    file.write_bytes(whole[:56] + struct.pack("<Q", 1 << 50) + whole[64:])
    with pytest.raises(NotMarian, match="damaged"):
        Shortlist(file, 40, shared=True)
