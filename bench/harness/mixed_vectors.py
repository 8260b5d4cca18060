"""Any number of realistic vectors: real ones mixed with their neighbours and perturbed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.clustering.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK_ROWS: Final = 50_000
_N_NEAR: Final = 20


@dataclass(frozen=True)
class Mixer:
    """Makes a vector from four real ones: part of the way from one to a near one, and a step between two others.

    So density varies as among real texts, and near texts differ in realistic directions. Nearest
    neighbours come out at a median similarity of 0.82 among 20,000, against 0.89 of 25,000 real texts.

    Args:
        real: float32 (n, d), rows of unit length.
        near: int32 (n, 20), the nearest others of each.
    """

    real: NDArray[np.float32]
    near: NDArray[np.int32]

    @classmethod
    def of(cls, real: NDArray[np.float32]) -> Mixer:
        """Make a mixer of these real vectors."""
        return cls(real, nearest_neighbours(real, _N_NEAR).rows)

    def make(self, n: int, seed: int) -> NDArray[np.float32]:
        """Make vectors: float32 (n, d), rows of unit length, the same for the same n and seed."""
        random = np.random.default_rng(seed)
        vectors = np.empty((n, self.real.shape[1]), dtype=np.float32)
        for start in range(0, n, _BLOCK_ROWS):
            vectors[start : start + _BLOCK_ROWS] = self._make_block(min(_BLOCK_ROWS, n - start), random)
        return vectors

    def _make_block(self, n: int, random: np.random.Generator) -> NDArray[np.float32]:
        here, elsewhere = (random.integers(len(self.real), size=n) for _ in range(2))
        toward, beyond = (self.near[rows, random.integers(_N_NEAR, size=n)] for rows in (here, elsewhere))
        way = random.uniform(0.2, 0.8, size=(n, 1)).astype(np.float32)
        step = random.uniform(0.3, 0.9, size=(n, 1)).astype(np.float32)
        mixed = self.real[here] + way * (self.real[toward] - self.real[here])
        mixed += step * (self.real[elsewhere] - self.real[beyond])
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
