"""Keyphrase labels: true of their topics, readable, and different from one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from contracts.settings import load_settings
from ml.errors import EmbeddingFailedError
from ml.function_words import FUNCTION_WORDS
from ml.label_candidates import find_candidates
from ml.labels import KeyphraseLabeller, LlmLabeller, TopicTexts, make_labeller
from ml.phrases import phrases_of
from ml.stems import stem
from ml.topic_words import count_words, mean_coverage
from ml.word_roles import count_roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.local_embedder import LocalEmbedder

PASSWORD = ["I forgot my password", "Can you reset my password?", "please reset my password", "password reset fails"]
REFUND = ["I want a refund for my order", "where is my refund", "refund for the order please", "get my refund"]
WEATHER = ["what is the weather in Paris", "weather forecast for tomorrow", "the weather forecast please"]


def test_label_siblings_names_what_each_is_about():
    labels = KeyphraseLabeller().label([_topic("p", PASSWORD), _topic("r", REFUND), _topic("w", WEATHER)])
    assert [label.topic_id for label in labels] == ["p", "r", "w"]
    assert [label.label for label in labels] == ["Reset password", "Refund for order", "Weather forecast"]
    assert {label.source for label in labels} == {"keyphrases"}
    assert labels[0].keywords[:2] == ["reset my password", "forgot my password"]
    assert labels[0].description == (
        "Messages such as \u201cI forgot my password\u201d and \u201cCan you reset my password\u201d; "
        "8 in 10 mention reset my password, others forgot my password or password fails."
    )


def test_label_word_that_all_topics_share_sets_none_apart():
    topics = [_topic(str(number), [f"my account {thing}" for thing in things]) for number, things in enumerate(THINGS)]
    labels = KeyphraseLabeller().label(topics)
    assert [label.label for label in labels] == ["Account balance", "Account statement", "Account limit"]
    assert all("account" not in label.keywords for label in labels)


THINGS = [
    ["balance is low", "balance is wrong", "balance check"],
    ["statement for May", "statement download", "statement as a file"],
    ["limit raise", "limit is too small", "limit increase"],
]


def test_label_never_begins_or_ends_with_a_function_word():
    for label in KeyphraseLabeller().label([_topic("p", PASSWORD), _topic("r", REFUND), _topic("w", WEATHER)]):
        first, *_, last = label.label.lower().split()
        assert not {first, last} & FUNCTION_WORDS


def test_label_without_a_typical_phrase_joins_the_strongest_words():
    rest = ["march", "april", "fonts", "colours", "missing", "empty", "late", "blue", "green", "table", "chair"]
    texts = [f"{word} {other}" for word in ("invoice", "receipt") for other in rest]
    assert KeyphraseLabeller().label([_topic("i", texts)])[0].label == "Invoice & receipt"


def test_label_equal_topics_get_different_names():
    labels = KeyphraseLabeller().label([_topic(str(number), PASSWORD) for number in range(12)])
    assert len({label.label.casefold() for label in labels}) == 12


def test_label_taken_names_are_avoided_whatever_their_case():
    free = KeyphraseLabeller().label([_topic("p", PASSWORD)])[0].label
    other = KeyphraseLabeller().label([_topic("p", PASSWORD)], taken=[free.upper()])[0].label
    assert other.casefold() != free.casefold()
    assert "password" in other.lower()


def test_label_text_said_a_thousand_times_does_not_decide_alone():
    topic = TopicTexts("p", PASSWORD, [*PASSWORD * 3, "xyzzy plugh"], [*[1] * 12, 1_000])
    assert "password" in KeyphraseLabeller().label([topic, _topic("r", REFUND)])[0].label.lower()


@pytest.mark.parametrize(
    "texts",
    [[""], ["   "], ["?!"], ["2"], ["the"], ["ok"], ["🙂"], ["a" * 10_000], ["\x00\n"], ["I do it"], []],
)
def test_label_texts_without_words_still_get_a_name(texts: list[str]):
    labels = KeyphraseLabeller().label([_topic("a", texts), _topic("b", texts)], taken=["Topic"])
    assert len({label.label for label in labels}) == 2
    assert all(label.label and label.description for label in labels)


def test_label_scripts_without_spaces_are_named_by_their_own_words():
    orders = ["注文をキャンセルしたい", "キャンセルの方法は", "キャンセルできますか"]
    delivery = ["配送状況を教えて", "配送状況の確認", "いつ配送されますか"]
    labels = KeyphraseLabeller().label([_topic("o", orders), _topic("d", delivery)])
    assert [label.label for label in labels] == ["キャンセル", "配送状況"]


LOGIN = [
    "I cannot log in",
    "cannot log in since Monday",
    "why can I cannot log in",
    "still cannot log in",
    "cannot log in",
]
BROKEN = ["my card is not working", "card not working abroad", "the card is not working", "card not working"]


def test_label_negation_is_never_dropped():
    labels = KeyphraseLabeller().label([_topic("l", LOGIN), _topic("b", BROKEN)])
    assert [label.label for label in labels] == ["Cannot log in", "Card not working"]


def test_label_words_are_written_as_people_write_them():
    texts = [f"where is the API token of {thing}" for thing in ("my app", "the shop", "our team", "this page")]
    labels = KeyphraseLabeller().label([_topic("a", texts), _topic("w", WEATHER)])
    assert labels[0].label == "API token"


def test_label_what_is_said_of_a_thing_is_named_without_is():
    texts = [f"{start} transfer is pending" for start in ("my", "why is it that the", "sorry, this", "still the")]
    labels = KeyphraseLabeller().label([_topic("t", texts), _topic("w", WEATHER)])
    assert labels[0].label == "Transfer pending"


def test_label_typo_never_wins_over_the_usual_spelling():
    texts = [
        "switch from free to pro",
        "switch from fre to pro",
        "is free for all",
        "the free plan",
        "go pro",
        "pro plan",
    ]
    labels = KeyphraseLabeller().label([_topic("s", texts), _topic("w", WEATHER)])
    assert "fre " not in labels[0].label.lower()


@pytest.mark.parametrize(
    "text", ["you're not helping transfer me", "YOU'RE NOT HELPING transfer me", "don't transfer me guys"]
)
def test_label_contraction_without_apostrophe_and_what_follows_a_denial_are_no_name(text: str):
    texts = [*[text.replace("'", "")] * 4, *["transfer me to a person"] * 3]
    label = KeyphraseLabeller().label([_topic("h", texts), _topic("w", WEATHER)])[0].label.lower()
    assert not {word.replace("'", "") for word in ("you're", "don't", "guys")} & set(label.split())
    assert "helping transfer" not in label


def test_label_between_names_both_sides():
    texts = [f"what is the difference between Team and Pro {rest}" for rest in ("now", "please", "exactly", "again")]
    label = KeyphraseLabeller().label([_topic("d", texts), _topic("w", WEATHER)])[0].label
    assert "between" not in label or "and" in label


def test_label_area_is_named_by_the_things_its_texts_are_about():
    area = TopicTexts("area_1", PASSWORD, [*PASSWORD, *REFUND], [1] * 8, parts=("Reset password", "Refund for order"))
    other = TopicTexts("area_2", WEATHER, WEATHER, [1] * 3, parts=("Weather forecast", "Weather today"))
    labels = KeyphraseLabeller().label([area, other], ["Reset password", "Refund for order"])
    assert set(labels[0].label.lower().split(" & ")) == {"password", "refund"}
    assert labels[0].description == "2 topics: Reset password and Refund for order."


def test_label_area_never_gets_the_name_of_a_topic():
    area = TopicTexts("area_2", WEATHER, WEATHER, [1] * 3, parts=("Weather", "Weather today"))
    other = TopicTexts("area_1", REFUND, REFUND, [1] * 4, parts=("Refund", "Order"))
    labels = KeyphraseLabeller().label([area, other], ["Weather", "weather forecast", "Refund"])
    assert {label.label.casefold() for label in labels}.isdisjoint({"weather", "weather forecast", "refund"})
    assert len({label.label.casefold() for label in labels}) == 2


@pytest.mark.parametrize("texts", [[""], ["?!"], ["2"], ["ok"], []])
def test_label_area_without_words_still_gets_a_name(texts: list[str]):
    areas = [TopicTexts(f"area_{n}", texts, texts, [1] * len(texts), parts=("One", "Two")) for n in range(3)]
    labels = KeyphraseLabeller().label(areas)
    assert len({label.label for label in labels}) == 3
    assert all(label.description == "2 topics: One and Two." for label in labels)


def test_label_name_of_the_product_and_names_of_few_are_left_out():
    topics = [
        _topic(str(number), [f"does Zyxo {what} for {who}" for who in ("Ann", "Bob", "Cleo", "Dora", "Egon", "me all")])
        for number, what in enumerate(["export pages", "translate letters", "plan meetings"])
    ]
    labels = KeyphraseLabeller().label(topics)
    assert [label.label for label in labels] == ["Export pages", "Translate letters", "Plan meetings"]


def test_label_wish_and_politeness_are_no_part_of_the_name():
    texts = [f"hello, I wish to please book a table {when}, thanks" for when in ("now", "at noon", "tonight", "again")]
    assert KeyphraseLabeller().label([_topic("t", texts), _topic("w", WEATHER)])[0].label == "Book table"


def test_label_phrase_stops_where_what_was_said_stops():
    texts = [f"the exchange rate {rest}" for rest in ("is wrong", "was odd", "of my card", "you gave me")]
    assert KeyphraseLabeller().label([_topic("x", texts), _topic("w", WEATHER)])[0].label == "Exchange rate"


VARIED = [
    "my parcel is not here yet",
    "when does my parcel come, blue box",
    "blue box: parcel arrives when",
    "parcel arrives late again",
    "I wait for my delivery, blue box",
]


def test_label_topic_of_many_wordings_is_named_by_the_things_they_are_about():
    frames = ("can I have the {} for {}", "where is the {} for {}", "I need a {} for {}", "the {} for {} please")
    places = [f"{chr(97 + number % 26)}{chr(98 + number // 26)}ton" for number in range(50)]
    texts = [
        frame.format("invoice" if number % 2 else "receipt", place)
        for number, place in enumerate(places)
        for frame in frames
    ]
    label = KeyphraseLabeller().label([_topic("b", texts), _topic("w", WEATHER)])[0].label
    assert set(label.lower().split()) == {"invoice", "&", "receipt"}


def test_label_what_a_thing_says_or_is_not_allowed_is_no_bare_verb_but_a_statement():
    texts = [
        "the beneficiary is not allowed",
        "why is my beneficiary not allowed",
        "not allowed to pay",
        "do they allow it",
        "I cannot allow it",
        "should I allow it",
        "can we not do it",
        "please not now",
        "to not pay",
    ]
    roles = count_roles(texts)
    words = count_words(_topic("b", texts))
    found = {
        phrase.surface: phrase.n_bare_verbs
        for phrase in find_candidates(_topic("b", texts), words, mean_coverage([words]), roles)
    }
    assert found["beneficiary not allowed"] == 0


def test_label_half_a_comparison_names_nothing():
    better = ["is the assistant better than a search", "why is your assistant better", "the assistant is better, why"]
    label = KeyphraseLabeller().label([_topic("b", better), _topic("w", WEATHER)])[0].label
    assert label != "Assistant better"


def test_word_roles_third_person_is_a_verb_with_an_s_that_never_was_a_thing():
    roles = count_roles(
        ["can you say it", "to say more", "please say so", "it says no", "the plans", "to plan", "we plan"]
    )
    assert roles.is_third_person("says")
    assert not roles.is_third_person("plans")


def test_label_with_embedder_prefers_what_the_texts_mean(local_embedder: LocalEmbedder):
    topics = [_centred(local_embedder, "v", VARIED), _centred(local_embedder, "w", WEATHER)]
    assert KeyphraseLabeller(local_embedder).label(topics)[0].label == "Parcel arrives"
    assert KeyphraseLabeller().label(topics)[0].label == "Blue box"


def test_label_embedder_that_fails_leaves_counting_and_logs_no_text(caplog: pytest.LogCaptureFixture):
    topics = [
        TopicTexts(topic.topic_id, topic.texts, topic.all_texts, topic.n_messages, np.ones(4, dtype=np.float32))
        for topic in (_topic("p", PASSWORD), _topic("w", WEATHER))
    ]
    assert KeyphraseLabeller(BrokenEmbedder()).label(topics) == KeyphraseLabeller().label(topics)
    assert "without the embedder" in caplog.text
    assert "password" not in caplog.text


class BrokenEmbedder:
    model_id = "broken"
    dimensions = 4

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise EmbeddingFailedError(f"The embeddings endpoint gave no vectors for {len(texts)} texts.")


def test_label_siblings_are_compared_with_and_not_named():
    topics = [_topic(str(number), [f"my account {thing}" for thing in things]) for number, things in enumerate(THINGS)]
    labels = KeyphraseLabeller().label(topics[:1], ["Account statement"], topics[1:])
    assert [label.topic_id for label in labels] == ["0"]
    assert "account" not in labels[0].keywords


@pytest.mark.parametrize("taken", ["reset-password", "Password reset", "reset the PASSWORD"])
def test_label_taken_name_in_another_wording_is_avoided(taken: str):
    label = KeyphraseLabeller().label([_topic("p", PASSWORD), _topic("w", WEATHER)], taken=[taken])[0].label
    assert label != "Reset password"


def test_label_no_topics_gives_no_labels():
    assert KeyphraseLabeller().label([]) == []


def test_label_is_the_same_each_time():
    topics = [_topic("p", PASSWORD), _topic("r", REFUND), _topic("w", WEATHER)]
    assert KeyphraseLabeller().label(topics) == KeyphraseLabeller().label(topics)


def test_phrases_of_do_not_cross_clauses():
    assert ("card", "weather") not in {phrase.key for phrase in phrases_of("Lost my card. Weather today?")}


@pytest.mark.parametrize(
    ("word", "same"),
    [("cards", "card"), ("charged", "charge"), ("topping", "top"), ("currencies", "currency"), ("calling", "call")],
)
def test_stem_forms_of_one_word_are_equal(word: str, same: str):
    assert stem(word) == stem(same)


@pytest.mark.parametrize("word", ["address", "bus", "red", "string", "status", "gas", "ios", "größe"])
def test_stem_word_that_only_looks_like_a_form_stays_itself(word: str):
    assert stem(word) in {word, word.removesuffix("e")}


def test_make_labeller_without_model_uses_keyphrases_and_with_one_asks_it():
    assert isinstance(make_labeller(load_settings(llm_base_url="", llm_api_key="")), KeyphraseLabeller)
    assert isinstance(make_labeller(load_settings(llm_base_url="http://127.0.0.1:9/v1")), LlmLabeller)


def _topic(topic_id: str, texts: list[str]) -> TopicTexts:
    return TopicTexts(topic_id, texts, texts, [1] * len(texts))


def _centred(embedder: LocalEmbedder, topic_id: str, texts: list[str]) -> TopicTexts:
    return TopicTexts(topic_id, texts, texts, [1] * len(texts), embedder.embed(texts).mean(axis=0))
