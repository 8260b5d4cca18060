"""From one embedder to another: each text once by each, spaces never mixed, topics and ids there all the time."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pytest

from contracts.settings import load_settings
from ml.embedding.minilm_embedder import MiniLMEmbedder
from orchestration.embedding import embedder_switch, vectors
from orchestration.embedding.embedder_switch import choose_space, embed_texts, fields_to_update, is_switching
from orchestration.embedding.vectors import count_missing, embed_missing, list_text_fields
from orchestration.topics.fitting import update_field
from orchestration.topics.results import topic_of_text
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables
from tests.factories.openai_endpoint import Reply, serve_endpoint

SUBJECTS = ("reset my password", "see the weather forecast", "bake a chocolate cake", "book a flight to Lisbon")
BEGINNINGS = ("How do I", "I want to", "Please help me to", "Can you show me how to", "What is the way to")
TEXTS = [f"{beginning} {subject}{end}" for subject in SUBJECTS for beginning in BEGINNINGS for end in ("", " now", "?")]


@dataclass
class CountingEmbedder:
    """A small embedder of letters that remembers what it was asked."""

    model_id: str
    dimensions: int = 26
    asked: list[str] = field(default_factory=list)

    def embed(self, texts):
        self.asked += texts
        counts = np.array([[text.lower().count(chr(97 + i)) + 0.01 for i in range(26)] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)

    def count_long(self, texts):
        return sum(len(text) > 400 for text in texts)


def answer_by_subject(request):
    """Vectors of another space: mostly the subject, and a little of the letters."""
    letters = CountingEmbedder("").embed(request["input"])
    subject = np.array([[float(each in text) for each in SUBJECTS] for text in request["input"]])
    rows = np.hstack([subject, 0.3 * letters]).tolist()
    data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
    return Reply(json.dumps({"object": "list", "model": "tiny", "data": data}).encode())


@pytest.fixture
def remote():
    """Settings of an embedder behind an endpoint, with no time for more than one chunk a run."""
    with serve_endpoint() as endpoint:
        endpoint.plan = [answer_by_subject]
        yield load_settings(
            embedder="openai", embedding_base_url=endpoint.address, embedding_model="tiny", reembed_max_s=0
        )


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        create_tables(opened)
        create_message_tables(opened)
        yield opened


@pytest.fixture
def small_chunks(monkeypatch):
    """Embed ten texts at a time, so that a run's share can be less than all."""
    monkeypatch.setattr(vectors, "TEXTS_PER_CHUNK", 10)


def say(connection, texts, project="prj_1"):
    connection.executemany(
        "insert into intermediate.int_messages__extracted values (?, ?, 'prompt', ?, left(sha256(?), 32), null)",
        [[project, f"event {project} {text}", text, text] for text in texts],
    )


def run_topics(connection, settings, run_id):
    """What the assets do: embed, choose the space, judge; the spaces in which fields were judged."""
    n_embedded = embed_texts(connection, settings, lambda _text: None)
    space = choose_space(connection, settings)
    run = TopicRun(run_id=run_id, model_id=space.model_id, seed=0, uses_llm=False)
    judged = fields_to_update(connection, list_text_fields(connection), space)
    for text_field in judged:
        update_field(connection, text_field, run)
    return n_embedded, space, len(judged)


def topics(connection):
    return {each.project_id: topic_of_text(connection, each) for each in list_text_fields(connection)}


def test_embed_missing_embeds_each_distinct_text_once_ever(connection, small_chunks):
    say(connection, TEXTS)
    say(connection, TEXTS, "prj_2")
    embedder = CountingEmbedder("letters")
    assert embed_missing(connection, embedder) == len(TEXTS)
    say(connection, ["something new, ‹email›", "‹email›", "a ‹quotation›"])
    assert embed_missing(connection, embedder) == 3
    assert embed_missing(connection, embedder) == 0
    assert sorted(embedder.asked) == sorted([*TEXTS, "something new,", "‹email›", "a ‹quotation›"])


def test_embed_missing_with_another_model_keeps_the_vectors_of_the_first(connection):
    say(connection, TEXTS)
    first, second = CountingEmbedder("first"), CountingEmbedder("second")
    embed_missing(connection, first)
    embed_missing(connection, second)
    embed_missing(connection, first)
    assert len(first.asked) == len(second.asked) == len(TEXTS)


def test_embed_missing_without_time_does_one_chunk_and_goes_on_next_time(connection, small_chunks):
    say(connection, TEXTS)
    embedder = CountingEmbedder("letters")
    assert embed_missing(connection, embedder, max_s=0) == 10
    assert count_missing(connection, "letters") == len(TEXTS) - 10
    assert embed_missing(connection, embedder, max_s=math.inf) == len(TEXTS) - 10
    assert sorted(embedder.asked) == sorted(TEXTS)


def test_switch_takes_several_runs_and_serves_the_old_topics_until_all_texts_are_embedded(
    connection, small_chunks, remote
):
    say(connection, TEXTS)
    run_topics(connection, load_settings(embedder="english"), "run_0")
    before = topics(connection)
    for number in range(1, 6):
        n_embedded, space, n_judged = run_topics(connection, remote, f"run_{number}")
        assert (n_embedded, n_judged) == (10, 0)
        assert space.model_id == MiniLMEmbedder(threads=1).model_id
        assert space.embedder is not None
        assert is_switching(connection, remote)
        assert topics(connection) == before
    _, space, n_judged = run_topics(connection, remote, "run_6")
    assert space.model_id.startswith("tiny@")
    assert (space.n_to_embed, n_judged) == (0, 1)
    assert not is_switching(connection, remote)
    assert run_topics(connection, remote, "run_7")[::2] == (0, 0)


def test_switch_done_topics_keep_their_ids_by_the_texts_they_share(connection, remote):
    say(connection, TEXTS)
    run_topics(connection, load_settings(embedder="english"), "run_0")
    before = topics(connection)["prj_1"]
    run_topics(connection, remote, "run_1")
    after = topics(connection)["prj_1"]
    assert len(set(before.values())) == len(SUBJECTS)
    assert after == before


def test_switch_new_texts_are_judged_in_the_old_space_meanwhile(connection, small_chunks, remote):
    say(connection, TEXTS)
    run_topics(connection, load_settings(embedder="english"), "run_0")
    before = topics(connection)["prj_1"]
    say(connection, ["Tell me how to reset my password"])
    _, space, n_judged = run_topics(connection, remote, "run_1")
    assert (space.model_id, n_judged) == (MiniLMEmbedder(threads=1).model_id, 1)
    after = topics(connection)["prj_1"]
    assert {text_hash: after[text_hash] for text_hash in before} == before
    assert len(after) == len(before) + 1


def test_switch_from_a_model_that_is_gone_lets_new_texts_wait_and_keeps_the_topics(
    connection, small_chunks, monkeypatch
):
    gone = CountingEmbedder("gone")
    say(connection, TEXTS)
    with monkeypatch.context() as earlier:
        earlier.setattr(embedder_switch, "make_embedder", lambda _settings: gone)
        run_topics(connection, load_settings(), "run_0")
    before = topics(connection)
    say(connection, ["a text of tomorrow"])
    settings = load_settings(embedder="english", reembed_max_s=0)
    _, space, n_judged = run_topics(connection, settings, "run_1")
    assert (space.model_id, space.embedder, n_judged) == ("gone", None, 0)
    assert topics(connection) == before
    (text_field,) = list_text_fields(connection)
    assert text_field.n_pending == 1
    unbounded = load_settings(embedder="english")
    assert run_topics(connection, unbounded, "run_2")[2] == 1
    assert count_missing(connection, MiniLMEmbedder(threads=1).model_id) == 0
    (text_field,) = list_text_fields(connection)
    assert text_field.n_pending == 0
