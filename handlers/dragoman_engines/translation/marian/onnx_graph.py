"""Write an ONNX model: the few messages of its format that a graph needs, as protobuf puts them on the wire.

The package onnx does the same, and takes 60 MB of disk and a quarter of a second at each start.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

MICROSOFT = "com.microsoft"
_IR_VERSION = 8
_OPSETS = {"": 17, MICROSOFT: 1}
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
_FLOAT, _INT, _INTS = 1, 2, 7
"""Types of an attribute."""
_VARINT, _BYTES, _FIXED32 = 0, 2, 5
"""How a field lies on the wire."""

Attribute = int | float | Sequence[int]
Shape = Sequence[int | str]
_Chunks = list[bytes | memoryview]
"""A message, or a part of one, whose chunks are joined once at the end: weights are large."""


class Graph:
    """A graph that is put together node by node; a name stands for a tensor."""

    def __init__(self) -> None:
        self._nodes: _Chunks = []
        self._constants: _Chunks = []
        self._inputs: _Chunks = []
        self._outputs: _Chunks = []
        self._names = 0

    def input(self, name: str, kind: str, shape: Shape) -> str:
        """Take a tensor of this type (`float32`) from outside; a word in its shape is a size that may differ."""
        self._inputs += _field(11, _value(name, kind, shape))
        return name

    def output(self, name: str, kind: str, shape: Shape) -> None:
        """Give a tensor to the outside; outputs are told apart by their order."""
        self._outputs += _field(12, _value(name, kind, shape))

    def constant(self, values: NDArray[np.generic] | np.generic) -> str:
        """Put a tensor into the model."""
        name = self._new()
        array = np.ascontiguousarray(values)
        sizes: _Chunks = [_varint_field(1, size) for size in np.shape(values)]
        kind = _varint_field(2, _TYPES[array.dtype.name])
        data = _field(9, [array.reshape(-1).view(np.uint8).data])
        self._constants += _field(5, [*sizes, kind, *_text_field(8, name), *data])
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Attribute) -> str:
        """Add a node of one output; return the output's name. An empty input is one that it can do without."""
        [output] = self.add_many(1, operator, *inputs, domain=domain, **attributes)
        return output

    def add_many(
        self, outputs: int, operator: str, *inputs: str, domain: str = "", **attributes: Attribute
    ) -> list[str]:
        """Add a node of several outputs; return their names."""
        names = [self._new() for _ in range(outputs)]
        self._nodes += _field(1, _node(operator, inputs, names, domain, attributes))
        return names

    def to_bytes(self) -> bytes:
        """Return the model as a file holds it."""
        graph = [*self._nodes, *_text_field(2, "graph"), *self._constants, *self._inputs, *self._outputs]
        chunks = [_varint_field(1, _IR_VERSION), *_field(7, graph)]
        for domain, version in _OPSETS.items():
            chunks += _field(8, [*_text_field(1, domain), _varint_field(2, version)])
        return b"".join(chunks)

    def _new(self) -> str:
        self._names += 1
        return f"t{self._names}"


def _node(
    operator: str, inputs: Sequence[str], outputs: Sequence[str], domain: str, attributes: Mapping[str, Attribute]
) -> _Chunks:
    chunks: _Chunks = []
    for name in inputs:
        chunks += _text_field(1, name)
    for name in outputs:
        chunks += _text_field(2, name)
    chunks += _text_field(4, operator)
    for name, value in attributes.items():
        chunks += _field(5, [*_text_field(1, name), *_attribute_value(value)])
    return [*chunks, *_text_field(7, domain)]


def _attribute_value(value: Attribute) -> Iterator[bytes]:
    if isinstance(value, float):
        yield _key(2, _FIXED32) + struct.pack("<f", value)
        yield _varint_field(20, _FLOAT)
    elif isinstance(value, int):
        yield _varint_field(3, value)
        yield _varint_field(20, _INT)
    else:
        yield from (_varint_field(8, each) for each in value)
        yield _varint_field(20, _INTS)


def _value(name: str, kind: str, shape: Shape) -> _Chunks:
    dimensions: _Chunks = []
    for size in shape:
        dimensions += _field(1, _text_field(2, size) if isinstance(size, str) else [_varint_field(1, size)])
    tensor = [_varint_field(1, _TYPES[kind]), *_field(2, dimensions)]
    return [*_text_field(1, name), *_field(2, _field(1, tensor))]


def _text_field(number: int, text: str) -> _Chunks:
    return _field(number, [text.encode()])


def _field(number: int, chunks: _Chunks) -> _Chunks:
    return [_key(number, _BYTES) + _varint(sum(map(len, chunks))), *chunks]


def _varint_field(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value)


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    rest = value % (1 << 64)  # a negative number is written as its two's complement of 64 bits
    out = bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)
