"""CSV: a header, a delimiter, double quotes. Cells stay strings: whether a field is a number is decided later."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Self

from collector.errors import ImportFileError, RejectedError, RowError
from collector.imports.readers.source import NO_TYPES, READ_ERRORS, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.imports.options import ImportOptions
    from collector.imports.readers.source import TextFile

DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'sep=([^"\r\n])\s*', re.IGNORECASE)
"""A line for Excel that some programs write before the header."""


class CsvRows:
    """A CSV file. Empty cells, and those that the options define as null, are omitted from their row.

    A quote that is never closed would swallow every row after it. So if a row over several lines is invalid, only
    its first line is rejected, and reading continues with the second.

    Raises:
        ImportFileError: there is no header that can be read. An empty file has none, and no rows either.
    """

    unit = "line"
    types = NO_TYPES

    def __init__(self, file: TextFile, options: ImportOptions, delimiter: str | None, max_row_bytes: int) -> None:
        self.size = file.size
        self.position = file.position
        self.close = file.close
        self._file = file
        self._nulls = options.nulls | {""}
        self._escape = options.escape
        self._lines = _Lines(file, max_row_bytes)
        csv.field_size_limit(max_row_bytes)
        self._delimiter = delimiter or ","
        self.columns: Sequence[str] | None = None
        try:
            separator = _SEPARATOR_LINE.fullmatch(self._lines.peek())
            if separator:
                self._delimiter = options.delimiter or separator[1]
                next(self._lines)
                self._lines.take()
            elif delimiter is None:
                self._delimiter = _sniff_delimiter(self._lines.peek())
            names = [*options.header] or self._next_cells()
        except (csv.Error, *READ_ERRORS) as error:
            raise ImportFileError(f"{file.name!r} has no header that can be read: {error}.") from error
        if names is None:
            return
        if not _is_text(names):
            raise ImportFileError(f"The header of {file.name!r} cannot be read. {file.undecodable()}")
        if not options.header:
            self._lines.take()
        self.columns = [name.strip() for name in names]

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows below the header; raises `ImportFileError` if the file is damaged."""
        if self.columns is None:
            return
        try:
            while row := self._next_row(self.columns):
                if row.raw.strip():
                    yield row
        except READ_ERRORS as error:
            raise self._file.unreadable(self.unit, self._lines.number, error) from error

    def _next_cells(self) -> list[str] | None:
        return next(csv.reader(self._lines, strict=True, delimiter=self._delimiter, escapechar=self._escape), None)

    def _next_row(self, columns: Sequence[str]) -> SourceRow | None:
        number = self._lines.number + 1
        try:
            cells = self._next_cells()
        except csv.Error as error:
            sentence = f"The line is not CSV: {error}; write a double quote within quotes twice, or see --escape."
            return self._give_up_line(number, sentence)
        if cells is None:
            return None
        if cells and len(cells) != len(columns):
            return self._give_up_line(
                number,
                f"The row has {len(cells)} cells; the header has {len(columns)}. A cell that holds {self._delimiter!r} "
                "needs double quotes around it.",
            )
        raw = self._lines.take()
        if not _is_text(cells):
            return SourceRow(number, raw, problem=RowError(self._file.undecodable()))
        values = {name: cell for name, cell in zip(columns, cells, strict=False) if cell not in self._nulls}
        return SourceRow(number, raw, values)

    def _give_up_line(self, number: int, sentence: str) -> SourceRow:
        return SourceRow(number, self._lines.take_first(), problem=RejectedError("INVALID_REQUEST", sentence))


class _Lines:
    """The lines of a text, with those since the last `take` remembered, so that all but the first can be put back."""

    def __init__(self, file: TextFile, max_characters: int) -> None:
        self.number = 0
        self._file = file
        self._text = file.text()
        self._max_characters = max_characters
        self._waiting: list[str] = []  # put back; the next one is last
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
        """Read a line; of a line that is far too long only the beginning, which then fails for its length."""
        line = self._text.readline(self._max_characters + 1)
        rest = line
        while len(rest) > self._max_characters and not rest.endswith("\n"):
            rest = self._text.readline(self._max_characters + 1)
        return line

    def take(self) -> bytes:
        """Return the lines handed out, unchanged, and forget them."""
        raw = self._file.raw("".join(self._taken))
        self._taken.clear()
        return raw.rstrip(b"\r\n")

    def peek(self) -> str:
        """Return the next line without handing it out; it is empty at the end."""
        if not self._waiting:
            self._waiting.append(self._read())
        return self._waiting[-1]

    def take_first(self) -> bytes:
        """Return the first of the lines handed out; the others will be handed out again."""
        first, *others = self._taken
        self._waiting.extend(reversed(others))
        self.number -= len(others)
        self._taken = [first]
        return self.take()


def _sniff_delimiter(header: str) -> str:
    """Return the delimiter that splits the header into the most cells; a comma if none does."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])))


def _is_text(cells: Sequence[str]) -> bool:
    """Say whether all bytes of the cells were in the file's encoding."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True
