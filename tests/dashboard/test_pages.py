"""What pages say: every number equals a query over the marts, and other people's words stay text."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import plotly.graph_objects as go
import pytest

from contracts.home import Home
from contracts.trouble import SHORT_ANSWERS
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.formatting import chart_label, plural
from dashboard.overview import page as overview
from dashboard.overview.messages_over_time import MAX_BANDS
from dashboard.pages import render_page
from dashboard.topic import page as topic
from dashboard.topics import page as topics
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, NASTY, PENDING, TEXTLESS, SampleProject, publish
from tests.factories.published_vocabulary import MAX_LENGTH_TEXT, NASTY_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashboard.conftest import Marts

P = {"p": ASSISTANT}
LARGEST = "SELECT topic_id FROM marts.dim_topics WHERE project_id = $p ORDER BY n_messages DESC, topic_id LIMIT 1"


def test_overview_shows_the_counts_of_the_marts(look: Callable[..., View], marts: Marts):
    page = overview.render(look())
    shown = [words_of(item) for item in find_all(page, "Dd")][:4]
    counts = [
        marts.one("SELECT count(*) FROM marts.fct_events WHERE project_id = $p", **P),
        marts.one("SELECT count(*) FROM marts.fct_sessions WHERE project_id = $p", **P),
        marts.one("SELECT count(*) FROM marts.dim_users WHERE project_id = $p", **P),
        marts.one("SELECT count(*) FROM marts.dim_topics WHERE project_id = $p AND field = 'prompt'", **P),
    ]
    assert [text.split()[0] for text in shown] == [f"{number:,}" for number in counts]


def test_overview_lists_all_messages_by_what_became_of_them(look: Callable[..., View], marts: Marts):
    words = words_of(overview.render(look()))
    rows = marts.all("SELECT topic_status, count(*) FROM marts.fct_messages WHERE project_id = $p GROUP BY 1", **P)
    total = sum(number for _, number in rows)
    for status, number in rows:
        assert f"{'In a topic' if status == 'assigned' else status.title()} {number:,} {number / total:.1%}" in words


def test_overview_chart_holds_every_message(look: Callable[..., View], marts: Marts):
    [graph] = find_all(overview.render(look()), "Graph")
    drawn = sum(sum(bars.y) for bars in go.Figure(graph.figure).data if bars.type == "bar")
    assert drawn == marts.one("SELECT count(*) FROM marts.fct_messages WHERE project_id = $p", **P)


@pytest.mark.parametrize("search", ["", "period=7d", "is.plan=pro&period=30d"])
def test_overview_chart_and_lists_give_a_topic_the_same_colour(look: Callable[..., View], search: str):
    view = look(f"/?{search}")
    bands = go.Figure(find_all(overview.render(view), "Graph")[0].figure).data
    labels = {chart_label(topic["label"], 40): view.colours[topic["topic_id"]] for topic in view.topics}
    drawn = {bars.name: bars.marker.color for bars in bands if bars.name in labels}
    assert len(drawn) == MAX_BANDS
    assert drawn == {name: labels[name] for name in drawn}


def test_overview_top_topics_and_the_rest_add_up(look: Callable[..., View]):
    view = look()
    words = words_of(overview.render(view))
    rest = view.topics[overview.TOP_LISTED :]
    assert f"{len(rest)} other topics {sum(topic['n_messages'] for topic in rest):,}" in words


def test_topics_table_has_a_row_for_each_topic_with_its_trend(look: Callable[..., View], marts: Marts):
    view = look("/topics")
    rows = topics.table_rows(view)
    assert [(row["label"], row["n_messages"]) for row in rows] == [
        (topic["label"], topic["n_messages"]) for topic in view.topics
    ]
    first_days = marts.all(
        "SELECT message_date, n_messages FROM marts.agg_topic_daily WHERE topic_id = $t ORDER BY 1",
        t=view.topics[0]["topic_id"],
    )
    over = [number for day, number in first_days if str(day) < "2026-05-31"]  # the last run was on that day
    n_days = (date(2026, 5, 30) - view.days[0]).days  # not the day of the first event, nor that of the last run
    assert len(rows[0]["trend"]) == n_days - 6
    assert sum(rows[0]["trend"][-1:]) == pytest.approx(sum(over[-7:]) / 7)


def test_topics_have_a_trend_unless_there_is_a_single_day(look: Callable[..., View]):
    for search, has_trend in (("", True), ("?period=dates&from=2026-05-20&to=2026-05-20", False)):
        page = topics.render(look(f"/topics{search}"))
        [table] = find_all(page, "AgGrid")
        assert any(column["field"] == "trend" for column in table.columnDefs) is has_trend
        assert ("The trend is a seven-day average" in words_of(page)) is has_trend


def test_topic_page_shows_size_share_and_both_sides(look: Callable[..., View], marts: Marts):
    topic_id = marts.one(LARGEST, **P)
    words = words_of(topic.render(look(f"/topics/{topic_id}"), topic_id))
    n_messages = marts.one("SELECT count(*) FROM marts.fct_messages WHERE topic_id = $t", t=topic_id)
    n_sessions = marts.one("SELECT count(DISTINCT session_id) FROM marts.fct_messages WHERE topic_id = $t", t=topic_id)
    entries, moves = marts.all(
        "SELECT count(*) FILTER (from_topic_id = 'START'), count(*) FROM marts.fct_transitions WHERE to_topic_id = $t",
        t=topic_id,
    )[0]
    assert f"Messages {n_messages:,}" in words
    assert f"Sessions {n_sessions:,}" in words
    assert f"Start {entries:,} {entries / moves:.1%}" in words
    assert f"Of {moves:,} visits to this topic." in words
    assert f"All {n_messages:,} messages" in words


def test_topic_page_beyond_the_last_shows_the_last(look: Callable[..., View], marts: Marts):
    topic_id = marts.one(LARGEST, **P)
    view = look(f"/topics/{topic_id}?page=99999")
    n_messages = marts.one("SELECT count(*) FROM marts.fct_messages WHERE topic_id = $t", t=topic_id)
    assert f"to {n_messages:,} shown" in words_of(topic.render(view, topic_id))


def test_topic_of_another_project_is_not_shown(look: Callable[..., View]):
    foreign = look(project=NASTY).topics[0]["topic_id"]
    assert "was not found" in words_of(render_page(look(f"/topics/{foreign}")))


@pytest.mark.parametrize(
    ("project", "address", "sentence"),
    [
        (TEXTLESS, "/", "No texts in this project"),
        (TEXTLESS, "/topics", "No texts in this project"),
        (TEXTLESS, "/journeys", "No texts in this project"),
        (PENDING, "/", "not assigned to topics yet"),
        (PENDING, "/", "No message belongs to a topic yet"),
        (PENDING, "/topics", "No topics yet"),
        (PENDING, "/journeys", "No topics yet"),
        (ASSISTANT, "/topics/nothing", "This topic was not found"),
        (ASSISTANT, "/topics/a/b", "This page was not found"),
        (ASSISTANT, "/nowhere", "This page was not found"),
    ],
)
def test_page_without_anything_to_show_says_why(look: Callable[..., View], project: str, address: str, sentence: str):
    assert sentence in words_of(render_page(look(address, project)))


@pytest.fixture(scope="module")
def look_at_noise(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., View]:
    """Make a view of a project whose few messages the topic model could not sort, or of one of short answers."""
    home = tmp_path_factory.mktemp("noise")
    file = publish(home, (SampleProject(PENDING, 1), SampleProject(TEXTLESS, 5, has_text=False)))
    with duckdb.connect(str(file)) as connection:
        connection.execute("update marts.fct_messages set topic_status = 'noise'")
        connection.execute(
            "update marts.fct_event_values set enum_value = 'far too slow ' || rowid where field = 'plan'"
        )
    snapshot = Published(Home(home).published).snapshot()

    def make(address: str, project: str = PENDING) -> View:
        path, _, search = address.partition("?")
        return View(Address.parse(path, search).but(project=project), snapshot, project)

    return make


@pytest.mark.parametrize("address", ["/", "/sessions/ses_d4000000"])
def test_message_of_a_project_without_topics_is_not_called_noise(look_at_noise: Callable[[str], View], address: str):
    assert "Noise" not in words_of(render_page(look_at_noise(address)))


def test_page_of_short_answers_says_what_turret_status_says_and_shows_some(look_at_noise: Callable[..., View]):
    words = words_of(render_page(look_at_noise("/", TEXTLESS)))
    sentence = SHORT_ANSWERS.format(field="\u2068plan\u2069", n_distinct_values="1")
    shown = f"{sentence[0].upper()}{sentence[1:]} Some of its values: “far too slow"
    assert "".join(shown.replace("`", "").split()) in "".join(words.split())  # commands are set as code


def test_overview_without_topics_says_what_topics_need(look_at_noise: Callable[[str], View]):
    view = look_at_noise("/")
    n_messages = view.row("message_statuses", field=view.field)["n_messages"]
    words = words_of(render_page(view))
    assert f"{plural(n_messages, 'message')} so far. Turret needs a few dozen different texts" in words


def test_overview_of_many_messages_without_anything_in_common_asks_for_no_more(
    look_at_noise: Callable[[str], View], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dashboard.overview.page.MANY", 1)
    words = words_of(render_page(look_at_noise("/")))
    assert "too few are alike to be a topic" in words
    assert "Turret needs a few dozen" not in words
    assert "none of them in a topic" in words
    assert "not assigned to topics yet" not in words


def test_topics_of_many_fields_have_tabs_for_the_first_and_the_chosen_one(
    look: Callable[..., View], monkeypatch: pytest.MonkeyPatch
):
    names = [f"answers.{number}" for number in range(40)]
    view = look("/topics?field=answers.30")
    monkeypatch.setattr(View, "text_fields", names)
    [tabs] = [nav for nav in find_all(topics.render(view), "Nav") if "tabs" in nav.className]
    assert [words_of(link) for link in find_all(tabs, "Link")] == [*names[:8], "answers.30"]
    assert "and 31 more fields" in words_of(tabs)


@pytest.mark.parametrize("path", ["/", "/topics"])
def test_page_whose_chosen_messages_are_in_no_topic_says_that_there_are_topics(
    look: Callable[..., View], marts: Marts, path: str
):
    day, plan = marts.all(
        "select plans.occurred_at::date, plans.enum_value from marts.fct_messages"
        " inner join marts.fct_event_values as plans using (project_id, event_id)"
        " where project_id = $p and plans.field = 'plan'"
        " group by all having count(topic_id) = 0 order by all limit 1",
        p=NASTY,
    )[0]
    words = words_of(render_page(look(f"{path}?period=dates&from={day}&to={day}&is.plan={quote(plan)}", NASTY)))
    assert "No topic has a message here" in words
    assert "No topics yet" not in words


def test_pages_show_nasty_labels_as_they_are(look: Callable[..., View]):
    view = look("/topics", NASTY)
    labels = {row["label"] for row in topics.table_rows(view)}
    assert {subject.label for subject in NASTY_SUBJECTS if len(subject.label) < 200} <= labels
    heading = find_all(topic.render(view, view.topics[0]["topic_id"]), "H1")[0]
    assert words_of(heading) == view.topics[0]["label"]


def test_pages_never_use_a_component_that_reads_html_or_markdown(look: Callable[..., View]):
    for address in ("/", "/topics", "/journeys", f"/topics/{look(project=NASTY).topics[0]['topic_id']}"):
        page = render_page(look(address, NASTY))
        assert find_all(page, "Markdown") == find_all(page, "DangerouslySetInnerHTML") == find_all(page, "Iframe") == []
        assert all(grid.dangerously_allow_code is False for grid in find_all(page, "AgGrid"))


def test_topic_page_folds_a_message_of_ten_thousand_characters(look: Callable[..., View]):
    view = look(project=NASTY)
    long_topic = next(row for row in view.topics if row["label"].startswith("A label"))
    tables = find_all(topic.render(view, long_topic["topic_id"]), "Table")
    folded: list[Any] = find_all([table for table in tables if "table messages" in table.className], "Details")
    assert folded
    assert MAX_LENGTH_TEXT in words_of(folded[0])
    assert f"all {len(MAX_LENGTH_TEXT):,} characters" in words_of(find_all(folded[0], "Summary"))
