"""The embedder protocol, and the embedder that the settings name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from contracts.home import Home
from ml.embedding.minilm_embedder import MiniLMEmbedder
from ml.embedding.multilingual_embedder import E5, MultilingualEmbedder
from ml.embedding.packaged_embedder import PackagedEmbedder
from ml.embedding.packaged_file import PackagedFile
from ml.embedding.universal_sentence_encoder import WEIGHTS as USE
from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from contracts.settings import Settings

__all__ = [
    "Embedder",
    "MiniLMEmbedder",
    "MultilingualEmbedder",
    "PackagedEmbedder",
    "find_embedder",
    "is_remote",
    "make_embedder",
    "missing_languages",
]

_EMBEDDING_TIMEOUT_S: Final = 60.0
_MAX_RETRIES: Final = 4
_FILE_OF_PACKAGE: Final = re.compile("([^:]+):(.+)@([0-9a-f]{64})")


@runtime_checkable
class Embedder(Protocol):
    """Embeds texts as unit vectors, whose dot product is the similarity in meaning."""

    @property
    def model_id(self) -> str:
        """The id of the vector space: vectors of different ids are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32 (n, dimensions), rows of unit length, in the order of `texts`.

        Raises:
            EmbedderUnavailableError: the embedder cannot be used at all.
            EmbeddingFailedError: it did not give one usable vector for each text.
        """
        ...

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the model's limit."""
        ...


def make_embedder(settings: Settings) -> Embedder:
    """Return the embedder of the settings; local ones are read once per process and shared.

    Raises:
        EmbedderUnavailableError: its files are missing, altered, or wrongly named in the settings.
    """
    return _MAKERS[settings.embedder](settings)


def find_embedder(settings: Settings, model_id: str) -> Embedder | None:
    """Build the embedder with this id if the settings describe it, selected or not; else None."""
    for make in _MAKERS.values():
        try:
            embedder = make(settings)
        except EmbedderUnavailableError:
            continue
        if embedder.model_id == model_id:
            return embedder
    return None


def is_remote(embedder: Embedder) -> bool:
    """Return whether an endpoint embeds the texts, not this machine."""
    from ml.embedding.openai_embedder import OpenAIEmbedder  # noqa: PLC0415  # as in _make_remote

    return isinstance(embedder, OpenAIEmbedder)


def missing_languages(settings: Settings) -> str | None:
    """Return what is missing if the settings ask for all languages but only English is installed; else None."""
    if settings.embedder != "local":
        return None
    for model, where in ((E5, " (there are builds for Linux and macOS)"), (USE, "")):
        if not model.is_installed:
            return (
                f"Only English texts get good topics here: the package {model.distribution}, which carries a model for "
                f"other languages, is not installed{where}. Install it: {model.remedy}"
            )
    return None


def _make_local(settings: Settings) -> Embedder:
    if not (E5.is_installed and USE.is_installed):
        return _make_english(settings)
    return _share_multilingual(Home(settings.home).models)


@lru_cache(maxsize=1)
def _share_multilingual(models: Path) -> Embedder:
    return MultilingualEmbedder(models=models)


def _make_english(_settings: Settings) -> Embedder:
    return _share_english()


@lru_cache(maxsize=1)
def _share_english() -> Embedder:
    return MiniLMEmbedder()


def _make_packaged(settings: Settings) -> Embedder:
    model, tokenizer = (_packaged_file(settings, name) for name in ("embedding_model_file", "embedding_tokenizer_file"))
    return _share_packaged(model, tokenizer)


@lru_cache(maxsize=1)
def _share_packaged(model: PackagedFile, tokenizer: PackagedFile) -> Embedder:
    return PackagedEmbedder(model, tokenizer)


def _packaged_file(settings: Settings, name: str) -> PackagedFile:
    value = getattr(settings, name)
    parts = _FILE_OF_PACKAGE.fullmatch(value)
    if parts is None:
        raise EmbedderUnavailableError(
            f"TURRET_{name.upper()} is {value!r}; allowed is package:path@SHA-256 (64 hexadecimal digits)."
        )
    return PackagedFile(*parts.groups())


def _make_remote(settings: Settings) -> Embedder:
    from ml.embedding.openai_embedder import OpenAIEmbedder  # noqa: PLC0415  # openai takes half a second to import
    from ml.llm.openai_client import make_client  # noqa: PLC0415  # the same

    key = settings.embedding_api_key.get_secret_value()
    client = make_client(settings.embedding_base_url, key, _EMBEDDING_TIMEOUT_S, _MAX_RETRIES)
    return OpenAIEmbedder(client, settings.embedding_model)


_MAKERS: Final[dict[str, Callable[[Settings], Embedder]]] = {
    "local": _make_local,
    "english": _make_english,
    "package": _make_packaged,
    "openai": _make_remote,
}
