"""The interface of readers: rows in order, each decoded or with the reason why it is not."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol
from zipfile import BadZipFile

from collector.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from collector.errors import RejectedError

MAX_NAMED = 5
NO_TYPES: Mapping[str, str] = MappingProxyType({})
"""Types of a file that does not declare them."""
READ_ERRORS = (EOFError, OSError, zlib.error, UnicodeError, BadZipFile)
"""Exceptions from reading a damaged file, compressed or not."""


@dataclass(frozen=True)
class Unreadable:
    """A value that JSON does not have, with the error to report unless its column is skipped."""

    sentence: str
    value: object


@dataclass(frozen=True)
class SourceRow:
    """One row of a file.

    Args:
        number: Its first line or its row number (see `Source.unit`), from 1.
        raw: The row as in the file; JSON for Parquet.
        values: Its values by their names in the file. Meaningless if there is a `problem`.
        problem: Why the row could not be decoded.
        reread: Decodes it again with exact integers; None if they are exact already.
    """

    number: int
    raw: bytes
    values: Any = None
    problem: RejectedError | None = None
    reread: Callable[[], Any] | None = None


class Source(Protocol):
    """An open file."""

    size: int
    """The total amount to read, in the reader's own unit."""

    @property
    def unit(self) -> str:
        """What `SourceRow.number` counts: `line` or `row`."""

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns of a table; None if each row names its own, or if the file is empty."""

    @property
    def types(self) -> Mapping[str, str]:
        """The types of the columns in words, as from `type_words`; empty if the file does not declare them."""

    def position(self) -> int:
        """Return the part of `size` that has been read."""

    def rows(self) -> Iterator[SourceRow]:
        """Return the rows in order.

        Raises:
            ImportFileError: the file cannot be read any further.
        """

    def close(self) -> None:
        """Close the file."""


def object_words(keys: Iterable[str]) -> str:
    """Name the first keys of an object: {role, content}."""
    named = [key[:30] for key in keys]
    return f"{{{', '.join([*named[:MAX_NAMED], *(['…'] if len(named) > MAX_NAMED else [])])}}}"


class TextFile:
    """An open file of text.

    Args:
        name: For messages.
        file: The file on disk.
        unpacked: Its decompressed bytes.
        size: Bytes on disk.
    """

    def __init__(self, name: str, file: BinaryIO, unpacked: BinaryIO, size: int) -> None:
        self.name = name
        self.bytes = unpacked
        self.size = size
        self.encoding = "utf-8"
        self._file = file

    def text(self, newline: str | None = "") -> io.TextIOWrapper:
        """Return a reader of its text; `newline` is that of `open`.

        Invalid bytes become lone surrogates, so that only their own row is rejected.
        """
        return io.TextIOWrapper(self.bytes, encoding=self.encoding, errors="surrogateescape", newline=newline)

    def raw(self, text: str) -> bytes:
        """Return text as UTF-8; if it holds lone surrogates, its original bytes."""
        try:
            return text.encode()
        except UnicodeEncodeError:
            return text.encode(self.encoding, errors="surrogateescape")

    def undecodable(self) -> str:
        """Say that a row is not in the encoding."""
        is_unicode = self.encoding.startswith("utf")
        remedy = "add the encoding, such as --encoding cp1252." if is_unicode else "check --encoding."
        return f"The row is not {self.encoding.removesuffix('-sig').upper()}; {remedy}"

    def unreadable(self, unit: str, number: int, error: Exception) -> ImportFileError:
        """Return the error of a file that cannot be read to its end."""
        return ImportFileError(f"{self.name!r} cannot be read beyond {unit} {number}: {str(error).rstrip('.')}.")

    def position(self) -> int:
        """Return the number of bytes read from the file on disk."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self.bytes.close()
        self._file.close()
