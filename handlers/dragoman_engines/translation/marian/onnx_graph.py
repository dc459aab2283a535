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


class Graph:
    """A graph that is put together node by node; a name stands for a tensor."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []
        self._names = 0

    def input(self, name: str, kind: str, shape: Shape) -> str:
        """Take a tensor of this type (`float32`) from outside; a word in its shape is a size that may differ."""
        self._inputs.append(_value(name, kind, shape))
        return name

    def output(self, name: str, kind: str, shape: Shape) -> None:
        """Give a tensor to the outside; outputs are told apart by their order."""
        self._outputs.append(_value(name, kind, shape))

    def constant(self, values: NDArray[np.generic]) -> str:
        """Put a tensor into the model."""
        name = self._new()
        array = np.ascontiguousarray(values)
        self._constants.append(
            b"".join(
                [
                    *(_varint_field(1, size) for size in np.shape(values)),
                    _varint_field(2, _TYPES[array.dtype.name]),
                    _text_field(8, name),
                    _field(9, array.tobytes()),
                ]
            )
        )
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
        self._nodes.append(_node(operator, inputs, names, domain, attributes))
        return names

    def to_bytes(self) -> bytes:
        """Return the model as a file holds it."""
        graph = b"".join(
            [
                *(_field(1, node) for node in self._nodes),
                _text_field(2, "graph"),
                *(_field(5, constant) for constant in self._constants),
                *(_field(11, value) for value in self._inputs),
                *(_field(12, value) for value in self._outputs),
            ]
        )
        opsets = (_field(8, _text_field(1, domain) + _varint_field(2, version)) for domain, version in _OPSETS.items())
        return b"".join([_varint_field(1, _IR_VERSION), _field(7, graph), *opsets])

    def _new(self) -> str:
        self._names += 1
        return f"t{self._names}"


def _node(
    operator: str, inputs: Sequence[str], outputs: Sequence[str], domain: str, attributes: Mapping[str, Attribute]
) -> bytes:
    return b"".join(
        [
            *(_text_field(1, name) for name in inputs),
            *(_text_field(2, name) for name in outputs),
            _text_field(4, operator),
            *(_field(5, _attribute(name, value)) for name, value in attributes.items()),
            _text_field(7, domain),
        ]
    )


def _attribute(name: str, value: Attribute) -> bytes:
    return _text_field(1, name) + b"".join(_attribute_value(value))


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


def _value(name: str, kind: str, shape: Shape) -> bytes:
    sizes = (_text_field(2, size) if isinstance(size, str) else _varint_field(1, size) for size in shape)
    dimensions = b"".join([_field(1, size) for size in sizes])
    tensor = _varint_field(1, _TYPES[kind]) + _field(2, dimensions)
    return _text_field(1, name) + _field(2, _field(1, tensor))


def _text_field(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, data: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(data)) + data


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
