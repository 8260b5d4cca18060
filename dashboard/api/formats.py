"""Write rows as JSON, CSV or an Arrow IPC stream."""

from __future__ import annotations

import csv
import io
import json
import types
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import orjson
import pyarrow as pa

from dashboard.api.problems import ApiProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from dashboard.data.published import Row

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
}
_JSON = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
_ARROW: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
    dict: pa.string(),
}


def choose_format(chosen: str | None, accept: str) -> str:
    """Choose the format of an answer: the parameter's, else the first that Accept names, else JSON.

    Raises:
        ApiProblem: 406: Accept allows none of them.
    """
    if chosen is not None:
        return chosen
    offered = {media.split(";")[0]: name for name, media in MEDIA_TYPES.items()} | {
        "application/*": "json",
        "*/*": "json",
    }
    ranked = sorted(_ranked(accept), key=lambda pair: -pair[1])
    for media, quality in ranked:
        if quality > 0 and media in offered:
            return offered[media]
    if any(quality > 0 for _, quality in ranked):
        raise ApiProblem(406, f"Accept is {accept[:100]!r}; allowed are {', '.join(list(offered)[:3])}.")
    return "json"


def write_json(document: dict[str, Any]) -> bytes:
    """Write JSON; times are in UTC with Z, and NaN is null."""
    return orjson.dumps(document, default=_plain, option=_JSON)


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Write CSV (RFC 4180) for programs: lists and objects are JSON, null is empty.

    Values are not escaped for spreadsheets, which may take a text for a formula; the downloads of the pages are.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def write_arrow(table: pa.Table) -> bytes:
    """Write an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def arrow_table(model: type[BaseModel], rows: Sequence[Row]) -> pa.Table:
    """Build a table with the columns and types of a model, even without rows."""
    schema = pa.schema(
        [(name, _arrow_type(hint)) for name, hint in get_type_hints(model).items() if name in model.model_fields]
    )
    plain = [
        {name: json.dumps(value) if isinstance(value, dict) else value for name, value in row.items()} for row in rows
    ]
    return pa.Table.from_pylist(plain, schema=schema)


def _ranked(accept: str) -> list[tuple[str, float]]:
    """Parse the media types of an Accept header with their quality."""
    ranked = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.lower().split(";"))
        quality = next((piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")), "1")
        if media:
            ranked.append((media, float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0))
    return ranked


def _arrow_type(hint: Any) -> pa.DataType:
    """Return the Arrow type of an annotation; every Arrow column is nullable."""
    if isinstance(hint, types.UnionType):
        [hint] = [one for one in get_args(hint) if one is not type(None)]
    origin = get_origin(hint)
    if origin is list:
        return pa.list_(_arrow_type(get_args(hint)[0]))
    return _ARROW[origin or hint]


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return _with_zone(value).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list() | dict():
            return write_json(value).decode()  # type: ignore[arg-type]  # any JSON will do
    return value


def _with_zone(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _plain(value: Any) -> Any:
    """Convert what JSON has no type for, such as decimals and intervals, to text."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value)
