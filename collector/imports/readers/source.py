"""What every reader gives: rows one after the other, each decoded or with the reason why it is not."""

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
"""Of a file that does not say the types of its columns."""
READ_ERRORS = (EOFError, OSError, zlib.error, UnicodeError, BadZipFile)
"""What reading a damaged file raises, packed or not."""


@dataclass(frozen=True)
class Unreadable:
    """Stands for a value that JSON does not have: what to say if its column is not left out, and the value."""

    sentence: str
    value: object


@dataclass(frozen=True)
class SourceRow:
    """One row of a file.

    Args:
        number: Its first line, or which of the rows it is (see `Source.unit`); from 1.
        raw: The row as it stands in the file; for Parquet as JSON.
        values: Its values by the names that they have in the file. Meaningless where there is a `problem`.
        problem: Why the row could not be decoded.
        reread: Decodes it again with exact integers; None where they are exact already.
    """

    number: int
    raw: bytes
    values: Any = None
    problem: RejectedError | None = None
    reread: Callable[[], Any] | None = None


class Source(Protocol):
    """An open file."""

    size: int
    """How much there is to read, in the reader's own unit."""

    @property
    def unit(self) -> str:
        """What `SourceRow.number` counts: `line` or `row`."""

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns of a table; None where each row names its own, or where the file is empty."""

    @property
    def types(self) -> Mapping[str, str]:
        """The types of the columns, in words as `type_words` gives them; empty where the file does not say."""

    def position(self) -> int:
        """Return how much of `size` has been read."""

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
        name: For sentences.
        file: The file as it lies on disk.
        unpacked: Its bytes without compression.
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

        Bytes that the encoding does not have come in as lone surrogates, so that they cost their own row and no other.
        """
        return io.TextIOWrapper(self.bytes, encoding=self.encoding, errors="surrogateescape", newline=newline)

    def raw(self, text: str) -> bytes:
        """Return text as UTF-8; where it holds lone surrogates, its bytes as they stood."""
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
        """Return the bytes read of the file as it lies on disk."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self.bytes.close()
        self._file.close()
