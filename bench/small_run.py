"""The cost of a small run: ten new events on top of the demo's, by this build and another one.

    python bench/small_run.py [--other CHECKOUT] [--demo HOME] [--rounds 3] [--events 10] [--json FILE]

Each build works on its own copy of the same home and gets the same new events in each round; builds take turns. The
first round of each is not counted: it parses dbt's project for the new place and fills the caches. CPU seconds include
`turret run` and all its child processes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
WISHES = (
    "How do I cancel my plan",
    "I was charged twice again",
    "Where can I see the invoice",
    "the app is slow today",
    "make a chart of hours",
    "reset my password please",
    "can you translate this page",
    "share this page with my team",
    "export everything as CSV",
)
CIRCUMSTANCES = ("for Anna", "for the Berlin office", "since Monday", "on my phone", "before noon", "after the update")


def new_events(n: int, seed: int) -> str:
    """Write n events that say what nobody has said before, as JSON lines."""
    choice, now = random.Random(seed), datetime.now(UTC)  # noqa: S311  # words to choose, no secrets
    events = []
    for number in range(n):
        words = [choice.choice(WISHES), *choice.sample(CIRCUMSTANCES, 2), str(choice.randrange(10**6))]
        events.append(
            {
                "name": "message",
                "session_id": f"small-{seed}-{number // 3}",
                "user_id": f"small-{number // 3}",
                "timestamp": (now - timedelta(minutes=n - number)).isoformat(),
                "metadata": {"prompt": " ".join(words), "plan": "free"},
            }
        )
    return "".join(json.dumps(event) + "\n" for event in events)


def run_turret(checkout: Path, home: Path, *arguments: str) -> str:
    """Run a command of the build in `checkout`, with its own Python environment.

    Raises:
        CalledProcessError: the command failed; what it printed is in the error.
    """
    environment = {**os.environ, "TURRET_HOME": str(home)}
    command = [checkout / ".venv" / "bin" / "turret", *arguments]
    done = subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


def measure(checkout: Path, home: Path, events: Path) -> dict[str, float]:
    """Import the events and run the pipeline; gives seconds of the run by the clock and of CPU, and of each stage."""
    (project,) = json.loads(run_turret(checkout, home, "project", "list", "--json"))
    run_turret(checkout, home, "import", str(events), "--project", project["project_id"])
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    report = json.loads(run_turret(checkout, home, "run", "--json"))
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if report["is_unchanged"]:
        raise SystemExit(f"{home} had nothing to run: were the events imported?")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu} | {name: stage["seconds"] for name, stage in report["stages"].items()}


def main() -> None:
    """Measure, print the median of the rounds for each build, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", type=Path, help="another checkout of Turret that has been set up")
    parser.add_argument("--demo", type=Path, help="a home with the demo in it; made where none is given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=10)
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args()
    builds = {"this": HERE} | ({"other": options.other.resolve()} if options.other else {})
    found: dict[str, list[dict[str, float]]] = {name: [] for name in builds}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = options.demo or folder / "demo"
        if options.demo is None:
            run_turret(HERE, demo, "demo")
        for build in builds:
            shutil.copytree(demo, folder / build, symlinks=True)
        for round_ in range(options.rounds + 1):
            events = folder / "events.jsonl"
            events.write_text(new_events(options.events, round_), encoding="utf-8")
            for build, checkout in builds.items():
                cost = measure(checkout, folder / build, events)
                found[build] += [cost] if round_ else []
                sys.stderr.write(f"{build}, round {round_}: {cost['cpu_s']:.1f} CPU s, {cost['wall_s']:.1f} s\n")
    medians = {
        build: {key: round(statistics.median(cost[key] for cost in costs), 2) for key in costs[0]}
        for build, costs in found.items()
    }
    result = {"events": options.events, "rounds": options.rounds, "median": medians, "all": found}
    if "other" in medians:
        result["cpu_ratio"] = round(medians["this"]["cpu_s"] / medians["other"]["cpu_s"], 3)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps({key: value for key, value in result.items() if key != "all"}, indent=1) + "\n")


if __name__ == "__main__":
    main()
