"""Courtesy is distinguished from requests, by words and by meaning, in many languages."""

# Languages have punctuation of their own.

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml.clustering.classification import COURTESY, LIKE_REPEATED, REPEATED
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_model import fit_topics
from tests.factories.planted_topics import make_corpus

if TYPE_CHECKING:
    from ml.embedding.minilm_embedder import MiniLMEmbedder

POLITE = {
    "en": [
        "ok",
        "Thanks!",
        "yes, that is correct",
        "No, that will be all. Thank you.",
        "hi there",
        "cool, that sounds great then",
        "No, that is it. Thank you for all of your help.",
        "okkk byee",
    ],
    "misspelt": ["thaanks", "no thabks", "awessome", "Good mroning", "yes pleease", "helllo"],
    "de": ["Ja, das passt", "Danke, das ist alles", "Nein danke", "Guten Tag", "Alles klar, super", "Tschüss"],
    "fr": ["Oui, c'est parfait", "Merci, c'est tout", "Non merci", "Bonjour", "D'accord, super", "Au revoir"],
    "es": ["Sí, está bien", "Gracias, eso es todo", "No, gracias", "Buenos días", "Vale, perfecto", "Hasta luego"],
    "hi": ["हाँ, ठीक है", "धन्यवाद, बस इतना ही", "नहीं, धन्यवाद", "नमस्ते", "अच्छा, बढ़िया", "अलविदा"],
    "th": ["ใช่ครับ ตกลง", "ขอบคุณครับ แค่นี้", "ไม่ครับ ขอบคุณ", "สวัสดีค่ะ", "โอเค ดีมาก", "ลาก่อนครับ"],
}
MEANT = {
    "en": [
        "yes, book the table",
        "Okay, that is good. Book it.",
        "Please do it for one in the afternoon.",
        "thanks, and how do I get a refund?",
        "login",
        "cancel",
        "pricing",
        "I need help",
        "rice",
        "good food",
        "cold",
    ],
    "de": ["Ja, reserviere den Tisch", "Danke, und wie bekomme ich mein Geld zurück?", "Hallo, meine Karte ist weg"],
    "fr": ["Oui, réservez la table", "Merci, et comment être remboursé ?", "Bonjour, ma carte est perdue"],
    "es": ["Sí, reserva la mesa", "Gracias, ¿y cómo obtengo un reembolso?", "Hola, perdí mi tarjeta"],
    "hi": ["हाँ, टेबल बुक करो", "धन्यवाद, और रिफंड कैसे मिलेगा?", "नमस्ते, मेरा कार्ड खो गया"],
    "th": ["ใช่ จองโต๊ะเลย", "ขอบคุณ แล้วจะขอเงินคืนอย่างไร", "สวัสดี บัตรหาย"],
}


@pytest.fixture(scope="session")
def seeds(local_embedder: MiniLMEmbedder) -> CourtesyClassifier:
    return CourtesyClassifier(local_embedder)


@pytest.mark.parametrize("language", POLITE)
def test_find_courtesy_alone_is_found_in_each_language(
    seeds: CourtesyClassifier, local_embedder: MiniLMEmbedder, language: str
):
    found = seeds.find(POLITE[language], local_embedder.embed(POLITE[language]))
    assert found.tolist() == [True] * len(POLITE[language])


@pytest.mark.parametrize("language", MEANT)
def test_find_message_that_names_a_thing_is_no_courtesy(
    seeds: CourtesyClassifier, local_embedder: MiniLMEmbedder, language: str
):
    found = seeds.find(MEANT[language], local_embedder.embed(MEANT[language]))
    assert found.tolist() == [False] * len(MEANT[language])


def test_find_phrases_that_someone_added_are_courtesy(seeds: CourtesyClassifier, local_embedder: MiniLMEmbedder):
    texts = ["grüezi mitenand"]
    vectors = local_embedder.embed(texts)
    assert not seeds.find(texts, vectors)[0]
    assert CourtesyClassifier(local_embedder, ["Grüezi mitenand"]).find(texts, vectors)[0]


def test_find_nothing_gives_nothing(seeds: CourtesyClassifier):
    assert seeds.find([], np.empty((0, 384), dtype=np.float32)).shape == (0,)
    assert seeds.margins(np.empty((0, 384), dtype=np.float32)).shape == (0,)


def test_fit_topics_short_requests_said_often_keep_a_topic_and_courtesy_founds_none(
    seeds: CourtesyClassifier, local_embedder: MiniLMEmbedder
):
    long = [
        f"Since I moved to {place} last {month} the invoice that reaches me by mail shows the address of my former flat"
        for place in ("Rome", "Oslo", "Bern", "Lima", "Kyiv", "Riga", "Bonn", "Nice", "York", "Bath")
        for month in ("May", "June", "July", "spring", "autumn", "winter", "year", "week")
    ]
    requests = [
        "login",
        "log in",
        "cannot log in",
        "cancel",
        "cancel subscription",
        "cancel my plan",
        "pricing",
        "prices",
        "Spanish",
        "English",
        "French",
        "German",
    ]
    polite = ["ok", "thanks", "thank you", "hi", "great", "yes", "ok thanks", "no thanks"]
    texts = [*long, *requests, *polite]
    n_messages = [*[1] * len(long), *[30] * len(requests), *[20] * len(polite)]
    model = fit_topics(make_corpus(texts, local_embedder.embed(texts), n_messages), {}, seeds=seeds)
    statuses = dict(zip(texts, model.statuses, strict=True))
    reasons = dict(zip(texts, model.reasons, strict=True))
    assert {statuses[text] for text in requests} == {"assigned"}
    assert {reasons[text] for text in polite} == {COURTESY}
    assert not {REPEATED, LIKE_REPEATED} & {reasons[text] for text in long}


def test_fit_topics_random_letters_are_noise_and_sentences_are_not(
    seeds: CourtesyClassifier, local_embedder: MiniLMEmbedder
):
    random = np.random.default_rng(5)
    noise = [
        " ".join(
            "".join(random.choice(list("bcdfghklmnprstvwxz"), size=size)) for size in random.integers(2, 9, size=7)
        )
        for _ in range(80)
    ]
    corpus = make_corpus(noise, local_embedder.embed(noise))
    assert fit_topics(corpus, {}, seeds=seeds).statuses.count("noise") >= 78
    asked = [
        f"how do I {what} my {thing}"
        for what in ("pay", "find", "share")
        for thing in ("bill", "map", "car", "dog", "pet", "bed", "tax")
    ]
    assert not seeds.find_unstructured(local_embedder.embed(asked)).any()
