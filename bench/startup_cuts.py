"""Kills between two file operations: does the collector recover from every state that one can leave?

A collector's life (a first start that makes the home and its project, three events, sealing, a normal end) is killed
after its first file operation, then after its second, and so on until it ends by itself: open, write, truncate,
sync, rename, link, unlink, mkdir, rmdir, those of the sealing process included. The same is done with a start that
recovers what a killed collector left. After each kill the collector starts again on the home, unharmed: it
must accept events, and each acknowledged event must land exactly once.

    python bench/startup_cuts.py
    python bench/startup_cuts.py --database --every 10   # SQLite's own operations too; a tenth of all

The states are those of a kill; crash.py simulates power cuts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import zstandard
from harness import fault_shim
from harness.collector_lives import N_EVENTS, CollectorLives, Life

from contracts.home import Home

DATABASE_NAME = "/turret.sqlite"


@dataclass
class Report:
    """The results of the kills.

    Attributes:
        operations: The operation of each cut, in order.
        faults: A sentence for each cut after which something was wrong.
        left: A home as a kill left it with acknowledged events that had not landed; None where there was none.
    """

    operations: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    left: Path | None = None


def main() -> None:
    """Kill both lives everywhere; exit with 1 if any state was faulty."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="cut after every n-th operation only")
    parser.add_argument("--database", action="store_true", help="cut within SQLite's operations too")
    parser.add_argument("--verbose", action="store_true", help="print the operation of each cut")
    parser.add_argument("--folder", type=Path, help="where temporary homes are made")
    options = parser.parse_args()
    if not fault_shim.is_available():
        sys.exit("There is no C compiler (cc), which the shim is built with; on Debian: apt-get install gcc.")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        reports = cut_everywhere(Path(folder) / "cuts", options.every, has_database=options.database)
    for name, report in reports.items():
        print(f"{name}: {len(report.operations)} cuts, {len(report.faults)} of them with faults")
        lines = report.operations if options.verbose else []
        print("".join(f"  {line}\n" for line in [*lines, *report.faults]), end="")
    sys.exit(any(report.faults for report in reports.values()))


def cut_everywhere(folder: Path, every: int = 1, *, has_database: bool = False) -> dict[str, Report]:
    """Cut a first life, and one that recovers what a kill left, after every n-th operation.

    Args:
        folder: Made by this; everything lies there.
        every: The n.
        has_database: Whether SQLite's operations on the projects database count.

    Raises:
        AssertionError: no cut of the first life left events to recover.
    """
    folder.mkdir()
    with CollectorLives(folder, leave_out="" if has_database else DATABASE_NAME) as lives:
        first = _cut(lives, lives.homes / "first", None, every)
        if first.left is None:
            raise AssertionError("No cut left an event to recover: nothing is proved.")
        evaluation = _cut(lives, lives.homes / "recovery", first.left, every)
    return {"a first life": first, "a life after a kill": evaluation}


def _cut(lives: CollectorLives, folder: Path, origin: Path | None, every: int) -> Report:
    report, stop_after = Report(), every
    known = _landed_or_waiting(origin) if origin else []
    while True:
        home = folder / str(stop_after) / "home"
        home.parent.mkdir(parents=True)
        if origin:
            shutil.copytree(origin, home)
        cut = lives.live(home, stop_after)
        if cut.status == 0:
            return report
        report.operations.append(f"{stop_after}: {cut.cut}")
        before = f"after {stop_after}, {cut.cut}: "
        if not cut.is_cut:
            report.faults.append(f"{before}the life ended with {cut.status} by itself")
        elif _is_more_to_recover(home, report.left):
            report.left = folder / "left"
            shutil.rmtree(report.left, ignore_errors=True)
            shutil.copytree(home, report.left)
            (folder / "left.ids").write_text("\n".join(known + cut.acknowledged))
        report.faults += [before + fault for fault in _faults(home, known + cut.acknowledged, lives.live(home))]
        shutil.rmtree(home.parent)
        stop_after += every


def _landed_or_waiting(left: Path) -> list[str]:
    return left.with_name("left.ids").read_text().split()


def _is_more_to_recover(home: Path, than: Path | None) -> bool:
    return _waiting_bytes(home) > (_waiting_bytes(than) if than else 0)


def _waiting_bytes(home: Path) -> int:
    return sum(len(path.read_bytes().rstrip(b"\0")) for path in Home(home).wal.glob("*.wal"))


def _faults(home: Path, acknowledged: list[str], life: Life) -> list[str]:
    """Say what is wrong with the unharmed life on a home, in which events had been acknowledged before."""
    if life.status != 0:
        return [f"the next start ended with {life.status}"]
    faults = []
    if len(life.acknowledged) != N_EVENTS:
        faults.append(f"the next start took {len(life.acknowledged)} of {N_EVENTS} events")
    landed = _landed(home)
    if lost := sorted({*acknowledged, *life.acknowledged} - landed.keys()):
        faults.append(f"lost {', '.join(lost)}")
    if twice := sorted(id_ for id_, count in landed.items() if count > 1):
        faults.append(f"landed twice {', '.join(twice)}")
    folders = (Home(home).wal, Home(home).workers)
    if left := [str(path.relative_to(home)) for folder in folders for path in folder.glob("*")]:
        faults.append(f"left behind {', '.join(left)}")
    return faults


def _landed(home: Path) -> Counter[str]:
    landed: Counter[str] = Counter()
    for path in Home(home).landing.glob("*/*/*/*.ndjson.zst"):
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            landed.update(orjson.loads(line)["event_id"] for line in reader.read().splitlines())
    return landed


if __name__ == "__main__":
    main()
