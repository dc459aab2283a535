from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the [models] extra is not installed")

import onnx
import onnxruntime

from dragoman_engines.translation.marian.onnx_graph import MICROSOFT, Graph


def a_graph() -> Graph:
    graph = Graph()
    x = graph.input("x", "float32", ["batch", 3])
    product = graph.add("MatMul", x, graph.constant(np.arange(12, dtype=np.float32).reshape(3, 4)))
    first, second = graph.add_many(2, "Split", product, graph.constant(np.array([3, 1], np.int64)), axis=-1)
    rounded = graph.add("QuantizeLinear", first, graph.constant(np.float32(0.5)), graph.constant(np.uint8(7)))
    graph.output(rounded, "uint8", ["batch", 3])
    normal = graph.add("LayerNormalization", second, graph.constant(np.ones(1, np.float32)), axis=-1, epsilon=1e-6)
    graph.output(graph.add("Transpose", normal, perm=[1, 0]), "float32", [1, "batch"])
    return graph


def test_a_graph_is_what_the_package_onnx_takes_for_one() -> None:
    model = onnx.load_from_string(a_graph().to_bytes())
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == [
        "MatMul",
        "Split",
        "QuantizeLinear",
        "LayerNormalization",
        "Transpose",
    ]
    values = {one.name: onnx.helper.get_attribute_value(one) for node in model.graph.node for one in node.attribute}
    assert values["axis"] == -1
    assert values["epsilon"] == pytest.approx(1e-6)
    assert list(values["perm"]) == [1, 0]
    assert [onnx.numpy_helper.to_array(one).shape for one in model.graph.initializer] == [(3, 4), (2,), (), (), (1,)]
    [x] = model.graph.input
    assert [size.dim_param or size.dim_value for size in x.type.tensor_type.shape.dim] == ["batch", 3]


def test_onnxruntime_computes_it() -> None:
    session = onnxruntime.InferenceSession(a_graph().to_bytes(), providers=["CPUExecutionProvider"])
    rounded, normal = session.run(None, {"x": np.array([[1, 0, 0], [0, 1, 0]], np.float32)})
    assert rounded.tolist() == [[7, 9, 11], [15, 17, 19]]
    assert normal.tolist() == [[0, 0]]


def test_an_operator_of_microsoft_is_found_and_an_input_may_be_left_out() -> None:
    graph = Graph()
    x = graph.input("x", "uint8", ["batch", 2])
    weights, half = graph.constant(np.array([[1, -2], [3, 4]], np.int8)), graph.constant(np.float32(0.5))
    bias = graph.constant(np.array([10, 20], np.float32))
    product = graph.add("MatMulIntegerToFloat", x, weights, half, half, "", "", bias, domain=MICROSOFT)
    graph.output(product, "float32", ["batch", 2])
    session = onnxruntime.InferenceSession(graph.to_bytes(), providers=["CPUExecutionProvider"])
    [result] = session.run(None, {"x": np.array([[4, 8]], np.uint8)})
    assert result.tolist() == [[10 + 28 / 4, 20 + 24 / 4]]
