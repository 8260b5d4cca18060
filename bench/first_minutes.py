"""The waits of a new user: the demo on an empty home, a run with nothing new, and a forced run over the same data.

    python bench/first_minutes.py [--rounds 3]

Each round uses a new home. CPU seconds include the command and all its child processes.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TURRET = Path(sys.executable).parent / "turret"
STEPS = {
    "turret demo, empty home": ["demo"],
    "turret run, nothing new": ["run"],
    "turret run --force, the same data": ["run", "--force"],
}


@dataclass(frozen=True)
class Cost:
    """What one command took, in seconds."""

    wall: float
    cpu: float


def measure(arguments: list[str], home: Path) -> Cost:
    """Run one command to its end.

    Raises:
        CalledProcessError: the command failed; what it printed is in the error.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    environment = {**os.environ, "TURRET_HOME": str(home)}
    subprocess.run([TURRET, *arguments], env=environment, check=True, capture_output=True)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    """Measure and print a table: least, median and greatest of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is done")
    rounds = parser.parse_args().rounds
    costs: dict[str, list[Cost]] = {name: [] for name in STEPS}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, arguments in STEPS.items():
                costs[name].append(measure(arguments, Path(folder)))
    print("| command | wall s, least | median | greatest | CPU s, median |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, measured in costs.items():
        walls = sorted(cost.wall for cost in measured)
        cpu = statistics.median(cost.cpu for cost in measured)
        print(f"| {name} | {walls[0]:.1f} | {statistics.median(walls):.1f} | {walls[-1]:.1f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
