"""Keep unreadable data in `quarantine/` with the reason: nothing is dropped silently."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

import orjson

from contracts.durable_files import make_folder, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from collector.wal.wal_file import Damage
    from contracts.home import Home

WAL_FOLDER = "wal"
IMPORT_FOLDER = "import"


def keep_damage(home: Home, wal_name: str, damage: list[Damage]) -> int:
    """Keep the damaged pieces of a write-ahead file; return their number of bytes.

    Raises:
        OSError: the disk failed; a retry writes the same.
    """
    folder = home.quarantine / WAL_FOLDER
    make_folder(folder)
    reason = "These pieces of a write-ahead file have no valid checksum: they were being written when the power or "
    reason += "the process ended, and were never acknowledged, or the disk damaged them later."
    pieces = [{"offset": piece.offset, "n_bytes": len(piece.data)} for piece in damage]
    write_file(folder / f"{wal_name}.damaged", b"".join(piece.data for piece in damage))
    write_file(folder / f"{wal_name}.reason.json", orjson.dumps({"wal": wal_name, "reason": reason, "pieces": pieces}))
    return sum(len(piece.data) for piece in damage)


class RejectedRows:
    """The rejected rows of an imported file: a file in quarantine, created with the first of them."""

    def __init__(self, home: Home, name: str) -> None:
        self.path = home.quarantine / IMPORT_FOLDER / f"{name}.ndjson"
        self.n_rows = 0
        self._lines: list[bytes] = []

    def keep(self, line_number: int, code: str, reason: str, raw: bytes) -> None:
        """Add one row as it was in the file; `flush` writes it."""
        record: dict[str, Any] = {"line_number": line_number, "code": code, "reason": reason}
        try:
            record["line"] = raw.decode()
        except UnicodeDecodeError:
            record["line_base64"] = base64.b64encode(raw).decode()
        self._lines.append(orjson.dumps(record) + b"\n")
        self.n_rows += 1

    def flush(self) -> None:
        """Write the added rows.

        Raises:
            OSError: the disk failed.
        """
        if not self._lines:
            return
        make_folder(self.path.parent)
        append_lines(self.path, self._lines)
        self._lines.clear()


def append_lines(path: Path, lines: list[bytes]) -> None:
    """Append to the file, and sync it."""
    with path.open("ab") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
