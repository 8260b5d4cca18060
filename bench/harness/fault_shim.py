"""Build and preload the shim that records and breaks a collector's writes and syncs, and read its record."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

_SOURCE = Path(__file__).with_suffix(".c")


class DiskCall(NamedTuple):
    """One finished call: its letter (see fault_shim.c), its path, and a number or a second path."""

    letter: str
    path: Path
    rest: str


def is_available() -> bool:
    """Return whether there is a C compiler to build the shim with."""
    return shutil.which("cc") is not None


@dataclass
class FaultShim:
    """The built shim, and where it writes. What a collector does is recorded as long as it runs with `environment`."""

    library: Path
    home: Path
    log: Path
    removed: Path
    sync_every: int = 0
    write_every: int = 0

    @classmethod
    def build(cls, folder: Path, home: Path) -> Self:
        """Compile the shim into `folder`; it will watch everything below `home`."""
        library, removed = folder / "fault_shim.so", folder / "removed"
        removed.mkdir()
        command = ["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl", "-lpthread"]
        subprocess.run(command, check=True)
        return cls(library, home, folder / "disk-calls.log", removed)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a collector needs."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAULT_FOLDER": str(self.home),
            "FAULT_LOG": str(self.log),
            "FAULT_REMOVED": str(self.removed),
            "FAULT_SYNC_EVERY": str(self.sync_every),
            "FAULT_WRITE_EVERY": str(self.write_every),
        }

    def calls(self) -> list[DiskCall]:
        """Read what was recorded since the last `forget`, in order."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        return [DiskCall(letter, Path(path), rest) for letter, path, rest in (line.split("\t") for line in lines)]

    def restart(self, durable: dict[Path, int]) -> None:
        """Begin a new record, in which these files are durable up to these lengths."""
        self.log.write_text("".join(f"S\t{path}\t{length}\n" for path, length in durable.items()))
        for path in self.removed.iterdir():
            path.unlink()
