"""Names made of messages: true of their topics, of nobody alone, and different from one another."""

# Languages have punctuation of their own.

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from contracts.settings import load_settings
from ml.errors import EmbeddingFailedError
from ml.naming.labellers import LlmLabeller, MessageLabeller, TopicLabel, TopicTexts, make_labeller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.embedding.minilm_embedder import MiniLMEmbedder

PASSWORD = [
    "Hi, I forgot my password",
    "i forgot my password",
    "I forgot my password again",
    "I have forgotten the password",
    "Can you reset my password?",
    "please reset my password",
    "reset my password",
]
REFUND = [
    "where is my refund",
    "Where is my refund?",
    "where is my refund please",
    "my refund has not come",
    "I want a refund",
    "get my refund",
]
WEATHER = [
    "what is the weather today",
    "What is the weather like today?",
    "what's the weather tomorrow",
    "weather forecast please",
    "what is the weather",
]

TRAIN = [f"{start} train to Rome" for start in ("the", "a", "next", "first")]


def test_label_topics_are_named_by_short_typical_messages(local_embedder: MiniLMEmbedder):
    labels = _label(local_embedder, {"p": PASSWORD, "r": REFUND, "w": WEATHER})
    assert labels["p"].label in {"I forgot my password", "Reset my password", "Can you reset my password?"}
    assert labels["r"].label.rstrip("?") == "Where is my refund"
    assert labels["w"].label.startswith("What")
    assert {label.source for label in labels.values()} == {"messages"}
    assert all(label.coverage is not None and label.coverage >= 0.6 for label in labels.values())
    assert not any(label.is_mixed for label in labels.values())
    assert "password" in labels["p"].keywords


def test_label_function_words_alone_are_no_name(local_embedder: MiniLMEmbedder):
    fees = [
        "A fee of five pounds left my account. Why?",
        "My bank took money twice. Why?",
        "This payment costs extra. Why?",
        "Somebody charged a commission. Why?",
        "The statement shows a debit. Why?",
    ]
    assert "Why" not in _label(local_embedder, {"f": fees, "p": PASSWORD})["f"].label


def test_label_words_that_mean_little_are_a_name_if_there_is_no_other():
    texts = ["Go on", "go on", "Go on!", "please go on", "go on then", "wrng", "tere", "sdk"]
    users = [[f"u{number}"] for number in range(len(texts))]
    topics = [replace(_counted("g", texts), users=users), _counted("w", WEATHER)]
    assert MessageLabeller().label(topics)[0].label == "Go on"


def test_label_topic_of_several_things_is_called_mixed_and_says_how_much_its_name_holds(local_embedder: MiniLMEmbedder):
    mixture = [
        *PASSWORD[:3],
        *REFUND[:3],
        *TRAIN,
        *["I broke my leg", "I broke the leg", "my leg is broken", "leg broken"],
    ]
    labels = _label(local_embedder, {"m": mixture, "w": WEATHER, "s": [f"play {what} song" for what in "abcde"]})
    assert labels["m"].is_mixed
    assert not labels["m"].label.startswith("Mixed")
    assert labels["m"].coverage is not None
    assert labels["m"].coverage < 0.6
    assert labels["m"].description.startswith("Several things, such as \u201c")
    assert len(labels["m"].label) <= 48


def test_label_what_fewer_than_three_users_said_names_no_topic(local_embedder: MiniLMEmbedder):
    texts = [*["My landlord Zebulon kicked me out"] * 1, *[f"{word} my landlord" for word in ("sue", "call", "find")]]
    texts += [f"{start} landlord keeps the deposit" for start in ("my", "our", "the", "your")]
    users = [["u0"], ["u1"], ["u1"], ["u1"], ["u2"], ["u3"], ["u4"], ["u5"]]
    topic = _topic(local_embedder, "l", texts, users=users)
    other = _topic(local_embedder, "w", WEATHER)
    label = MessageLabeller(local_embedder).label([topic, other])[0]
    shown = " ".join([label.label, label.description, *label.keywords]).casefold()
    assert "zebulon" not in shown
    assert "landlord keeps the deposit" in label.label


def test_label_text_that_one_user_said_a_thousand_times_names_no_topic(local_embedder: MiniLMEmbedder):
    topic = _topic(local_embedder, "p", [*PASSWORD, "xyzzy plugh frotz"], users=[[f"u{n}"] for n in range(8)])
    topic.n_messages[-1] = 1_000
    label = MessageLabeller(local_embedder).label([topic, _topic(local_embedder, "w", WEATHER)])[0]
    assert "xyzzy" not in " ".join([label.label, label.description, *label.keywords]).casefold()


def test_label_of_messages_that_differ_is_a_phrase_that_users_share_and_no_word_of_one_of_them():
    texts = [
        "a window seat was booked on my flight to Rome, now it is gone",
        "who moved my group, I want a window seat beside zebulon",
        "row nine has no window seat left, says the crew",
    ]
    alone = ["zebulon kavi", "4559 mercer lane", "ring frotz"]
    label, other = MessageLabeller().label([_counted("s", texts), _counted("o", alone)])
    assert label.label == "Window seat"
    shown = " ".join([label.label, *label.keywords, other.label, *other.keywords]).casefold()
    assert not {"zebulon", "kavi", "mercer", "frotz"} & set(shown.split())


def test_label_of_comments_without_a_phrase_in_common_is_a_list_of_words_and_the_description_calls_them_comments():
    texts = [
        "let me speak with some person",
        "a bot cannot help here",
        "is there a person behind this bot",
        "person now or I leave",
        "stupid bot again",
        "speak to support",
        "nobody I can speak with",
    ]
    counted = replace(_counted("s", texts), noun="comments")
    label, other = MessageLabeller().label([counted, _counted("w", WEATHER)])
    assert set(label.label.casefold().split(" \u00b7 ")) == {"person", "bot", "speak"}
    assert (
        "comments" in MessageLabeller().label([replace(counted, all_texts=["\U0001f642"] * 7)])[0].description.lower()
    )
    assert "comments" not in other.description


def test_label_of_thai_texts_written_with_blanks_between_words_gives_a_name():
    topic = _counted(
        "a", ["ฉัน อยาก เล่น เพลง นี้ อีก ครั้ง", "เล่น แทร็ก 8 อีก ครั้ง", "เรา ฟัง เพลง นั้น อีก ครั้ง ได้ ไหม?", "เล่น เพลง 5 ซ้ำ"]
    )
    (label,) = MessageLabeller().label([topic])
    assert "เพลง" in label.label


def test_label_masks_of_data_are_neither_names_nor_keywords():
    texts = [f"{start} \u2039email\u203a" for start in ("mail me", "please write", "reach us at", "my address", "use")]
    texts += ["\u2039order-no\u203a", "send \u2039order-no\u203a", "call ada@example.com", "write to ada@example.org"]
    topics = [_counted("m", texts), _counted("w", WEATHER)]
    label = MessageLabeller().label(topics)[0]
    assert not {"email", "order-no", "order", "no"} & set(" ".join([label.label, *label.keywords]).casefold().split())


def test_label_of_few_users_may_quote_what_all_of_them_said(local_embedder: MiniLMEmbedder):
    topic = _topic(local_embedder, "p", ["Where is my parcel?"], users=[["me"]])
    assert MessageLabeller(local_embedder).label([topic])[0].label == "Where is my parcel?"


@pytest.mark.parametrize("detail", ["Rosalind", "mercer street 12", "4711", "jane@example.com"])
def test_label_details_of_messages_are_no_name(local_embedder: MiniLMEmbedder, detail: str):
    texts = [
        f"send it to {detail} today",
        *[f"send the parcel to {who}" for who in ("Rosa", "Bob", "Cleo", "me", "us")],
    ]
    texts += ["send the parcel today", "send my parcel", "please send the parcel", "send the parcel to my home"]
    label = _label(local_embedder, {"s": texts, "w": WEATHER})["s"].label
    assert detail.casefold() not in label.casefold()
    assert not any(character.isdigit() for character in label)


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (["मेरा पासवर्ड भूल गया", "पासवर्ड भूल गया हूँ", "मैं पासवर्ड भूल गया", "पासवर्ड कैसे बदलें"], "पासवर्ड"),
        (["ฉันลืมรหัสผ่าน", "ลืมรหัสผ่านครับ", "ลืมรหัสผ่านค่ะ", "ลืมรหัสผ่าน"], "ลืมรหัสผ่าน"),
        (["我忘记了密码", "忘记了密码", "忘记密码", "密码忘记了怎么办"], "密码"),
        (["J'ai oublié mon mot de passe", "j'ai oublié le mot de passe", "mot de passe oublié"], "mot de passe"),
    ],
)
def test_label_any_language_is_named_by_whole_words(texts: list[str], word: str):
    topics = [_counted("p", texts), _counted("w", WEATHER)]
    assert word in MessageLabeller().label(topics)[0].label.casefold()


@pytest.mark.parametrize(
    ("texts", "keywords"),
    [
        (["Ich habe mein Passwort vergessen", "mein Passwort war weg", "wie war mein Passwort"], {"mein passwort"}),
        (["मेरे खाते का पासवर्ड भूल गया", "पासवर्ड भूल गया है", "में पासवर्ड भूल गया हूँ"], {"पासवर्ड", "पासवर्ड भूल", "भूल"}),
        (["J'ai oublié mon code", "le code est faux", "quel est le code pour la carte"], {"code"}),
        (["show me the time", "set the time", "what time is it"], {"time"}),
    ],
)
def test_label_function_words_of_any_language_are_no_keywords(texts: list[str], keywords: set[str]):
    (label, _) = MessageLabeller().label([_counted("p", texts), _counted("w", WEATHER)])
    found = {keyword.casefold() for keyword in label.keywords}
    assert found & keywords
    assert not {"ich", "habe", "war", "wie", "गया", "है", "का", "में", "le", "est", "la", "the"} & found


def test_label_equal_topics_get_different_names(local_embedder: MiniLMEmbedder):
    labels = _label(local_embedder, {str(number): PASSWORD for number in range(12)})
    assert len({label.label.casefold() for label in labels.values()}) == 12


def test_label_taken_names_are_avoided_whatever_their_case(local_embedder: MiniLMEmbedder):
    topics = [_topic(local_embedder, "p", PASSWORD), _topic(local_embedder, "w", WEATHER)]
    free = MessageLabeller(local_embedder).label(topics)[0].label
    other = MessageLabeller(local_embedder).label(topics, taken=[free.upper()])[0].label
    assert other.casefold() != free.casefold()
    assert "password" in other.casefold()


def test_label_siblings_are_compared_with_and_not_named(local_embedder: MiniLMEmbedder):
    topic, sibling = _topic(local_embedder, "p", PASSWORD), _topic(local_embedder, "r", REFUND)
    labels = MessageLabeller(local_embedder).label([topic], ["Where is my refund?"], [sibling])
    assert [label.topic_id for label in labels] == ["p"]
    assert "my" not in labels[0].keywords


@pytest.mark.parametrize(
    "texts",
    [[""], ["   "], ["?!"], ["2"], ["the"], ["ok"], ["🙂"], ["a" * 10_000], ["\x00\n"], ["I do it"], []],
)
def test_label_texts_without_a_name_still_get_one(texts: list[str]):
    labels = MessageLabeller().label([_counted("a", texts), _counted("b", texts)], taken=["Topic"])
    assert len({label.label for label in labels}) == 2
    assert all(label.label and label.description and len(label.label) <= 48 for label in labels)


def test_label_area_is_named_by_the_words_its_topics_names_share():
    area = TopicTexts(
        "area_1", [], [*PASSWORD, *REFUND], [1] * 13, parts=("I forgot my password", "Where is my refund?")
    )
    others = [
        TopicTexts("area_2", [], WEATHER, [1] * 5, parts=("What is the weather", "Weather today")),
        TopicTexts("area_3", [], [f"my flight {what}" for what in "abc"], [1] * 3, parts=("My flight", "Flight")),
        TopicTexts("area_4", [], [f"my I hotel {what}" for what in "abc"], [1] * 3, parts=("My hotel", "Hotel")),
    ]
    labels = MessageLabeller().label([area, *others], ["I forgot my password", "Where is my refund?"])
    assert set(labels[0].label.casefold().split(" · ")) == {"password", "refund"}
    assert labels[0].description == "2 topics: I forgot my password and Where is my refund?."


def test_label_area_whose_words_few_texts_hold_is_named_by_its_largest_topic():
    subjects = ("my phone rings", "a cat purrs", "this train leaves", "snow falls", "bread bakes", "paint dries")
    subjects += ("glass breaks", "wool itches", "clay hardens", "rivers flood", "metal rusts", "moss grows", "bees hum")
    parts = tuple(subject.capitalize() for subject in subjects)
    area = TopicTexts("area_1", [], [*subjects], [1] * len(subjects), parts=parts)
    (label,) = MessageLabeller().label([area], siblings=[TopicTexts("area_2", [], WEATHER, [1] * 5, parts=("Sun",))])
    assert label.label == "My phone rings and 12 more"


def test_label_area_whose_words_few_messages_hold_is_named_by_its_largest_topic():
    parts = ("Where is my parcel?", "My refund", "Refund a card")
    texts = ["where is my parcel", *REFUND]
    area = TopicTexts("area_1", [], texts, [400, *([1] * len(REFUND))], parts=parts)
    sibling = TopicTexts("area_2", [], [*WEATHER, "parcel my is where"], [1] * 6, parts=("Sun",))
    (label,) = MessageLabeller().label([area], siblings=[sibling])
    assert label.label == "Where is my parcel? and 2 more"


@pytest.mark.parametrize("texts", [[""], ["?!"], ["2"], ["ok"], []])
def test_label_area_without_words_still_gets_a_name(texts: list[str]):
    areas = [TopicTexts(f"area_{n}", texts, texts, [1] * len(texts), parts=("One", "Two")) for n in range(3)]
    assert len({label.label for label in MessageLabeller().label(areas)}) == 3


def test_label_embedder_that_fails_leaves_counting_and_logs_no_text(
    local_embedder: MiniLMEmbedder, caplog: pytest.LogCaptureFixture
):
    topics = [_topic(local_embedder, "p", PASSWORD), _topic(local_embedder, "w", WEATHER)]
    assert MessageLabeller(BrokenEmbedder()).label(topics) == MessageLabeller().label(topics)
    assert "without the embedder" in caplog.text
    assert "password" not in caplog.text


class BrokenEmbedder:
    model_id = "broken"
    dimensions = 384

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise EmbeddingFailedError(f"The embeddings endpoint gave no vectors for {len(texts)} texts.")

    def count_long(self, texts: Sequence[str]) -> int:
        return 0 * len(texts)


def test_label_no_topics_gives_no_labels():
    assert MessageLabeller().label([]) == []


def test_make_labeller_without_model_uses_messages_and_with_one_asks_it():
    assert isinstance(make_labeller(load_settings(llm_base_url="", llm_api_key="")), MessageLabeller)
    assert isinstance(make_labeller(load_settings(llm_base_url="http://127.0.0.1:9/v1")), LlmLabeller)


def _label(embedder: MiniLMEmbedder, topics: dict[str, list[str]]) -> dict[str, TopicLabel]:
    shown = [_topic(embedder, topic_id, texts) for topic_id, texts in topics.items()]
    return {label.topic_id: label for label in MessageLabeller(embedder).label(shown)}


def _topic(
    embedder: MiniLMEmbedder, topic_id: str, texts: list[str], users: list[list[str]] | None = None
) -> TopicTexts:
    vectors = embedder.embed(texts)
    return TopicTexts(topic_id, texts, texts, [1] * len(texts), vectors.mean(axis=0), vectors=vectors, users=users)


def _counted(topic_id: str, texts: list[str]) -> TopicTexts:
    return TopicTexts(topic_id, texts, texts, [1] * len(texts), np.zeros(4, dtype=np.float32))


def test_label_has_no_capital_that_only_begins_sentences_or_follows_a_greeting(local_embedder: MiniLMEmbedder):
    begun = [
        "Hi, How long does a refund take?",
        "Hello! How long does a refund take?",
        "Hi, How long does a refund take",
    ]
    asked = ["Please tell me for how long a refund lasts", "for how long does a refund last", "for how long a refund"]
    texts = {"r": [*begun, *begun, *asked, "For how long does a refund take?"], "w": WEATHER}
    assert "How" not in _label(local_embedder, texts)["r"].label[1:]
