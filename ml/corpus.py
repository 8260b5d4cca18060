"""The corpus of a topic model: the distinct texts of one project and field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import CorpusError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Corpus:
    """Distinct texts with their vectors.

    Attributes:
        texts: n texts.
        text_hashes: their hashes, all different.
        vectors: float32 (n, d), unit rows of one embedder.
        n_messages: int64 (n,), how often each text was said, at least 1.

    Raises:
        CorpusError: the parts do not fit together.
    """

    texts: list[str]
    text_hashes: list[str]
    vectors: NDArray[np.float32]
    n_messages: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.texts)
        if len(self.text_hashes) != n or len(self.n_messages) != n or len(self.vectors) != n:
            raise CorpusError(
                f"A corpus of {n} texts has {len(self.text_hashes)} hashes, {len(self.vectors)} vectors and "
                f"{len(self.n_messages)} counts; all four must be equal."
            )
        if len(set(self.text_hashes)) != n:
            raise CorpusError(f"The {n} texts of a corpus have {len(set(self.text_hashes))} different hashes.")
        if n and (self.vectors.ndim != 2 or not np.isfinite(self.vectors).all()):  # noqa: PLR2004  # (n, d)
            raise CorpusError(f"Vectors have shape {self.vectors.shape}; expected finite numbers of shape ({n}, d).")
        if n and int(np.min(self.n_messages)) < 1:
            raise CorpusError(f"A text was said {int(np.min(self.n_messages))} times; the least is once.")

    def __len__(self) -> int:
        return len(self.texts)

    def sorted_by_hash(self) -> tuple[Corpus, NDArray[np.intp]]:
        """Return the corpus in the order of its hashes, and the original row of each text."""
        order = np.argsort(np.array(self.text_hashes, dtype=np.str_), kind="stable")
        return self.take(order), order

    def take(self, rows: NDArray[np.intp]) -> Corpus:
        """Return the corpus of these rows, in their order."""
        return Corpus(
            [self.texts[row] for row in rows],
            [self.text_hashes[row] for row in rows],
            np.ascontiguousarray(self.vectors[rows], dtype=np.float32),
            np.asarray(self.n_messages, dtype=np.int64)[rows],
        )
