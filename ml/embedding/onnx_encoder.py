"""Run a tokenizer and an ONNX graph over batches of texts of similar length."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime as ort
from tokenizers import Regex, Tokenizer
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from tokenizers.pre_tokenizers import Split

from ml.embedding.text_cleaning import clean_text
from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from ml.unigram import UnigramTokenizer

Tokens = list[list[int]]

_BATCH_TOKENS: Final = 384
"""Tokens of a batch, including padding: more do not fit the CPU caches, fewer leave the arithmetic units idle."""
_WINDOW_TEXTS: Final = 8_192
"""Texts tokenized and sorted by length at once: bounds the memory, but large enough for little padding."""
_THREE_DIMENSIONS: Final = 3
_MAX_WORD_CHARACTERS: Final = 100
"""WordPiece reads a longer word as one unknown token."""


class OnnxEncoder:
    """A sentence encoder: tokenizer, ONNX graph and mean pooling.

    All threads share one session and each runs its own batch, which is faster than all threads on one batch.

    Args:
        session: made by `load_session`; takes token ids, their attention mask, and perhaps token types.
        tokenizer: made by `load_tokenizer`, or one for a large vocabulary.
        max_tokens: longer texts lose their middle.
        is_pooled: bool (vocabulary,), tokens to pool; all but padding if None.
        unknown_id: id of the unknown token; read from the tokenizer if None, which is slow for a large vocabulary.
        threads: batches computed in parallel; by default one per core that this process may use.
        preprocess: applied to each text before it is tokenized.
    """

    def __init__(  # noqa: PLR0913  # all but three by name
        self,
        session: ort.InferenceSession,
        tokenizer: Tokenizer | UnigramTokenizer,
        max_tokens: int,
        *,
        is_pooled: NDArray[np.bool_] | None = None,
        unknown_id: int | None = None,
        threads: int | None = None,
        preprocess: Callable[[str], str] = clean_text,
    ) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._unknown_id = unknown_id
        if unknown_id is None and isinstance(tokenizer, Tokenizer):
            self._unknown_id = _find_unknown(tokenizer)
        self._is_pooled = is_pooled
        self._preprocess = preprocess
        self._threads = threads or _usable_cores()
        self._inputs = {
            each.name: np.int32 if each.type == "tensor(int32)" else np.int64 for each in session.get_inputs()
        }
        self._output = session.get_outputs()[0].name

    def embed(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """Embed texts in batches of similar length. Yields the rows of each batch and their unit vectors."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix="embed") as pool:
            for start in range(0, len(texts), _WINDOW_TEXTS):
                tokens = [self._truncate(ids) for ids in self._encode(texts[start : start + _WINDOW_TEXTS])]
                batches = batches_by_length([len(ids) for ids in tokens])
                for rows, vectors in zip(batches, pool.map(partial(self._run, tokens), batches), strict=True):
                    yield start + rows, vectors

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the model's limit."""
        return sum(len(ids) > self._max_tokens for ids in self._encode(texts))

    def _encode(self, texts: Sequence[str]) -> Tokens:
        return [each.ids for each in self._tokenizer.encode_batch_fast([self._preprocess(text) for text in texts])]

    def _truncate(self, ids: list[int]) -> list[int]:
        return truncate_middle(self._drop_unknown(ids), self._max_tokens)

    def _drop_unknown(self, ids: list[int]) -> list[int]:
        """Drop unknown tokens, unless a text has nothing else but special tokens."""
        if self._unknown_id not in ids:
            return ids or [0]
        known = [each for each in ids if each != self._unknown_id]
        return known if len(known) > self._tokenizer.num_special_tokens_to_add(is_pair=False) else ids

    def _run(self, tokens: Tokens, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Embed one batch: some rows of `tokens`, padded to the longest of them."""
        ids = np.zeros((len(rows), max(len(tokens[row]) for row in rows)), dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(tokens[row])] = tokens[row]
            mask[place, : len(tokens[row])] = 1
        (states,) = self._session.run([self._output], self._feed(ids, mask))
        if states.ndim != _THREE_DIMENSIONS:
            return unit_rows(states)
        return _mean_pool(states, self._pooling_mask(ids, mask == 1))

    def _feed(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        by_kind = {"ids": ids, "mask": mask, "token_type_ids": np.zeros_like(ids)}
        kinds = {"input_ids": "ids", "attention_mask": "mask"}
        return {name: by_kind[kinds.get(name, name)].astype(kind, copy=False) for name, kind in self._inputs.items()}

    def _pooling_mask(self, ids: NDArray[np.int64], is_token: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if self._is_pooled is None:
            return is_token
        is_chosen = self._is_pooled[ids] & is_token
        has_none = ~is_chosen.any(axis=1)
        is_chosen[has_none] = is_token[has_none]  # "???" has only special tokens
        return is_chosen


def truncate_middle(ids: list[int], max_tokens: int) -> list[int]:
    """Drop the middle of a text that is too long: requests are at the beginning or the end, quotations in between."""
    n_last = max_tokens // 2
    return ids if len(ids) <= max_tokens else ids[: max_tokens - n_last] + ids[-n_last:]


def load_tokenizer(content: bytes) -> Tokenizer:
    """Load a tokenizer without its own padding and truncation.

    Raises:
        EmbedderUnavailableError: the file cannot be read as a tokenizer.
    """
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # tokenizers raises Exception itself
        raise EmbedderUnavailableError(f"The tokenizer's file cannot be read: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _isolate_unknown(tokenizer)
    return tokenizer


def _isolate_unknown(tokenizer: Tokenizer) -> None:
    """Split off characters that WordPiece does not know.

    WordPiece reads a whole word as unknown if one character is not in its vocabulary, or if the word is too long.
    """
    if json.loads(tokenizer.to_str())["model"]["type"] != "WordPiece":
        return
    known = "".join(re.escape(token) for token in tokenizer.get_vocab() if len(token) == 1)
    pieces = Split(Regex(f"[^{known}]|.{{{_MAX_WORD_CHARACTERS}}}"), "isolated")
    tokenizer.pre_tokenizer = PreTokenizers([each for each in (tokenizer.pre_tokenizer, pieces) if each is not None])


def _find_unknown(tokenizer: Tokenizer) -> int | None:
    """Return the id of the unknown token, or None if there is none."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("unk_id") is not None:  # Unigram
        return int(model["unk_id"])
    return tokenizer.token_to_id(model["unk_token"]) if model.get("unk_token") else None


def load_session(content: bytes, *, is_fused: bool = False) -> ort.InferenceSession:
    """Load an ONNX file into a session that uses one thread per batch.

    Args:
        content: the file.
        is_fused: whether its operators are fused already; ONNX Runtime's own fusion would make it slower.

    Raises:
        EmbedderUnavailableError: ONNX Runtime cannot load it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if is_fused:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no base of their own
        raise EmbedderUnavailableError(f"The embedding model cannot be loaded by ONNX Runtime: {error}") from error


def batches_by_length(lengths: Sequence[int]) -> list[NDArray[np.intp]]:
    """Group texts of similar length into batches: without this, padding costs 2.5 times the work.

    Args:
        lengths: tokens of each text.

    Returns:
        Every row once; a batch has up to 384 tokens, including padding, or one text.
    """
    order = np.argsort(lengths, kind="stable")
    batches: list[NDArray[np.intp]] = []
    start = 0
    for end, row in enumerate(order):
        if end > start and (end - start + 1) * lengths[row] > _BATCH_TOKENS:
            batches.append(order[start:end])
            start = end
    return [*batches, order[start:]] if len(order) else []


def _mean_pool(states: NDArray[np.float32], is_pooled: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Average the states of the pooled tokens, at least one per text, and normalise the mean."""
    weights = is_pooled[:, :, np.newaxis].astype(np.float32)
    return unit_rows((states * weights).sum(axis=1) / weights.sum(axis=1))


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalise rows to unit length."""
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32, copy=False)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux; it knows of containers and taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
