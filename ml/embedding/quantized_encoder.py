"""BERT encoders as graphs that multiply integers: two and a half times the speed of fp32 on current processors.

The packaged files hold rounded weights that are multiplied in fp32. The graph built here from the same weights rounds
the other factor too, each token by a scale of its own, and multiplies integers. By token and not by batch, so that a
text's vector never depends on the texts it was embedded with. To 7 bits and not to 8, because older processors add two
products in 16 bits: 2 · 127 · 127 fits, 2 · 255 · 127 does not, and vectors must be the same everywhere. What it costs
in quality stands in docs/decisions/0003.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIDDEN: Final = 384
HEADS: Final = 12
BLOCK: Final = 32
"""Weights of a word's row that share a scale, where words are kept in four bits."""
MATRICES_OF_LAYER: Final = 6
_EPSILON: Final = 1e-12
_STEPS: Final = 63
"""Steps on either side of nought."""
_NOUGHT: Final = _STEPS + 1
_FUSED: Final = "com.microsoft"
_OPSET: Final = 17
_IR_VERSION: Final = 10

Arrays = dict[str, "NDArray[np.generic]"]


def build_graph(weights: Arrays, n_layers: int) -> bytes:
    """Build an encoder of 384 dimensions and 12 heads.

    Its inputs are `ids` and `mask`, int32 (batch, longest); its output is `states`, float32 (batch, longest, 384).

    Args:
        weights: by name. `words` is int8 (vocabulary, 384) with `words_scale`, float32 (vocabulary, 1), or uint8
            (vocabulary, 192), two values of four bits a byte, with one scale for each block of 32; `positions` is
            float32 (512, 384), what each place means; `embedding_norm.weight` and `.bias`. Each layer N has six
            matrices from `matrix.{6 · N}` on (query, key, value, output, wide, narrow), int8 (inputs, outputs), with
            the `_scale` of their outputs; `layer.N.attention_bias`, float32 (1152,) of query, key and value;
            `layer.N.attention`, `.wide` and `.narrow` with `.bias`; `layer.N.attention_norm` and `.narrow_norm` with
            `.weight` and `.bias`.
        n_layers: how many layers there are.

    Raises:
        KeyError: a weight is missing.
    """
    graph = _Graph(weights)
    states = _embed_tokens(graph)
    for layer in range(n_layers):
        states = _add_layer(graph, states, layer)
    graph.add("Reshape", [states, "shape_of_states"], "states")
    return graph.serialize()


class _Graph:
    """Nodes and constants of an ONNX graph under construction."""

    def __init__(self, weights: Arrays) -> None:
        self.weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, NDArray[np.generic]] = {}

    def add(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and give the output's name."""
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant, unless there is one of this name, and give its name."""
        self._constants.setdefault(name, np.ascontiguousarray(values))
        return name

    def weight(self, name: str) -> str:
        """Add a weight of the model as a constant and give its name."""
        return self.constant(name, self.weights[name])

    def serialize(self) -> bytes:
        """Write the graph as an ONNX file."""
        tokens = [helper.make_tensor_value_info(name, TensorProto.INT32, ["n", "length"]) for name in ("ids", "mask")]
        states = helper.make_tensor_value_info("states", TensorProto.FLOAT, ["n", "length", HIDDEN])
        graph = helper.make_graph(self._nodes, "encoder", tokens, [states])
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        for name, values in self._constants.items():  # Written in place: onnx's helpers copy 80 MB of weights twice.
            kind = helper.np_dtype_to_tensor_dtype(values.dtype)
            model.graph.initializer.add(name=name, dims=values.shape, data_type=kind, raw_data=values.tobytes())
        content: bytes = model.SerializeToString()
        return content


def _embed_tokens(graph: _Graph) -> str:
    """Sum what a token and its place mean; the states are (tokens of the batch, 384) from here on."""
    words = _look_up_words(graph)
    graph.add("Shape", ["ids"], "length", start=1, end=2)
    first = graph.constant("first", np.array([0]))
    places = graph.add("Slice", [graph.weight("positions"), first, "length"], "places")
    graph.add("Shape", [words], "shape_of_states")
    placed = graph.add("Add", [words, places], "placed")
    flat = graph.add("Reshape", [placed, graph.constant("flat", np.array([-1, HIDDEN]))], "placed_flat")
    graph.add("Shape", [flat], "n_tokens", start=0, end=1)
    nought = graph.constant("nought", np.array(_NOUGHT, dtype=np.uint8))
    graph.add("Expand", [nought, "n_tokens"], "noughts")
    return _normalize(graph, flat, "embedding_norm", "embedded")


def _look_up_words(graph: _Graph) -> str:
    table, scales = graph.weight("words"), graph.weight("words_scale")
    if graph.weights["words"].dtype == np.uint8:
        rounding = {"bits": 4, "block_size": BLOCK, "gather_axis": 0, "quantize_axis": 1}
        return graph.add("GatherBlockQuantized", [table, "ids", scales], "words_of_text", _FUSED, **rounding)
    rows = graph.add("Gather", [table, "ids"], "words_rounded")
    steps = graph.add("Gather", [scales, "ids"], "words_step")
    return graph.add("Mul", [graph.add("Cast", [rows], "words_cast", to=TensorProto.FLOAT), steps], "words_of_text")


def _add_layer(graph: _Graph, states: str, layer: int) -> str:
    """Add one layer: attention and two matrices with a bend between them, each added to what came in."""
    name = f"layer.{layer}"
    query, key, value, output, wide, narrow = range(MATRICES_OF_LAYER * layer, MATRICES_OF_LAYER * (layer + 1))
    rounded = _round(graph, states)
    parts = [_multiply(graph, rounded, matrix, states) for matrix in (query, key, value)]
    shaped = [graph.add("Reshape", [part, "shape_of_states"], f"{part}_shaped") for part in parts]
    bias = graph.weight(f"{name}.attention_bias")
    mixed = graph.add("MultiHeadAttention", [*shaped, bias, "mask"], f"{name}.mixed", _FUSED, num_heads=HEADS)
    mixed = graph.add("Reshape", [mixed, "flat"], f"{name}.mixed_flat")
    attended = _multiply(graph, _round(graph, mixed), output, mixed)
    attended = _add_and_normalize(graph, attended, states, f"{name}.attention")
    inner = _multiply(graph, _round(graph, attended), wide, attended)
    bent = graph.add("BiasGelu", [inner, graph.weight(f"{name}.wide.bias")], f"{name}.bent", _FUSED)
    return _add_and_normalize(graph, _multiply(graph, _round(graph, bent), narrow, bent), attended, f"{name}.narrow")


def _round(graph: _Graph, values: str) -> str:
    """Round each token's values to 7 bits; the step of each token stays as `<values>_step`, (tokens, 1)."""
    size = graph.add("ReduceMax", [graph.add("Abs", [values], f"{values}_abs")], f"{values}_size", axes=[-1])
    size = graph.add("Max", [size, graph.constant("least", np.array(1e-9, dtype=np.float32))], f"{values}_least")
    per_step = graph.constant("per_step", np.array(1 / _STEPS, dtype=np.float32))
    step = graph.add("Mul", [size, per_step], f"{values}_step")
    steps = graph.add("Reshape", [step, graph.constant("line", np.array([-1]))], f"{values}_steps")
    return graph.add("QuantizeLinear", [values, steps, "noughts"], f"{values}_rounded", axis=0)


def _multiply(graph: _Graph, rounded: str, matrix: int, values: str) -> str:
    """Multiply rounded values by the model's matrix of this number, and bring both factors' steps back in."""
    name = f"matrix.{matrix}"
    scale = graph.constant(f"{name}_scale", graph.weights[f"{name}_scale"].astype(np.float32).reshape(-1))
    one = graph.constant("one", np.array(1, dtype=np.float32))
    inputs = [rounded, graph.weight(name), one, scale, "nought"]
    product = graph.add("MatMulIntegerToFloat", inputs, f"{name}_product", _FUSED)
    return graph.add("Mul", [product, f"{values}_step"], f"{name}_out")


def _add_and_normalize(graph: _Graph, values: str, states: str, name: str) -> str:
    # ONNX Runtime's one operator for these three takes thirty times as long: measured with 1.31.
    both = graph.add("Add", [values, states], f"{name}.sum")
    biased = graph.add("Add", [both, graph.weight(f"{name}.bias")], f"{name}.biased")
    return _normalize(graph, biased, f"{name}_norm", f"{name}.states")


def _normalize(graph: _Graph, values: str, name: str, output: str) -> str:
    inputs = [values, graph.weight(f"{name}.weight"), graph.weight(f"{name}.bias")]
    return graph.add("LayerNormalization", inputs, output, epsilon=_EPSILON)
