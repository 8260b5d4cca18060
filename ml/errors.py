"""Errors between texts and named topics.

TurretError
└── MlError
    ├── EmbedderUnavailableError   the embedder cannot be used at all: a file is missing or altered, no such endpoint
    ├── EmbeddingFailedError       the embedder answered, but not with one usable vector for each text
    ├── CorpusError                texts, hashes, vectors and counts do not fit together
    ├── LabelFailedError           the model's names for topics cannot be used; other names replace them
    └── ModelGaveUpError           the model that names topics cannot be used in this run
"""

from __future__ import annotations

from contracts.errors import TurretError


class MlError(TurretError):
    """Base of everything that `ml` raises on purpose."""


class EmbedderUnavailableError(MlError):
    """The embedder cannot be used at all."""


class EmbeddingFailedError(MlError):
    """The embedder did not give one usable vector for each text."""


class CorpusError(MlError):
    """The parts of a corpus do not fit together."""


class LabelFailedError(MlError):
    """The model's names for topics cannot be used."""


class ModelGaveUpError(MlError):
    """The model that names topics cannot be used in this run."""
