"""SQL of strangers: it reads its own project, and no file, setting, network or other table, and it ends."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import httpx
import pyarrow as pa
import pytest

from contracts.home import Home
from contracts.tables import MARTS
from dashboard.api.problems import ApiProblem
from dashboard.api.sql import SqlQuestion, SqlResult, SqlRunner, unique_names
from dashboard.api.sql_guard import Guard, SqlRefusedError
from dashboard.api.sql_process import ADDRESS_SPACE_BYTES, MAX_COLUMNS, _open
from dashboard.data.address import Address
from dashboard.data.downloads import EXPORTS
from dashboard.data.published import Published, runnable
from dashboard.data.view import View
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import topic_id
from tests.factories.read_api import Readable, make_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OTHERS_TEXT = "the other project's secret 12"

REFUSED = {
    "select 1; select 2": "There are 2 statements",
    " ": "There are 0 statements",
    "-- nothing": "There are 0 statements",
    "selec 1": "DuckDB cannot read the SQL: syntax error",
    "insert into dim_topics select * from dim_topics": "Only one SELECT",
    "create table x as select 1": "Only one SELECT",
    "set threads = 1": "Only one SELECT",
    "reset lock_configuration": "Only one SELECT",
    "attach '/tmp/x.duckdb' as x": "Only one SELECT",
    "copy (select 1) to '/tmp/x.csv'": "Only one SELECT",
    "export database '/tmp/x'": "Only one SELECT",
    "install httpfs": "Only one SELECT",
    "load httpfs": "Only one SELECT",
    "pragma database_list": "Only one SELECT",
    "call pragma_version()": "Only one SELECT",
    "explain select 1": "Only one SELECT",
    "prepare x as select 1": "Only one SELECT",
    "show tables": "DESCRIBE, SHOW and SUMMARIZE",
    "describe fct_events": "DESCRIBE, SHOW and SUMMARIZE",
    "select * from (show all tables)": "DESCRIBE, SHOW and SUMMARIZE",
    "select * from '/etc/passwd'": "There is no table '/etc/passwd'",
    "from 'https://example.com/x.parquet'": "There is no table 'https://example.com/x.parquet'",
    "select * from read_csv('/etc/passwd')": "The function 'read_csv'",
    "select (select count(*) from read_text('/etc/passwd'))": "The function 'read_text'",
    "select * from fct_events where event_id in (from glob('*'))": "The function 'glob'",
    "with x as (select * from read_blob('/etc/passwd')) select 1": "The function 'read_blob'",
    "select * from query('select 1')": "The function 'query'",
    "select * from query_table('fct_events')": "The function 'query_table'",
    "select * from json_execute_serialized_sql('{}')": "The function 'json_execute_serialized_sql'",
    "select json_serialize_plan('select 1')": "The function 'json_serialize_plan'",
    "select * from duckdb_tables()": "The function 'duckdb_tables'",
    "select * from duckdb_secrets()": "The function 'duckdb_secrets'",
    "select * from duckdb_views": "There is no table 'duckdb_views'",
    "select * from information_schema.tables": "There is no table 'information_schema.tables'",
    "select * from pg_catalog.pg_tables": "There is no table 'pg_catalog.pg_tables'",
    "select * from sqlite_master": "There is no table 'sqlite_master'",
    "with sqlite_master as (select 1) from sqlite_master": "'sqlite_master' is the name of a DuckDB system table",
    "select * from system.main.duckdb_tables": "There is no table 'system.main.duckdb_tables'",
    "select * from raw.events": "There is no table 'raw.events'",
    "select * from fct_events at (version => 1)": "There is no table 'fct_events'",
    "select * from histogram_values(dim_topics, label)": "The function 'histogram_values'",
    "select current_setting('memory_limit')": "The function 'current_setting'",
    "select getenv('HOME')": "The function 'getenv'",
    "select getvariable('x')": "The function 'getvariable'",
    "select nextval('x')": "The function 'nextval'",
    "select write_log('x')": "The function 'write_log'",
    "select sleep_ms(10000)": "The function 'sleep_ms'",
    "select error('x')": "The function 'error'",
    "select stats(event_id) from fct_events": "The function 'stats'",
    "select system.main.abs(1)": "The function 'abs'",
    "select " + "abs(" * 400 + "1" + ")" * 400: "",
    "select " + "not " * 4_000 + "true": "DuckDB cannot read the SQL: Max expression depth limit",
    "select 1 -- " + "x" * 20_000: "The SQL has 20012 characters",
}
"""SQL, and how the refusal begins."""


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Readable:
    made = make_readable(tmp_path_factory.mktemp("sql") / "home", n_sessions=60)
    with duckdb.connect(str(Home(made.home).published.resolve())) as connection:
        connection.execute(
            "update marts.fct_messages set text = ? where project_id = ?", [OTHERS_TEXT, made.other.project_id]
        )
    return made


@pytest.fixture(scope="module")
def ask(readable: Readable) -> Callable[..., httpx.Response]:
    with run_dashboard(readable.home, dashboard_sign_in=True) as address, httpx.Client(timeout=60) as client:

        def run(sql: str, key: str | None = readable.key, method: str = "POST", **more: Any) -> httpx.Response:
            headers = {} if key is None else {"X-API-Key": key}
            url = f"{address}/api/v1/sql"
            if method == "GET":
                return client.get(url, params={"query": sql} | more, headers=headers)
            format_ = {"format": more.pop("format")} if "format" in more else {}
            return client.post(url, json={"query": sql} | more, params=format_, headers=headers)

        yield run


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with duckdb.connect(":memory:") as connection:
        yield Guard(connection)


@pytest.fixture(scope="module")
def own(readable: Readable) -> Iterator[duckdb.DuckDBPyConnection]:
    """What SQL of the project's key runs in."""
    with _open(str(Home(readable.home).published.resolve()), readable.own.project_id, "published_x") as connection:
        yield connection


@pytest.mark.parametrize("sql", REFUSED)
def test_sql_that_does_anything_but_compute_over_the_marts_is_refused(guard: Guard, sql: str):
    with pytest.raises(SqlRefusedError) as refused:
        guard.check(sql)
    assert str(refused.value).startswith(REFUSED[sql])


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) filter (n_messages > 3), sum(n_messages) from marts.dim_topics having count(*) > 0",
        "with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select max(n) from t",
        "select row_number() over (partition by name order by occurred_at) from fct_events qualify true limit 3",
        "from fct_session_paths select unnest(path) as topic, list_transform(path, lambda x: upper(x))",
        "select date_trunc('week', occurred_at) + to_days(1), metadata->>'plan', 1.5::decimal(9, 2) from fct_events",
        "select * from fct_events semi join fct_messages using (event_id) where name like 'u%' union from fct_events",
        "select * from (values (1, 'a'), (2, 'b')) t(i, s) pivot (sum(i) for s in ('a', 'b'))",
        "select now() - max(occurred_at), {'a': 1}.a, [1, 2][1], case when true then 1 end from fct_events",
    ],
)
def test_ordinary_sql_passes_and_runs(guard: Guard, own: duckdb.DuckDBPyConnection, sql: str):
    guard.check(sql)
    assert own.execute(sql).fetchone()


@pytest.mark.parametrize("query", EXPORTS)
def test_sql_behind_every_page_passes_and_gives_the_rows_of_the_page(
    guard: Guard, own: duckdb.DuckDBPyConnection, readable: Readable, query: str
):
    project = readable.own.project_id
    path = f"/topics/{topic_id(readable.own, 2)}" if query.startswith("topic_") else "/journeys"
    address = Address.parse(path, "is.plan=pro&event=user_message").but(project=project)
    view = View(address, Published(Home(readable.home).published).snapshot(), project)
    values = EXPORTS[query](view)
    sql = runnable(query, view.filters, project_id=project, **values)
    guard.check(sql)
    assert own.execute(sql).fetchall() == [tuple(row.values()) for row in view.rows(query, **values)]


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)
def test_tables_hold_the_rows_of_the_project_and_no_others(
    own: duckdb.DuckDBPyConnection, readable: Readable, mart: Any
):
    seen = own.execute(f"select distinct project_id from {mart.name}").fetchall()
    assert set(seen) <= {(readable.own.project_id,)}


@pytest.mark.parametrize(
    "sql",
    [
        "select cast(regexp_extract(text, '[a-z ]+$') as int) from fct_messages where project_id <> $p",
        "select count(*) from fct_messages where cast(text as int) > 0 and text like '%secret%'",
        "select count(*) from fct_messages where text like '%secret%' and 1 / (length(text) - 29) > 0",
        "select count(*) from fct_events join fct_messages using (event_id) where text like '%secret%'",
    ],
)
def test_no_condition_of_a_query_ever_sees_a_row_of_another_project(
    own: duckdb.DuckDBPyConnection, readable: Readable, sql: str
):
    """A cast that fails quotes the text, and a query that fails or not tells one bit of it."""
    sql = sql.replace("$p", f"'{readable.own.project_id}'")
    plan = own.execute(f"explain {sql}").fetchall()[0][1]
    scan = plan[plan.rindex("SEQ_SCAN") :] if "SEQ_SCAN" in plan else ""
    assert "secret" not in scan
    assert "CAST" not in scan
    try:
        found = own.execute(sql).fetchall()
    except duckdb.Error as error:
        assert "secret" not in str(error)  # noqa: PT017  # some of them find nothing, and some fail on own rows
    else:
        assert found in ([], [(0,)])


def test_error_of_a_query_names_nothing_of_the_process(ask: Callable[..., httpx.Response]):
    for sql in ("select nope from fct_events", "select * from dim_topics where label = 1 and label > 'x'::int"):
        answer = ask(sql)
        assert answer.status_code == 422
        assert "published_" not in answer.text
        assert answer.json()["detail"].endswith((".", "!"))


def test_rows_come_in_every_format_with_duckdbs_types(ask: Callable[..., httpx.Response]):
    sql = (
        "select 1 as n, 'nan'::double as nan, [1, 2] as l, 1.5::decimal(5, 2) as d, null as z, date '2026-01-02' as day"
    )
    document = ask(sql).json()
    row = {"n": 1, "nan": None, "l": [1, 2], "d": 1.5, "z": None, "day": "2026-01-02"}
    assert (document["data"], document["is_cut"]) == ([row], False)
    assert document["columns"][3] == {"name": "d", "type": "DECIMAL(5,2)"}
    assert list(csv.reader(io.StringIO(ask(sql, format="csv").text, newline="")))[1][2] == "[1,2]"
    table = pa.ipc.open_stream(ask(sql, format="arrow").content).read_all()
    assert table.schema.field("day").type == pa.date32()
    assert ask("select sum(n_messages) as n, 2 as n from dim_topics", method="GET").json()["data"][0].keys() == {
        "n",
        "n_1",
    }


def test_rows_beyond_the_limit_are_cut_and_said_to_be(ask: Callable[..., httpx.Response]):
    answer = ask("select * from range(1000000000000)", limit=7)
    assert (len(answer.json()["data"]), answer.json()["is_cut"], answer.headers["x-turret-is-cut"]) == (7, True, "true")
    assert ask("select * from range(7)", limit=7).json()["is_cut"] is False


@pytest.mark.parametrize(
    "value",
    [
        "'infinity'::date",
        "'-infinity'::timestamp",
        "'0044-01-01 (BC)'::date",
        "timestamp '290000-01-01'",
        "row(1, 2)",
        "['infinity'::date]",
    ],
)
def test_value_that_json_cannot_hold_is_refused_by_its_column(own: duckdb.DuckDBPyConnection, value: str):
    table = own.execute(f"select 1 as n, {value} as x").to_arrow_table()
    with pytest.raises(ApiProblem) as refused:
        _ = SqlResult([("n", "INTEGER"), ("x", "")], table, is_cut=False).rows
    says = "A value of column 'x' cannot be written as JSON; cast it to varchar."
    assert (refused.value.status, str(refused.value)) == (422, says)


def test_values_that_arrow_would_change_come_as_text(readable: Readable):
    sql = (
        "select 340282366920938463463374607431768211455::uhugeint as x, interval '1 month' as x, '101'::bit as b, "
        "12345678901234567890123::bignum as big, [interval '3 days'] as l, row(1, interval '1 day') as r, "
        """{'a "': '01'::bit, 'n': 1} as s, map(['k'], [interval '1 day']) as m, null::interval as z"""
    )
    result = SqlRunner().run(
        Home(readable.home).published.resolve(), readable.own.project_id, SqlQuestion(query=sql, limit=5)
    )
    assert result.rows == [
        {
            "x": "340282366920938463463374607431768211455",
            "x_1": "1 month",
            "b": "101",
            "big": "12345678901234567890123",
            "l": ["3 days"],
            "r": "(1, 1 day)",
            "s": {'a "': "01", "n": 1},
            "m": [("k", "1 day")],
            "z": None,
        }
    ]
    assert result.columns[:2] == [("x", "UHUGEINT"), ("x_1", "INTERVAL")]


def test_more_columns_than_allowed_are_refused_and_many_of_one_name_told_apart(readable: Readable):
    query = "select " + ", ".join(["1"] * (MAX_COLUMNS + 1))
    with pytest.raises(ApiProblem, match=r"The result has 1001 columns; allowed are 1000\.") as refused:
        SqlRunner().run(
            Home(readable.home).published.resolve(), readable.own.project_id, SqlQuestion(query=query, limit=1)
        )
    assert refused.value.status == 422
    assert unique_names(["n", "n_1", "n", "m", "n"]) == ["n", "n_1", "n_2", "m", "n_3"]


def test_query_that_needs_too_much_is_ended_and_the_next_one_answered(readable: Readable):
    file, runner = Home(readable.home).published.resolve(), SqlRunner(timeout_s=6)
    for sql, says in {
        "select count(*) from range(100000000000) a, range(1000) b where a.range % 7 = b.range": "longer than 6 s",
        "select repeat('a', 2000000000)": "(longer than 6 s|memory)",
        "select list(range) from range(1000000000)": "(longer than 6 s|memory)",
        "select repeat('a', 1000000) from range(100)": "(longer than 6 s|more than 32 MB)",
    }.items():
        with pytest.raises(ApiProblem, match=says):
            runner.run(file, readable.own.project_id, SqlQuestion(query=sql, limit=1000))
    [row] = runner.run(file, readable.own.project_id, SqlQuestion(query="select 1 as one")).rows
    assert row == {"one": 1}


def test_process_of_a_query_holds_nothing_and_the_next_one_is_answered_after_the_template_was_killed(
    readable: Readable,
):
    file, runner = Home(readable.home).published.resolve(), SqlRunner(timeout_s=3)

    def one() -> list[dict[str, Any]]:
        return runner.run(file, readable.own.project_id, SqlQuestion(query="select 1 as one")).rows

    assert one() == [{"one": 1}]
    template = runner._template._process
    assert template is not None
    slow = "select count(*) from range(100000000000) a, range(1000) b where a.range % 7 = b.range"
    with ThreadPoolExecutor() as pool:
        running = pool.submit(runner.run, file, readable.own.project_id, SqlQuestion(query=slow))
        worker = wait_for_worker(template.pid)
        assert (worker / "environ").read_bytes().rstrip(b"\0").split(b"\0") == [b"OPENBLAS_NUM_THREADS=1"]
        held = sorted(str(one.readlink()).partition(":")[0] for one in (worker / "fd").iterdir())
        assert held == sorted([*["/dev/null"] * 3, "socket", str(file)])
        limits = (worker / "limits").read_text()
        assert re.search(rf"Max address space +{ADDRESS_SPACE_BYTES} ", limits)
        assert re.search(r"Max file size +0 ", limits)
        with pytest.raises(ApiProblem, match="longer than 3 s"):
            running.result()
    assert runner._template._process is template
    template.kill()
    template.wait()
    assert one() == [{"one": 1}]
    assert runner._template._process is not template


def wait_for_worker(template: int) -> Path:
    """Return the /proc folder of the process that runs a query, once it has opened the published file."""
    for _ in range(200):
        for watcher in children_of(template):
            for worker in children_of(watcher):
                folder = Path(f"/proc/{worker}")
                if any(one.readlink().suffix == ".duckdb" for one in (folder / "fd").iterdir()):
                    return folder
        time.sleep(0.01)
    raise AssertionError("No process runs the query.")


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_third_query_at_a_time_waits_and_is_then_told_to_ask_again(readable: Readable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.api.sql.PATIENCE_S", 0.1)
    runner = SqlRunner()
    with runner._places, runner._places, pytest.raises(ApiProblem, match="Too many queries are running") as refused:
        runner.run(Home(readable.home).published.resolve(), readable.own.project_id, SqlQuestion(query="select 1"))
    assert (refused.value.status, "retry-after" in refused.value.headers) == (503, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sql_without_a_good_key_is_not_run_and_another_key_reads_its_own_project(
    ask: Callable[..., httpx.Response], readable: Readable, method: str
):
    wrong = {None: 401, "tkr_wrong": 401, readable.revoked_key: 401, readable.ingest_key: 403}
    assert {key: ask("select 1", key, method).status_code for key in wrong} == wrong
    projects = {key: ask("select distinct project_id from fct_events", key, method).json()["data"] for key in
                (readable.key, readable.other_key)}  # fmt: skip
    assert projects == {
        readable.key: [{"project_id": readable.own.project_id}],
        readable.other_key: [{"project_id": readable.other.project_id}],
    }


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "The body is not JSON"),
        (b"[1]", 400, "The query is missing"),
        (b'{"query": "select 1", "file": "x"}', 400, "Unknown parameter 'file'"),
        (b'{"query": "select 1", "limit": 0}', 400, "limit is '0'"),
        (b'{"query": 1}', 400, "query is '1'"),
        (b'"' + b"x" * 100_001 + b'"', 413, "The body has more than"),
    ],
)
def test_body_that_is_not_allowed_is_refused(
    ask: Callable[..., httpx.Response], readable: Readable, body: bytes, status: int, says: str
):
    url = str(ask("select 1").request.url)
    answer = httpx.post(url, content=body, headers={"X-API-Key": readable.key})
    assert (answer.status_code, says in json.loads(answer.text)["detail"]) == (status, True), answer.text
