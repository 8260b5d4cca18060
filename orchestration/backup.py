"""Write a home into one file while everything runs, and restore it.

The file is a tar archive, compressed by Zstandard. Its first member says when it was taken and by which version, its
last one has the SHA-256 of all others. The order of the copies loses nothing: no run may write the warehouse
meanwhile, and write-ahead files come before landed ones, because an event moves from the former to the latter.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import zstandard

from contracts.durable_files import make_folder, sync_path
from contracts.home import Home
from orchestration.errors import BackupError
from orchestration.warehouse.writer_lock import WAREHOUSE_WAIT_S, hold_lock
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from contracts.settings import Settings

ABOUT: Final = "turret-backup.json"
CHECKSUMS: Final = "checksums.json"
_FORMAT: Final = 1
_LEVEL: Final = 3
_CHUNK_BYTES: Final = 1 << 20
_PUBLISHED_LINK: Final = "published/turret.duckdb"


@dataclass(frozen=True)
class Backup:
    """What a backup has.

    Args:
        taken_at: every event that was acknowledged before is in it (ISO 8601, UTC).
        turret: the version that wrote it.
        format: the version of the archive.
        published: the name of the published file; None if nothing was published.
        has_projects: whether the projects database is in it, which PostgreSQL is not.
        n_files: number of files; 0 in the archive's first member, which is written before they are counted.
        n_bytes: their size.
    """

    taken_at: str
    turret: str
    format: int
    published: str | None
    has_projects: bool
    n_files: int = 0
    n_bytes: int = 0


class _Writer:
    """Adds files to an archive and notes their checksums."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.checksums: dict[str, str] = {}
        self.n_bytes = 0

    def add(self, name: str, data: bytes) -> None:
        """Add a member from memory."""
        self._add(name, len(data), io.BytesIO(data), datetime.now(UTC).timestamp())

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as it is now; one that is gone is left out."""
        try:
            with path.open("rb") as file:
                known = os.fstat(file.fileno())
                self._add(name, known.st_size, file, known.st_mtime)
        except FileNotFoundError:
            return

    def _add(self, name: str, size: int, file: IO[bytes], modified: float) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, modified
        hashed = _Hashed(file)
        self._archive.addfile(member, hashed)
        self.checksums[name] = hashed.digest.hexdigest()
        self.n_bytes += size


class _Hashed(io.RawIOBase):
    """Hashes what is read from a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def write_backup(settings: Settings, out: IO[bytes], say: Callable[[str], None]) -> Backup:
    """Write a backup of the home to a binary file.

    Args:
        settings: the installation's settings.
        out: where the archive goes.
        say: receives a sentence if it has to wait for a run.

    Raises:
        WarehouseBusyError: a run held the warehouse for too long.
        BackupError: there is no home.
        OSError: a file cannot be read or written.
    """
    home = Home(settings.home)
    if not home.root.is_dir():
        raise BackupError(f"There is no folder {home.root}; set TURRET_HOME to the folder of Turret's data.")
    has_projects = not settings.database_url
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with (
        hold_lock(home.warehouse_lock, WAREHOUSE_WAIT_S, say),
        compressor.stream_writer(out, closefd=False) as compressed,
        tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        published = home.published_folder / home.published.resolve().name if home.published.exists() else None
        taken_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        name = published.name if published else None
        about = Backup(taken_at, version("turret"), _FORMAT, name, has_projects)
        writer = _Writer(archive)
        writer.add(ABOUT, json.dumps(asdict(about)).encode())
        for path in (*_in_order(home), *([published] if published else [])):
            writer.add_file(path.relative_to(home.root).as_posix(), path)
        if has_projects:
            _add_projects(writer, settings, home)
        n_files, n_bytes = len(writer.checksums) - 1, writer.n_bytes
        writer.add(CHECKSUMS, json.dumps(writer.checksums).encode())
    return Backup(**{**asdict(about), "n_files": n_files, "n_bytes": n_bytes})


def _in_order(home: Home) -> Iterator[Path]:
    """Yield the files of a home in the order in which they are copied; each folder is listed when its turn comes."""
    for folder in (home.wal, home.outbox, home.landing, home.quarantine, home.reports, home.checks, home.demo):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.endswith(".tmp"):
                yield path
    wal = home.warehouse.with_name(f"{home.warehouse.name}.wal")  # of a run that was killed
    for path in (home.warehouse, wal, home.dashboard_key, home.imported_files, home.import_maps):
        if path.is_file():
            yield path


def _add_projects(writer: _Writer, settings: Settings, home: Home) -> None:
    """Add a snapshot of the SQLite database, which others may be writing."""
    open_projects(settings).close()  # creates or migrates it
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / home.projects_database.name
        with closing(sqlite3.connect(home.projects_database)) as source, closing(sqlite3.connect(snapshot)) as target:
            source.backup(target)
        writer.add_file(home.projects_database.name, snapshot)


def restore_backup(file: IO[bytes], root: Path) -> Backup:
    """Restore a backup into a new home; nothing is left of it if the archive is damaged.

    Args:
        file: the archive.
        root: the home's folder, which must not exist or be empty.

    Raises:
        BackupError: the folder has files, or the archive is no backup, of a newer version, or damaged.
        OSError: the disk failed.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise BackupError(f"{root} is not empty; allowed is a new or empty folder. Set TURRET_HOME to one.")
    make_folder(root.parent.absolute())
    # An existing folder may be a link or a volume, which cannot be replaced.
    draft_of, into = (f".{root.name}", root.parent) if not root.exists() else ("", root)
    restoring = Path(tempfile.mkdtemp(prefix=f"{draft_of}.restoring.", dir=into))
    try:
        backup = _extract(file, restoring)
        if backup.published is not None:
            (restoring / _PUBLISHED_LINK).symlink_to(backup.published)
        for path in restoring.rglob("*"):
            if not path.is_symlink():
                sync_path(path)
        if into == root:
            for path in restoring.iterdir():
                path.replace(root / path.name)
            restoring.rmdir()
        else:
            restoring.replace(root)
        sync_path(into)
    finally:
        shutil.rmtree(restoring, ignore_errors=True)
    return backup


def _extract(file: IO[bytes], folder: Path) -> Backup:
    """Write all members below a folder and check them."""
    found: dict[str, str] = {}
    try:
        with (
            zstandard.ZstdDecompressor().stream_reader(file, closefd=False, read_across_frames=True) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            about = _read_about(archive)
            while (member := archive.next()) is not None:
                content = archive.extractfile(member)
                if content is None or not _is_inside(member.name):
                    raise BackupError(f"The backup has a member {member.name!r}, which is not a file of a home.")
                if member.name == CHECKSUMS:
                    _compare(json.loads(content.read()), found)
                    _refuse_more(archive, plain)
                    n_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
                    return Backup(**{**asdict(about), "n_files": len(found), "n_bytes": n_bytes})
                found[member.name] = _write_member(content, folder / member.name, member.mtime)
    except (zstandard.ZstdError, tarfile.TarError, EOFError, ValueError, TypeError) as error:
        raise BackupError(f"The file is not a whole backup of Turret: {error}.") from error
    raise BackupError("The backup ends before its checksums: it was cut off. Nothing was restored.")


def _read_about(archive: tarfile.TarFile) -> Backup:
    first = archive.next()
    content = archive.extractfile(first) if first is not None and first.name == ABOUT else None
    if content is None:
        raise BackupError("The file is not a backup of Turret.")
    about = json.loads(content.read())
    if about["format"] > _FORMAT:
        raise BackupError(
            f"The backup has format {about['format']}, by Turret {about['turret']}; this version knows up to {_FORMAT}."
        )
    return Backup(**about)


def _refuse_more(archive: tarfile.TarFile, plain: zstandard.ZstdDecompressionReader) -> None:
    """Refuse members or bytes after the checksums, which nothing has compared."""
    refusal = "Bytes follow the backup in the file: it is damaged, or two files in one. Nothing was restored."
    if archive.next() is not None:
        raise BackupError(refusal)
    n_bytes = archive.offset + 2 * tarfile.BLOCKSIZE
    n_padded = -(-n_bytes // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
    try:
        while plain.read(_CHUNK_BYTES):
            pass
    except zstandard.ZstdError as error:
        raise BackupError(refusal) from error
    if plain.tell() > n_padded:
        raise BackupError(refusal)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _write_member(content: IO[bytes], path: Path, modified: float) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as target:
        path.chmod(0o600)
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    os.utime(path, (modified, modified))
    return digest.hexdigest()


def _compare(checksums: dict[str, str], found: dict[str, str]) -> None:
    wanted = {name: digest for name, digest in checksums.items() if name != ABOUT}
    if wanted != found:
        differing = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
        raise BackupError(f"The backup is damaged: {differing[0]} is missing or differs. Nothing was restored.")
