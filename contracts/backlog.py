"""Find the landed files that no run has loaded yet, reading only the landing folder and the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.errors import TurretError
from contracts.file_locks import unlocked
from contracts.home import SEGMENT_SUFFIX
from contracts.tables import RAW_SEGMENTS

if TYPE_CHECKING:
    from contracts.home import Home


class WarehouseUnreadableError(TurretError):
    """The warehouse file is damaged, or may not be read."""


@dataclass(frozen=True)
class WaitingFiles:
    """Landed files that no run has loaded.

    Attributes:
        n_landed: All landed files.
        n_waiting: Those not loaded; None while a run writes the warehouse.
        waiting_bytes: Their size; None with `n_waiting`.
        oldest_at: When the oldest of them was sealed, in seconds since 1970; None without any.
    """

    n_landed: int
    n_waiting: int | None
    waiting_bytes: int | None
    oldest_at: float | None = None


def find_waiting(home: Home) -> WaitingFiles:
    """Compare the landed files with those that the warehouse has.

    Raises:
        WarehouseUnreadableError: the warehouse is damaged, or may not be read.
    """
    landed = {path.relative_to(home.landing).as_posix(): path for path in home.landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}")}
    loaded = _loaded_segments(home)
    if loaded is None:
        return WaitingFiles(len(landed), None, None)
    found = [path.stat() for name, path in landed.items() if name not in loaded]
    oldest_at = min((file.st_mtime for file in found), default=None)
    return WaitingFiles(len(landed), len(found), sum(file.st_size for file in found), oldest_at)


def _loaded_segments(home: Home) -> set[str] | None:
    """Return the names of the loaded files; None while a run writes the warehouse."""
    import duckdb  # noqa: PLC0415 - costs `turret --help` a tenth of a second

    if not home.warehouse.exists():
        return set()
    with unlocked(home.warehouse_lock) as is_free:  # a reader would block a run that starts
        if not is_free:
            return None
        try:
            with duckdb.connect(home.warehouse, read_only=True) as warehouse:
                rows = warehouse.execute(f"select segment from {RAW_SEGMENTS.qualified_name}").fetchall()  # noqa: S608 - a name of our own contract
        except duckdb.CatalogException:  # no run has loaded anything yet
            return set()
        except duckdb.IOException as error:
            if "lock" in str(error).lower():  # another program has it open for writing
                return None
            if "permission denied" in str(error).lower():
                raise WarehouseUnreadableError(f"{home.warehouse} may not be read by this user.") from error
            raise WarehouseUnreadableError(
                f"{home.warehouse} cannot be read; remove it and `turret run` makes it again from the landed files."
            ) from error
    return {row[0] for row in rows}
