"""The topic model: planted answers, sameness of what is the same, and corpora of every size."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from ml.corpus import Corpus
from ml.errors import CorpusError
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_model import TopicModel, fit_topics
from tests.factories.planted_topics import make_corpus, plant_topics

if TYPE_CHECKING:
    from ml.embedding.multilingual_embedder import MultilingualEmbedder


def test_fit_topics_planted_clouds_are_found_without_being_told_how_many():
    planted = plant_topics(range(12), 40)
    model = fit_topics(planted.corpus, {})
    assert adjusted_mutual_info_score(planted.truth, _names(model)) > 0.99
    assert len(set(model.topic_ids)) == 12
    assert set(model.statuses) == {"assigned"}


def test_fit_topics_wide_clouds_are_mostly_found():
    planted = plant_topics(range(12), 60, spread=0.14)
    assert adjusted_mutual_info_score(planted.truth, _names(fit_topics(planted.corpus, {}))) > 0.8


def test_fit_topics_confidence_is_high_inside_and_low_between():
    planted = plant_topics(range(6), 30)
    middle = planted.corpus.vectors[[0, 30]].sum(axis=0)
    corpus = make_corpus(
        [*planted.corpus.texts, "between two topics"],
        np.vstack([planted.corpus.vectors, middle / np.linalg.norm(middle)]).astype(np.float32),
    )
    confidences = fit_topics(corpus, {}).confidences
    assert np.all((confidences >= 0) & (confidences <= 1))
    assert np.median(confidences[:-1]) > 0.95
    assert confidences[-1] < 0.85


def test_fit_topics_text_far_from_everything_is_noise_without_topic():
    planted = plant_topics(range(6), 30)
    stranger = -planted.corpus.vectors.mean(axis=0)
    corpus = make_corpus(
        [*planted.corpus.texts, "a stranger"],
        np.vstack([planted.corpus.vectors, stranger / np.linalg.norm(stranger)]).astype(np.float32),
    )
    model = fit_topics(corpus, {})
    assert (model.statuses[-1], model.topic_ids[-1]) == ("noise", None)
    assert math.isnan(model.confidences[-1])
    assert model.statuses.count("noise") == 1


def test_fit_topics_short_and_repeated_group_is_filler_and_long_or_rare_ones_are_not():
    planted = plant_topics(range(6), 30)
    texts = list(planted.corpus.texts)
    n_messages = [2] * len(texts)
    for row in np.flatnonzero(planted.truth == 0):
        texts[row], n_messages[row] = f"ok {row}", 20
    for row in np.flatnonzero(planted.truth == 1):
        n_messages[row] = 20
    for row in np.flatnonzero(planted.truth == 2):
        texts[row] = f"tea {row}"
    model = fit_topics(make_corpus(texts, planted.corpus.vectors, n_messages), {})
    fillers = {int(planted.truth[row]) for row, status in enumerate(model.statuses) if status == "filler"}
    assert fillers == {0}
    assert all(model.topic_ids[row] is None for row in np.flatnonzero(planted.truth == 0))


def test_fit_topics_texts_without_a_letter_are_filler_and_so_is_what_they_stand_among():
    planted = plant_topics(range(4), 30)
    texts = list(planted.corpus.texts)
    texts[0], texts[1], texts[2] = "\u2039phone\u203a 4711", "\U0001f44d!", "\u5bc6\u7801"
    for row in np.flatnonzero(planted.truth == 3):
        texts[row] = f"030 555 {row}" if row % 3 else f"my phone number is 030 555 {row}"
    model = fit_topics(make_corpus(texts, planted.corpus.vectors), {})
    assert model.statuses[:3] == ["filler", "filler", "assigned"]
    assert model.reasons[:2] == ["little but numbers and signs"] * 2
    assert set(model.statuses[90:]) == {"filler"}
    assert set(model.reasons[90:]) == {"little but numbers and signs"}


def test_fit_topics_empty_text_is_filler_and_says_nothing_of_its_neighbours():
    planted = plant_topics(range(4), 30)
    texts = ["", *planted.corpus.texts[1:]]
    corpus = Corpus(texts, planted.corpus.text_hashes, planted.corpus.vectors, np.array([500, *[1] * (len(texts) - 1)]))
    model = fit_topics(corpus, {})
    assert (model.statuses[0], model.reasons[0]) == ("filler", "nothing but what nearly all messages share")
    assert set(model.statuses[1:]) == {"assigned"}


@pytest.mark.parametrize("n_machine", [5, 600])
def test_fit_topics_are_the_same_whatever_machines_send(n_machine: int):
    people, machine = plant_topics(range(4), 25).corpus, plant_topics([0], n_machine, first=1000).corpus
    both = make_corpus([*people.texts, *machine.texts], np.vstack([people.vectors, machine.vectors]))
    alone, model = fit_topics(people, {}), fit_topics(both, {}, automated=frozenset(machine.text_hashes))
    n = len(people)
    assert model.topic_ids[:n] == alone.topic_ids
    assert model.confidences[:n].tolist() == alone.confidences.tolist()
    assert set(model.topic_ids[n:]) == {None}
    assert set(zip(model.statuses[n:], model.reasons[n:], strict=True)) == {("filler", "sent by machine")}


def test_fit_topics_of_what_machines_alone_send_are_none():
    machine = plant_topics([0], 5).corpus
    model = fit_topics(machine, {}, automated=frozenset(machine.text_hashes))
    assert (set(model.topic_ids), set(model.statuses)) == ({None}, {"filler"})


def test_fit_topics_same_texts_in_another_order_give_the_same_ids():
    planted = plant_topics(range(8), 30, spread=0.12)
    order = np.random.default_rng(3).permutation(len(planted.corpus))
    shuffled = Corpus(
        [planted.corpus.texts[row] for row in order],
        [planted.corpus.text_hashes[row] for row in order],
        planted.corpus.vectors[order],
        planted.corpus.n_messages[order],
    )
    first, second = fit_topics(planted.corpus, {}), fit_topics(shuffled, {})
    assert [first.topic_ids[row] for row in order] == second.topic_ids
    np.testing.assert_array_equal(first.confidences[order], second.confidences)
    assert first.lineage == second.lineage


def test_fit_topics_again_with_its_own_result_changes_no_id_and_continues_all():
    corpus = plant_topics(range(8), 30, spread=0.12).corpus
    first = fit_topics(corpus, {})
    second = fit_topics(corpus, _remember(corpus, first))
    assert second.topic_ids == first.topic_ids
    assert {link.change for link in second.lineage} == {"continued"}
    assert {link.similarity for link in second.lineage} == {1.0}


def test_fit_topics_ids_survive_growth_and_new_topics_are_born():
    old = plant_topics(range(8), 20).corpus
    first = fit_topics(old, {})
    grown = plant_topics(range(10), 35)
    second = fit_topics(grown.corpus, _remember(old, first))
    now = _remember(grown.corpus, second)
    assert all(now[text] == topic for text, topic in _remember(old, first).items())
    born = [link.to_topic_id for link in second.lineage if link.change == "born"]
    assert set(born) == set(now.values()) - set(_remember(old, first).values())
    assert len(born) == 2


def test_fit_topics_pinned_topics_keep_every_text_where_others_would_merge():
    planted = plant_topics(range(4), 30)
    before = {name: f"old_{index % 5}" for index, name in enumerate(planted.corpus.text_hashes[:60])}
    free = _remember(planted.corpus, fit_topics(planted.corpus, before))
    assert free != {**free, **before}
    kept = _remember(planted.corpus, fit_topics(planted.corpus, before, pinned=frozenset({"old_1", "old_3", "gone"})))
    pinned = {name: topic for name, topic in before.items() if topic in {"old_1", "old_3"}}
    assert kept == {**kept, **pinned}
    assert "gone" not in kept.values()


def test_fit_topics_pinned_topic_still_takes_new_texts():
    first = plant_topics(range(4), 20).corpus
    before = _remember(first, fit_topics(first, {}))
    chosen = before[first.text_hashes[0]]
    grown = plant_topics(range(4), 30).corpus
    now = _remember(grown, fit_topics(grown, before, pinned=frozenset({chosen})))
    assert [name for name, topic in now.items() if topic == chosen] == list(grown.text_hashes[:30])


def test_fit_topics_other_namespace_gives_other_ids():
    corpus = plant_topics(range(3), 30).corpus
    ids = {namespace: set(fit_topics(corpus, {}, namespace=namespace).topic_ids) for namespace in ("a", "b")}
    assert not ids["a"] & ids["b"]
    assert all(isinstance(name, str) and len(name) == 20 and name.startswith("top_") for name in ids["a"])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 8, 9, 63, 64, 65])
def test_fit_topics_any_number_of_texts_is_judged_whole(n: int):
    corpus = plant_topics(range(max(n, 1)), 1).corpus
    corpus = make_corpus(corpus.texts[:n], corpus.vectors[:n])
    model = fit_topics(corpus, {})
    assert len(model.topic_ids) == len(model.statuses) == len(model.confidences) == n
    for topic_id, status, confidence in zip(model.topic_ids, model.statuses, model.confidences, strict=True):
        assert (topic_id is not None) == (status == "assigned") == (not math.isnan(confidence))


@pytest.mark.parametrize("n", [2, 10, 100, 2_000])
def test_fit_topics_equal_vectors_are_one_topic(n: int):
    vectors = np.repeat(plant_topics([1], 1).corpus.vectors, max(n, 3), axis=0)
    model = fit_topics(make_corpus([f"report number {row}" for row in range(max(n, 3))], vectors), {})
    assert len(set(model.topic_ids)) == 1
    assert set(model.statuses) == {"assigned"}


def test_fit_topics_one_text_said_often_is_a_topic_and_said_once_is_noise():
    vectors = plant_topics([1], 1).corpus.vectors
    assert fit_topics(make_corpus(["where is my order"], vectors, [50]), {}).statuses == ["assigned"]
    assert fit_topics(make_corpus(["where is my order"], vectors, [1]), {}).statuses == ["noise"]


def test_fit_topics_few_sentences_of_two_kinds_form_two_topics(local_embedder):
    texts = [
        "I forgot my password",
        "reset my password please",
        "how do I change my password",
        "my password does not work",
        "what will the weather be tomorrow",
        "is it going to rain tomorrow",
        "weather forecast for the weekend",
        "will it be sunny this weekend",
    ]
    model = fit_topics(make_corpus(texts, local_embedder.embed(texts)), {})
    assert len(set(model.topic_ids[:4])) == len(set(model.topic_ids[4:])) == 1
    assert len(set(model.topic_ids)) == 2


@pytest.mark.parametrize(
    ("hashes", "rows", "counts", "message"),
    [
        (["a"], 2, [1, 1], "1 hashes, 2 vectors and 2 counts"),
        (["a", "a"], 2, [1, 1], "2 texts of a corpus have 1 different hashes"),
        (["a", "b"], 1, [1, 1], "2 hashes, 1 vectors"),
        (["a", "b"], 2, [1, 0], "said 0 times"),
    ],
)
def test_corpus_parts_that_do_not_fit_are_refused(hashes: list[str], rows: int, counts: list[int], message: str):
    with pytest.raises(CorpusError, match=message):
        Corpus(["x", "y"], hashes, np.ones((rows, 3), dtype=np.float32), np.array(counts))


def test_corpus_vector_that_is_not_finite_is_refused():
    with pytest.raises(CorpusError, match="expected finite numbers"):
        make_corpus(["x"], np.array([[np.nan, 1]], dtype=np.float32))


def _names(model: TopicModel) -> list[str]:
    return [topic_id or "none" for topic_id in model.topic_ids]


def _remember(corpus: Corpus, model: TopicModel) -> dict[str, str]:
    pairs = zip(corpus.text_hashes, model.topic_ids, strict=True)
    return {text: topic for text, topic in pairs if topic is not None}


def _fit(embedder: MultilingualEmbedder, said: dict[str, int]) -> dict[str, tuple[str, str | None]]:
    """Status and reason of each text, by how often it was said."""
    texts = list(said)
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    corpus = Corpus(texts, hashes, embedder.embed(texts), np.array(list(said.values())))
    model = fit_topics(corpus, {}, seeds=CourtesyClassifier(embedder))
    return dict(zip(texts, zip(model.statuses, model.reasons, strict=True), strict=True))


def test_fit_topics_a_question_said_over_and_over_is_a_topic_however_far_it_is_from_the_others(
    multilingual_embedder: MultilingualEmbedder,
):
    others = [
        f"{opening} {thing}?"
        for opening in ("When is the guided tour of", "What does it cost to see", "How old is")
        for thing in ("the dinosaurs", "the Roman coins", "the model railway", "the whale skeleton", "the planetarium")
    ]
    found = _fit(multilingual_embedder, {**dict.fromkeys(others, 5), "Where is the toilet?": 276})
    assert found["Where is the toilet?"] == ("assigned", None)


def test_fit_topics_one_question_with_another_number_each_time_has_structure(
    multilingual_embedder: MultilingualEmbedder,
):
    said = {f"How do I export report number {number} to a spreadsheet?": 1 for number in range(60)}
    assert {status for status, _ in _fit(multilingual_embedder, said).values()} == {"assigned"}
