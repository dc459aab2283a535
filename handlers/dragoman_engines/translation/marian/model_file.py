"""Marian's binary files: a model's tensors, and the lexical shortlist beside it. Both are mapped, not copied.

A model (all little-endian):

    version (1) | n                                                              u64 each
    n times: length of the name | type | dimensions | bytes of data              u64 each
    the names, each ended by a NUL | the dimensions, i32 each | length of a gap, u64 | the gap | the data

An int8 weight of K rows and N columns lies column by column, its multiplier (f32) behind it:
`value = int8 / multiplier`.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_VERSION = 1
_INT8, _FLOAT32 = 0x4101, 0x0404
_MOST_TENSORS, _MOST_NAME, _MOST_DIMENSIONS = 10_000, 1000, 8
_YAML = "special:model.yml"
_OPTION = re.compile(r"^([\w-]+): *(\S+) *$", re.MULTILINE)
_HEADER = struct.Struct("<QQQQ")
_SHORTLIST_HEADER = struct.Struct("<QQQQQQ")


class NotMarian(ValueError):
    """A file is none of Marian's, or is damaged; the sentence says how."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One tensor of a model."""

    values: NDArray[np.int8] | NDArray[np.float32]
    """As it lies in the file: an int8 weight [K, N] is here [N, K]; an embedding is [words, size]."""
    multiplier: float = 1.0
    """`value = values / multiplier`."""


@dataclass(frozen=True, kw_only=True)
class MarianModel:
    """A model as it lies in its file."""

    tensors: Mapping[str, Tensor]
    """By name; their values are views of the file."""
    options: Mapping[str, str]
    """How it was trained, by Marian's names of options; empty where the file does not say."""
    file: mmap.mmap

    def release(self) -> None:
        """Let go of the memory that holds what was read of the file; what is read again comes back by itself."""
        _release(self.file)

    def tensor(self, name: str) -> Tensor:
        """Return a tensor by name.

        Raises:
            NotMarian: there is none.
        """
        found = self.tensors.get(name)
        if found is None:
            raise NotMarian(f"it is of another architecture: it has no tensor {name}")
        return found


def read_model(path: Path) -> MarianModel:
    """Read a model.

    Raises:
        OSError: the file cannot be read.
        NotMarian: it is no model, or ends too early.
    """
    file = _mapped(path)
    try:
        return _model(file)
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError) as error:
        raise NotMarian(f"it is no Marian model, or is not complete ({error})") from error


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise NotMarian(f"the file {path.name} is empty") from error


def _model(file: mmap.mmap) -> MarianModel:
    data = memoryview(file)
    version, count = struct.unpack_from("<QQ", data, 0)
    if version != _VERSION or count > _MOST_TENSORS:
        raise NotMarian("it is no Marian model of version 1")
    at = 16
    heads = [_HEADER.unpack_from(data, at + number * _HEADER.size) for number in range(count)]
    at += count * _HEADER.size
    names: list[str] = []
    for length, _, dimensions, _ in heads:
        if length > _MOST_NAME or dimensions > _MOST_DIMENSIONS:
            raise NotMarian("it is damaged: a tensor's head makes no sense")
        names.append(bytes(data[at : at + length]).split(b"\0", 1)[0].decode())
        at += length
    shapes: list[tuple[int, ...]] = []
    for _, _, dimensions, _ in heads:
        shapes.append(struct.unpack_from(f"<{dimensions}i", data, at))
        at += 4 * dimensions
    (gap,) = struct.unpack_from("<Q", data, at)
    at += 8 + gap
    found: dict[str, Tensor] = {}
    options: dict[str, str] = {}
    for name, shape, (_, kind, _, size) in zip(names, shapes, heads, strict=True):
        if at + size > len(data) or any(dimension < 0 for dimension in shape):
            raise NotMarian(f"it is not complete: the tensor {name} goes past its end")
        if name == _YAML:
            options = dict(_OPTION.findall(bytes(data[at : at + size]).decode()))
        elif kind in (_INT8, _FLOAT32):
            found[name] = _tensor(name, data[at : at + size], kind, shape)
        at += size
    return MarianModel(tensors=found, options=options, file=file)


def _tensor(name: str, data: memoryview, kind: int, shape: tuple[int, ...]) -> Tensor:
    count = math.prod(shape)
    if len(data) < (count + 4 if kind == _INT8 else 4 * count):
        raise NotMarian(f"it is damaged: the tensor {name} is shorter than its shape")
    if kind == _FLOAT32:
        return Tensor(values=np.frombuffer(data, np.dtype("<f4"), count).reshape(shape))
    values = np.frombuffer(data, np.int8, count)
    (multiplier,) = struct.unpack_from("<f", data, count)
    if not (math.isfinite(multiplier) and multiplier > 0):
        raise NotMarian(f"it is damaged: the tensor {name} has the multiplier {multiplier}")
    # An embedding is not transposed, nor is a number that is alone.
    rows = shape if name.endswith("Wemb") or count == 1 else shape[::-1]
    return Tensor(values=values.reshape(rows), multiplier=multiplier)


def _release(file: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_DONTNEED"):  # where it lacks, the memory is taken back when it is scarce
        file.madvise(mmap.MADV_DONTNEED)


class Shortlist:
    """The words that may be in a translation: the most frequent ones, and some for each token of the source.

    Args:
        path: the file `lex.*.bin`.
        words: how many words the target's vocabulary has.
        shared: whether source and target have one vocabulary; then a source's token may stay as it is.

    Raises:
        OSError: it cannot be read.
        NotMarian: it is no shortlist, or names words that the vocabulary does not have.
    """

    def __init__(self, path: Path, words: int, *, shared: bool) -> None:
        file = _mapped(path)
        data = memoryview(file)
        try:
            _, _, first, _, sources, entries = _SHORTLIST_HEADER.unpack_from(data, 0)
            self._starts = np.frombuffer(data, np.dtype("<u8"), sources, _SHORTLIST_HEADER.size)
            self._words = np.frombuffer(data, np.dtype("<u4"), entries, _SHORTLIST_HEADER.size + 8 * sources)
        except (struct.error, ValueError, OverflowError) as error:
            raise NotMarian(f"the file {path.name} is no lexical shortlist, or is not complete ({error})") from error
        ordered = (
            bool(sources)
            and int(self._starts[-1]) <= entries
            and bool((np.diff(self._starts.astype("i8")) >= 0).all())
        )
        if not ordered or first > words or (entries and int(self._words.max()) >= words):
            raise NotMarian(f"the file {path.name} is damaged, or belongs to another vocabulary")
        _release(file)
        self._first = int(first)
        self._total = words
        self._shared = shared

    def of(self, tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each word of the target's vocabulary whether it may be in the translation of these tokens."""
        allowed = np.zeros(self._total, np.bool_)
        allowed[: self._first] = True
        known = tokens[tokens + 1 < len(self._starts)]
        for token in np.unique(known):
            allowed[self._words[int(self._starts[token]) : int(self._starts[token + 1])]] = True
        if self._shared:
            allowed[tokens] = True
        # Marian fills up to a multiple of eight, for its products want that, and so do the models know it.
        missing = -int(np.count_nonzero(allowed)) % 8
        allowed[self._first + np.flatnonzero(~allowed[self._first :])[:missing]] = True
        return allowed
