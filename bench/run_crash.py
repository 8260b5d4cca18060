"""Runs of the pipeline that are killed or run out of disk: is everything there after the next run, once and unchanged?

    python bench/run_crash.py --kills 10 --disk-full 3
    python bench/run_crash.py --kills 1 --negative-control lose      # or double, garble: must be caught
    python bench/run_crash.py --kills 6 --users 10 --candidate fitted   # or promoted

A home publishes the first of its events, the others land, and `turret run` over them is interrupted at random moments:
kill -9 of the command with its child processes, or of the command alone, while it holds the warehouse; or a disk (a
small tmpfs, which needs root) that fills up. A run that completed before is not counted. Meanwhile, a reader checks
that the published marts are consistent. Then the next run must complete, and its marts must equal, row for row, those
of an undisturbed copy of the home.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from harness.run_trial import RunTrial, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GROUP_SHARE = 0.5
"""Share of the kills that include child processes; the others hit only the command."""

LARGE_DISK = "2G"


def kill_round(
    trial: RunTrial, undisturbed: RunTrial, moments_s: Sequence[float], control: str | None, chance: random.Random
) -> tuple[Verdict, Counter[str]]:
    """Kill a run, and those that follow it, at these moments; let one complete; `control` names damage before.

    Returns:
        What is wrong in the end, and how many runs were killed in each stage; none after one that completed.
    """
    verdict, killed = Verdict(), Counter[str]()
    with trial.watched(verdict):
        for at_s in moments_s:
            is_group = chance.random() < GROUP_SHARE
            stage = trial.kill_within(at_s, is_group=is_group)
            print(f"  after {at_s:.1f} s {'with all' if is_group else 'alone'}: {stage or 'over'}", flush=True)
            if stage is None:
                break  # there is nothing left to do for another
            killed[stage] += 1
        if control:
            damage(trial, control)
        _complete(trial, verdict)
    trial.judge(undisturbed, verdict)
    print(f"  then: {verdict}", flush=True)
    return verdict, killed


def full_disk_round(trial: RunTrial, undisturbed: RunTrial, disk: Path, room_bytes: int) -> Verdict:
    """Run with `room_bytes` left on the disk, then with more, and judge."""
    verdict = Verdict()
    with trial.watched(verdict):
        _set_size(disk, str(_used(disk) + room_bytes))
        run = trial.start()
        _, errors = run.communicate()
        how = "failed" if run.returncode else "completed"
        if "Traceback" in errors:
            how += " with a traceback"
        _set_size(disk, LARGE_DISK)
        _complete(trial, verdict)
    trial.judge(undisturbed, verdict)
    print(f"  {room_bytes >> 10:,} KiB left: {how}; then {verdict}", flush=True)
    return verdict


def _complete(trial: RunTrial, verdict: Verdict) -> None:
    try:
        trial.complete()
    except AssertionError as error:
        verdict.failed.append(str(error))
        print(f"  {error}")


def damage(trial: RunTrial, control: str) -> None:
    """Do what a faulty pipeline might: lose a loaded event, load one twice, leave half a published file."""
    if control == "garble":
        with trial.home.published.open("r+b") as file:
            file.truncate(5000)
        trial.wait_until_watched()
        return
    with duckdb.connect(trial.home.warehouse) as warehouse:
        if control == "lose":
            warehouse.execute("delete from raw.events where event_id = (select min(event_id) from raw.events)")
        else:
            warehouse.execute("insert into raw.events from raw.events limit 1")


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={LARGE_DISK}", "turret-run-trial", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _set_size(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def _used(disk: Path) -> int:
    return shutil.disk_usage(disk).used


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main() -> None:
    """Run the requested trials; exit with 1 if anything was lost, duplicated, changed or broken."""
    options = _parse_arguments()
    chance = random.Random(options.seed)  # noqa: S311  # chance, not secrecy
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        waiting = RunTrial.prepare(folder / "waiting", options.users)
        if options.candidate:
            waiting.ask_for_candidate(is_promoted=options.candidate == "promoted")
        undisturbed = waiting.copy_to(folder / "undisturbed")
        takes_s = undisturbed.complete()
        print(f"an undisturbed run takes {takes_s:.1f} s", flush=True)
        verdicts, killed = list[Verdict](), Counter[str]()
        while killed.total() < options.kills:
            trial = waiting.copy_to(folder / f"kill-{len(verdicts)}")
            n_kills = min(options.in_a_row, options.kills - killed.total())
            moments_s = [chance.uniform(0, takes_s) for _ in range(n_kills)]
            verdict, stages = kill_round(trial, undisturbed, moments_s, options.negative_control, chance)
            verdicts.append(verdict)
            killed += stages
            shutil.rmtree(trial.home.root)
        if options.disk_full and os.geteuid():
            sys.exit("A full disk is a small tmpfs, and mounting one needs root.")
        growth = _size(undisturbed.home.root) - _size(waiting.home.root)
        for number in range(options.disk_full):
            with _small_disk(folder / f"disk-{number}") as disk:
                trial = waiting.copy_to(disk / "home")
                room = int(growth * chance.uniform(0.05, 0.9))
                verdicts.append(full_disk_round(trial, undisturbed, disk, room))
    is_clean = all(verdict.is_clean for verdict in verdicts)
    result = {"killed_in_stage": killed, "rounds": [vars(verdict) for verdict in verdicts], "run_s": takes_s}
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{killed.total()} runs killed: {dict(killed)}")
    print(f"{sum(verdict.is_clean for verdict in verdicts)} of {len(verdicts)} rounds without a fault")
    if options.negative_control:
        sys.exit("The negative control was NOT caught." if is_clean else 0)
    sys.exit(0 if is_clean else 1)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0, metavar="N", help="runs that are killed while they work")
    parser.add_argument("--in-a-row", type=int, default=3, metavar="N", help="kills before a run is let complete")
    parser.add_argument("--disk-full", type=int, default=0, metavar="N", help="runs on a full tmpfs (needs root)")
    parser.add_argument(
        "--candidate",
        choices=["fitted", "promoted"],
        help="let people keep and retire topics, and let the killed runs fit a candidate of topics, or promote it",
    )
    parser.add_argument("--users", type=int, default=60, help="simulated users: how much there is to run over")
    parser.add_argument("--json", type=Path, help="where to keep what was found")
    parser.add_argument("--seed", type=int, default=0, help="decides when")
    parser.add_argument("--folder", type=Path, help="where temporary homes are made; they belong on a real disk")
    parser.add_argument(
        "--negative-control",
        choices=["lose", "double", "garble"],
        help="do this damage after each kill; the exit status is 0 only if it was caught",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
