"""A name that people typed, held against those there are: the right one passes, a typo gets the nearest."""

from __future__ import annotations

import pytest

from projects.errors import UnknownNameError
from projects.name_suggestions import MAX_SHOWN, check_known, check_known_topic

FIELDS = ["prompt", "client.platform", "latency_ms", "plan"]
LABELS = {"top_1": "Refund of an order", "top_2": "Change a booking"}


@pytest.mark.parametrize("field", FIELDS)
def test_check_known_name_that_is_there_passes(field: str):
    check_known("field", field, FIELDS, "project 'shop'")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("prmpt", "'prompt'"), ("PROMPT", "'prompt'"), ("platform", "'client.platform'"), ("latency", "'latency_ms'")],
)
def test_check_known_typo_names_what_comes_near(typed: str, meant: str):
    with pytest.raises(UnknownNameError) as refusal:
        check_known("field", typed, FIELDS, "project 'shop'")
    assert str(refusal.value) == f"No field {typed!r} was seen in project 'shop'; did you mean {meant}?"


def test_check_known_two_near_names_are_both_said():
    with pytest.raises(UnknownNameError, match=r"did you mean 'plan_b' or 'plan_a'\?|'plan_a' or 'plan_b'\?"):
        check_known("field", "plan_c", ["plan_a", "plan_b"], "project 'shop'")


def test_check_known_far_name_lists_what_there_is_but_not_all_of_it():
    known = [f"metric{number}" for number in range(20)]
    with pytest.raises(UnknownNameError, match=rf"known are 'metric0', .* and {20 - MAX_SHOWN} more\."):
        check_known("field", "zzz", known, "project 'shop'")
    with pytest.raises(UnknownNameError, match="none is known yet"):
        check_known("field", "zzz", [], "project 'shop'")


def test_check_known_control_characters_of_known_names_are_shown_escaped():
    with pytest.raises(UnknownNameError) as refusal:
        check_known("field", "far away", ["\x1b[31mred"], "project 'shop'")
    assert "\x1b" not in str(refusal.value)


def test_check_known_topic_by_its_label_names_the_id():
    check_known_topic("top_1", LABELS, "project 'shop'")
    with pytest.raises(UnknownNameError) as refusal:
        check_known_topic("refund of an order", LABELS, "project 'shop'")
    assert str(refusal.value).endswith("did you mean top_1 ('Refund of an order')?")
