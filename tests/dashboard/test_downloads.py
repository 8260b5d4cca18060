"""CSV behind the pages, and the SQL that people can run themselves."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import httpx
import pytest

from cli.marts.rows import text
from dashboard.data.downloads import EXPORTS, write_csv
from dashboard.data.published import runnable
from dashboard.data.significance import wilson
from dashboard.data.sql_literals import literal
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import ASSISTANT, NASTY, SAMPLE, topic_id
from tests.factories.turret_command import Turret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

CHOSEN = "period=dates&from=2026-04-20&to=2026-05-03&event=user_message&is.plan=pro&is.plan=team"


@pytest.fixture(scope="module")
def url(sample_home: Path) -> Iterator[str]:
    with run_dashboard(sample_home) as started:
        yield started


def _page(query: str) -> str:
    if query == "comments":
        return f"/topics/com_{ASSISTANT[-2:]}_missed"
    return f"/topics/{topic_id(SAMPLE[0], 2)}" if query.startswith("topic_") else "/journeys"


@pytest.mark.parametrize("query", EXPORTS)
def test_sql_behind_gives_the_rows_of_the_page_to_anybody(marts: Marts, look: Callable[..., View], query: str):
    view = look(f"{_page(query)}?{CHOSEN}")
    values = EXPORTS[query](view)
    sql = runnable(query, view.filters, project_id=view.project_id, **values)
    rows = marts.all(sql)
    assert rows == [tuple(row.values()) for row in view.rows(query, **values)]
    assert rows


@pytest.mark.parametrize("query", EXPORTS)
def test_sql_behind_pasted_into_turret_query_gives_the_rows_of_the_page(
    sample_home: Path, look: Callable[..., View], query: str
):
    view = look(f"{_page(query)}?{CHOSEN}")
    values = EXPORTS[query](view)
    sql = runnable(query, view.filters, project_id=view.project_id, **values)
    printed = list(csv.reader(io.StringIO(Turret(sample_home).run("query", sql, "--format", "csv"), newline="")))
    expected = view.rows(query, **values)
    assert printed == [list(expected[0]), *([text(value, null="") for value in row.values()] for row in expected)]


def test_sql_behind_a_value_with_line_breaks_and_comment_marks_stays_a_value(
    sample_home: Path, look: Callable[..., View]
):
    view = look("/journeys?is.plan=pro")
    sql = runnable("goal_topics", view.filters, project_id=view.project_id, goal="a */ b -- c\n' d")
    assert "(0 rows)" in Turret(sample_home).run("query", sql)


@pytest.mark.parametrize(
    "query", ["transitions", "drop_off", "friction", "goal_topics", "segment_topics", "user_transitions"]
)
def test_download_has_the_label_beside_each_topic_id(url: str, look: Callable[..., View], query: str):
    page = f"/journeys?project={ASSISTANT}"
    answer = httpx.get(f"{url}/download/{query}.csv", params={"at": page}, timeout=60)
    labels = look(page).labels
    ids = [
        name for name in next(csv.reader([answer.text.removeprefix("\ufeff").splitlines()[0]])) if "topic_id" in name
    ]
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert lines
    for name in ids:
        label = name.replace("topic_id", "label")
        assert [line[label] for line in lines] == [labels.get(line[name], line[name]) for line in lines]


def test_download_of_drop_off_has_the_intervals_of_the_page(url: str):
    answer = httpx.get(f"{url}/download/drop_off.csv", params={"at": f"/journeys?project={ASSISTANT}"}, timeout=60)
    for line in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")):
        interval = wilson(int(line["n_exits"]), int(line["n_visits"]))
        assert (float(line["drop_off_share_low"]), float(line["drop_off_share_high"])) == (interval.low, interval.high)
        assert interval.low <= float(line["drop_off_share"]) <= interval.high


@pytest.mark.parametrize("query", EXPORTS)
def test_download_has_the_rows_of_the_page(url: str, look: Callable[..., View], query: str):
    page = f"{_page(query)}?project={ASSISTANT}&{CHOSEN}"
    answer = httpx.get(f"{url}/download/{query}.csv", params={"at": page}, timeout=60)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    view = look(page)
    rows = view.rows(query, **EXPORTS[query](view))
    assert [name for name in lines[0] if name in rows[0]] == list(rows[0])
    assert len(lines) == len(rows) + 1


@pytest.mark.parametrize(
    "path",
    ["/download/nothing.csv?at=/", "/download/projects.csv?at=/", "/download/topics.csv?at=/?project=prj_0",
     "/download/topics.csv"],
)  # fmt: skip
def test_download_of_something_else_is_not_found(url: str, path: str):
    assert httpx.get(url + path, timeout=60).status_code == 404


def test_download_of_one_project_never_holds_another(url: str):
    other = topic_id(SAMPLE[0], 2)
    page = f"/topics/{other}?project={NASTY}"
    answer = httpx.get(f"{url}/download/topic_messages.csv", params={"at": page}, timeout=60)
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == 0 or answer.text.strip("\ufeff\r\n") == ""


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_csv_formulas_are_text(value: str):
    [_, line] = csv.reader(io.StringIO(write_csv([{"label": value}]).removeprefix("\ufeff"), newline=""))
    assert line[0].startswith("'")


def test_csv_keeps_numbers_words_and_other_scripts():
    row = {
        "n": -3,
        "share": 0.5,
        "at": datetime(2026, 1, 2, 3),  # noqa: DTZ001  # as the marts have it
        "text": 'a "b", c\nありがとう 🎉',
        "none": None,
        "path": ["a", "b"],
    }
    head, line = csv.reader(io.StringIO(write_csv([row]).removeprefix("\ufeff"), newline=""))
    assert head == list(row)
    assert line == ["-3", "0.5", "2026-01-02 03:00:00", 'a "b", c\nありがとう 🎉', "", "a → b"]


@pytest.mark.parametrize(
    "value",
    [None, True, 7, -0.25, "it's; drop table x --", ["a'b", "c"], datetime(2026, 1, 2, 3, 4, 5), date(2026, 1, 2)],  # noqa: DTZ001
)
def test_literal_reads_back_as_the_value(value: object):
    [[back]] = duckdb.sql(f"select {literal(value)}").fetchall()
    assert back == value


def test_literal_of_anything_else_is_refused():
    with pytest.raises(TypeError, match="No SQL is written for a object"):
        literal(object())
