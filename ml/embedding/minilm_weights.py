"""The weights of all-MiniLM-L6-v2, as `quantized_encoder` takes them: from an int8 ONNX file, or from the originals."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from ml.embedding.quantized_encoder import MATRICES_OF_LAYER, build_graph
from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ml.embedding.quantized_encoder import Arrays

LAYERS: Final = 6
_ONNX_ROOT: Final = "inner."
_MATRICES: Final = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""In the order of their use in a layer."""
_MAX_INT8: Final = np.float32(127)


def build_minilm(content: bytes) -> bytes:
    """Build the int8 graph from a file of the model, ONNX or safetensors.

    Both give the same graph, bit for bit: the ONNX file holds the original weights, quantized to int8 per output.

    Raises:
        EmbedderUnavailableError: the file does not hold the weights of this architecture.
    """
    try:
        tensors = _read_onnx(content) if _is_onnx(content) else _read_safetensors(content)
        return build_graph(_arrange(tensors), LAYERS)
    except (DecodeError, KeyError, ValueError, IndexError, struct.error) as error:
        raise EmbedderUnavailableError(f"The model's file does not hold the weights of MiniLM: {error}.") from error


def _is_onnx(content: bytes) -> bool:
    """Say whether it is an ONNX file; the JSON header of a safetensors file begins after 8 bytes."""
    return content[8:9] != b"{"


def _read_onnx(content: bytes) -> Arrays:
    """Read the tensors by name; the matrices, which have only numbers, become `matrix.0` and so on in order."""
    tensors = {
        tensor.name.removeprefix(_ONNX_ROOT): numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(content).graph.initializer
    }
    numbers = sorted(int(name[4:-2]) for name in tensors if name.startswith("val_") and name.endswith("_q"))
    for place, number in enumerate(numbers):
        for part in ("q", "scale"):
            tensors[f"matrix.{place}_{part}"] = tensors[f"val_{number}_{part}"]
    return tensors


def _read_safetensors(content: bytes) -> Arrays:
    """Read the original tensors by name; the large ones are quantized like those of the ONNX file."""
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    tensors: Arrays = {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], dtype=np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }
    for table in ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"):
        tensors[f"{table}_q"], tensors[f"{table}_scale"] = quantize_rows(tensors[table])
    for layer in range(LAYERS):
        for place, matrix in enumerate(_MATRICES):
            quantized, scale = quantize_rows(tensors[f"encoder.layer.{layer}.{matrix}.weight"])
            name = f"matrix.{MATRICES_OF_LAYER * layer + place}"
            tensors[f"{name}_q"], tensors[f"{name}_scale"] = quantized.T, scale
    return tensors


def quantize_rows(values: NDArray[np.generic]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize each row to int8, symmetrically, from -127 to 127.

    Returns:
        int8 (rows, columns), and the scale of each row, float32 (rows, 1).
    """
    scale = np.maximum(np.abs(values).max(axis=1, keepdims=True) / _MAX_INT8, np.finfo(np.float32).tiny)
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)


def _arrange(tensors: Mapping[str, NDArray[np.generic]]) -> Arrays:
    """Rename the tensors to the names of the graph."""
    positions_table = "embeddings.position_embeddings.weight"
    positions = tensors[f"{positions_table}_q"].astype(np.float32) * tensors[f"{positions_table}_scale"].astype(
        np.float32
    )
    weights: Arrays = {
        "words": tensors["embeddings.word_embeddings.weight_q"],
        "words_scale": tensors["embeddings.word_embeddings.weight_scale"],
        "positions": positions + tensors["embeddings.token_type_embeddings.weight"][0],  # Token type 0 only.
        "embedding_norm.weight": tensors["embeddings.LayerNorm.weight"],
        "embedding_norm.bias": tensors["embeddings.LayerNorm.bias"],
    }
    for matrix in range(MATRICES_OF_LAYER * LAYERS):
        weights[f"matrix.{matrix}"] = tensors[f"matrix.{matrix}_q"]
        weights[f"matrix.{matrix}_scale"] = tensors[f"matrix.{matrix}_scale"]
    for layer in range(LAYERS):
        weights |= _arrange_layer(tensors, f"encoder.layer.{layer}", f"layer.{layer}")
    return weights


def _arrange_layer(tensors: Mapping[str, NDArray[np.generic]], source: str, name: str) -> Arrays:
    biases = [tensors[f"{source}.attention.self.{part}.bias"] for part in ("query", "key", "value")]
    return {
        f"{name}.attention_bias": np.concatenate(biases),
        f"{name}.attention.bias": tensors[f"{source}.attention.output.dense.bias"],
        f"{name}.attention_norm.weight": tensors[f"{source}.attention.output.LayerNorm.weight"],
        f"{name}.attention_norm.bias": tensors[f"{source}.attention.output.LayerNorm.bias"],
        f"{name}.intermediate.bias": tensors[f"{source}.intermediate.dense.bias"],
        f"{name}.feed_forward.bias": tensors[f"{source}.output.dense.bias"],
        f"{name}.feed_forward_norm.weight": tensors[f"{source}.output.LayerNorm.weight"],
        f"{name}.feed_forward_norm.bias": tensors[f"{source}.output.LayerNorm.bias"],
    }
