"""Topics that state wants are told from those that answer, choose or add; few sessions tell nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml.messages.message_roles import RequestClassifier, TopicUsage, find_continuing, measure_usage, role_of_messages
from tests.factories.shared_data import read_jsonl

if TYPE_CHECKING:
    from ml.embedding.multilingual_embedder import MultilingualEmbedder

WANTED = {
    "en": ["talk to an agent please", "no, that was wrong", "cancel it after all", "how can I export my data?"],
    "de": ["Ich will mit einem Menschen sprechen", "Das war falsch", "Wie exportiere ich meine Daten?"],
    "fr": ["Je veux parler à un conseiller", "Annulez ma réservation", "Comment exporter mes données ?"],
    "es": ["Quiero hablar con un agente", "Cancela mi reserva", "¿Cómo exporto mis datos?"],
    "hi": ["मुझे एजेंट से बात करनी है", "मेरी बुकिंग रद्द करो", "मैं अपना डेटा कैसे निकालूँ?"],
    "th": ["ขอคุยกับเจ้าหน้าที่", "ยกเลิกการจองให้หน่อย", "ส่งออกข้อมูลอย่างไร"],
}
SAID_ON_THE_WAY = {
    "en": ["In Portland", "the 9th of May", "four people", "that one is fine"],
    "de": ["In Hamburg", "am neunten Mai", "vier Personen"],
    "fr": ["À Lyon", "le neuf mai", "quatre personnes"],
    "es": ["En Sevilla", "el nueve de mayo", "cuatro personas"],
    "hi": ["मुंबई में", "नौ मई को", "चार लोग"],
    "th": ["ที่เชียงใหม่", "วันที่เก้าพฤษภาคม", "สี่คน"],
}


@pytest.fixture(scope="module")
def seeds(multilingual_embedder: MultilingualEmbedder) -> RequestClassifier:
    return RequestClassifier(multilingual_embedder)


@pytest.mark.parametrize("language", WANTED)
def test_probability_of_a_want_separates_wants_from_details(
    multilingual_embedder: MultilingualEmbedder, seeds: RequestClassifier, language: str
):
    wants, details = (
        seeds.probability(multilingual_embedder.embed(said[language])) for said in (WANTED, SAID_ON_THE_WAY)
    )
    assert wants.mean() > 0.7
    assert details.mean() < 0.35


def test_probability_of_real_commands_in_six_languages_never_lets_their_topic_continue(
    multilingual_embedder: MultilingualEmbedder, seeds: RequestClassifier
):
    rows = read_jsonl("mtop_six_languages.jsonl")[::100]
    for language in WANTED:
        want = seeds.probability(multilingual_embedder.embed([row[language] for row in rows])).mean()
        assert not find_continuing(_use((200, 0, want), (200, 200, 0.9)), np.zeros(2, dtype=np.bool_)).any(), language


@pytest.mark.parametrize(
    ("topic", "continues"),
    [
        ((200, 0, 0.3), True),
        ((200, 8, 0.3), True),
        ((200, 8, 0.58), False),
        ((200, 0, 0.58), True),
        ((200, 25, 0.2), True),
        ((200, 60, 0.3), False),
        ((200, 0, 0.8), False),
        ((4, 0, 0.4), False),
    ],
    ids=[
        "never opens",
        "rarely opens",
        "rarely opens, may be a want",
        "never opens, may be a want",
        "opens now and then, surely no want",
        "often opens",
        "states wants",
        "few sessions",
    ],
)
def test_find_continuing_needs_seldom_openings_answers_and_enough_sessions(
    topic: tuple[int, int, float],
    continues: bool,  # noqa: FBT001  # a parameter of the test
):
    others = (1_000, 600 - topic[1], 0.8)
    assert find_continuing(_use(topic, others), np.zeros(2, dtype=np.bool_)).tolist() == [continues, False]


def test_find_continuing_one_message_a_session_finds_none():
    n_sessions = np.array([500, 400, 3])
    use = TopicUsage(n_sessions, n_sessions, np.array([0.1, 0.9, 0.0]))
    assert not find_continuing(use, np.ones(3, dtype=np.bool_)).any()


def test_find_continuing_without_sessions_finds_none():
    assert not find_continuing(_use((0, 0, 0.1)), np.zeros(1, dtype=np.bool_)).any()


def test_find_continuing_favours_the_former_role_near_the_limits():
    use = _use((200, 35, 0.3), (200, 0, 0.65), (800, 565, 0.8))
    assert find_continuing(use, np.zeros(3, dtype=np.bool_)).tolist() == [False, False, False]
    assert find_continuing(use, np.ones(3, dtype=np.bool_)).tolist() == [True, True, False]


def test_role_of_messages_first_with_a_topic_opens_whatever_it_is():
    said = [None, "date", "date", "hotel", None, "date", "human"]
    roles = role_of_messages(said, frozenset({"date"}))
    assert roles == [None, "opens", "continues", "opens", None, "continues", "opens"]


def test_measure_use_counts_a_session_once():
    use = measure_usage([["a", "b", "b", "a"], ["b"], []], ["a", "b"], np.array([0.9, 0.2]))
    assert use.n_sessions.tolist() == [1, 2]
    assert use.n_opened.tolist() == [1, 1]
    assert use.n_expected.sum() == 2


def _use(*topics: tuple[int, int, float]) -> TopicUsage:
    """Of topics with sessions, sessions opened, and mean probability of a request."""
    n_sessions, n_opened, want = zip(*topics, strict=True)
    return TopicUsage(np.array(n_sessions), np.array(n_opened), np.array(want))
