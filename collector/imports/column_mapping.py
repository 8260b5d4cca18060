"""Map the columns of a file to fields of `/track`. No column is dropped silently."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from math import inf
from typing import TYPE_CHECKING, Any

from collector.errors import ImportFileError, RejectedError, RowError, UnknownFieldsError
from collector.feedback import is_feedback
from collector.imports.feedback_rows import feedback_payload, is_feedback_table, landed_feedback
from collector.imports.options import FIELDS, METADATA, METADATA_PREFIX, is_target
from collector.imports.readers.source import Unreadable, object_words
from collector.imports.timestamps import TimeReader
from collector.validation import decode_json
from contracts.events import PLACEHOLDER_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from collector.imports.options import ImportOptions

IDS = {"session_id", "user_id", "event_id", "feedback_id"}
PLAIN_KEYS = {*FIELDS, METADATA}
LANDED_KEYS = {"project_id", "session_id_given", "user_id_given", "occurred_at", "received_at"}
MAX_EXACT_FLOAT = 2**53
MAX_SHOWN = 20
MAX_SKIPPED = 1_000
USUAL_NAMES = {
    "name": ("name", "event", "eventname", "eventtype"),
    "session_id": ("sessionid", "session", "conversationid", "conversation", "threadid", "thread", "chatid"),
    "user_id": ("userid", "user", "distinctid", "customerid", "customer"),
    "timestamp": ("timestamp", "time", "createdat", "created", "occurredat", "eventtime", "datetime", "date", "ts"),
    "event_id": ("eventid", "messageid"),
    "metadata": (
        *("prompt", "message", "messages", "text", "content", "question", "query", "input", "said"),
        *("utterance", "body", "conversation", "comment", "review", "answer", "feedback"),
    ),
}
"""Names of the fields and texts in other programs, in lower case without punctuation; only for suggestions."""
NESTED = ("list", "{", "object")
"""Beginnings of the types of columns without single values, which cannot be an id, name or time."""
WITHOUT = {
    "session_id": "each becomes a session of its own",
    "user_id": "their users are unknown",
    "timestamp": "all get the time of this import",
}
"""The consequence of a missing field that journeys need."""
TIME_WORDS = {"at", "time", "date", "timestamp"}
TIME_AS_TEXT = "time as text"
_VALUE = re.compile(r"[+-]?\d+([.,]\d+)?|\d{4}-\d\d-\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}( .*)?|[^@\s]+@[^@\s]+\.\w+")
"""Cells that are values and not names of columns: a number, a day, a URL."""
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SIGNS = re.compile(r"[\W_]+")
_DECIMAL = re.compile(r"\d+\.0")
"""A whole number as pandas writes it if another cell of its column is empty."""
_POWER = re.compile(r"\d(?:\.\d+[eE]\+?|[eE]\+)\d+")
"""A long number as spreadsheets and pandas write it: 1.23457E+11."""
_MISSING: Any = object()


class RowMapper:
    """Turns the rows of one file into payloads by its options; rows of an archive have no columns to map."""

    def __init__(self, file_name: str, options: ImportOptions, *, has_columns: bool = True) -> None:
        self._file_name = file_name
        self._has_columns = has_columns
        self._options = options
        self._times = TimeReader(options)
        self._targets = {**options.mapping, **dict.fromkeys(options.skip)}
        self._heads = {source.partition(".")[0] for source in self._targets if "." in source}
        self._absent = dict.fromkeys(self._targets)
        self._is_table = False
        self._is_feedback_table = False
        self._n_feedback = 0
        self._n_rows = 0
        self._skipped: dict[str, None] = {}
        self._seen: set[str] = set()
        self._placeholders: dict[str, None] = {}
        self._decimal_ids: dict[str, str] = {}

    @property
    def skipped(self) -> tuple[str, ...]:
        """Columns that were skipped on request, at most a thousand of them."""
        return tuple(self._skipped)

    def notes(self) -> Iterator[str]:
        """Yield notes for the user about the rows that were read."""
        if self._n_feedback:
            yield f"Rows of feedback: {self._n_feedback:,}."
        if self._times.n_repeated:
            yield (
                f"Times in the hour that occurs twice when clocks go back: {self._times.n_repeated:,}; each was "
                f"read as the first of the two."
            )
        if self._placeholders:
            cells = _listed(self._placeholders)
            nulls = " ".join(f"--null {shlex.quote(cell)}" for cell in self._placeholders)
            yield (
                f"Ids such as {cells} were imported as they are. If they stand for a missing id, import again "
                f"with {nulls}; for earlier imports use `turret project placeholder-ids`."
            )
        if self._decimal_ids:
            [(cell, text), *_] = self._decimal_ids.items()
            yield (
                f"Ids such as {cell!r} were read as {text!r}: programs such as pandas write whole numbers so where a "
                "cell of the column is empty."
            )
        missing = [field for field in WITHOUT if field not in self._seen]
        if self._n_rows > 1 and self._seen and missing:
            became = "; ".join(WITHOUT[field] for field in missing)
            remedy = " If a column has it, map it with --map." if self._has_columns else ""
            yield f"No row has a {' or a '.join(missing)}: {became}.{remedy}"
        if self._n_rows and self._absent and not self._is_table:  # a table has its columns, though all cells be empty
            yield f"No row has {_listed(self._absent)}, which --map or --skip names."

    def check_columns(self, names: Sequence[str], types: Mapping[str, str]) -> None:
        """Check the columns of a table before its rows are read; `types` are those that the file declares.

        Raises:
            ImportFileError: columns are duplicated, have no meaning here, or cannot hold events.
        """
        self._is_table = True
        if not types and not self._options.header and _is_row(names):
            raise ImportFileError(
                f"{self._file_name!r} begins with a row instead of column names: {_listed(names)}. Give the "
                f"names in order, such as --header session_id,timestamp,metadata.prompt --name message."
            )
        self._refuse_repeated(names, "has the column {} more than once")
        self._is_feedback_table = not self._options.says_columns and is_feedback_table(names)
        if self._is_feedback_table:
            return
        absent = [source for source in self._targets if not {source, source.partition(".")[0]} & {*names}]
        if absent:
            raise ImportFileError(f"{self._file_name!r} has no column {absent[0]!r}; it has {_listed(names)}.")
        known = {*self._targets, *self._heads, METADATA}
        unknown = [name for name in names if not is_target(name) and name not in known]
        targets = [*self._options.mapping.values(), *(name for name in names if is_target(name) and name not in known)]
        if unknown and self._options.others == "refuse":
            typed = {name: types.get(name, "") for name in unknown}
            raise ImportFileError(f"{self._file_name!r}: {self.unknown_sentence(typed, targets)}")
        if self._options.others == "metadata":
            targets += [METADATA_PREFIX + name for name in unknown]
        self._refuse_repeated(targets, "has two columns that become {}; give one another target with --map")
        if "name" not in targets and self._options.name is None:
            raise ImportFileError(
                f"{self._file_name!r} has no column name; map one with --map COLUMN=name, or name all events, "
                f"such as --name message; it has {_listed(names)}."
            )
        if METADATA not in names and not any(target.startswith(METADATA_PREFIX) for target in targets):
            raise ImportFileError(
                f"{self._file_name!r} needs one or more columns metadata.<key>; it has {_listed(names)}."
            )

    def unknown_error(self, problems: Sequence[UnknownFieldsError], *, is_only_row: bool) -> ImportFileError:
        """Return one error for the unknown fields of several rows, or of the only row of a file."""
        unknown: dict[str, str] = {}
        for problem in problems:
            unknown |= problem.unknown
        known = {name for problem in problems for name in problem.known}
        lists = [name for name, kind in unknown.items() if kind.startswith("list of {") and not _is_said(name, kind)]
        if is_only_row and lists and known.isdisjoint(PLAIN_KEYS):
            rows = lists[0]
            path = (
                f".{rows}" if rows.isidentifier() and rows.isascii() else f".[{json.dumps(rows, ensure_ascii=False)}]"
            )
            return ImportFileError(
                f"{self._file_name!r} is one object; its rows seem to be in {_with_types({rows: unknown[rows]})}. "
                f"Import that list alone: jq {shlex.quote(path)} {shlex.quote(self._file_name)} > rows.json"
            )
        return ImportFileError(f"{self._file_name!r}: {self.unknown_sentence(unknown, known)}")

    def _refuse_repeated(self, names: Sequence[str], says: str) -> None:
        repeated = sorted(name for name, n in Counter(names).items() if n > 1)
        if repeated:
            raise ImportFileError(f"{self._file_name!r} {says.format(repr(repeated[0]))}.")

    def unknown_sentence(self, unknown: Mapping[str, str], known: Iterable[str]) -> str:
        """Say which columns have no meaning here, and what to add to the command.

        Args:
            unknown: The columns with their types in words, empty if the file does not declare them.
            known: The other fields of the file.
        """
        has = {*known, *self._options.mapping.values()}
        free = [field for field in FIELDS if field not in has]
        time = _time_column(unknown) if "timestamp" in free else None
        maps = []
        for name, kind in unknown.items():
            if not name.strip():  # as after a comma at the end of the header
                maps.append(f"--skip {shlex.quote(name)}")
                continue
            field = next((one for one in free if one != "timestamp" and _is_usual(name, one)), None)
            field = "timestamp" if name == time else field
            if kind.startswith(NESTED):
                field = None
            if field is not None:
                free.remove(field)
            key = name[len(METADATA_PREFIX) :] if name.lower().startswith(METADATA_PREFIX) else name
            maps.append(f"--map {shlex.quote(f'{name}={field or METADATA_PREFIX + key}')}")
        if "name" in free and self._options.name is None:
            maps.append("--name message")
        more = f" and {len(maps) - MAX_SHOWN} more" if len(maps) > MAX_SHOWN else ""
        return (
            f"these columns are neither fields of /track nor metadata.<key>: {_with_types(unknown)}. Map them; "
            f"this is a guess to correct: {' '.join(maps[:MAX_SHOWN])}{more}.{_missing_words(free, unknown, has)} "
            "Import all others with --others metadata, or skip them with --others skip."
        )

    def payload(self, row: Any) -> Any:
        """Return the payload of a row; a value that is not an object is returned unchanged, for `validate` to refuse.

        Raises:
            RejectedError: a value does not fit its column, or fields of the row have no meaning here.
        """
        if not isinstance(row, dict):
            self._n_rows += 1
            return row
        row = landed_feedback(row) or row if row.keys() >= LANDED_KEYS else row
        says_so = not self._is_table and "type" not in self._targets and is_feedback(row)
        if says_so or not self._options.says_columns:  # these options describe events
            feedback = feedback_payload(row, is_table=self._is_feedback_table)
            if feedback is not None:
                self._n_feedback += 1
                return self._read_values(feedback)
        self._n_rows += 1
        # Most JSON has the names of /track already and need not be rearranged.
        is_plain = not self._targets and row.keys() <= PLAIN_KEYS and isinstance(row.get(METADATA), dict)
        payload = {**row} if is_plain else self._put_together(_as_sent(row))
        if self._options.name is not None and payload.get("name") is None:
            payload["name"] = self._options.name
        self._seen |= payload.keys() & {*FIELDS}
        return self._read_values(payload)

    def _read_values(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Read ids, which may be numbers, and the time."""
        for field in IDS & payload.keys():
            given = payload[field]
            payload[field] = _id(field, _number_in(given) if self._is_table and isinstance(given, str) else given)
            if isinstance(given, str) and payload[field] != given and not self._decimal_ids:
                self._decimal_ids[given] = payload[field]
            if (
                self._is_table
                and str(payload[field]).strip().lower() in PLACEHOLDER_IDS
                and len(self._placeholders) < MAX_SHOWN
            ):
                self._placeholders.setdefault(payload[field])
        if "timestamp" in payload:
            payload["timestamp"] = self._times.read(payload["timestamp"])
        return payload

    def _put_together(self, rest: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for target, value in self._chosen(rest):
            _put(values, target, value)
        whole = rest.pop(METADATA, None)
        for target, value in self._others(rest):
            _put(values, target, value)
        metadata = _decoded(whole, METADATA) if isinstance(whole, str) else whole
        if metadata is None and (self._is_table or not values.keys() <= {*FIELDS}):
            metadata = {}
        for target in [target for target in values if target not in FIELDS]:
            if isinstance(metadata, dict):
                metadata = {**metadata}
                _put(metadata, target.removeprefix(METADATA_PREFIX), values.pop(target))
        return {**values, METADATA: metadata}

    def _chosen(self, rest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Remove the columns of `--map` and `--skip` from the row."""
        for source, target in self._targets.items():
            value = _pop(rest, source)
            if value is not _MISSING:
                self._absent.pop(source, None)
                if target is not None:
                    yield target, value
                elif len(self._skipped) < MAX_SKIPPED:
                    self._skipped[source] = None

    def _others(self, rest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        unknown: dict[str, str] = {}
        for name, value in rest.items():
            if is_target(name):
                yield name, value
            elif self._options.others == "metadata":
                yield METADATA_PREFIX + name, value
            elif self._options.others == "skip":
                if len(self._skipped) < MAX_SKIPPED:
                    self._skipped[name] = None
            elif value is not None:
                is_part = name in self._heads and isinstance(value, dict)
                parts = {f"{name}.{key}": part for key, part in value.items()} if is_part else {name: value}
                unknown |= {part: _type_words(held) for part, held in parts.items()}
        if unknown:
            raise UnknownFieldsError(self.unknown_sentence(unknown, rest), unknown, rest)


def _as_sent(row: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a row; a landed event is turned back into what its app sent."""
    if not row.keys() >= LANDED_KEYS:
        return {**row}
    sent = {name: value for name, value in row.items() if name not in LANDED_KEYS and row.get(f"{name}_given", True)}
    return {**sent, "timestamp": row["occurred_at"]}


def _pop(row: dict[str, Any], source: str) -> Any:
    """Remove a value from a row by its name or its dotted path; a cell on the path may be JSON text."""
    if source in row:
        return row.pop(source)
    head, _, tail = source.partition(".")
    inner = row.get(head)
    if isinstance(inner, str) and inner.lstrip().startswith("{"):
        inner = _decoded(inner, head)
    if not tail or not isinstance(inner, dict):
        return _MISSING
    inner = {**inner}
    value = _pop(inner, tail)
    if value is not _MISSING:
        row[head] = inner
        if not inner:
            del row[head]
    return value


def _decoded(text: str, name: str) -> Any:
    try:
        return decode_json(text.encode())
    except RejectedError as problem:
        raise RowError(f"{name} is text, but not JSON: {problem}") from None


def _put(values: dict[str, Any], target: str, value: Any) -> None:
    if isinstance(value, Unreadable):
        raise RowError(value.sentence, value.value)
    known = values.get(target)
    if known is not None and known != value:
        raise RowError(f"Two columns become {target!r} and differ; give one another target with --map.")
    values[target] = value


def _id(field: str, value: Any) -> Any:
    """Return an id as text; an integer keeps its digits.

    Raises:
        RowError: a number may have lost digits, or has a fraction.
    """
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= MAX_EXACT_FLOAT:
            raise RowError(f"{field} is a number that is not whole or may have lost digits; write it as text.", value)
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number_in(cell: str) -> str | float:
    """Return the number of a cell that is written as a decimal or with a power of ten; other cells unchanged."""
    if _POWER.fullmatch(cell):
        return inf  # digits are missing
    return float(cell) if _DECIMAL.fullmatch(cell) else cell


def _type_words(value: Any) -> str:
    """Return the type of a value in words: text, number, list of {role, content}."""
    if isinstance(value, list):
        return f"list of {_type_words(value[0])}" if value else "list"
    if isinstance(value, dict):
        return object_words(value)
    if isinstance(value, str) and _ISO_TIME.match(value):
        return TIME_AS_TEXT
    return {str: "text", bool: "boolean"}.get(type(value), "number")


def _is_row(cells: Sequence[str]) -> bool:
    """Say whether the first line of a CSV file holds values instead of names: a time, or values only."""
    if any(_ISO_TIME.match(cell) for cell in cells):
        return True
    has_names = any(is_target(cell) or any(_is_usual(cell, field) for field in USUAL_NAMES) for cell in cells)
    return not has_names and any(_VALUE.fullmatch(cell) for cell in cells)


def _is_usual(name: str, field: str) -> bool:
    """Say whether this is the name of a field in other programs."""
    return _SIGNS.sub("", name.lower()) in USUAL_NAMES[field]


def _time_column(columns: Mapping[str, str]) -> str | None:
    """Return the column of times: by a usual name, else by its type, else by its last word, as in `sent_at`."""
    looks: tuple[Callable[[str], bool], ...] = (
        lambda name: _is_usual(name, "timestamp"),
        lambda name: columns[name].startswith(("timestamp", TIME_AS_TEXT)),
        lambda name: _WORDS.findall(name)[-1:] != [] and _WORDS.findall(name)[-1].lower() in TIME_WORDS,
    )
    return next((name for look in looks for name in columns if look(name)), None)


def _missing_words(free: Sequence[str], unknown: Mapping[str, str], has: Iterable[str]) -> str:
    """Say which fields that topics and journeys need are missing; empty if all are found."""
    missing = [field for field in WITHOUT if field in free]
    sentences = ""
    if missing:
        became = "; ".join(WITHOUT[field] for field in missing)
        sentences = f" No column looks like a {' or a '.join(missing)} ({became}); if one is, map it to that field."
    is_said = any(_is_said(name, kind) for name, kind in unknown.items())
    if not is_said and not any(name.startswith(METADATA) for name in has):
        sentences += " None looks like what people said; map the column with their texts to a metadata key with --map."
    return sentences


def _is_said(name: str, kind: str) -> bool:
    """Say whether a column looks like what people said."""
    return (
        _is_usual(name, "metadata")
        or name.lower().startswith(METADATA)
        or kind.startswith(("list of {role", "list of {from"))
    )


def _with_types(columns: Mapping[str, str]) -> str:
    shown = [f"{name[:50]!r}{f' ({kind})' if kind else ''}" for name, kind in columns.items()]
    return _counted(shown)


def _listed(names: Iterable[str]) -> str:
    return _counted([repr(name[:50]) for name in names])


def _counted(words: Sequence[str]) -> str:
    shown = ", ".join(words[:MAX_SHOWN])
    return f"{shown} and {len(words) - MAX_SHOWN} more" if len(words) > MAX_SHOWN else shown
