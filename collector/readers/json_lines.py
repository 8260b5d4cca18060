"""One JSON object a line; empty lines are skipped."""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from collector.decoding import decode_exactly, decode_json
from collector.errors import ImportFileError, RejectedError
from collector.readers.source import SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAIN_BYTES = 1 << 20


class JsonLines:
    """A file of JSON lines. A line longer than `max_row_bytes` is a bad row; it is never held whole."""

    def __init__(self, name: str, text: BinaryIO, file: BinaryIO, size: int, max_row_bytes: int) -> None:
        self.size = size
        self.ignored_columns: tuple[str, ...] = ()
        self._name = name
        self._text = text
        self._file = file
        self._max_row_bytes = max_row_bytes

    def position(self) -> int:
        """Return the bytes read of the file as it lies on disk."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._file.close()

    def rows(self) -> Iterator[SourceRow]:
        """Give the lines; raises `ImportFileError` where the file is damaged."""
        number = 0
        try:
            while line := self._text.readline(self._max_row_bytes + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(BOM_UTF8)  # Windows programs put one there
                if len(line) > self._max_row_bytes:
                    self._skip_rest(line)
                    yield _too_long(number, line, self._max_row_bytes)
                elif line.strip():
                    yield _decode(number, line.rstrip(b"\r\n"))
        except (EOFError, OSError, zlib.error) as error:
            raise ImportFileError(f"{self._name!r} cannot be read beyond line {number}: {error}.") from error

    def _skip_rest(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._text.readline(DRAIN_BYTES)


def _decode(number: int, line: bytes) -> SourceRow:
    try:
        return SourceRow(number, line, decode_json(line), reread=partial(decode_exactly, line))
    except RejectedError as problem:
        return SourceRow(number, line, problem=problem)


def _too_long(number: int, line: bytes, max_row_bytes: int) -> SourceRow:
    sentence = f"The line is too long; allowed are {max_row_bytes} bytes. Only its beginning is kept here."
    return SourceRow(number, line, problem=RejectedError("INVALID_REQUEST", sentence))
