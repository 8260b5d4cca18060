"""Whether the packaged int8 model is the original: each weight of the ONNX file, dequantized, beside the fp32 original.

The originals (`model.safetensors` of sentence-transformers/all-MiniLM-L6-v2) are not part of this repository; their
file is the first argument. The ONNX file is read with a few lines of protobuf wire format, so that no further package
is needed. Then whole vectors are compared with the original model's, computed here in NumPy: that proves the graph and
the pooling too. Ends with status 1 if a weight has no original, an original is missing, or vectors differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

from ml.embedding.minilm_embedder import MAX_TOKENS, MODEL, TOKENIZER
from ml.embedding.minilm_weights import build_minilm
from ml.embedding.onnx_encoder import OnnxEncoder, load_session, load_tokenizer
from ml.embedding.packaged_embedder import PackagedEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ORIGINAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

HIDDEN = 384
_LAYERS, _HEADS = 6, 12
_NEVER_USED = {"pooler.dense.weight", "pooler.dense.bias"}  # Sentence vectors are means of states, not the pooler's.
_HALF_A_STEP = 0.501
_SAME_GRAPH, _SAME_MEANING, _SAME_IN_INTEGERS = 0.99999, 0.99, 0.95
_SENTENCES = [
    "ok",
    "I am still waiting on my card?",
    "Can you find me a one way flight to San Francisco, leaving on the 3rd of March?",
    "My top-up was reverted, and the app shows a fee that nobody told me about.",
    "Write a function in Python that merges two sorted lists and explain its cost.",
    "the quick brown fox jumps over the lazy dog " * 40,
]

# Field numbers of onnx.proto3.
_MODEL_GRAPH, _GRAPH_INITIALIZER = 7, 5
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 8, 9
_NUMPY_TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 9: np.bool_}


@dataclass(frozen=True)
class Quantised:
    """A tensor and, for each row or column, the step between two of its values; 0 where it was not rounded."""

    values: NDArray[np.float32]
    step: NDArray[np.float32]


class Match(NamedTuple):
    """The original that a weight was made from: how far away, its name, and the weight turned as the original lies."""

    difference: float
    original: str
    values: NDArray[np.float32]


def main() -> None:
    """Compare every weight, then whole vectors, and print the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("safetensors", type=Path, help="model.safetensors of the original")
    originals = read_safetensors(parser.parse_args().safetensors)
    found = {name: match_original(weight, originals) for name, weight in read_weights(MODEL.read()).items()}
    print(f"{'weight of the ONNX file':60} {'nearest original':50} {'worst difference, steps':>23}")
    for name, match in sorted(found.items()):
        print(f"{name:60} {match.original:50} {match.difference:23.4f}")
    strangers = [name for name, match in found.items() if match.difference > _HALF_A_STEP]
    unused = sorted(set(originals) - {match.original for match in found.values()} - _NEVER_USED)
    print(f"{len(found)} weights; {len(strangers)} without original; originals unused: {unused or 'none'}.")
    vectors = PackagedEmbedder(MODEL, TOKENIZER, threads=1).embed(_SENTENCES)
    rounded = embed_in_numpy(_SENTENCES, {match.original: match.values for match in found.values()})
    same_graph, same_meaning = (
        float((vectors * others).sum(axis=1).min()) for others in (rounded, embed_in_numpy(_SENTENCES, originals))
    )
    print(f"Least cosine over {len(_SENTENCES)} texts to the architecture with these weights: {same_graph:.6f}")
    print(f"Least cosine to the architecture with the original weights: {same_meaning:.6f}")
    in_integers = float((vectors * embed_in_integers(_SENTENCES)).sum(axis=1).min())
    print(f"Least cosine of the graph that multiplies integers to the packaged one: {in_integers:.6f}")
    is_off = same_graph < _SAME_GRAPH or same_meaning < _SAME_MEANING or in_integers < _SAME_IN_INTEGERS
    if strangers or unused or is_off:
        sys.exit("The packaged model is not the original.")
    print("The packaged model is the original up to rounding.")


def read_safetensors(file: Path) -> dict[str, NDArray[np.float32]]:
    """Read the fp32 tensors of a safetensors file, after its hash was checked."""
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != ORIGINAL_SHA256:
        sys.exit(f"{file} is not the original model: its SHA-256 is not {ORIGINAL_SHA256}.")
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], dtype=np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def read_weights(onnx: bytes) -> dict[str, Quantised]:
    """Read the model's weights: int8 tensors times the scale of their row or column, and the fp32 ones unchanged."""
    graph = _fields(_fields(onnx)[_MODEL_GRAPH][0])
    tensors = dict(_tensor(content) for content in graph[_GRAPH_INITIALIZER])
    weights: dict[str, Quantised] = {}
    for name, tensor in tensors.items():
        if tensor.dtype == np.int8:
            scale = tensors[name.removesuffix("_q") + "_scale"].astype(np.float32)
            weights[name] = Quantised(tensor.astype(np.float32) * scale, scale)
        elif tensor.dtype == np.float32 and tensor.size >= HIDDEN and not name.endswith("_scale"):
            weights[name] = Quantised(tensor.astype(np.float32), np.zeros(1, dtype=np.float32))
    return weights


def match_original(weight: Quantised, originals: dict[str, NDArray[np.float32]]) -> Match:
    """Find the original of this shape, as it is or turned, that is nearest.

    Rounding to the nearest step differs by half a step at most; unrounded weights are compared as they are.
    """
    step = np.where(weight.step > 0, weight.step, 1.0)
    candidates = [
        Match(float((np.abs(weight.values - turn(original)) / step).max()), name, turn(weight.values))
        for name, original in originals.items()
        for turn in (np.asarray, np.transpose)
        if turn(original).shape == weight.values.shape
    ]
    nothing = Match(float("inf"), "none of this shape", weight.values)
    return min(candidates, key=lambda match: match.difference, default=nothing)


def embed_in_integers(texts: list[str]) -> NDArray[np.float32]:
    """Embed with the graph that ships, averaged over all tokens like the packaged model."""
    session = load_session(build_minilm(MODEL.read()), is_fused=True)
    transformer = OnnxEncoder(session, load_tokenizer(TOKENIZER.read()), MAX_TOKENS, threads=1)
    vectors = np.empty((len(texts), HIDDEN), dtype=np.float32)
    for rows, batch in transformer.embed(texts):
        vectors[rows] = batch
    return vectors


def embed_in_numpy(texts: list[str], weights: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the original architecture, written out: BERT with six layers, mean pooling and unit length, in fp32."""
    tokenizer = Tokenizer.from_buffer(TOKENIZER.read())
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return np.stack([_forward(np.array(tokenizer.encode(text).ids), weights) for text in texts])


def _forward(ids: NDArray[np.int64], weights: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    tables = [weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")]
    states = _normalise(tables[0][ids] + tables[1][: len(ids)] + tables[2][0], "embeddings.LayerNorm", weights)
    for layer in range(_LAYERS):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            _apply(states, f"{name}.attention.self.{part}", weights).reshape(len(ids), _HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (shares / shares.sum(axis=-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        attended = _apply(mixed, f"{name}.attention.output.dense", weights)
        states = _normalise(states + attended, f"{name}.attention.output.LayerNorm", weights)
        inner = _apply(states, f"{name}.intermediate.dense", weights)
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
        states = _normalise(
            states + _apply(inner, f"{name}.output.dense", weights), f"{name}.output.LayerNorm", weights
        )
    mean = states.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _apply(states: NDArray[np.float32], name: str, weights: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    return states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _normalise(states: NDArray[np.float32], name: str, weights: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    centred = states - states.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _tensor(content: bytes) -> tuple[str, NDArray[np.generic]]:
    field = _fields(content)
    kind = _NUMPY_TYPES[field[_TENSOR_TYPE][0]]
    shape = [size for part in field[_TENSOR_DIMS] for size in ([part] if isinstance(part, int) else _varints(part))]
    raw = b"".join(field[_TENSOR_RAW])
    return field[_TENSOR_NAME][0].decode(), np.frombuffer(raw, dtype=kind).reshape(shape)


def _fields(message: bytes) -> dict[int, list]:  # type: ignore[type-arg]  # numbers or bytes, as the field says
    """Split a protobuf message into its fields: numbers for varints, bytes for the rest."""
    fields: dict[int, list] = defaultdict(list)  # type: ignore[type-arg]
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, place = _varint(message, place)
            fields[number].append(value)
            continue
        if wire_type == 2:  # noqa: PLR2004  # length-delimited
            length, place = _varint(message, place)
        else:
            length = {1: 8, 5: 4}[wire_type]
        fields[number].append(message[place : place + length])
        place += length
    return fields


def _varints(content: bytes) -> Iterator[int]:
    place = 0
    while place < len(content):
        value, place = _varint(content, place)
        yield value


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004  # the last byte has its high bit clear
            return value, place


if __name__ == "__main__":
    main()
