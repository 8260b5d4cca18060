"""What nearly all texts of a field share is left out; what people say alike by themselves is not."""

from __future__ import annotations

import random
import unicodedata

import pytest

from ml.messages.boilerplate import MIN_TEXTS, find_boilerplate

CHANCE = random.Random(4)
THINGS = ("my card", "the refund", "a transfer of last week", "the fee", "my password", "an invoice", "the app")
QUESTIONS = [
    f"{opening} {thing}{ending}"
    for thing in THINGS
    for opening in ("Where is", "I do not understand", "Please cancel", "Who can look after", "What happened to")
    for ending in ("", "?", " today, I have waited for two weeks")
]
NAMES = ("Anna Berger", "Tom Li", "Maria Lopez Garcia", "Olga Nowak", "Ivan Petrov")
DATES = ("Mon, 3 Nov 2025 10:21", "Tue, 14 Oct 2025 8:05", "Sat, 1 Nov 2025 23:59", "Wed, 24 Sep 2025 16:40")
INSTRUCTIONS = "You are the assistant of a shop. Answer from the policy only, and never promise a refund or a date."

AROUND = {
    "instructions": f"{INSTRUCTIONS}\n\nQuestion: {{said}}",
    "instructions behind": "{said} (Answer in one short sentence and in the language of the question.)",
    "both sides and a date": f"Today is {{date}}. {INSTRUCTIONS} The customer {{name}} writes: '{{said}}'\nBe brief.",
    "mail": "Hello {name},\n\n{said}\n\nBest regards,\n{other}\nSent from my phone",
    "mail of Windows": "Hello,\r\n\r\n{said}\r\n\r\nKind regards,\r\n{name}\r\n",
    "markup": "<s>[INST] <<SYS>> You are a helpful, respectful and honest assistant. <</SYS>> {said} [/INST]",
    "header": "From: {name}\nSent: {date}\nTicket: {number}\n\n{said}",
    "quotation": "{said}\n\nOn {date}, Support <help@shop.example> wrote:\n> Dear {name},\n> {answer}\n> Yours",
    "German mail": "Sehr geehrte Damen und Herren,\n\n{said}\n\nMit freundlichen Grüßen\n{name}",
    "Japanese": "あなたは店の親切な助手です。次の質問に短く正確に答えてください。\n質問：{said}",  # noqa: RUF001  # as Japanese writes it
    "Hindi": "आप एक दुकान के सहायक हैं। कृपया ग्राहक के प्रश्न का उत्तर एक छोटे वाक्य में दें।\nप्रश्न: {said}",
}


def surround(pattern: str, said: str) -> str:
    return pattern.format(
        said=said,
        name=CHANCE.choice(NAMES),
        other=CHANCE.choice(NAMES),
        date=CHANCE.choice(DATES),
        number=CHANCE.randrange(100_000),
        answer=CHANCE.choice(QUESTIONS),
    )


@pytest.mark.parametrize("pattern", AROUND.values(), ids=AROUND)
def test_strip_leaves_what_each_text_says_of_its_own(pattern: str):
    texts = [surround(pattern, said) for said in QUESTIONS]
    found = find_boilerplate(texts)
    assert [found.strip(text) for text in texts] == QUESTIONS
    assert found.strip(surround(pattern, "An order of tomorrow")) == "An order of tomorrow"


def test_strip_decomposed_letters_and_another_case_are_the_same_words():
    texts = [f"RÉPONDEZ brièvement, s'il vous plaît, à la question du client :\n{said}" for said in QUESTIONS]
    other = unicodedata.normalize("NFD", texts[0]).lower()
    assert find_boilerplate(texts).strip(other) == QUESTIONS[0].lower()


def test_strip_text_that_is_boilerplate_alone_is_empty_and_one_without_any_stays():
    texts = [f"{INSTRUCTIONS}\nQuestion: {said}" for said in QUESTIONS]
    found = find_boilerplate(texts)
    for said, left in (("", ""), ("  ?", ""), ("👍", "👍"), ("42", "42")):
        assert found.strip(f"{INSTRUCTIONS}\nQuestion: {said}") == left
    without_any = "  How do I get a refund? \n"
    assert found.strip(without_any) == without_any


@pytest.mark.parametrize("pattern", ["How do I {said}", "how do I {said}, please?", "Order {number} went to {name}"])
def test_find_boilerplate_what_people_say_alike_is_none(pattern: str):
    assert not find_boilerplate([surround(pattern, said) for said in QUESTIONS])


def test_find_boilerplate_a_sentence_with_details_alone_is_what_is_said():
    pattern = "Your order number {number} has been packed and was sent to the following address: {number}"
    assert not find_boilerplate([surround(pattern, "") for _ in range(100)])


def test_find_boilerplate_of_few_texts_or_of_a_part_of_them_is_none():
    texts = [f"{INSTRUCTIONS}\nQuestion: {said}" for said in QUESTIONS]
    assert not find_boilerplate(texts[: MIN_TEXTS - 1])
    assert not find_boilerplate([*texts[:40], *QUESTIONS[40:]])


def test_find_boilerplate_of_two_versions_of_a_prompt_is_both():
    first, second = (
        [f"{instructions}\n\nUser: {said}" for said in QUESTIONS]
        for instructions in (INSTRUCTIONS, "### Read the whole conversation, think step by step, and give one answer.")
    )
    for found in (find_boilerplate(first) | find_boilerplate(second), find_boilerplate([*first, *second, *QUESTIONS])):
        assert [found.strip(text) for text in (first[0], second[0])] == [QUESTIONS[0], QUESTIONS[0]]
