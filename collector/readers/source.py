"""What every reader gives: rows one after the other, each with its payload or the reason why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.errors import RejectedError


@dataclass(frozen=True)
class SourceRow:
    """One row of a file.

    Args:
        number: Its first line, or its row in Parquet; from 1.
        raw: The row as it stands in the file; for Parquet as JSON.
        payload: The fields of `/track`, decoded. Meaningless where there is a `problem`.
        problem: Why the row could not be decoded.
        reread: Decodes it again with exact integers; None where they are exact already.
    """

    number: int
    raw: bytes
    payload: Any = None
    problem: RejectedError | None = None
    reread: Callable[[], Any] | None = None


class Source(Protocol):
    """An open file."""

    size: int
    """How much there is to read, in the reader's own unit."""

    ignored_columns: tuple[str, ...]
    """Columns that are neither fields of `/track` nor metadata."""

    def position(self) -> int:
        """Return how much of `size` has been read."""

    def rows(self) -> Iterator[SourceRow]:
        """Give the rows in order.

        Raises:
            ImportFileError: the file cannot be read any further.
        """

    def close(self) -> None:
        """Close the file."""
