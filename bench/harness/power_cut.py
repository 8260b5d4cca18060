"""A power cut: everything that no sync guarantees is reverted on the disk, in every way a file system may do that.

The bytes of a file after its last successful sync are removed, zeroed, replaced by garbage, or kept in part:
from the front, or sector by sector, as in preallocated space. A new name, a new folder and a removed name
may or may not have reached the disk until their folder was synced, which is decided at random. The worker's own view of
what is durable is not used: the preloaded shim saw the calls.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.wal.quarantine import WAL_FOLDER
from contracts.home import WAL_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from contracts.home import Home
    from harness.fault_shim import DiskCall, FaultShim

COIN = 0.5
SECTOR_BYTES = 512
MAX_GARBAGE_BYTES = 6000


@dataclass
class DiskState:
    """The guarantees of the recorded calls: synced lengths, and names whose folder was not synced since."""

    synced: dict[Path, int] = field(default_factory=dict)
    moved: dict[Path, Path] = field(default_factory=dict)
    """New name to old name."""
    made: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)

    def follow(self, call: DiskCall) -> None:
        """Process one call."""
        match call.letter:
            case "S":
                self.synced[call.path] = int(call.rest)
            case "M":
                self._move(call.path, type(call.path)(call.rest))
            case "U":
                self.removed.add(call.path)
            case "K":
                self.made.add(call.path)
            case "D":
                self._sync_folder(call.path)

    def _move(self, old: Path, new: Path) -> None:
        self.synced[new] = self.synced.pop(old, 0)
        self.moved[new] = old

    def _sync_folder(self, folder: Path) -> None:
        self.moved = {new: old for new, old in self.moved.items() if new.parent != folder}
        self.made = {path for path in self.made if path.parent != folder}
        self.removed = {path for path in self.removed if path.parent != folder}


def cut_power(home: Home, shim: FaultShim, random: Random) -> int:
    """Change the files below `home` to what a power cut may leave; return the number of changes."""
    state = DiskState()
    for call in shim.calls():
        if call.letter == "O":
            raise AssertionError(f"{call.path.name} was overwritten at {call.rest}, where it had been synced.")
        state.follow(call)
    n_changes = sum(_take_back(path, old, state, random) for path, old in state.moved.items())
    n_changes += sum(_remove_folder(path, random) for path in sorted(state.made))
    n_changes += sum(_bring_back(path, shim.removed / path.name, state, random) for path in state.removed)
    files = _files_of(home)
    n_changes += sum(_spoil(path, state.synced.get(path, 0), random) for path in files)
    shim.restart({path: path.stat().st_size for path in files})
    return n_changes


def _files_of(home: Home) -> list[Path]:
    """List everything that collectors write, except their database, whose durability is SQLite's."""
    folders = (home.wal, home.root / "workers", home.landing, home.quarantine / WAL_FOLDER)
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _take_back(new: Path, old: Path, state: DiskState, random: Random) -> bool:
    """Undo a rename whose new name never reached the disk."""
    if random.random() < COIN or not new.exists():
        return False
    new.rename(old)
    state.synced[old] = state.synced.pop(new, 0)
    return True


def _remove_folder(path: Path, random: Random) -> bool:
    """Remove a folder whose name never reached the disk, with all that is in it."""
    if random.random() < COIN or not path.is_dir():
        return False
    shutil.rmtree(path)
    return True


def _bring_back(path: Path, kept: Path, state: DiskState, random: Random) -> bool:
    """Restore a file whose removal never reached the disk."""
    if random.random() < COIN or path.exists() or not path.parent.is_dir():
        return False
    shutil.copyfile(kept, path)
    state.synced.setdefault(path, kept.stat().st_size)
    return True


def _spoil(path: Path, n_synced: int, random: Random) -> bool:
    """Replace what lies behind the synced bytes; a write-ahead file also gets something behind its end."""
    data = path.read_bytes()
    kept, tail = data[:n_synced], data[n_synced:]
    if not tail and path.suffix != WAL_SUFFIX:
        return False
    length = len(tail) or random.randrange(MAX_GARBAGE_BYTES)
    written = tail.rstrip(b"\0")
    half = written[: random.randrange(len(written) + 1)]
    garbage = random.randbytes(min(length, MAX_GARBAGE_BYTES))
    tails = [b"", bytes(length), garbage, half, half + garbage, half + bytes(length), _some_sectors(tail, random)]
    path.write_bytes(kept + random.choice(tails))
    return True


def _some_sectors(tail: bytes, random: Random) -> bytes:
    """Keep some sectors of what was written, in no order, and zeros in place of the others."""
    sectors = (tail[start : start + SECTOR_BYTES] for start in range(0, len(tail), SECTOR_BYTES))
    return b"".join([sector if random.random() < COIN else bytes(len(sector)) for sector in sectors])
