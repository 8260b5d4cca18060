"""Templates expand to the expected sentences."""

from __future__ import annotations

import random

import pytest

from demo.errors import GrammarError
from demo.grammar import Grammar
from demo.phrasebook import load_phrasebook


def said(template: str, slots: dict[str, list[str]] | None = None) -> set[str]:
    """Everything that 200 tries of the template say."""
    grammar, rng = Grammar(slots or {}), random.Random(0)
    return {grammar.say(template, rng) for _ in range(200)}


def test_say_alternatives_says_each_of_them():
    assert said("(a|b) and (c|d)") == {"a and c", "a and d", "b and c", "b and d"}


def test_say_empty_alternative_leaves_no_double_space():
    assert said("ask (me|) now") == {"ask me now", "ask now"}


def test_say_nested_alternatives_and_slots_are_followed():
    assert said("(a (b|<x>)|e)", {"x": ["c", "(d|)"]}) == {"a b", "a c", "a d", "a", "e"}


def test_say_backslash_makes_brackets_ordinary():
    assert said(r"=SUM\(A1:A9\)") == {"=SUM(A1:A9)"}


def test_say_space_before_a_question_mark_goes_away():
    assert said("does it work (offline|)?") == {"does it work offline?", "does it work?"}


@pytest.mark.parametrize("template", ["(a|b", "a)b", "<name", "a|b", "a\\"])
def test_say_malformed_template_is_refused_with_the_template(template: str):
    with pytest.raises(GrammarError) as refused:
        Grammar({}).say(template, random.Random(0))
    assert repr(template) in str(refused.value)


def test_say_unknown_slot_is_refused_with_the_known_ones():
    with pytest.raises(GrammarError, match="'colour'; allowed are shape, size"):
        Grammar({"size": ["big"], "shape": ["round"]}).say("a <colour> thing", random.Random(0))


def test_load_phrasebook_every_template_can_be_said():
    book, rng = load_phrasebook(), random.Random(0)
    talk = book.smalltalk
    templates = [*talk.filler, *talk.off_topic, *talk.openers, *talk.contexts, *talk.closers]
    for intent in book.intents.values():
        templates += [*intent.asks, *intent.short, *intent.details]
    for template in templates:
        for _ in range(20):
            sentence = book.grammar.say(template, rng)
            assert sentence == " ".join(sentence.split())
            assert sentence
