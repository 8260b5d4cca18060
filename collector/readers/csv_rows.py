"""CSV in UTF-8: a header, commas, double quotes. Cells stay strings: whether a field is a number is judged later."""

from __future__ import annotations

import csv
import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Self

from collector.errors import ImportFileError, RejectedError
from collector.readers.columns import Columns, read_columns
from collector.readers.source import SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator


class CsvRows:
    """A CSV file.

    A quote that is never closed would swallow every row after it. So a row over several lines that makes no sense
    costs only its first line, and reading goes on with the second.
    """

    def __init__(self, name: str, text: BinaryIO, file: BinaryIO, size: int, max_row_bytes: int) -> None:
        self.size = size
        self._name = name
        self._file = file
        self._max_row_bytes = max_row_bytes
        # Bytes that are not UTF-8 come in as lone surrogates, so that they cost their own row and no other.
        self._text = io.TextIOWrapper(text, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._lines = _Lines(self._text, max_row_bytes)
        csv.field_size_limit(max_row_bytes)
        self._columns: Columns | None = None
        self.ignored_columns: tuple[str, ...] = ()

    def position(self) -> int:
        """Return the bytes read of the file as it lies on disk."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._file.close()

    def rows(self) -> Iterator[SourceRow]:
        """Give the rows below the header; raises `ImportFileError` where the file is damaged."""
        if self._columns is None:
            return
        try:
            while row := self._next_row(self._columns):
                if row.raw.strip():
                    yield row
        except (EOFError, OSError, zlib.error) as error:
            raise ImportFileError(
                f"{self._name!r} cannot be read beyond line {self._lines.number}: {error}."
            ) from error

    def read_header(self) -> None:
        """Read the header; an empty file has none, and no rows either.

        Raises:
            ImportFileError: it cannot be read, or the columns cannot hold events.
        """
        try:
            names = next(csv.reader(self._lines, strict=True), None)
        except (csv.Error, EOFError, OSError, zlib.error) as error:
            raise ImportFileError(f"{self._name!r} has no header that can be read: {error}.") from error
        if names is None:
            return
        try:
            _refuse_broken_text(names)
        except RejectedError:
            raise ImportFileError(f"{self._name!r} is not CSV in UTF-8: its first line is not text.") from None
        self._lines.take()
        self._columns = read_columns(self._name, names)
        self.ignored_columns = self._columns.ignored

    def _next_row(self, columns: Columns) -> SourceRow | None:
        number = self._lines.number + 1
        try:
            cells = next(csv.reader(self._lines, strict=True), None)
        except csv.Error as error:
            return self._give_up_line(number, f"The line is not CSV: {error}.")
        if cells is None:
            return None
        if cells and len(cells) != len(columns.names):
            sentence = f"The row has {len(cells)} cells; the header has {len(columns.names)}."
            return self._give_up_line(number, sentence)
        raw = self._lines.take()
        try:
            _refuse_broken_text(cells)
            return SourceRow(number, raw, columns.payload(cells) if cells else None)
        except RejectedError as problem:
            return SourceRow(number, raw, problem=problem)

    def _give_up_line(self, number: int, sentence: str) -> SourceRow:
        return SourceRow(number, self._lines.take_first(), problem=RejectedError("INVALID_REQUEST", sentence))


class _Lines:
    """The lines of a text, remembering those handed out since the last `take`, to give back all but the first."""

    def __init__(self, text: io.TextIOWrapper, max_characters: int) -> None:
        self.number = 0
        self._text = text
        self._max_characters = max_characters
        self._waiting: list[str] = []  # given back; the next one stands last
        self._taken: list[str] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self._taken.append(line)
        return line

    def _read(self) -> str:
        """Read a line; of one that is far too long only the beginning, which then fails for its length."""
        line = self._text.readline(self._max_characters + 1)
        rest = line
        while len(rest) > self._max_characters and not rest.endswith("\n"):
            rest = self._text.readline(self._max_characters + 1)
        return line

    def take(self) -> bytes:
        """Return the lines handed out as they stood, and forget them."""
        raw = "".join(self._taken).encode(errors="surrogateescape")
        self._taken.clear()
        return raw.rstrip(b"\r\n")

    def take_first(self) -> bytes:
        """Return the first of the lines handed out; the others will be handed out again."""
        first, *others = self._taken
        self._waiting.extend(reversed(others))
        self.number -= len(others)
        self._taken = [first]
        return self.take()


def _refuse_broken_text(cells: list[str]) -> None:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        raise RejectedError("INVALID_REQUEST", "The row is not UTF-8.") from None
