"""Files to import that broke off, such as half a download: the whole file, imported later, counts no row twice."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson

from collector.errors import ImportFileError
from collector.wal.quarantine import append_lines

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class FileIdentity:
    """A file as a project knows it.

    Args:
        project_id: The project.
        n_bytes: Size of the file.
        sha256: Of its bytes.
        rows_from: What the ids of its rows are made from: `sha256`, or that of the file whose beginning it completes.
    """

    project_id: str
    n_bytes: int
    sha256: str
    rows_from: str


def identify(path: Path, project_id: str, home: Home) -> FileIdentity:
    """Read a file and tell whether it begins with all the bytes of one that broke off.

    Raises:
        ImportFileError: it cannot be read.
    """
    broken = {(one.n_bytes, one.sha256): one for one in _broken(home) if one.project_id == project_id}
    ends = sorted({n_bytes for n_bytes, _ in broken})
    digest, n_bytes, found = hashlib.sha256(), 0, None
    try:
        with path.open("rb") as file:
            for end in (*ends, None):
                while data := file.read(READ_BYTES if end is None else min(READ_BYTES, end - n_bytes)):
                    digest.update(data)
                    n_bytes += len(data)
                found = found or broken.get((n_bytes, digest.hexdigest()))
    except OSError as error:
        raise ImportFileError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from error
    return FileIdentity(project_id, n_bytes, digest.hexdigest(), found.rows_from if found else digest.hexdigest())


def remember_broken(file: FileIdentity, home: Home) -> None:
    """Remember a file that broke off.

    Raises:
        OSError: the disk failed.
    """
    if file not in _broken(home):
        append_lines(home.broken_imports, [orjson.dumps(asdict(file)) + b"\n"])


def _broken(home: Home) -> list[FileIdentity]:
    try:
        return [FileIdentity(**orjson.loads(line)) for line in home.broken_imports.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
