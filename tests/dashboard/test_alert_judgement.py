"""What alerts find in simulated traffic: planted changes, and nothing where nothing changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, get_args

import duckdb
import pytest

from dashboard.alerts.judgement import Judgement, judge
from projects.alerts.records import PUBLISHED_KINDS, THRESHOLDS, AlertRule, RuleKind
from tests.factories.traffic import GOAL, PROJECT, Planted, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projects.alerts.records import Finding

N_DAYS = 45
KINDS = [kind for kind in get_args(RuleKind) if kind in PUBLISHED_KINDS]


def rule(kind: RuleKind, **options: object) -> AlertRule:
    began = datetime(2025, 1, 1, tzinfo=UTC)
    parts = {"threshold": THRESHOLDS.get(kind), "days": 7, "only": None} | options
    return AlertRule("rul", PROJECT, kind, kind, "chn", cooldown_hours=24, has_texts=False, created_at=began, **parts)  # type: ignore[arg-type]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def judged(
    connection: duckdb.DuckDBPyConnection, traffic: Traffic, kind: RuleKind, min_people: int = 5, **options: object
) -> Judgement:
    now = datetime.combine(traffic.first + timedelta(days=N_DAYS), datetime.min.time(), tzinfo=UTC)
    return judge(rule(kind, **options), traffic.until(connection, N_DAYS), now, min_people)


def traffic_with(
    connection: duckdb.DuckDBPyConnection, planted: Planted | None = None, n_sessions: int = 120
) -> Traffic:
    traffic = Traffic(N_DAYS, n_sessions=n_sessions, n_topics=12, planted=planted)
    traffic.write(connection)
    return traffic


def subjects(judgement: Judgement) -> list[str]:
    return [finding.subject for finding in judgement.findings]


def test_flat_traffic_is_no_finding_of_any_kind_and_its_day_counts_as_judged(connection: duckdb.DuckDBPyConnection):
    traffic = traffic_with(connection)
    for kind in KINDS:
        found = judged(connection, traffic, kind)
        assert found.findings == []
        assert found.day == (None if kind == "new-topic" else date(2025, 2, 19))
        assert found.reading is not None
        if kind == "new-topic":
            assert found.reading.note == "no new topic"
        elif found.reading.value is None:
            assert found.reading.note == "nothing changed in this direction"
        else:
            assert found.reading.note == "not more than chance"
            assert found.reading.value > 1


def test_friction_drop_off_and_a_goal_that_change_are_found(connection: duckdb.DuckDBPyConnection):
    traffic = traffic_with(connection, Planted(topic=1, day=N_DAYS - 7, friction=4, goal=0.4))
    for kind in ("friction", "goal-down"):
        (finding,) = judged(connection, traffic, kind).findings
        assert finding.subject == (GOAL if kind == "goal-down" else traffic.topic_id(1))
        larger, smaller = (finding.facts[side]["share"] for side in ("now", "before"))
        if kind == "goal-down":
            larger, smaller = smaller, larger
        assert larger / smaller > 1.5
        assert finding.facts["sentence"].endswith("This is more than chance.")
    connection.execute(
        "update simulated.fct_session_topics set is_last = (hash(session_id) % 10 < "
        f"if(session_date >= date '{traffic.first + timedelta(days=N_DAYS - 7)}', 8, 3)) where topic_id = ?",
        [traffic.topic_id(1)],
    )
    assert subjects(judged(connection, traffic, "drop-off")) == [traffic.topic_id(1)]


@pytest.mark.parametrize(
    ("kind", "totals"),
    [
        ("spike", "fct_messages where occurred_at >= $since"),
        ("friction", "fct_session_topics where session_date >= $since and topic_id = $topic"),
        ("goal-down", "fct_goal_sessions where session_date >= $since"),
        ("feedback-down", "fct_feedback where given_at >= $since and given_at < $until"),
    ],
)
def test_segment_limits_what_is_compared_to_its_events_and_sessions(
    connection: duckdb.DuckDBPyConnection, kind: RuleKind, totals: str
):
    planted = {"spike": {"messages": 3.0}, "friction": {"friction": 4.0}, "goal-down": {"goal": 0.3}}
    change = Planted(topic=-1 if kind == "feedback-down" else 0, day=N_DAYS - 7, **planted.get(kind, {"negative": 3.0}))
    traffic = traffic_with(connection, change, n_sessions=200)
    whole, limited = (judged(connection, traffic, kind, **more) for more in ({}, {"segment": ("plan", "pro")}))
    found = {finding.subject: finding.facts for finding in limited.findings}
    subject = {"goal-down": GOAL, "feedback-down": "project"}.get(kind, traffic.topic_id(0))
    until = traffic.first + timedelta(days=N_DAYS)
    values = {"since": until - timedelta(days=7), "until": until, "topic": traffic.topic_id(0)}
    sql = f"select count(*) from simulated.{totals} and substr(user_id, 2)::integer % 3 = 0"
    [(n_total,)] = connection.execute(
        sql, {name: value for name, value in values.items() if f"${name}" in sql}
    ).fetchall()
    assert found[subject]["now"]["of"] == n_total
    assert n_total < {finding.subject: finding.facts for finding in whole.findings}[subject]["now"]["of"] / 2
    assert found[subject]["segment"] == {"field": "plan", "value": "pro"}
    assert "(plan “pro”)" in found[subject]["sentence"]
    nobody = judged(connection, traffic, kind, segment=("plan", "gone"))
    assert nobody.findings == []
    assert nobody.reading is not None
    assert nobody.reading.note.startswith("too few ")


def test_feedback_that_gets_worse_is_found_by_the_day_it_was_given(connection: duckdb.DuckDBPyConnection):
    traffic = traffic_with(connection, Planted(topic=-1, day=N_DAYS - 7, negative=3), n_sessions=250)
    found = judged(connection, traffic, "feedback-down")
    by_subject = {finding.subject: finding.facts for finding in found.findings}
    assert set(by_subject) >= {traffic.topic_id(0), "project"}
    counted = connection.execute(
        "select count(*) filter (is_negative), count(*) from simulated.fct_feedback where topic_id = ? and "
        "given_at::date between date '2025-02-13' and date '2025-02-19'",
        [traffic.topic_id(0)],
    ).fetchone()
    facts = by_subject[traffic.topic_id(0)]
    assert (facts["now"]["n"], facts["now"]["of"]) == counted
    assert "has more negative feedback: " in facts["sentence"]
    assert by_subject["project"]["sentence"].startswith("The project has more negative feedback: ")
    assert "feedback=negative" in by_subject["project"]["href"]
    assert found.reading is not None
    assert found.reading.note == "more than chance"
    assert (found.reading.value or 0) > 1.5
    assert subjects(judged(connection, traffic, "feedback-down", only=traffic.topic_id(0))) == [traffic.topic_id(0)]


def test_topic_that_is_gone_is_said_instead_of_watched(connection: duckdb.DuckDBPyConnection):
    traffic = traffic_with(connection)
    snapshot = traffic.until(connection, N_DAYS)
    now = datetime.combine(traffic.first + timedelta(days=N_DAYS), datetime.min.time(), tzinfo=UTC)

    def fate(topic_id: str) -> str | None:
        snapshot.clear()
        (finding,) = (found := judge(rule("spike", only=topic_id), snapshot, now, 5)).findings
        assert finding.facts["sentence"].startswith("The alert “spike” watches nothing any more: ")
        assert finding.occasion == f"lost {topic_id}"
        assert found.reading is not None
        return found.reading.note

    assert fate("top_never") == "there is no topic top_never"
    successor = f"“Topic {traffic.topic_id(0)}”"
    for change, to, said in (
        ("merged", traffic.topic_id(0), f"was merged into {successor}"),
        ("died", None, "has ended"),
    ):
        connection.execute("delete from marts.fct_topic_lineage")
        connection.execute(
            "insert into marts.fct_topic_lineage by name select ? as project_id, 'top_old' as from_topic_id, "
            "? as to_topic_id, ? as change, timestamp '2025-02-01' as recorded_at",
            [PROJECT, to, change],
        )
        assert fate("top_old") == f"the topic {said}"
    connection.execute(
        "insert into marts.dim_topic_edits by name select ? as project_id, 'top_old' as topic_id, true as is_hidden",
        [PROJECT],
    )
    assert fate("top_old") == "the topic was hidden"
    connection.execute("update marts.dim_topic_edits set is_hidden = false, state = 'retired'")
    assert fate("top_old") == "the topic was retired"
    connection.execute(
        "update marts.dim_topic_edits set is_hidden = false, merged_into_topic_id = ?", [traffic.topic_id(0)]
    )
    assert fate("top_old") == f"the topic was merged into {successor}"


def test_topic_that_falls_is_found_even_if_too_few_people_are_left_and_its_small_number_is_not_told(
    connection: duckdb.DuckDBPyConnection,
):
    traffic = traffic_with(connection)
    last_week = f"occurred_at >= timestamp '{traffic.first + timedelta(days=N_DAYS - 7)}'"
    connection.execute(
        f"update simulated.fct_messages set topic_id = null where {last_week} and topic_id = ? and user_id != 'u1'",
        [traffic.topic_id(1)],
    )
    (finding,) = judged(connection, traffic, "fall").findings
    assert finding.facts["now"] == {"n": None, "of": None, "share": None}
    assert finding.facts["before"]["n"] > 100
    assert "fell to fewer than 5 people" in finding.facts["sentence"]
    assert judged(connection, traffic, "fall", min_people=100_000).findings == []


def new_topic(connection: duckdb.DuckDBPyConnection, traffic: Traffic, n_users: int) -> Finding | None:
    """Let the last days' messages of so many users be about a topic that was never there."""
    since = f"timestamp '{traffic.first + timedelta(days=N_DAYS - 3)}'"
    connection.execute(
        "update simulated.fct_messages set topic_id = 'top_new' where user_id in (select distinct user_id from "
        f"simulated.fct_messages where occurred_at >= {since} order by 1 limit {n_users}) and occurred_at >= {since}"
    )
    found = judged(connection, traffic, "new-topic").findings
    return found[0] if found else None


def test_new_topic_needs_enough_people_and_is_one_occasion(connection: duckdb.DuckDBPyConnection):
    traffic = traffic_with(connection)
    assert new_topic(connection, traffic, 4) is None
    finding = new_topic(connection, traffic, 12)
    assert finding is not None
    assert (finding.subject, finding.occasion) == ("top_new", "new top_new")
    assert finding.facts["now"]["people"] == 12
    assert "is a new topic" in finding.facts["sentence"]


def test_project_without_a_week_of_history_or_days_long_over_is_not_judged(connection: duckdb.DuckDBPyConnection):
    traffic = traffic_with(connection, Planted(topic=1, day=N_DAYS - 7, messages=4))
    snapshot = traffic.until(connection, N_DAYS)
    ended = datetime.combine(traffic.first + timedelta(days=N_DAYS), datetime.min.time(), tzinfo=UTC)
    assert judge(rule("spike"), snapshot, ended, 5).findings
    old, early = (
        judge(rule("spike"), snapshot, ended + timedelta(days=9), 5),
        judge(rule("spike", days=28), snapshot, ended, 5),
    )
    for found, note in (
        (old, "the last event is from 19 February 2025"),
        (early, "at least 28 days have to come before"),
    ):
        assert (found.findings, found.day) == ([], None)
        assert found.reading is not None
        assert (found.reading.note or "").startswith(note)
    assert judge(rule("spike", judged_day=date(2025, 2, 19)), snapshot, ended, 5) == Judgement([])
    assert judge(rule("spike", only=traffic.topic_id(3)), snapshot, ended, 5).findings == []
    assert judge(rule("spike", threshold=50.0), snapshot, ended, 5).findings == []
    nobody = AlertRule("r", "prj_0", "n", "spike", "c", 1.5, 7, None, 24, False, ended)
    assert judge(nobody, snapshot, ended, 5).findings == []
