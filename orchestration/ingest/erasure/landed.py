"""Erase users, sessions and single events from landed files, quarantine and `raw.events`, and what is too old.

Of events whose texts alone are too old, the landed lines are written again without them, and loaded again.

A run does it before it loads. The models then see the rows as gone, as if copies had been replaced
(`raw.replaced_events`), so they build again what these rows touched. After the marts are published,
`orchestration.publish.purge` rewrites the files that still have old bytes. Every step may be repeated: a killed run
leaves the requests open, and the next one does them again.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import pyarrow as pa
import zstandard

from contracts.durable_files import write_file
from contracts.events import FEEDBACK_NAME
from contracts.home import PROJECT_ID_PATTERN, Home
from contracts.landing_store import open_landing_store
from contracts.tables import ML
from orchestration.ingest.erasure.aged_texts import (
    MODELLED,
    can_remove_texts,
    describe_removals,
    find_aged_texts,
    replace_texts,
)
from orchestration.ingest.erasure.rules import KEYS, make_rules
from orchestration.ingest.line_reader import read_landed_lines, read_lines
from orchestration.ingest.loader import forget_segments, keep_rejected, rejected_file
from orchestration.ingest.quarantine import forget_released_texts, renumber_released
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.engine_tables import folder_of, has_messages, is_on_spark, use_engine
from orchestration.warehouse.sql_files import read_sql
from projects.deletion.erasures import Quotes
from projects.records import ErasureCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    import duckdb

    from contracts.settings import Settings
    from orchestration.ingest.erasure.removed_texts import TextRemoval
    from orchestration.ingest.erasure.rules import Rules
    from orchestration.ingest.segments import Segment
    from projects.records import Erasure
    from projects.repository import Projects

_COMPRESSION_LEVEL: Final = 1
_COUNTED: Final = ("int_events__sessionized", "int_messages__judged", "int_session_steps__walked")
_TEXT_KEYS: Final = ("project_id", "field", "text_hash")
_REPORTS: Final = {".md", ".html"}
_NOTHING_SAID: Final = (
    "select project_id, event_id, user_id, '' as field, '' as text, '' as text_hash from raw.events where false"
)
_MIN_CHARACTERS: Final = 4
"""Shorter ids are not searched in lines that are not events: they would be found by chance."""


class Erased(NamedTuple):
    """What was erased: the number of lines, and of lines that lost their texts; and the files to load again."""

    n_lines: int
    n_texts: int
    forgotten: frozenset[str]


def erase_landed(
    connection: duckdb.DuckDBPyConnection, settings: Settings, projects: Projects, say: Callable[[str], None]
) -> Erased:
    """Erase what people requested, and what is too old, from landed files, quarantine and `raw.events`.

    Lines of users who were erased before are erased from files that are not loaded yet, unless they count by choice.

    Args:
        connection: a connection to the warehouse.
        settings: the installation's settings.
        projects: the projects database.
        say: receives the progress.

    Raises:
        LandingStoreError: the landing store of several hosts cannot be written; the next run goes on.
        OSError: the disk failed; the same.
    """
    erasures, home = projects.erasures.list(), Home(settings.home)
    requested, oldest_days, oldest_text_days = _find_due(connection, home, projects, erasures, say)
    if not erasures and not oldest_days and not oldest_text_days:
        return Erased(0, 0, frozenset())
    loaded = _loaded(connection)
    projects.erasures.begin([erasure.erasure_id for erasure in requested])
    removals = describe_removals(connection, projects, oldest_text_days)
    rules = make_rules(erasures, oldest_days, removals, projects)
    is_due = bool(requested or oldest_days or oldest_text_days)
    touched = _find_loaded(connection, requested, oldest_days, projects, rules) if is_due else frozenset()
    projects.retention.begin(_count(connection, "erased where erasure_id = 'aged'") if is_due else {}, oldest_days)
    projects.text_retention.begin(_count(connection, "aged_text_events") if is_due else {}, oldest_text_days)
    written: list[tuple[str, int, int, int]] = []
    n_erased, n_texts = 0, dict.fromkeys(oldest_text_days, 0)
    forgotten = _speaking(connection) if oldest_text_days else set()
    for project_id, of_project in rules.items():
        segments = list_segments(home.landing, [project_id])
        new = [segment for segment in segments if segment.name not in loaded] if of_project.erases else []
        for segment in new:
            of_project.note(segment.name, _read_events(segment.path))
        projects.erasures.remember(project_id, of_project.new_digests())  # before the first file changes
        for segment in (*new, *(segment for segment in segments if segment.name in touched)):
            of_loaded = of_project.texts if segment.name in loaded else None
            rewritten = _rewrite(home, settings, segment, of_project, of_loaded)
            n_erased += rewritten.n_erased
            if rewritten.n_texts:
                n_texts[project_id] += rewritten.n_texts
                forgotten.add(segment.name)
            written.append((segment.name, rewritten.n_lines, rewritten.n_rejected, segment.path.stat().st_size))
    projects.text_retention.begin(n_texts, oldest_text_days)
    if is_due:
        _erase_quarantine(home.quarantine, requested)
        projects.erasures.count({erasure.erasure_id: _receipt(erasure, rules, connection) for erasure in requested})
        for project_id in {*oldest_days, *oldest_text_days, *(erasure.project_id for erasure in requested)}:
            _erase_quotes(connection, home, projects, project_id)
        with _events_in_duckdb(connection, say):
            _erase_rows(connection, written)
        forgotten &= loaded
        forget_segments(connection, forgotten, are_texts_erased=True)
        for days in (oldest_days, oldest_text_days):
            _age_quarantine(home.quarantine, days)
        for retention in (projects.retention, projects.text_retention):
            retention.finish(only_unfound=True)  # nothing is left to purge
        say(f"Erased on request or by age: {n_erased:,} lines of landed files")
        say(f"Removed by age: the texts of {sum(n_texts.values()):,} lines")
    return Erased(n_erased, sum(n_texts.values()), frozenset(forgotten))


def _find_due(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    projects: Projects,
    erasures: Iterable[Erasure],
    say: Callable[[str], None],
) -> tuple[list[Erasure], Mapping[str, date], Mapping[str, date]]:
    """Return the open requests, and the first days whose events and whose texts projects keep, without what waits."""
    now = datetime.now(UTC)
    requested = [erasure for erasure in erasures if erasure.finished_at is None]
    oldest_days, oldest_text_days = projects.retention.due(now), projects.text_retention.due(now)
    if oldest_text_days and not can_remove_texts(connection):
        say("Texts that are too old wait for the next run: not all loaded events have topics yet")
        projects.text_retention.postpone()
        oldest_text_days = {}
    if (requested or oldest_days) and home.published.exists() and _loaded(connection) and not _is_modelled(connection):
        # What says whose texts are whose is built by this run.
        say("What is to be erased, on request or by age, waits for the next run, because this one changes the engine")
        projects.retention.postpone()
        requested, oldest_days = [], {}
    return requested, oldest_days, oldest_text_days


def _find_loaded(
    connection: duckdb.DuckDBPyConnection,
    requested: Collection[Erasure],
    oldest_days: Mapping[str, date],
    projects: Projects,
    rules: Mapping[str, Rules],
) -> frozenset[str]:
    """Find the loaded rows to erase, in `temp.erased`, and note them in the rules.

    Returns:
        The names of the loaded files that may have lines to erase.
    """
    connection.register("wanted", _as_table(requested))
    days = {"project_id": list(oldest_days), "oldest_day": list(oldest_days.values())}
    schema = pa.schema([("project_id", pa.string()), ("oldest_day", pa.date32())])
    connection.register("oldest_days", pa.table(days, schema=schema))
    connection.execute("create or replace temp table removed_days as from raw.removed_days limit 0")
    tables = {name for (name,) in connection.execute("select table_name from duckdb_columns()").fetchall()}
    is_modelled = _is_modelled(connection)
    modelled = "intermediate.int_events__sessionized" if is_modelled else "raw.events"
    connection.execute(f"create or replace temp view sessionized as from {modelled}")
    connection.execute(read_sql("find_erased_events"))
    connection.execute(read_sql("find_aged_events"))
    said = "intermediate.int_messages__extracted" if is_modelled else f"({_NOTHING_SAID})"
    if has_messages(connection) and "messages_and_comments" in tables:  # not yet in a warehouse of an older version
        said = "ml.messages_and_comments"
    connection.execute(f"create or replace temp view extracted as from {said}")
    find_aged_texts(connection, projects, rules, is_modelled={*MODELLED} <= tables)
    connection.execute(read_sql("find_erased_texts"))
    if oldest_days and {*_COUNTED} <= tables:
        connection.execute(read_sql("count_removed_days"))
    by_id = {erasure.erasure_id: erasure for erasure in requested}
    found = connection.execute("from erased where erasure_id != 'aged'").fetchall()
    for project_id, event_id, erasure_id, session_id, segment, is_of_person, shown_session_id in found:
        of_project, erasure = rules[project_id], by_id[erasure_id]
        of_project.events[event_id] = erasure
        if is_of_person and session_id is not None:
            of_project.sessions[session_id] = erasure
        of_project.found[erasure_id].append((event_id, shown_session_id, segment))
    for project_id, event_id in connection.execute("from aged_feedback").fetchall():
        rules[project_id].aged_feedback.add(event_id)
    touched = connection.execute(read_sql("list_erased_segments")).fetchall()
    connection.unregister("wanted")
    connection.unregister("oldest_days")
    return frozenset(name for (name,) in touched)


def _loaded(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the names of the files that are loaded."""
    return frozenset(name for (name,) in connection.execute("select segment from raw.segments").fetchall())


def _is_modelled(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether the models of events and messages are there, which a change of the engine removes."""
    columns = connection.execute("select table_name from duckdb_columns()").fetchall()
    return {("int_events__sessionized",), ("int_messages__extracted",)} <= {*columns}


def _as_table(requested: Collection[Erasure]) -> pa.Table:
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("erasure_id", "project_id", "kind", "target")),
            ("received_until", pa.timestamp("us")),
        ]
    )
    rows = [
        {
            "erasure_id": erasure.erasure_id,
            "project_id": erasure.project_id,
            "kind": erasure.kind,
            "target": erasure.target,
            "received_until": None
            if erasure.later_events == "drop"
            else erasure.requested_at.astimezone(UTC).replace(tzinfo=None),
        }
        for erasure in requested
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _count(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[str, int]:
    """Count rows of a temporary table by project."""
    counted = connection.execute(f"select project_id, count(*) from {rows} group by project_id").fetchall()  # noqa: S608 - a name above
    return dict(counted)


def _speaking(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the loaded files with events whose texts are too old and are still there."""
    return {name for (name,) in connection.execute("select distinct segment from aged_text_events").fetchall()}


def _receipt(erasure: Erasure, rules: Mapping[str, Rules], connection: duckdb.DuckDBPyConnection) -> ErasureCounts:
    found = rules[erasure.project_id].found[erasure.erasure_id]
    ((n_texts,),) = connection.execute(
        "select count(*) from erased_texts where erasure_id = ?", [erasure.erasure_id]
    ).fetchall()
    events, sessions, segments = zip(*found, strict=True) if found else ((), (), ())
    return ErasureCounts(len(set(events)), len({*sessions} - {None}), n_texts, len(set(segments)))


def _read_events(path: Path) -> Iterator[dict[str, Any]]:
    return (event for _, event in _read(path) if event is not None)


def _read(path: Path) -> Iterator[tuple[bytes, dict[str, Any] | None]]:
    """Yield each line of a landed file with its event; None for a line that is not an event."""
    for line in read_lines(path):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            event = None
        is_event = isinstance(event, dict) and all(isinstance(event.get(key), str) for key in KEYS.values())
        yield line, event if is_event else None


class _Rewritten(NamedTuple):
    n_erased: int
    n_texts: int
    n_lines: int
    n_rejected: int


def _rewrite(home: Home, settings: Settings, segment: Segment, rules: Rules, texts: TextRemoval | None) -> _Rewritten:
    """Write a landed file again without what is erased; a file without such lines or texts stays as it is."""
    pattern = _find_pattern(rules.open.values())
    kept: list[tuple[int, bytes]] = []
    without_texts: list[int] = []
    n_lines = 0
    for number, (line, event) in enumerate(_read(segment.path), 1):
        n_lines += 1
        if rules.is_too_old(segment, event):
            is_erased = True
        elif event is None:
            is_erased = pattern is not None and pattern.search(line) is not None
        else:
            is_erased = (erasure := rules.match(event)) is not None
            if erasure is not None and event["event_id"] not in rules.events:
                session_id = None if event.get("name") == FEEDBACK_NAME else event["session_id"]
                rules.found[erasure.erasure_id].append((event["event_id"], session_id, segment.name))
        if is_erased:
            continue
        kept_line = texts.apply(line, event) if texts is not None and event is not None else line
        kept.append((number, kept_line))
        if kept_line is not line:
            without_texts.append(number)
    n_erased = n_lines - len(kept)
    forget_released_texts(home.quarantine, segment.name, without_texts)
    if n_erased or without_texts:
        _write(settings, segment, [line for _, line in kept])
        renumber_released(home.quarantine, segment.name, [number for number, _ in kept])
    return _Rewritten(n_erased, len(without_texts), len(kept), _reject_again(home, segment))


def _write(settings: Settings, segment: Segment, lines: Iterable[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    compressed = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL, write_checksum=True).compress(data)
    if settings.landing_url:
        open_landing_store(settings.landing_url).write(segment.name, compressed)
    write_file(segment.path, compressed)


def _reject_again(home: Home, segment: Segment) -> int:
    """Write the rejected lines of a file again, if it had any; return their number."""
    file = rejected_file(home.quarantine, segment.name)
    if not file.exists():
        return 0
    rejected = read_landed_lines(segment.path, segment.project_id).rejected
    if rejected:
        keep_rejected(home.quarantine, segment.name, rejected)
    else:
        file.unlink()
    return len(rejected)


def _find_pattern(erasures: Iterable[Erasure]) -> re.Pattern[bytes] | None:
    """Return what finds ids in lines that are not events, as they are and as JSON writes them; None without ids."""
    ids = [erasure.target for erasure in erasures if erasure.target and len(erasure.target) >= _MIN_CHARACTERS]
    spellings = {
        spelling
        for id_ in ids
        for written in (id_, json.dumps(id_)[1:-1], json.dumps(id_, ensure_ascii=False)[1:-1])
        for spelling in (written.encode(), written.replace("/", "\\/").encode())
    }
    listed = b"|".join(re.escape(spelling) for spelling in sorted(spellings))
    return re.compile(rb"(?<![A-Za-z0-9])(?:" + listed + rb")(?![A-Za-z0-9])") if spellings else None


def _erase_quarantine(quarantine: Path, requested: Iterable[Erasure]) -> None:
    """Remove lines with an erased id from rejected rows of imports, released lines and damaged write-ahead files."""
    pattern = _find_pattern(requested)
    if pattern is None:
        return
    for glob in ("import/*.ndjson", "released/*.ndjson", "wal/*.damaged"):
        for path in quarantine.glob(glob):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not any(pattern.search(layer) for layer in _layers(line))]
            if len(kept) < len(lines):
                write_file(path, b"".join(kept))


def _age_quarantine(quarantine: Path, oldest_days: Mapping[str, date]) -> None:
    """Remove rejected rows of imports that are too old, and damaged write-ahead files.

    A damaged file, and a file of rows that an earlier version wrote, does not say whose it is: it goes by the shortest
    retention.
    """
    if not oldest_days:
        return
    for path in (*quarantine.glob("import/*.ndjson"), *quarantine.glob("wal/*")):
        owner = PROJECT_ID_PATTERN.search(path.name)
        oldest = oldest_days.get(owner[0]) if owner else max(oldest_days.values())
        if oldest is not None and datetime.fromtimestamp(path.stat().st_mtime, UTC).date() < oldest:
            path.unlink()


def _layers(line: bytes) -> Iterator[bytes]:
    """Yield a line, and the rejected row in it if it is a record of quarantine: JSON inside JSON."""
    yield line
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return
    if isinstance(record, dict) and isinstance(record.get("line"), str):
        yield record["line"].encode()
    elif isinstance(record, dict) and isinstance(record.get("line_base64"), str):
        yield base64.b64decode(record["line_base64"])


def _erase_quotes(connection: duckdb.DuckDBPyConnection, home: Home, projects: Projects, project_id: str) -> None:
    """Erase texts and names that quote the erased from alerts and edits, and remove reports that have such a name."""
    said = connection.execute(read_sql("list_erased_quotes"), {"project_id": project_id}).fetchall()
    names = {phrase for phrase, text_hash in said if text_hash is None}
    texts = {phrase: text_hash for phrase, text_hash in said if text_hash is not None}
    projects.erasures.erase_quotes(project_id, names, texts, {*texts.values()})
    quotes = Quotes(names, texts)
    for path in (home.reports / f"project_id={project_id}").glob("**/*"):
        if path.suffix in _REPORTS and quotes.are_in(path.read_text(encoding="utf-8", errors="replace")):
            path.unlink()


@contextmanager
def _events_in_duckdb(connection: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the events in DuckDB while the block runs; if Spark has them, its tables are written again afterwards."""
    if not is_on_spark(connection):
        yield
        return
    folder = folder_of(connection)
    use_engine(connection, None, say)
    yield
    use_engine(connection, folder, say)


def _erase_rows(connection: duckdb.DuckDBPyConnection, written: Collection[tuple[str, int, int, int]]) -> None:
    """Move the rows of `temp.erased` out of `raw.events`, and correct the counts of the files that were written."""
    names = ("segment", "n_lines", "n_rejected", "n_bytes")
    types = (pa.string(), pa.int64(), pa.int64(), pa.int64())
    rows = [dict(zip(names, row, strict=True)) for row in written]
    connection.register("written", pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True)))))
    connection.begin()
    try:
        connection.execute("insert into raw.removed_days by name from removed_days")
        connection.execute(read_sql("erase_rows"))
        replace_texts(connection)
        for table in ML:  # every table with texts, also those that later versions add
            if "text_hash" in table.column_names:
                keys = _TEXT_KEYS if "project_id" in table.column_names else ("text_hash",)
                erased = "erased_texts" if keys == _TEXT_KEYS else "erased_vectors"
                columns = ", ".join(keys)
                connection.execute(
                    f"delete from {table.qualified_name} where ({columns}) in (select ({columns}) from {erased})"  # noqa: S608 - names of contracts
                )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("written")
