"""An embedder made of an installed package's files, as the settings name them."""

from __future__ import annotations

import numpy as np
import pytest

from contracts.settings import load_settings
from ml.embedding.embedders import Embedder, PackagedEmbedder, find_embedder, make_embedder
from ml.embedding.minilm_embedder import MODEL, TOKENIZER, MiniLMEmbedder
from ml.errors import EmbedderUnavailableError


def name_file(file, sha256=None):
    return f"{file.distribution}:{file.path}@{sha256 or file.sha256}"


def make_settings(**changes: str):
    files = {"embedding_model_file": name_file(MODEL), "embedding_tokenizer_file": name_file(TOKENIZER)}
    return load_settings(embedder="package", **(files | changes))


@pytest.fixture(scope="module")
def embedder() -> PackagedEmbedder:
    made = make_embedder(make_settings())
    assert isinstance(made, PackagedEmbedder)
    return made


def test_packaged_embedder_named_by_settings_gives_unit_rows_in_input_order(embedder):
    assert isinstance(embedder, Embedder)
    assert embedder.dimensions == 384
    asked, other, alike = embedder.embed(
        ["I forgot my password", "What will the weather be like in the mountains tomorrow?", "How can I log in again?"]
    )
    np.testing.assert_allclose([vector @ vector for vector in (asked, other, alike)], 1, atol=1e-5)
    assert asked @ alike > asked @ other + 0.2
    assert embedder.embed([]).shape == (0, 384)


def test_packaged_embedder_multiplying_in_fp32_agrees_with_integers_but_has_another_id(embedder):
    local = MiniLMEmbedder(threads=1)
    texts = [f"where is parcel number {number} that I ordered" for number in range(30)]
    assert (embedder.embed(texts) * local.embed(texts)).sum(axis=1).min() > 0.95
    assert embedder.model_id != local.model_id


@pytest.mark.parametrize("value", ["", "a/file.onnx", "package:file.onnx", "package:file.onnx@abc"])
def test_make_embedder_with_a_file_named_wrongly_says_what_is_allowed(value):
    with pytest.raises(
        EmbedderUnavailableError, match=r"TURRET_EMBEDDING_MODEL_FILE is .*; allowed is package:path@SHA"
    ):
        make_embedder(make_settings(embedding_model_file=value))


def test_make_embedder_with_another_hash_refuses_the_file():
    with pytest.raises(EmbedderUnavailableError, match="has SHA-256"):
        make_embedder(make_settings(embedding_tokenizer_file=name_file(TOKENIZER, "0" * 64)))


def test_make_embedder_with_a_file_that_is_no_model_fails_with_a_sentence():
    with pytest.raises(EmbedderUnavailableError, match="cannot be loaded by ONNX Runtime"):
        make_embedder(make_settings(embedding_model_file=name_file(TOKENIZER)))


def test_find_embedder_finds_what_the_settings_describe_even_if_another_is_chosen():
    local = MiniLMEmbedder(threads=1).model_id
    found = find_embedder(make_settings(), local)
    assert found is not None
    assert found.model_id == local
    assert find_embedder(make_settings(), "a model of last year") is None
