"""Numbers, times and labels as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dashboard import formatting
from dashboard.overview.messages_over_time import Band
from dashboard.overview.page import _busiest


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0%"), (1, "100%"), (0.0312, "3.1%"), (0.00004, "<0.1%"), (0.9999, "100.0%"), (None, formatting.NOTHING)],
)
def test_share_is_shown_as_percentage_and_never_as_nothing_when_there_is_some(value: float | None, shown: str):
    assert formatting.share(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (75, "1 min 15 s"),
        (3_600, "1 h 0 min"),
        (90_000, "1.0 days"),
        (None, formatting.NOTHING),
    ],
)
def test_duration_takes_the_unit_that_reads_best(seconds: float | None, shown: str):
    assert formatting.duration(seconds) == shown


def test_moment_names_day_month_and_time():
    assert formatting.moment(datetime(2026, 4, 5, 14, 3, tzinfo=UTC)) == "5 Apr 2026, 14:03"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([3, 1], ""), ([3, 3, 1], "; 1 other is as frequent"), ([2, 2, 2], "; 2 others are as frequent")],
)
def test_ties_says_how_many_others_are_as_frequent_as_the_first(numbers: list[int], words: str):
    assert formatting.ties(numbers) == words
    assert formatting.ties(numbers, "busy") == words.replace("frequent", "busy")


def test_busiest_day_of_the_overview_names_a_tie():
    days = [date(2026, 11, number) for number in (24, 25, 26)]
    bands = [Band("a", "A", "red", (3, 20, 0)), Band("b", "B", "blue", (19, 2, 1))]
    assert _busiest(bands, days) == "Busiest day: Tuesday, 24 November 2026, with 22 messages; 1 other is as busy"
    assert _busiest(bands[:1], days) == "Busiest day: Wednesday, 25 November 2026, with 20 messages"


def test_plural_of_one_and_of_many():
    assert [formatting.plural(1, "session"), formatting.plural(1_200, "session")] == ["1 session", "1,200 sessions"]


def test_shorten_long_text_ends_with_an_ellipsis_within_the_limit():
    assert formatting.shorten("word " * 3_000, 20) == "word word word word…"


def test_shorten_takes_out_marks_that_turn_what_follows_around():
    assert formatting.shorten("a\u202egnp.exe\u2069\n\tb", 50) == "agnp.exe b"


def test_chart_label_with_html_and_entities_is_shown_as_typed():
    assert formatting.chart_label("<b>x</b> &lt;", 50) == "\u2068&lt;b&gt;x&lt;/b&gt; &amp;lt;\u2069"


@pytest.mark.parametrize(
    ("first", "shown", "short"),
    [
        (date(2026, 4, 5), "5 April 2026", "5 Apr 2026"),
        (date(2026, 4, 1), "1 to 5 April 2026", "1 to 5 Apr 2026"),
        (date(2026, 3, 28), "28 March to 5 April 2026", "28 Mar to 5 Apr 2026"),
        (date(2025, 4, 5), "5 April 2025 to 5 April 2026", "5 Apr 2025 to 5 Apr 2026"),
    ],
)
def test_period_says_month_and_year_once_where_they_are_the_same(first: date, shown: str, short: str):
    assert formatting.period(first, date(2026, 4, 5)) == shown
    assert formatting.short_period(first, date(2026, 4, 5)) == short
