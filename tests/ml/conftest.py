"""What the tests of `ml` share: a server that speaks OpenAI's protocol, the local embedder, and canaries."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from ml.embedding.minilm_embedder import MiniLMEmbedder
from ml.embedding.multilingual_embedder import MultilingualEmbedder
from tests.factories.openai_endpoint import Endpoint, serve_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serve_endpoint() as served:
        yield served


@pytest.fixture
def closed_address() -> str:
    """An address of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@pytest.fixture(scope="session")
def local_embedder() -> MiniLMEmbedder:
    return MiniLMEmbedder(threads=1)


@pytest.fixture(scope="session")
def multilingual_embedder(shared: Path) -> MultilingualEmbedder:
    return MultilingualEmbedder(threads=1, models=shared / "models")


@pytest.fixture
def personal_data() -> list[str]:
    """Made-up data of people and secrets, none of which may leave the machine."""
    return [
        "jane.doe+shop@example.co.uk",
        "jörg@müller.example",
        "+49 (0)171 234-56-78",
        "555-867-5309",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "378282246310005",
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "sk-proj-4f9A7c2Q1xYz88LmNop",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1",
        "https://shop.example/reset?token=abc123&user=7",
        "shop.example/invite/9f8e7d",
        "postgres://turret:hunter2@db.internal:5432/app",
        "deploy:swordfish@buildhost",
        "at61 1904 3002 3457 3201",
        "NL91.ABNA.0417.1643.00",
        "3782-822463-10005",
        "5105_1051_0510_5100",
        "+1 (202) 555-0176",
        "0044 20 7946 0958",
        "glpat-XyZabcdefghijklmnop",
        "xoxb-111122223333-abcdEFGHijkl",
        "npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
        "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",
    ]
