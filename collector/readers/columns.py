"""Columns of CSV and Parquet: which are fields of `/track`, which are metadata, and how a row becomes a payload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.decoding import decode_json
from collector.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FIELDS = ("name", "session_id", "user_id", "timestamp", "event_id")
METADATA = "metadata"
METADATA_PREFIX = "metadata."


@dataclass(frozen=True)
class Columns:
    """The columns of a file, in its order; `ignored` are those that mean nothing here."""

    names: tuple[str, ...]
    ignored: tuple[str, ...]

    def payload(self, cells: Iterable[Any]) -> dict[str, Any]:
        """Build the payload of one row. A cell that is None or empty counts as missing.

        Raises:
            RejectedError: the cell of a column `metadata` is text, but not JSON.
        """
        payload: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        whole: Any = {}
        for name, cell in zip(self.names, cells, strict=True):
            if cell is None or cell == "":
                continue
            if name in FIELDS:
                payload[name] = cell
            elif name == METADATA:
                whole = decode_json(cell.encode()) if isinstance(cell, str) else cell
            elif name.startswith(METADATA_PREFIX):
                metadata[name.removeprefix(METADATA_PREFIX)] = cell
        payload[METADATA] = whole | metadata if isinstance(whole, dict) else whole
        return payload


def read_columns(file_name: str, names: Sequence[str]) -> Columns:
    """Check the columns of a file.

    Raises:
        ImportFileError: a column stands twice, or the required ones are missing.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImportFileError(f"{file_name!r} has the column {twice[0]!r} more than once.")
    has_metadata = any(name == METADATA or name.startswith(METADATA_PREFIX) for name in names)
    if "name" not in names or not has_metadata:
        raise ImportFileError(
            f"{file_name!r} needs a column name and one or more columns metadata.<key>; it has {_shown(names)}."
        )
    known = {*FIELDS, METADATA}
    ignored = tuple(name for name in names if name not in known and not name.startswith(METADATA_PREFIX))
    return Columns(tuple(names), ignored)


def _shown(names: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(repr(name[:50]) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
