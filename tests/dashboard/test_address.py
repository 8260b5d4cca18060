"""The address bar decides what a page shows, and takes any nonsense."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard.data.address import MAX_CHOSEN_VALUES, Address


def test_address_with_choices_survives_being_written_and_read():
    address = Address(
        "/journeys",
        project="prj_0123456789abcdef",
        depth=6,
        breadth=12,
        page=3,
        listed=50,
        field="a b&c=d",
        paths="all",
        moves="all",
        least=5,
        from_topic="top_1",
        top=20,
        goal="a & b",
        reached="no",
        by="plan",
        a="pro",
        b="=x",
        visited="top_2",
        rated="outcomes",
        comments="lowest",
        keep="events.30",
        period="dates",
        first=date(2026, 4, 7),
        last=date(2026, 5, 1),
        compare="before",
        event="purchase & co",
        values=(("a.b", "x=y"), ("plan", "pro"), ("plan", "team")),
    )
    path, _, search = address.href.partition("?")
    assert Address.parse(path, f"?{search}") == address


def test_address_without_choices_has_no_question_mark():
    assert Address.parse("/topics", "").href == "/topics"


@pytest.mark.parametrize(
    "search",
    [
        "?depth=99&breadth=-1&page=0",
        "?depth=zwei&page=",
        "?page=" + "9" * 5000,
        "?depth=٤",
        "?%%%",
        "?=&&=",
        "?page=1e3",
        "?paths=&moves=<b>",
    ],
)
def test_address_with_nonsense_falls_back_to_what_is_allowed(search: str):
    address = Address.parse("/journeys", search)
    assert (address.depth, address.breadth, address.page) == (3, 8, 1)
    assert (address.paths, address.moves) == ("moving", "topics")


def test_address_of_another_page_keeps_project_and_filters_only():
    address = Address("/journeys", project="prj_0123456789abcdef", depth=6, event="buy", values=(("plan", "pro"),))
    there = address.to("topics", "top 1/2").href
    assert there == "/topics/top%201%2F2?project=prj_0123456789abcdef&event=buy&is.plan=pro"


@pytest.mark.parametrize(
    "search", ["?from=2026-02-30", "?from=x&to=", "?period=forever", "?event=", "?event=" + "x" * 999]
)
def test_address_with_nonsense_filters_has_none(search: str):
    address = Address.parse("/", search)
    assert (address.period, address.first, address.last, address.event, address.values) == ("all", None, None, None, ())


def test_address_with_very_many_values_keeps_some():
    search = "?" + "&".join(f"is.field{number}=x" for number in range(500))
    assert len(Address.parse("/", search).values) == MAX_CHOSEN_VALUES


def test_address_parts_are_decoded_after_they_are_split():
    assert Address.parse("/topics/top%201%2F2/", None).parts == ("topics", "top 1/2")
