"""Erase users, sessions and single events from landed files, quarantine and `raw.events`, and events that are too old.

A run does it before it loads. The models then see the rows as gone, as if copies had been replaced
(`raw.replaced_events`), so they build again what these rows touched. After the marts are published,
`orchestration.publish.purge` rewrites the files that still have old bytes. Every step may be repeated: a killed run
leaves the requests open, and the next one does them again.
"""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
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
from orchestration.ingest.line_reader import read_landed_lines, read_lines
from orchestration.ingest.loader import keep_rejected, rejected_file
from orchestration.ingest.quarantine import renumber_released
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.engine_tables import folder_of, has_messages, is_on_spark, use_engine
from orchestration.warehouse.sql_files import read_sql
from projects.deletion.erasures import Quotes, erased_digest
from projects.records import ErasureCounts, ErasureKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    import duckdb

    from contracts.settings import Settings
    from orchestration.ingest.segments import Segment
    from projects.records import Erasure
    from projects.repository import Projects

_KEYS: Final[dict[ErasureKind, str]] = {"user": "user_id", "session": "session_id", "event": "event_id"}
_COMPRESSION_LEVEL: Final = 1
_COUNTED: Final = ("int_events__sessionized", "int_messages__judged", "int_session_steps__walked")
_TEXT_KEYS: Final = ("project_id", "field", "text_hash")
_REPORTS: Final = {".md", ".html"}
_NOTHING_SAID: Final = (
    "select project_id, event_id, user_id, '' as field, '' as text, '' as text_hash from raw.events where false"
)
_MIN_CHARACTERS: Final = 4
"""Shorter ids are not searched in lines that are not events: they would be found by chance."""


def erase_landed(
    connection: duckdb.DuckDBPyConnection, settings: Settings, projects: Projects, say: Callable[[str], None]
) -> int:
    """Erase what people requested from landed files, quarantine and `raw.events`; return the number of erased lines.

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
    erasures = projects.erasures.list()
    oldest_days = projects.retention.due(datetime.now(UTC))
    if not erasures and not oldest_days:
        return 0
    home = Home(settings.home)
    requested = [erasure for erasure in erasures if erasure.finished_at is None]
    projects.erasures.begin([erasure.erasure_id for erasure in requested])
    rules = _make_rules(erasures, oldest_days, projects)
    is_due = bool(requested or oldest_days)
    touched = _find_loaded(connection, requested, oldest_days, rules) if is_due else frozenset()
    n_aged = _count_aged(connection) if oldest_days else {}
    projects.retention.begin(n_aged, oldest_days)
    loaded = frozenset(name for (name,) in connection.execute("select segment from raw.segments").fetchall())
    written, n_erased = [], 0
    for project_id, of_project in rules.items():
        segments = list_segments(home.landing, [project_id])
        new = [segment for segment in segments if segment.name not in loaded] if of_project.erases else []
        for segment in new:
            of_project.note(segment.name, _read_events(segment.path))
        projects.erasures.remember(project_id, of_project.new_digests())  # before the first file changes
        for segment in (*new, *(segment for segment in segments if segment.name in touched)):
            rewritten = _rewrite(home, settings, segment, of_project)
            n_erased += rewritten.n_erased
            written.append((segment.name, rewritten.n_lines, rewritten.n_rejected, segment.path.stat().st_size))
    if is_due:
        _erase_quarantine(home.quarantine, requested)
        projects.erasures.count({erasure.erasure_id: _count(erasure, rules, connection) for erasure in requested})
        for project_id in {*oldest_days, *(erasure.project_id for erasure in requested)}:
            _erase_quotes(connection, home, projects, project_id)
        with _events_in_duckdb(connection, say):
            _erase_rows(connection, written)
        _age_quarantine(home.quarantine, oldest_days)
        projects.retention.finish(only_unfound=True)  # nothing is left to purge
        say(f"Erased on request or by age: {n_erased:,} lines of landed files")
    return n_erased


class Rules:
    """What is erased in one project: of the ids of open requests, and of the digests of finished ones.

    Args:
        erasures: all erasures of the project, the newest first; of several for an id, the newest counts.
        remembered: the erasure of each kind and digest of events and sessions that were found before.
        oldest_day: events from before this day (UTC) are too old; None if none are.
    """

    def __init__(
        self,
        erasures: Collection[Erasure],
        remembered: Mapping[tuple[str, str], str],
        oldest_day: date | None = None,
    ) -> None:
        self.erases = bool(erasures)
        self._oldest_day = oldest_day
        self.aged_feedback: set[str] = set()
        """Ids of landed feedback about events that are too old."""
        self.open = {(erasure.kind, erasure.target): erasure for erasure in erasures if erasure.target is not None}
        self.events: dict[str, Erasure] = {}
        """Ids of events that were found. Copies of them and feedback about them are erased too."""
        self.sessions: dict[str, Erasure] = {}
        """Sessions of erased users. What names no user there, such as an assistant's replies, is erased too."""
        self.found: defaultdict[str, list[tuple[str, str | None, str]]] = defaultdict(list)
        """By erasure: the id, session and file of each event that was found; feedback has no session."""
        by_id = {erasure.erasure_id: erasure for erasure in erasures}
        self._done: dict[str, Erasure] = {}
        for erasure in erasures:
            if erasure.target is None:
                self._done.setdefault(erasure.digest, erasure)
        self._done_kinds = {erasure.kind for erasure in self._done.values()}
        self._remembered = {key: by_id[erasure_id] for key, erasure_id in remembered.items() if erasure_id in by_id}
        self._salt = next((erasure.salt for erasure in erasures), "")
        self._digests: dict[tuple[str, str], str] = {}

    def note(self, segment: str, events: Iterable[Mapping[str, Any]]) -> None:
        """Note the events and sessions to erase among the events of a file that is not loaded."""
        for event in events:
            if erasure := self._match(event):
                self.events[event["event_id"]] = erasure
                is_feedback = event.get("name") == FEEDBACK_NAME
                session_id = None if is_feedback else event["session_id"]
                self.found[erasure.erasure_id].append((event["event_id"], session_id, segment))
                if erasure.kind != "event" and not is_feedback:
                    self.sessions[event["session_id"]] = erasure

    def new_digests(self) -> dict[tuple[str, str], str]:
        """Return the erasure of each kind and digest that was found now, and not before."""
        found = {("event", value): erasure for value, erasure in self.events.items()}
        found |= {("session", value): erasure for value, erasure in self.sessions.items()}
        digests = {(kind, self._digest(kind, value)): found[kind, value].erasure_id for kind, value in found}
        return {key: erasure_id for key, erasure_id in digests.items() if key not in self._remembered}

    def is_too_old(self, segment: Segment, event: Mapping[str, Any] | None) -> bool:
        """Say whether a landed event is too old; of a line that is not an event, when it was received counts."""
        if self._oldest_day is None:
            return False
        if event is None:
            return segment.received_date < self._oldest_day
        is_before = str(event.get("occurred_at")) < self._oldest_day.isoformat()
        return is_before or event["event_id"] in self.aged_feedback

    def match(self, event: Mapping[str, Any]) -> Erasure | None:
        """Return the erasure of a landed event; None if it stays."""
        erasure = self._match(event) or self._event(event["event_id"])
        if erasure is None and not event.get("user_id_given"):
            erasure = self._session(event["session_id"])
        about = event.get("metadata")
        if erasure is None and event.get("name") == FEEDBACK_NAME and isinstance(about, dict):
            erasure = self._event(about.get("event_id")) or self._session(about.get("session_id"))
        return erasure if erasure is not None and _is_due(erasure, event) else None

    def _event(self, event_id: object) -> Erasure | None:
        return self._known("event", event_id, self.events)

    def _session(self, session_id: object) -> Erasure | None:
        return self._known("session", session_id, self.sessions)

    def _known(self, kind: str, value: object, found: Mapping[str, Erasure]) -> Erasure | None:
        if not isinstance(value, str):
            return None
        known = found.get(value)
        return known or (self._remembered.get((kind, self._digest(kind, value))) if self._remembered else None)

    def _match(self, event: Mapping[str, Any]) -> Erasure | None:
        for kind, key in _KEYS.items():
            value = event.get(key)
            if not isinstance(value, str):
                continue
            erasure = self.open.get((kind, value))
            if erasure is None and kind in self._done_kinds:
                erasure = self._done.get(self._digest(kind, value))
            if erasure is not None and _is_due(erasure, event):
                return erasure
        return None

    def _digest(self, kind: str, value: str) -> str:
        known = self._digests.get((kind, value))
        if known is None:
            known = self._digests[kind, value] = erased_digest(self._salt, kind, value)
        return known


def _is_due(erasure: Erasure, event: Mapping[str, Any]) -> bool:
    """Say whether an event was received before the request, or later ones are erased too."""
    if erasure.later_events == "drop":
        return True
    try:
        return datetime.fromisoformat(event["received_at"]) <= erasure.requested_at
    except (KeyError, TypeError, ValueError):
        return True


def _make_rules(erasures: Iterable[Erasure], oldest_days: Mapping[str, date], projects: Projects) -> dict[str, Rules]:
    by_project: defaultdict[str, list[Erasure]] = defaultdict(list)
    for erasure in erasures:
        by_project[erasure.project_id].append(erasure)
    return {
        project_id: Rules(by_project[project_id], projects.erasures.remembered(project_id), oldest_days.get(project_id))
        for project_id in dict.fromkeys([*by_project, *oldest_days])
    }


def _find_loaded(
    connection: duckdb.DuckDBPyConnection,
    requested: Collection[Erasure],
    oldest_days: Mapping[str, date],
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
    is_modelled = {"int_events__sessionized", "int_messages__extracted"} <= tables
    modelled = "intermediate.int_events__sessionized" if is_modelled else "raw.events"
    connection.execute(f"create or replace temp view sessionized as from {modelled}")
    connection.execute(read_sql("find_erased_events"))
    connection.execute(read_sql("find_aged_events"))
    said = "intermediate.int_messages__extracted" if is_modelled else f"({_NOTHING_SAID})"
    if has_messages(connection) and "messages_and_comments" in tables:  # not yet in a warehouse of an older version
        said = "ml.messages_and_comments"
    connection.execute(f"create or replace temp view extracted as from {said}")
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


def _count_aged(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the loaded events in `temp.erased` that are too old, by project."""
    counted = connection.execute(
        "select project_id, count(*) from erased where erasure_id = 'aged' group by project_id"
    ).fetchall()
    return dict(counted)


def _count(erasure: Erasure, rules: Mapping[str, Rules], connection: duckdb.DuckDBPyConnection) -> ErasureCounts:
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
        is_event = isinstance(event, dict) and all(isinstance(event.get(key), str) for key in _KEYS.values())
        yield line, event if is_event else None


class _Rewritten(NamedTuple):
    n_erased: int
    n_lines: int
    n_rejected: int


def _rewrite(home: Home, settings: Settings, segment: Segment, rules: Rules) -> _Rewritten:
    """Write a landed file again without what is erased; a file without such lines stays as it is."""
    pattern = _find_pattern(rules.open.values())
    kept: list[tuple[int, bytes]] = []
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
        if not is_erased:
            kept.append((number, line))
    n_erased = n_lines - len(kept)
    if n_erased:
        _write(settings, segment, [line for _, line in kept])
        renumber_released(home.quarantine, segment.name, [number for number, _ in kept])
    return _Rewritten(n_erased, len(kept), _reject_again(home, segment))


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
