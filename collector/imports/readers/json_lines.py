"""One JSON object per line; empty lines are skipped."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol

from collector.errors import RejectedError
from collector.imports.readers.source import NO_TYPES, READ_ERRORS, SourceRow
from collector.validation import decode_exactly, decode_json

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from collector.imports.readers.source import TextFile

DRAIN_BYTES = 1 << 20


class Lines(Protocol):
    """Gives lines as bytes in UTF-8."""

    def readline(self, size: int, /) -> bytes:
        """Return the next line, at most `size` bytes of it; nothing at the end."""


class Utf8Lines:
    """The lines of a text in another encoding, or with other line ends, as UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def readline(self, size: int, /) -> bytes:
        """Return the next line, at most `size` characters of it."""
        return self._text.readline(size).encode(errors="surrogateescape")


class JsonLines:
    """A file of JSON lines. A line longer than `max_row_bytes` is a bad row and never held completely."""

    unit = "line"
    columns = None
    types = NO_TYPES

    def __init__(self, file: TextFile, lines: Lines, max_row_bytes: int) -> None:
        self.size = file.size
        self.position = file.position
        self.close = file.close
        self._file = file
        self._lines = lines
        self._max_row_bytes = max_row_bytes

    def rows(self) -> Iterator[SourceRow]:
        """Yield the lines; raises `ImportFileError` if the file is damaged."""
        number = 0
        try:
            while line := self._lines.readline(self._max_row_bytes + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(BOM_UTF8)  # Windows programs put one there
                if len(line) > self._max_row_bytes:
                    self._skip_rest(line)
                    yield too_long(number, line, self._max_row_bytes)
                elif line.strip():
                    yield decode_row(self._file, number, line.rstrip(b"\r\n"))
        except READ_ERRORS as error:
            raise self._file.unreadable(self.unit, number, error) from error

    def _skip_rest(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._lines.readline(DRAIN_BYTES)


def decode_row(file: TextFile, number: int, raw: bytes) -> SourceRow:
    """Return a row from its JSON, or with the reason why it is not one."""
    try:
        return SourceRow(number, raw, decode_json(raw), reread=partial(decode_exactly, raw))
    except RejectedError as error:
        sentence = file.undecodable() if not _is_utf8(raw) else _not_finite(raw) or str(error)
        return SourceRow(number, raw, problem=RejectedError("INVALID_REQUEST", sentence))


def too_long(number: int, raw: bytes, max_row_bytes: int, hint: str = "") -> SourceRow:
    """Return a row that exceeds the maximum length; only its beginning is kept."""
    sentence = f"The row is too long; allowed are {max_row_bytes} bytes. {hint}Only its beginning is kept here."
    return SourceRow(number, raw[:max_row_bytes], problem=RejectedError("INVALID_REQUEST", sentence))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_finite(raw: bytes) -> str | None:
    """Name the first NaN or infinite number, which Python and JavaScript libraries write although JSON has none."""
    try:
        found = _find_not_finite(json.loads(raw), "")
    except (ValueError, RecursionError):
        return None
    return found and f"{found}, which JSON does not have; write null or leave it out."


def _find_not_finite(value: Any, path: str) -> str | None:
    if isinstance(value, float) and not isfinite(value):
        return f"{path[1:]} is {json.dumps(value)}"
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for key, part in parts if (found := _find_not_finite(part, f"{path}.{key}"))), None)
