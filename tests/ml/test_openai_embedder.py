"""The remote embedder against a server that behaves and misbehaves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from contracts.settings import load_settings
from ml.embedding.embedders import make_embedder
from ml.embedding.openai_embedder import OpenAIEmbedder
from ml.errors import EmbedderUnavailableError, EmbeddingFailedError
from ml.llm.openai_client import make_client
from tests.factories.openai_endpoint import Endpoint, Reply, answer_json, answer_late, answer_status


def test_embed_shuffled_answer_gives_unit_rows_in_input_order(endpoint: Endpoint):
    endpoint.plan = [_answer]
    vectors = OpenAIEmbedder(endpoint.client(), "tiny").embed(["a", "bbb", "cc"])
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0.780869, 0.624695], [0.707107, 0.707107]], atol=1e-4)
    assert vectors.dtype == np.float32


def test_embed_many_texts_sends_batches(endpoint: Endpoint):
    endpoint.plan = [_answer]
    assert OpenAIEmbedder(endpoint.client(), "tiny").embed(["text"] * 300).shape == (300, 2)
    assert [len(request["input"]) for request in endpoint.requests] == [128, 128, 44]


def test_embed_no_texts_asks_for_the_dimension_only(endpoint: Endpoint):
    endpoint.plan = [_answer]
    embedder = OpenAIEmbedder(endpoint.client(), "tiny")
    assert embedder.embed([]).shape == (0, 2)
    assert embedder.dimensions == 2
    assert len(endpoint.requests) == 1


def test_embed_empty_and_long_texts_are_made_acceptable(endpoint: Endpoint):
    endpoint.plan = [_answer]
    OpenAIEmbedder(endpoint.client(), "tiny").embed(["", " \n ", "word " * 2_000])
    empty, blank, long = endpoint.requests[0]["input"]
    assert empty == blank == "."
    assert len(long) <= 4_000


@pytest.mark.parametrize("status", [429, 500, 503])
def test_embed_passing_trouble_is_tried_again(endpoint: Endpoint, status: int):
    endpoint.plan = [answer_status(status), answer_status(status), _answer]
    assert OpenAIEmbedder(endpoint.client(max_retries=2), "tiny").embed(["a"]).shape == (1, 2)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_embed_lasting_trouble_names_endpoint_and_status_but_no_text(endpoint: Endpoint, status: int):
    endpoint.plan = [answer_status(status)]
    with pytest.raises(EmbedderUnavailableError, match=f"{endpoint.address}.* answered {status}") as caught:
        OpenAIEmbedder(endpoint.client(max_retries=1), "tiny").embed(["canary text"])
    assert "canary" not in str(caught.value)


def test_embed_slow_endpoint_is_unavailable(endpoint: Endpoint):
    endpoint.plan = [answer_late]
    with pytest.raises(EmbedderUnavailableError, match="APITimeoutError"):
        OpenAIEmbedder(endpoint.client(timeout_s=0.2, max_retries=0), "tiny").embed(["a"])


def test_embed_nobody_listening_is_unavailable(closed_address: str):
    client = make_client(closed_address, "", timeout_s=5, max_retries=0)
    with pytest.raises(EmbedderUnavailableError, match="cannot be used: APIConnectionError"):
        OpenAIEmbedder(client, "tiny").embed(["a"])


def test_embed_cut_off_answer_fails(endpoint: Endpoint):
    endpoint.plan = [lambda _: Reply(b'{"data": [{"index": 0, "embe', is_cut_off=True)]
    with pytest.raises((EmbedderUnavailableError, EmbeddingFailedError)):
        OpenAIEmbedder(endpoint.client(max_retries=0), "tiny").embed(["a"])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="none"),
        pytest.param([(0, [1.0, 0.0])], id="too few"),
        pytest.param([(0, [1.0, 0.0]), (1, [0.0, 1.0]), (2, [0.0, 1.0])], id="too many"),
        pytest.param([(0, [1.0, 0.0]), (0, [0.0, 1.0])], id="one twice"),
        pytest.param([(0, [1.0, 0.0]), (1, [1.0])], id="two lengths"),
        pytest.param([(0, [1.0, 0.0]), (1, [0.0, 0.0])], id="zero"),
        pytest.param([(0, [1.0, 0.0]), (1, [float("nan"), 0.0])], id="not a number"),
        pytest.param([(0, []), (1, [])], id="no dimensions"),
        pytest.param([(0, [1.0, 0.0]), (1, None)], id="no vector"),
    ],
)
def test_embed_wrong_answer_fails(endpoint: Endpoint, rows: list[Any]):
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in rows]
    endpoint.plan = [answer_json({"object": "list", "data": data})]
    with pytest.raises(EmbeddingFailedError):
        OpenAIEmbedder(endpoint.client(), "tiny").embed(["a", "b"])


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b'"text"', b"{}", b'{"data": null}', b""])
def test_embed_answer_of_another_kind_fails(endpoint: Endpoint, body: bytes):
    endpoint.plan = [lambda _: Reply(body)]
    with pytest.raises(EmbeddingFailedError):
        OpenAIEmbedder(endpoint.client(), "tiny").embed(["a"])


def test_embed_dimension_that_changes_fails(endpoint: Endpoint):
    one = {"object": "embedding", "index": 0, "embedding": [1.0, 2.0, 3.0]}
    endpoint.plan = [_answer, answer_json({"data": [one]})]
    embedder = OpenAIEmbedder(endpoint.client(), "tiny")
    embedder.embed(["a"])
    with pytest.raises(EmbeddingFailedError, match="3 dimensions; the first had 2"):
        embedder.embed(["a"])


def test_embed_personal_data_never_leaves(endpoint: Endpoint, personal_data: list[str]):
    endpoint.plan = [_answer]
    texts = [f"Please look at {secret} again" for secret in personal_data]
    OpenAIEmbedder(endpoint.client(), "tiny").embed([*texts, "x" * 3_990 + " 4111 1111 1111 1111"])
    sent = b"".join(endpoint.bodies).decode()
    assert [secret for secret in [*personal_data, "4111"] if secret in sent] == []


def test_model_id_names_model_and_host(endpoint: Endpoint):
    host = endpoint.address.removeprefix("http://").removesuffix("/v1")
    settings = load_settings(embedder="openai", embedding_base_url=endpoint.address, embedding_model="tiny")
    assert make_embedder(settings).model_id == f"tiny@{host}"


def _answer(request: dict[str, Any]) -> Reply:
    """Vectors that tell the texts' lengths, last text first."""
    rows = [
        {"object": "embedding", "index": index, "embedding": [2.0 + len(text), 4.0]}
        for index, text in enumerate(request["input"])
    ]
    return Reply(json.dumps({"object": "list", "model": "tiny", "data": rows[::-1]}).encode())
