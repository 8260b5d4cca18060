"""Feedback on the pages: every number equals SQL of the test's own, and leads to as many sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scipy.stats import spearmanr

from dashboard.data.address import Address
from dashboard.data.query_parameters import session_choice
from dashboard.feedback.ratings import find_intervals, score_words
from dashboard.feedback.summary import agreement_with_friction
from dashboard.formatting import MINUS, rated_words, share
from dashboard.journeys import page as journeys
from dashboard.overview import page as overview
from dashboard.pages import render_page
from dashboard.segments import page as segments
from dashboard.sessions import page as sessions
from dashboard.topic import page as topic_page
from dashboard.topics import page as topics
from dashboard.ui.filter_bar import filter_bar
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, TEXTLESS, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

P = {"p": ASSISTANT}
TOPIC = topic_id(SAMPLE[0], 4)
OF_TOPICS = """
    SELECT DISTINCT feedback_id, feedback.session_id, score, feedback.topic_id
    FROM marts.fct_feedback AS feedback WHERE project_id = $p
    UNION
    SELECT feedback_id, feedback.session_id, score, messages.topic_id
    FROM marts.fct_feedback AS feedback JOIN marts.fct_messages AS messages USING (project_id, event_id)
    WHERE project_id = $p AND messages.topic_id IS NOT NULL
"""


def _sessions_behind(look: Callable[..., View], href: str) -> int:
    view = look(href)
    rows = view.rows("sessions", **session_choice(view, None, is_whole=True))
    return len(rows)


def _links(part: Any, kind: str) -> list[str]:
    return [link.href for link in find_all(part, "Link") if f"feedback={kind}" in link.href]


def test_feedback_of_topics_is_that_of_the_marts(look: Callable[..., View], marts: Marts):
    rows = look().rows("topic_feedback")
    own = marts.all(
        f"SELECT topic_id, count(*), avg(score), count(*) FILTER (score < 0) FROM ({OF_TOPICS}) GROUP BY ALL", **P
    )
    names = ("topic_id", "n_feedback", "mean_score", "n_negative")
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(own)
    for row in rows:
        assert row["negative_share"] == row["n_negative"] / row["n_feedback"]


@pytest.mark.parametrize(("rated", "source"), [("ratings", "people"), ("outcomes", "metadata")])
def test_ratings_and_outcomes_can_be_seen_alone(look: Callable[..., View], marts: Marts, rated: str, source: str):
    n_all, n_negative = marts.all(
        "SELECT count(*), count(*) FILTER (score < 0) FROM marts.fct_feedback WHERE project_id = $p AND source = $s",
        **P,
        s=source,
    )[0]
    view = look(f"/?rated={rated}")
    assert "Only outcomes" in str(filter_bar(view))
    words = words_of(overview.render(view))
    assert f"{share(n_negative / n_all)} of {n_all} {rated} are negative" in words
    [href] = _links(overview.render(view), "negative")
    own = marts.one(
        "SELECT count(DISTINCT session_id) FROM marts.fct_feedback WHERE project_id = $p AND source = $s AND score < 0",
        **P,
        s=source,
    )
    assert _sessions_behind(look, href) == own
    assert sum(row["n_feedback"] for row in view.rows("topic_feedback")) < sum(
        row["n_feedback"] for row in look().rows("topic_feedback")
    )


def test_topics_table_shows_negative_feedback_and_leads_to_its_sessions(look: Callable[..., View], marts: Marts):
    view = look()
    rows = {row["label"]: row for row in topics.table_rows(view)}
    n_sessions = marts.one(
        f"SELECT count(DISTINCT session_id) FROM ({OF_TOPICS}) WHERE topic_id = $t AND score < 0", **P, t=TOPIC
    )
    row = rows[view.labels[TOPIC]]
    [rated] = [one for one in view.rows("topic_feedback") if one["topic_id"] == TOPIC]
    assert row["feedback"] == f"{rated['negative_share']:.1%} of {rated['n_feedback']}"
    assert 0 < n_sessions == _sessions_behind(look, row["feedback_href"])


def test_topic_page_states_its_feedback_and_lists_comments_with_their_sessions(look: Callable[..., View]):
    view = look(f"/topics/{TOPIC}")
    page = topic_page.render(view, TOPIC)
    [rated] = [one for one in view.rows("topic_feedback") if one["topic_id"] == TOPIC]
    interval = find_intervals(view, "topic")[TOPIC]
    words = words_of(page)
    assert (
        f"Negative feedback {rated['negative_share']:.1%} of {rated_words(rated['n_feedback'], rated['n_outcomes'])}"
        in words
    )
    assert f"({interval.low:.1%} to {interval.high:.1%}); mean score {score_words(rated['mean_score'])}" in words
    assert interval.low < rated["negative_share"] < interval.high
    [newest, *_] = view.rows("topic_comments", topic_id=TOPIC, most=10)
    assert newest["comment"] in words
    opened = [link.href for link in find_all(page, "Link") if newest["session_id"] in link.href]
    session = sessions.render_session(look(opened[0]), newest["session_id"])
    assert newest["comment"] in words_of(session)


@pytest.mark.parametrize("chosen", ["", "?period=dates&from=2026-05-11&to=2026-05-24", "?rated=outcomes"])
def test_overview_tells_what_comments_are_about(look: Callable[..., View], marts: Marts, chosen: str):
    view = look(f"/{chosen}")
    expected = marts.all(
        "SELECT comment_topic_id, count(*), avg(score), count(*) FILTER (score < 0), arg_max(comment, given_at) "
        "FROM marts.fct_feedback JOIN marts.fct_sessions USING (project_id, session_id) "
        "WHERE project_id = $p AND comment_topic_id IS NOT NULL AND is_latest AND source = $s "
        "AND started_at::date BETWEEN $a AND $b GROUP BY ALL ORDER BY 2 DESC, 1",
        **P,
        s="metadata" if "outcomes" in chosen else "people",
        a="2026-05-11" if "from" in chosen else "2000-01-01",
        b="2026-05-24" if "from" in chosen else "2100-01-01",
    )
    rows = view.rows("comment_topics")
    assert [(row["topic_id"], row["n_comments"], row["n_negative"]) for row in rows] == [
        (topic, n, n_negative) for topic, n, _, n_negative, _ in expected
    ]
    assert [row["mean_score"] for row in rows] == pytest.approx([mean for _, _, mean, _, _ in expected])
    words = words_of(overview.render(view))
    for topic, n, _, n_negative, newest in expected:
        numbers = f"{n:,}, {share(n_negative / n)} negative"
        assert f"{view.labels[topic]} {numbers} {newest[:60]}" in words
    assert ("comments are about" in words) is bool(expected)
    assert "topics may mix subjects" not in words


def test_overview_says_if_comments_are_too_few(look: Callable[..., View], marts: Marts):
    [(day, n_comments)] = marts.all(
        "SELECT started_at::date, count(*) FROM marts.fct_feedback "
        "JOIN marts.fct_sessions USING (project_id, session_id) "
        "WHERE project_id = $p AND comment_topic_status IS NOT NULL GROUP BY 1 "
        "HAVING count(comment_topic_id) > 2 ORDER BY count(*), 1 LIMIT 1",
        **P,
    )
    words = words_of(overview.render(look(f"/?period=dates&from={day}&to={day}")))
    assert f"What {n_comments} comments are about" in words
    assert "topics may mix subjects" in words


def test_topic_of_comments_has_a_page_of_its_own(look: Callable[..., View]):
    [largest, *_] = look().rows("comment_topics")
    topic = largest["topic_id"]
    view = look(f"/topics/{topic}")
    page = topic_page.render(view, topic)
    words = words_of(page)
    assert f"Comments {largest['n_comments']:,}" in words
    assert f"All {largest['n_comments']:,} comments" in words
    assert f"Negative {share(largest['negative_share'])}" in words
    assert not [said for said in ("Typical messages", "Journeys", "Busiest", "Friction") if said in words]
    [newest, *_] = view.rows("comments", topic_id=topic, order="newest", page_size=10, offset=0)
    assert newest["comment"] in words
    for order, extreme in (("lowest", min), ("highest", max)):
        ordered = look(f"/topics/{topic}?comments={order}")
        [first, *rest] = ordered.rows("comments", topic_id=topic, order=order, page_size=1_000, offset=0)
        assert rest
        assert first["score"] == extreme(row["score"] for row in rest)
        assert score_words(first["score"]) in words_of(topic_page.render(ordered, topic))
    opened = [link.href for link in find_all(page, "Link") if newest["session_id"] in link.href]
    session = sessions.render_session(look(opened[0]), newest["session_id"])
    assert view.labels[topic] in words_of(session)
    assert topic_page.who_says_this(view) is None
    assert topic not in {row["topic_id"] for row in view.rows("topics", field="prompt")}


@pytest.mark.parametrize("chosen", ["", "?period=dates&from=2026-05-11&to=2026-05-24", "?is.plan=pro"])
def test_segments_show_feedback_of_their_sessions_within_the_filters(
    look: Callable[..., View], marts: Marts, chosen: str
):
    view = look(f"/segments{chosen}")
    page = segments.render(view)
    days = "AND session_date BETWEEN '2026-05-11' AND '2026-05-24'" if "from" in chosen else ""
    own = marts.all(
        "SELECT enum_value, count(*), avg(score), count(*) FILTER (score < 0) FROM marts.fct_feedback AS feedback "
        "JOIN marts.fct_session_segments AS segments USING (project_id, session_id) "
        f"WHERE project_id = $p AND field = 'plan' {days} GROUP BY ALL",
        **P,
    )
    if "plan" in chosen:
        own = [row for row in own if row[0] == "pro"]
    rows = view.rows("segment_feedback", by="plan")
    names = ("segment", "n_feedback", "mean_score", "n_negative")
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(own)
    n_all, n_negative = sum(row[1] for row in own), sum(row[3] for row in own)
    counted = rated_words(n_all, sum(row["n_outcomes"] for row in rows))
    assert f"{n_negative / n_all:.1%} of {counted} are negative" in words_of(page)
    [href] = [href for href in _links(page, "negative") if Address.parse(*href.split("?")).values == (("plan", "pro"),)]
    assert _sessions_behind(look, href) > 0


def test_paths_show_feedback_of_their_sessions(look: Callable[..., View], marts: Marts):
    view = look("/journeys?paths=all&listed=5")
    words = " ".join(words_of(journeys.render(view)).split())
    for row in view.rows("journey_variants", listed=5, min_steps=0):
        n_feedback, n_negative = marts.all(
            "SELECT count(*), count(*) FILTER (score < 0) FROM marts.fct_feedback JOIN marts.fct_session_paths "
            "USING (project_id, session_id) WHERE project_id = $p AND variant_id = $v",
            **P,
            v=row["variant_id"],
        )[0]
        assert (row["n_feedback"], row["n_negative"]) == (n_feedback, n_negative)
        assert not n_feedback or f"{share(n_negative / n_feedback)} of {n_feedback}" in words


def test_pages_without_feedback_do_not_mention_it(look: Callable[..., View]):
    view = look("/segments", TEXTLESS)
    assert "Negative" not in words_of(segments.render(view))
    assert "Negative" not in words_of(journeys.render(look("/journeys", TEXTLESS)))
    assert "negative" not in words_of(overview.render(look("/", TEXTLESS)))
    assert "Only outcomes" not in str(filter_bar(view))


def test_overview_tells_the_negative_share_and_the_worst_rated_topics(look: Callable[..., View], marts: Marts):
    view = look()
    page = overview.render(view)
    n_all, n_negative, n_outcomes = marts.all(
        "SELECT count(*), count(*) FILTER (score < 0), count(*) FILTER (source = 'metadata') FROM marts.fct_feedback "
        "WHERE project_id = $p",
        **P,
    )[0]
    words = words_of(page)
    assert 0 < n_outcomes < n_all
    counted = f"{n_all - n_outcomes:,} ratings and {n_outcomes:,} outcomes"
    assert f"{share(n_negative / n_all)} of {counted} are negative" in words
    worst = max(view.rows("topic_feedback"), key=lambda row: (row["n_negative"], row["n_feedback"]))
    assert f"{view.labels[worst['topic_id']]} {share(worst['negative_share'])} of {worst['n_feedback']:,}" in words
    [href] = _links(page, "negative")
    assert _sessions_behind(look, href) > 0


def test_friction_shows_negative_feedback_and_whether_both_go_together(look: Callable[..., View]):
    view = look("/journeys/friction")
    words = " ".join(words_of(render_page(view)).split())
    friction = {row["topic_id"]: row["friction_share"] for row in view.rows("friction")}
    rated = [row for row in view.rows("topic_feedback") if row["n_feedback"] >= 5 and row["topic_id"] in friction]
    correlation = spearmanr(
        [friction[row["topic_id"]] for row in rated], [row["negative_share"] for row in rated]
    ).statistic
    shown = f"{correlation:+.2f}".replace("-", MINUS)
    assert f"over {len(rated)} topics with at least 5 ratings, Spearman's rank correlation is {shown}" in words
    assert f"{share(rated[0]['negative_share'])} of {rated[0]['n_feedback']}" in words


def test_agreement_with_friction_is_claimed_only_beyond_chance():
    rows = [{"topic_id": str(n), "friction_share": n / 20} for n in range(20)]

    def said(share_of: Callable[[int], float], n_feedback: int = 9) -> str:
        ratings = {
            str(n): {"topic_id": str(n), "n_feedback": n_feedback, "negative_share": share_of(n)} for n in range(20)
        }
        return agreement_with_friction(rows, ratings)

    assert said(lambda n: n / 20).startswith("Topics with more friction have more negative feedback (more than chance)")
    assert said(lambda n: 1 - n / 20).startswith(
        "Topics with more friction have less negative feedback, which is unusual"
    )
    assert said(lambda n: n * 7 % 20 / 20).startswith("Friction and negative feedback do not go together by more than")
    assert said(lambda n: n / 20, n_feedback=4) == ""
