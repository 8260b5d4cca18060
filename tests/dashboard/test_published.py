"""The reader of the published file: versions change under open readers, from several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from contracts.home import Home
from dashboard.data import published as published_module
from dashboard.data.filters import CACHED_RELATIONS, NARROWED_RELATIONS, UNFILTERED_RELATIONS, Filters
from dashboard.data.published import Published
from dashboard.data.query_cache import TableCache
from dashboard.errors import NothingPublishedError, UnreadableFileError
from tests.factories.published_factory import ASSISTANT, SAMPLE, SampleProject, publish, topic_id
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from pathlib import Path

SMALL = SampleProject(ASSISTANT, 20, ASSISTANT_SUBJECTS)
LARGER = SampleProject(ASSISTANT, 30, ASSISTANT_SUBJECTS)


def n_sessions(published: Published) -> int:
    return int(published.snapshot().row("headline", project_id=ASSISTANT, field="prompt")["n_sessions"])


def test_snapshot_without_a_published_file_says_so(tmp_path: Path):
    published = Published(Home(tmp_path).published)
    assert published.version() is None
    with pytest.raises(NothingPublishedError, match="turret run"):
        published.snapshot()


def test_snapshot_of_a_file_that_is_no_database_says_so(tmp_path: Path):
    home = Home(tmp_path)
    home.published_folder.mkdir()
    home.published.write_bytes(b"no database" * 1_000)
    with pytest.raises(UnreadableFileError, match="cannot be opened"):
        Published(home.published).snapshot()


def test_rows_from_a_file_without_the_marts_says_which_file(tmp_path: Path):
    home = Home(tmp_path)
    home.published_folder.mkdir()
    duckdb.connect(str(home.published)).close()
    with pytest.raises(UnreadableFileError, match=r"turret\.duckdb was written by another version"):
        n_sessions(Published(home.published))


def test_snapshot_stays_open_while_the_link_names_the_same_file(tmp_path: Path):
    publish(tmp_path, (SMALL,))
    published = Published(Home(tmp_path).published)
    assert published.snapshot() is published.snapshot()


def test_snapshot_after_a_new_version_reads_it_and_the_old_one_still_answers(tmp_path: Path):
    publish(tmp_path, (SMALL,), version="1")
    published = Published(Home(tmp_path).published)
    old = published.snapshot()
    publish(tmp_path, (LARGER,), version="2").with_name("turret-1.duckdb").unlink()
    assert (n_sessions(published), published.version()) == (30, "turret-2.duckdb")
    assert old.row("headline", project_id=ASSISTANT, field="prompt")["n_sessions"] == 20


@pytest.mark.parametrize("version", ["../x", "/etc/passwd", ".", "", "turret-2.duckdb/..", "turret-9.duckdb"])
def test_version_that_is_no_kept_one_is_gone(tmp_path: Path, version: str):
    publish(tmp_path, (SMALL,), version="1")
    published = Published(Home(tmp_path).published)
    assert published.snapshot_of(version) is None
    assert published.snapshot_of("turret-1.duckdb") is published.snapshot()


def test_rows_from_many_threads_at_once_are_all_right(tmp_path: Path):
    publish(tmp_path, (SMALL,))
    published = Published(Home(tmp_path).published)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: n_sessions(published), range(200))) == {20}


def test_snapshot_reads_no_other_file(tmp_path: Path):
    publish(tmp_path, (SMALL,))
    (tmp_path / "secret.csv").write_text("a\n1\n")
    connection = Published(Home(tmp_path).published).snapshot().connection
    with pytest.raises(duckdb.PermissionException):
        connection.execute("SELECT * FROM read_csv(?)", [str(tmp_path / "secret.csv")])
    with pytest.raises(duckdb.InvalidInputException):
        connection.execute("SET enable_external_access = true")


def test_rows_asked_again_come_from_memory_until_the_next_version(sample_home: Path):
    snapshot = Published(Home(sample_home).published).snapshot()
    first = snapshot.rows("projects")
    snapshot.connection.close()
    assert snapshot.rows("projects") == first
    first.clear()
    assert snapshot.rows("projects"), "what a page does to its rows is its own"
    snapshot.results.clear()
    with pytest.raises(duckdb.ConnectionException):
        snapshot.rows("projects")


def test_kept_tables_forget_the_ones_not_used_for_the_longest_time():
    table = pa.table({"n": pa.array(range(1_000), pa.int64())})
    kept = TableCache(max_bytes=2 * table.nbytes)
    keys = [(name, Filters(), "") for name in "abc"]
    for key in keys[:2]:
        kept.put(key, table)
    assert kept.get(keys[0]) is table
    kept.put(keys[2], table)
    assert [kept.get(key) is table for key in keys] == [True, False, True]


def test_kept_tables_do_not_keep_one_that_is_too_large():
    kept = TableCache(max_bytes=1)
    kept.put(("a", Filters(), ""), pa.table({"n": [1, 2]}))
    assert kept.get(("a", Filters(), "")) is None


@pytest.mark.parametrize("name", sorted(CACHED_RELATIONS - UNFILTERED_RELATIONS))
def test_kept_table_is_asked_for_once_for_each_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    publish(tmp_path, (SMALL,))
    snapshot = Published(Home(tmp_path).published).snapshot()
    asked: list[Filters] = []
    make = published_module.relation_sql
    monkeypatch.setattr(
        published_module, "relation_sql", lambda *of: (asked.append(of[1]) if of[0] == name else None, make(*of))[1]
    )
    monkeypatch.setattr(published_module, "load_query", lambda _: f"select count(*) as n from {name}")
    one, other = Filters(event="user_message"), Filters(event="no such event")
    parameters: dict[str, object] = {
        "project_id": ASSISTANT,
        "field": "prompt",
        "number": "latency_ms",
        "topic_id": topic_id(SMALL, 0),
    }
    parameters |= {"by": "plan", "a": "pro", "b": "free", "since": None}
    counts = []
    for filters in (one, other, one):
        snapshot.results.clear()
        counts.append(snapshot.row("any", filters, **parameters)["n"])
    assert asked == [one, other]
    assert counts[0] == counts[2] > counts[1] == 0


DAYS = [None, *(date(2026, 4, 1) + timedelta(days=days) for days in (0, 20, 40))]


@pytest.mark.parametrize("name", sorted(NARROWED_RELATIONS))
@pytest.mark.parametrize("values", [(), (("plan", "pro"),)])
def test_kept_table_of_more_days_gives_the_rows_that_fewer_days_have(
    sample_home: Path, monkeypatch: pytest.MonkeyPatch, name: str, values: tuple[tuple[str, str], ...]
):
    link = Home(sample_home).published
    parameters = {
        "project_id": ASSISTANT,
        "field": "prompt",
        "number": "latency_ms",
        "topic_id": topic_id(SAMPLE[0], 0),
    }
    rows = f"select rows from {name} as rows order by rows::varchar"
    if name == "shown_session_groups":  # the relation may have sessions of other days too
        rows = (
            f"select distinct groups from shown_messages as said join {name} as groups using (session_id) order by all"
        )
    monkeypatch.setattr(published_module, "load_query", lambda _: rows)
    kept, n_narrowed = Published(link).snapshot(), 0
    narrow = published_module.narrowing_sql
    monkeypatch.setattr(published_module, "narrowing_sql", lambda *of: (asked.append(of[1]), narrow(*of))[1])
    for first, last in [(first, last) for first in DAYS for last in reversed(DAYS)]:
        asked: list[Filters] = []
        filters = Filters(first, last, values=values)
        fresh = Published(link).snapshot().rows("any", filters, **parameters)
        assert not asked
        assert kept.rows("any", filters, **parameters) == fresh, filters
        n_narrowed += len(asked)
    assert n_narrowed > len(DAYS) or (name == "shown_numbers" and not values)


@pytest.mark.parametrize(
    ("wider", "narrower", "covers"),
    [
        (Filters(), Filters(first=date(2026, 4, 1)), True),
        (Filters(date(2026, 4, 1), date(2026, 4, 9)), Filters(date(2026, 4, 1), date(2026, 4, 9)), True),
        (Filters(date(2026, 4, 1), date(2026, 4, 9)), Filters(date(2026, 4, 2), date(2026, 4, 10)), False),
        (Filters(date(2026, 4, 1), date(2026, 4, 9)), Filters(date(2026, 3, 31), date(2026, 4, 9)), False),
        (Filters(date(2026, 4, 1)), Filters(last=date(2026, 4, 9)), False),
        (Filters(), Filters(event="message"), False),
        (Filters(values=(("plan", "pro"),)), Filters(), False),
        (Filters(), Filters(without_automated=True), False),
    ],
)
def test_filters_cover_others_of_fewer_days_alone(wider: Filters, narrower: Filters, *, covers: bool):
    assert wider.covers(narrower) is covers
