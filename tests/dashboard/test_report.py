"""The report about a week: its numbers are those of the marts and pages, and names are data."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from markupsafe import escape

from contracts.home import Home
from dashboard.data.published import Published
from dashboard.errors import NoSuchWeekError
from dashboard.formatting import count, plural, rated_words, share
from dashboard.overview.topic_changes import find_topic_changes
from dashboard.report.document import write_html, write_markdown
from dashboard.report.week import WEEK, Week, find_week, parse_week
from tests.factories.published_factory import ASSISTANT, NASTY, TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Snapshot
    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

MONDAY = date(2026, 5, 18)
IN_WEEK = "project_id = $p AND occurred_at >= $first AND occurred_at < $first + INTERVAL 7 DAY"


def make(snapshot: Snapshot, project: str = ASSISTANT, monday: date | None = MONDAY, min_people: int = 1) -> Week:
    return find_week(
        snapshot, project, "Support *bot*", monday=monday, min_people=min_people, problems=["A <gate> fails"]
    )


def test_numbers_of_a_week_are_those_of_the_marts(snapshot: Snapshot, marts: Marts):
    week = make(snapshot)
    for place, first in ((1, MONDAY), (2, MONDAY - WEEK)):
        n_events = marts.one(f"SELECT count(*) FROM marts.fct_events WHERE {IN_WEEK}", p=ASSISTANT, first=first)
        assert week.numbers[0][place] == n_events
    largest = marts.all(
        f"SELECT topic_id, count(*) AS n FROM marts.fct_messages WHERE {IN_WEEK} AND topic_id IS NOT NULL "
        "GROUP BY 1 ORDER BY n DESC, topic_id",
        p=ASSISTANT,
        first=MONDAY,
    )
    assert [n for _, n, _ in week.largest] == [n for _, n in largest[: len(week.largest)]]
    n_said = marts.one(f"SELECT count(*) FROM marts.fct_messages WHERE {IN_WEEK}", p=ASSISTANT, first=MONDAY)
    assert sum(n for day, n in week.days if day >= MONDAY) == n_said
    assert len(week.days) == 14
    assert week.is_over


def test_changes_and_goals_are_those_of_the_pages(snapshot: Snapshot, look: Callable[..., View]):
    view = look(f"/?period=dates&from={MONDAY}&to={MONDAY + timedelta(days=6)}&compare=before")
    assert view.previous
    clear = [one for one in find_topic_changes(view, view.previous) if one.is_clear]
    week = make(snapshot)
    assert week.changes == clear[:8]
    assert [one.name for one in week.goals] == [row["goal"] for row in view.rows("goal_conversions")]


def test_topic_with_planted_friction_needs_attention(tmp_path: Path, sample_home: Path, marts: Marts):
    file = Path(shutil.copy(Home(sample_home).published.resolve(), tmp_path / "planted.duckdb"))
    [(topic, label), *_] = marts.all(
        "SELECT topic_id, label FROM marts.dim_topics WHERE project_id = $p ORDER BY n_messages DESC", p=ASSISTANT
    )
    with duckdb.connect(str(file)) as connection:
        connection.execute("delete from marts.fct_topic_returns")
        by_chance = "md5_number_lower(session_id || topic_id) % 10 < 4"
        signs = f"update marts.fct_session_topics set is_loop = false, is_rephrased = (topic_id = ? or {by_chance})"
        connection.execute(signs, [topic])
        answers = f"update marts.fct_session_topics set is_answer_missing = (topic_id = ? or {by_chance})"
        connection.execute(answers, [topic])
        connection.execute("update marts.fct_sessions set user_id = session_id")  # else one user has half of them
    week = make(Published(file).snapshot())
    [found] = week.friction
    assert (found.label, found.share) == (label, 1.0)
    assert 0.3 < found.share_elsewhere < 0.5
    assert [(one.label, one.sign, one.share) for one in week.answers] == [(label, "missing", 1.0)]
    for words in ("people asked again", "an answer was missing"):
        sentence = f"in 100% of {plural(found.n_sessions, 'session')} {words}"
        assert sentence in write_markdown(week)
        assert sentence in write_html(week)


def test_feedback_of_the_week_is_that_of_the_marts_by_the_day_it_was_given(snapshot: Snapshot, marts: Marts):
    week = make(snapshot)
    assert week.feedback is not None

    def rated(first: date) -> tuple[int, int, int]:
        [counts] = marts.all(
            "SELECT count(*), count(*) FILTER (score < 0), count(*) FILTER (source = 'metadata') "
            "FROM marts.fct_feedback WHERE project_id = $p "
            "AND given_at >= $first AND given_at < $first + INTERVAL 7 DAY",
            p=ASSISTANT,
            first=first,
        )
        return counts

    (n, n_negative, n_outcomes), (n_before, n_negative_before, _) = rated(MONDAY), rated(MONDAY - timedelta(days=7))
    assert (week.feedback.n, week.feedback.share) == (n, n_negative / n)
    assert week.feedback.share_before == n_negative_before / n_before
    assert week.feedback.low < week.feedback.share < week.feedback.high
    counted = rated_words(n, n_outcomes)
    sentence = f"{share(n_negative / n)} of {counted} of this week are negative ({share(week.feedback.low)} to"
    assert sentence in write_markdown(week)
    assert sentence in write_html(week)
    assert week.feedback.topics
    label, part, n_topic = week.feedback.topics[0]
    assert f"{share(part)} of {n_topic} ratings" in write_markdown(week)
    assert label in write_html(week)
    [(about, n_comments, n_disliked)] = marts.all(
        "SELECT topics.label, count(*), count(*) FILTER (score < 0) FROM marts.fct_feedback "
        "JOIN marts.dim_topics AS topics ON topics.project_id = $p AND comment_topic_id = topics.topic_id "
        "WHERE fct_feedback.project_id = $p AND given_at >= $first AND given_at < $first + INTERVAL 7 DAY "
        "GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 1",
        p=ASSISTANT,
        first=MONDAY,
    )
    assert week.feedback.comments[0] == (about, n_comments, n_disliked)
    assert f"* {about}: {n_comments} comments, {share(n_disliked / n_comments)} negative" in write_markdown(week)
    assert f"<bdi>{about}</bdi>: {n_comments} comments" in write_html(week)
    assert make(snapshot, min_people=100_000).feedback is None


def test_topics_of_few_people_are_not_named(snapshot: Snapshot, marts: Marts):
    people = dict(
        marts.all(
            "SELECT topic_id, count(DISTINCT coalesce(s.user_id, s.session_id)) FROM marts.fct_messages AS m "
            "JOIN marts.fct_sessions AS s USING (project_id, session_id) "
            "WHERE project_id = $p AND topic_id IS NOT NULL "
            "AND occurred_at >= $first AND occurred_at < $first + INTERVAL 7 DAY GROUP BY 1",
            p=ASSISTANT,
            first=MONDAY,
        )
    )
    least = sorted(people.values())[len(people) // 2] + 1
    few = {topic for topic, n in people.items() if n < least}
    labels = dict(marts.all("SELECT topic_id, label FROM marts.dim_topics WHERE project_id = $p", p=ASSISTANT))
    week = make(snapshot, min_people=least)
    assert week.n_left_out == len(few) > 0
    named = {label for label, *_ in (*week.largest, *week.new)} | {
        one.label for one in (*week.changes, *week.friction, *week.answers)
    }
    assert not named & {labels[topic] for topic in few}
    assert f"topics of fewer than {least} people are left out" in write_markdown(week)


def test_goals_that_few_people_reached_are_left_out(snapshot: Snapshot):
    goals = make(snapshot).goals
    week = make(snapshot, min_people=100_000)
    assert (week.goals, week.n_goals_left_out) == ([], len(goals))
    for text in (write_markdown(week), write_html(week)):
        assert "that fewer than 100,000 people reached" in text
        assert goals[0].name not in text


def test_names_are_data_in_both_formats(snapshot: Snapshot):
    week = make(snapshot, NASTY, date(2026, 4, 13))
    page, text = write_html(week), write_markdown(week)
    assert "<gate>" not in page
    assert "A \\<gate\\> fails" in text
    assert "# Support \\*bot\\*: 13 to 19 April 2026" in text
    assert week.largest
    for label, n, part in week.largest:
        assert f"| {count(n)} | {share(part)} |" in text
        assert f"<bdi>{escape(label)}</bdi>" in page
    assert not re.search(r"<(script|img|iframe)", page)
    assert "http" not in re.sub(r"<bdi>.*?</bdi>", "", page)


def test_project_without_texts_has_a_report(snapshot: Snapshot):
    assert "No topics." in write_markdown(make(snapshot, TEXTLESS, monday=None))


def test_newest_week_that_is_over_is_the_default(snapshot: Snapshot, look: Callable[..., View]):
    last = look().days[1]
    assert last
    week = make(snapshot, monday=None)
    assert week.first.isoweekday() == 1
    assert week.last <= last < week.last + 2 * WEEK


@pytest.mark.parametrize("text", ["2026", "2026-W00", "2026-W54", "2026-W5", "week 3", "\uff12026-W05"])
def test_what_is_no_week_is_refused(text: str):
    with pytest.raises(NoSuchWeekError, match="allowed is a week of ISO 8601, such as 2026-W47"):
        parse_week(text)


def test_week_is_written_as_iso_does():
    assert parse_week("2026-W53") == date(2026, 12, 28)


def test_week_without_events_names_one_that_has_some(snapshot: Snapshot):
    with pytest.raises(NoSuchWeekError, match=r"2020-W10 \(2 to 8 March 2020\) has no events; .* --week 2026-W\d\d"):
        make(snapshot, monday=parse_week("2020-W10"))
