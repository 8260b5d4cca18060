"""The cost of a run on top of a million events, stage by stage, of this checkout alone or compared with another one.

    .venv/bin/python bench/large_runs.py --beside CHECKOUT --folder NEW --json bench/results/large_runs.json
    .venv/bin/python bench/large_runs.py --events 10000000 --folder NEW --json FILE

CHECKOUT is another commit of Turret with its own `.venv` (`git worktree add`). Both load, model, check and publish
the same landed files like their pipelines (harness/pipeline_pass.py), first all of them, then some more on top.
Topics are given. DuckDB's bare insert of the same files is measured for comparison. Events are those of `marts.py`:
6.67 a session, 200,000 different texts however many events there are, an eighth of them filler.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marts import REPOSITORY, in_child, land

from contracts.home import Home

BENCH = Path(__file__).resolve().parent
STAGES = ("load", "gates", "dbt", "publish")


@dataclass(frozen=True)
class Checkout:
    """A commit of Turret with packages of its own, and the home it builds."""

    name: str
    root: Path
    home: Home

    @property
    def commit(self) -> str:
        """Short, with a plus where files differ from it."""
        words = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=True).stdout.strip()

    def measure(self) -> dict[str, Any]:
        """Measure one pass over what has landed."""
        command = [self.root / ".venv" / "bin" / "python", BENCH / "harness" / "pipeline_pass.py", self.home.root]
        environment = {**os.environ, "PYTHONPATH": f"{self.root}:{BENCH}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return {**measured, "all": sum(measured["cpu_s"].values())}


def compare(checkouts: list[Checkout], n_events: int, n_more: int) -> dict[str, Any]:
    """Build `n_events` with each checkout, then `n_more` on top."""
    found: dict[str, Any] = {"events": n_events, "more": n_more, "passes": []}
    for title, first, last in (("full", 0, n_events), ("more", n_events, n_events + n_more)):
        for checkout in checkouts:
            land(checkout.home, first, last)
            measured = checkout.measure()
            found["passes"].append({"pass": title, "build": checkout.name, "commit": checkout.commit, **measured})
            print(_row(found["passes"][-1]), flush=True)
        if not first:
            script = [str(REPOSITORY / ".venv" / "bin" / "python"), str(REPOSITORY / "bench" / "marts.py")]
            bare = in_child(*script, "--folder", str(checkouts[0].home.root), "--step", "bare")
            found["bare_insert_cpu_s"] = bare.cpu_s
            print(f"bare insert {bare.cpu_s:.1f}", flush=True)
    return found


def _row(measured: dict[str, Any]) -> str:
    stages = ", ".join(f"{stage} {measured['cpu_s'][stage]:.1f}" for stage in STAGES)
    return (
        f"{measured['pass']}, {measured['build']} {measured['commit']}: {stages};"
        f" all {measured['all']:.1f} CPU s, {measured['peak_gb']:.2f} GB"
    )


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """Return the requested ratios of the figures."""
    by = {(one["pass"], one["build"]): one for one in found["passes"]}
    full, now, before = by["full", "now"]["cpu_s"], by["more", "now"], by.get(("more", "before"))
    to_bare = {"full_load_and_dbt_to_bare": (full["load"] + full["dbt"]) / found["bare_insert_cpu_s"]}
    if before is None:
        return to_bare
    return {
        "more_now_to_before": now["all"] / before["all"],
        "publish_now_to_before": now["cpu_s"]["publish"] / before["cpu_s"]["publish"],
        **to_bare,
    }


def main() -> None:
    """Compare, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="another checkout, with a .venv of its own")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--more", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder, which needs about 6 KB an event")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    checkouts = [
        Checkout(name, root.resolve(), Home(folder / name))
        for name, root in (("before", chosen.beside), ("now", REPOSITORY))
        if root
    ]
    for checkout in checkouts:
        checkout.home.root.mkdir(parents=True)
    found = compare(checkouts, chosen.events, chosen.more)
    found["ratios"] = ratios(found)
    print(json.dumps(found["ratios"], indent=1))
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
