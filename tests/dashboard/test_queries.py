"""The pages' SQL against plain Python over the rows it sums up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.home import Home
from contracts.tables import END, START
from dashboard.data.filters import Filters, compile_query
from dashboard.data.query_files import DASHBOARD, query_files, read_query
from tests.factories.published_factory import ASSISTANT, FIELD, NASTY, TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Snapshot
    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts


def paths(marts: Marts, project_id: str = ASSISTANT) -> list[list[str]]:
    return [
        path for (path,) in marts.all("SELECT path FROM marts.fct_session_paths WHERE project_id = $p", p=project_id)
    ]


def test_every_query_is_bound_to_one_project_unless_it_lists_projects():
    compiled = {name: compile_query(read_query(name), Filters()) for name in query_files()}
    unbound = sorted(name for name, sql in compiled.items() if "$project_id" not in sql)
    assert unbound == ["cluster_sums", "projects"]  # the first reads only what a bound query gives it


def test_names_of_queries_are_unique_in_the_dashboard():
    assert sorted(path.stem for path in DASHBOARD.rglob("*.sql")) == list(query_files())


def test_headline_counts_rows(look: Callable[..., View], marts: Marts, assistant: dict[str, Any]):
    row = look().row("headline", field=FIELD)
    project = {"project_id": ASSISTANT}
    assert row["n_events"] == marts.one(
        "SELECT count(*) FROM marts.fct_events WHERE project_id = $project_id", **project
    )
    assert row["n_sessions"] == marts.one(
        "SELECT count(DISTINCT session_id) FROM marts.fct_events WHERE project_id = $project_id", **project
    )
    assert row["n_users"] == marts.one(
        "SELECT count(DISTINCT user_id) FROM marts.fct_events WHERE project_id = $project_id AND is_user_id_given",
        **project,
    )
    assert row["n_topics"] == marts.one(
        "SELECT count(DISTINCT topic_id) FROM marts.fct_messages WHERE project_id = $project_id AND field = $field",
        **assistant,
    )


def test_message_statuses_add_up_to_all_messages(look: Callable[..., View]):
    row = look().row("message_statuses", field=FIELD)
    parts = ("n_assigned", "n_filler", "n_noise", "n_pending")
    assert row["n_messages"] == sum(row[part] for part in parts) > 0


def test_documented_query_in_another_time_zone_gives_the_days_of_the_dashboard(
    look: Callable[..., View], sample_home: Path
):
    page = (Path(__file__).parents[2] / "docs" / "bi" / "README.md").read_text()
    setting, query = page.split("```sql\n")[1].split("```")[0].split("\n", 1)

    def days(sql: str) -> dict[str, int]:
        script = f"import duckdb; connection = duckdb.connect({str(Home(sample_home).published)!r}, read_only=True)\n"
        script += f"for row in connection.execute({sql!r}).fetchall(): print(*row)"
        environment = {**os.environ, "TZ": "Asia/Kolkata"}
        command = [sys.executable, "-c", script]
        printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in printed.splitlines()]
        return {day: int(n_messages) for project, day, n_messages in rows if project == ASSISTANT}

    shown: Counter[str] = Counter()
    for row in look().rows("messages_by_day", field=FIELD, shown=None, by_area=False):
        shown[row["message_date"].isoformat()] += row["n_messages"]
    assert days(f"{setting}\n{query}") == shown
    assert days(query) != shown


def test_messages_by_day_add_up_and_keep_the_topics_asked_for(
    look: Callable[..., View], marts: Marts, assistant: dict[str, Any]
):
    said = marts.all(
        "SELECT topic_id, occurred_at FROM marts.fct_messages WHERE project_id = $project_id AND field = $field",
        **assistant,
    )
    sizes = Counter(topic for topic, _ in said if topic)
    largest = {topic for topic, _ in sizes.most_common(3)}
    rows = look().rows("messages_by_day", field=FIELD, shown=sorted(largest), by_area=False)
    expected = Counter(
        ((at.date(), "NONE" if topic is None else topic if topic in largest else "OTHER") for topic, at in said)
    )
    assert {(row["message_date"], row["band"]): row["n_messages"] for row in rows} == dict(expected)


def test_topics_have_sizes_shares_and_their_nearest_message(look: Callable[..., View], marts: Marts):
    topics = look().topics
    messages = marts.all("SELECT topic_id, text, event_id FROM marts.fct_messages WHERE project_id = $p", p=ASSISTANT)
    sizes = Counter(topic for topic, _, _ in messages if topic)
    assert {topic["topic_id"]: topic["n_messages"] for topic in topics} == dict(sizes)
    assert topics == sorted(topics, key=lambda topic: (-topic["n_messages"], topic["topic_id"]))
    assert topics[0]["message_share"] == pytest.approx(sizes[topics[0]["topic_id"]] / len(messages))
    texts = {event: text for _, text, event in messages}
    examples = dict(
        marts.all(
            "SELECT topic_id, example_event_ids[1] FROM marts.dim_topics WHERE project_id = $p AND field = 'prompt'",
            p=ASSISTANT,
        )
    )
    assert {topic["topic_id"]: topic["example"] for topic in topics} == {
        key: texts[event] for key, event in examples.items()
    }


@pytest.mark.parametrize(("depth", "breadth"), [(2, 3), (4, 5), (6, 12)])
def test_journey_flow_reconciles_with_the_paths(look: Callable[..., View], marts: Marts, depth: int, breadth: int):
    whole = {"from_topic": None, "to_topic": None, "min_share": 0}
    rows = look().rows("journey_flow", **whole, depth=depth, breadth=breadth)
    inflow: Counter[tuple[int, str]] = Counter()
    outflow: Counter[tuple[int, str]] = Counter()
    for row in rows:
        inflow[row["step"], row["target"]] += row["n_sessions"]
        outflow[row["step"] - 1, row["source"]] += row["n_sessions"]
    walked = [path for path in paths(marts) if path]
    assert outflow[0, START] == len(walked)
    ends = {"END", "MORE"}
    assert {box: size for box, size in inflow.items() if box[1] not in ends} == {
        box: size for box, size in outflow.items() if box[1] != START
    }
    assert sum(size for box, size in inflow.items() if box[1] in ends) == len(walked)
    assert inflow[depth + 1, "MORE"] == sum(len(path) > depth for path in walked)
    at_first_step = Counter(path[0] for path in walked)
    named = {topic: size for (step, topic), size in inflow.items() if step == 1 and topic != "OTHER"}
    assert sorted(named.values()) == sorted(size for _, size in at_first_step.most_common(breadth))
    assert all(at_first_step[topic] == size for topic, size in named.items())


def test_journey_summary_matches_the_paths(look: Callable[..., View], marts: Marts):
    row = look().row("journey_summary")
    walked = paths(marts)
    journeys = [path for path in walked if path]
    assert (row["n_sessions"], row["n_journeys"]) == (len(walked), len(journeys))
    assert row["n_single"] == sum(len(path) == 1 for path in journeys)
    assert row["n_with_return"] == sum(len(set(path)) < len(path) for path in journeys)
    assert row["n_with_loop"] == sum(any(a == c for a, c in zip(path, path[2:], strict=False)) for path in journeys)
    assert row["mean_steps"] == pytest.approx(sum(map(len, journeys)) / len(journeys))


def test_journey_variants_sum_to_sessions_and_know_loops_and_returns(look: Callable[..., View], marts: Marts):
    rows = look().rows("journey_variants", listed=10**9, min_steps=0)
    counted = Counter(map(tuple, paths(marts)))
    assert {tuple(row["path"]): row["n_sessions"] for row in rows} == dict(counted)
    assert rows[-1]["running_share"] == pytest.approx(1)
    for row in rows:
        path = row["path"]
        assert row["n_returns"] == len(path) - len(set(path))
        assert row["n_loops"] == sum(a == c for a, c in zip(path, path[2:], strict=False))


def test_journey_variants_of_two_steps_or_more_and_the_rest_sum_to_all_sessions(
    look: Callable[..., View], marts: Marts
):
    view = look()
    rows = view.rows("journey_variants", listed=10**9, min_steps=2)
    walked = paths(marts)
    moving = [path for path in walked if len(path) > 1]
    assert {tuple(row["path"]): row["n_sessions"] for row in rows} == dict(Counter(map(tuple, moving)))
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))
    assert view.row("journey_variant_count", min_steps=2)["n_variants"] == len(rows)
    left_out = sum(len(path) < 2 for path in walked) / len(walked)
    assert rows[-1]["running_share"] + left_out == pytest.approx(1)


def test_transitions_match_neighbours_on_the_paths(look: Callable[..., View], marts: Marts):
    counted: Counter[tuple[str, str]] = Counter()
    for path in filter(None, paths(marts)):
        counted.update(zip([START, *path], [*path, END], strict=True))
    rows = look().rows("transitions", with_ends=True, listed=1_000)
    assert {(row["from_topic_id"], row["to_topic_id"]): row["n_transitions"] for row in rows} == dict(counted)


def test_topic_neighbours_have_shares_that_sum_to_one(look: Callable[..., View]):
    view = look()
    for query in ("topic_before", "topic_after"):
        rows = view.rows(query, topic_id=view.topics[0]["topic_id"])
        assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_user_transitions_match_users_sessions_in_order(look: Callable[..., View], marts: Marts):
    visits = defaultdict(list)
    for user, first, last in marts.all(
        "SELECT user_id, entry_topic_id, exit_topic_id FROM marts.fct_sessions "
        "WHERE project_id = $p AND n_steps > 0 AND user_id IS NOT NULL ORDER BY user_id, started_at, session_id",
        p=ASSISTANT,
    ):
        visits[user].append((first, last))
    counted = Counter((before[1], after[0]) for own in visits.values() for before, after in pairwise(own))
    rows = look().rows("user_transitions", listed=1_000)
    assert {(row["from_topic_id"], row["to_topic_id"]): row["n_transitions"] for row in rows} == dict(counted)


def test_topic_messages_pages_hold_every_message_once(look: Callable[..., View], marts: Marts):
    view = look(project=NASTY)
    topic_id = view.topics[0]["topic_id"]
    found = []
    while rows := view.rows("topic_messages", topic_id=topic_id, page_size=50, offset=len(found)):
        found += [row["event_id"] for row in rows]
    expected = marts.all("SELECT event_id FROM marts.fct_messages WHERE topic_id = $t", t=topic_id)
    assert sorted(found) == sorted(event for (event,) in expected)


def test_topic_of_another_project_is_not_found(look: Callable[..., View]):
    foreign = look(project=NASTY).topics[0]["topic_id"]
    assert look().rows("topic", topic_id=foreign) == []
    assert look().rows("topic_messages", topic_id=foreign, page_size=5, offset=0) == []


def test_project_without_text_has_no_text_fields(look: Callable[..., View]):
    assert look(project=TEXTLESS).text_fields == []


def test_projects_lists_those_with_events_largest_first(snapshot: Snapshot, marts: Marts):
    counted = Counter(project for (project,) in marts.all("SELECT project_id FROM marts.fct_events"))
    assert [(row["project_id"], row["n_events"]) for row in snapshot.rows("projects")] == counted.most_common()
