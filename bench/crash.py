"""Crashes under load: is every event that was answered with 200 in `raw.events`, once and unchanged?

The collector is started, loaded by a client that records each 200, subjected to faults at random moments, and started
again on the same home, a few hundred times. After every round, the pipeline's own loader loads everything that landed.

    python bench/crash.py --kills 100 --power-cuts 50
    python bench/crash.py --uploads 50
    python bench/crash.py --failing-syncs 10 --failing-writes 10 --disk-full 5
    python bench/crash.py --power-cuts 5 --negative-control acknowledge-early      # must be detected

A kill is kill -9 of the collector and its workers, possibly while it starts. A power cut is a kill after which the disk
keeps only what successful syncs guarantee (harness/power_cut.py). Failing syncs and writes come from a preloaded
shim (harness/fault_shim.c); a full disk is a small tmpfs, which needs root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import fault_shim
from harness.object_store import serve_object_store
from harness.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.ledger import Verdict

FULL_DISK_BYTES = 16 << 20
FULL_S = 1.0
BALLAST_BLOCK_BYTES = 4096
RESUME_TIMEOUT_S = 30.0
FAULT_LOAD_S = 2.0
SYNC_EVERY = 37
STORE_FAULT_SHARE = 0.3
MAX_UPLOAD_LOAD_S = 2.0
WRITE_EVERY = 41


def main() -> None:
    """Run the requested trials; exit with 1 if any of them lost, duplicated or changed an event."""
    options = _parse_arguments()
    if not fault_shim.is_available():
        sys.exit("There is no C compiler (cc), which the shim is built with; on Debian: apt-get install gcc.")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        is_clean = True
        for name, trial in _trials(Path(folder), options):
            is_clean &= _report(name, trial)
    if options.negative_control:
        sys.exit("The negative control was NOT caught." if is_clean else 0)
    sys.exit(0 if is_clean else 1)


def _trials(folder: Path, options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], tuple[Verdict, str]]]]:
    given: dict[str, Any] = {"seed": options.seed, "workers": options.workers, "batch_events": options.batch}
    given["span_events"] = options.spans
    if options.negative_control:
        given["variant"] = options.negative_control
    n_kills, n_cuts = options.kills, options.power_cuts
    if n_kills or n_cuts:
        yield f"{n_kills} kills, {n_cuts} power cuts", lambda: crash(folder / "crash", n_kills, n_cuts, **given)
    if options.uploads:
        name = f"{options.uploads} kills before an object store that fails"
        yield name, lambda: crash_uploads(folder / "uploads", options.uploads, **given)
    if options.failing_syncs:
        yield "failing syncs", lambda: fail_syncs(folder / "syncs", options.failing_syncs, **given)
    if options.failing_writes:
        yield "failing writes", lambda: fail_writes(folder / "writes", options.failing_writes, **given)
    if options.disk_full and os.geteuid() == 0:
        yield "full disk", lambda: fill_disk(folder / "full", options.disk_full, **given)
    elif options.disk_full:
        print("full disk: left out, because mounting a small tmpfs needs root")


def _report(name: str, trial: Callable[[], tuple[Verdict, str]]) -> bool:
    began = time.monotonic()
    verdict, note = trial()
    print(f"{name}: {verdict} ({note}; {time.monotonic() - began:.0f} s)", flush=True)
    for kind in ("lost", "twice", "changed"):
        if ids := getattr(verdict, kind):
            print(f"  {kind}: {', '.join(ids[:10])}{' ...' if len(ids) > 10 else ''}")  # noqa: PLR2004  # a few will do
    return verdict.is_clean


def crash(folder: Path, n_kills: int, n_power_cuts: int, **options: Any) -> tuple[Verdict, str]:
    """Kill the collector and cut the power, in random order; return the verdict and what happened."""
    trial = Trial.prepare(folder, **options)
    rounds = [trial.kill_round] * n_kills + [trial.power_cut_round] * n_power_cuts
    trial.random.shuffle(rounds)
    for harm in rounds:
        harm()
    verdict, sender = trial.finish(), trial.sender
    sent = f"{sender.n_sent:,} sent; {sender.n_spans:,} of the acknowledged are spans"
    return verdict, f"{sent}; power cuts changed {trial.n_changes} files and names"


def crash_uploads(folder: Path, n_kills: int, **options: Any) -> tuple[Verdict, str]:
    """Kill a collector that uploads to an object store, of whose requests a part fails; the store keeps running.

    Raises:
        AssertionError: no request failed, or nothing was uploaded before a kill.
    """
    with serve_object_store() as store, store.as_environment():
        store.fault_share = STORE_FAULT_SHARE
        trial = Trial.prepare(folder, store=store, **options)
        for _ in range(n_kills):
            trial.load_for(trial.random.uniform(0, MAX_UPLOAD_LOAD_S))
        n_before = trial.ledger.count_lines()[0]
        if not n_before or not store.n_faults:
            raise AssertionError("Nothing was uploaded, or no request failed: nothing is proved.")
        verdict = trial.finish()
    faults = ", ".join(f"{n} {kind}" for kind, n in sorted(store.n_faults.items()))
    return verdict, f"{trial.sender.n_sent:,} sent; {n_before:,} lines uploaded before the last start; faults: {faults}"


def fail_syncs(folder: Path, n_rounds: int, **options: Any) -> tuple[Verdict, str]:
    """Fail every n-th sync of a write-ahead file under load, then cut the power; again and again.

    Raises:
        AssertionError: no sync was failed, or a file was synced after its sync had failed.
    """
    trial = Trial.prepare(folder, **options)
    trial.shim.sync_every = SYNC_EVERY
    n_failed = 0
    for _ in range(n_rounds):
        trial.load_for(FAULT_LOAD_S)
        n_failed += _count_failed_syncs(trial)
        trial.cut_power()
    if not n_failed:
        raise AssertionError("No sync was failed: nothing is proved.")
    trial.shim.sync_every = 0
    return trial.finish(), f"{n_failed} syncs failed; {trial.sender.statuses[503]} answers of 503"


def _count_failed_syncs(trial: Trial) -> int:
    failed: set[Path] = set()
    for call in trial.shim.calls():
        if call.letter == "E":
            failed.add(call.path)
        elif call.letter == "S" and call.path in failed:
            raise AssertionError(f"{call.path.name} was synced again after a sync of it had failed.")
    return len(failed)


def fail_writes(folder: Path, n_rounds: int, **options: Any) -> tuple[Verdict, str]:
    """Let every n-th write stop halfway and the next one fail, as on a full disk; kill in the end.

    Raises:
        AssertionError: no write was failed.
    """
    trial = Trial.prepare(folder, **options)
    trial.shim.write_every = WRITE_EVERY
    for _ in range(n_rounds):
        trial.load_for(FAULT_LOAD_S)
    n_failed = sum(call.letter == "W" for call in trial.shim.calls())
    if not n_failed:
        raise AssertionError("No write was failed: nothing is proved.")
    trial.shim.write_every = 0
    return trial.finish(), f"{n_failed} writes failed; {trial.sender.statuses[503]} answers of 503"


def fill_disk(folder: Path, n_rounds: int, **options: Any) -> tuple[Verdict, str]:
    """Fill a small disk to its last byte under load, free it, go on; kill the collector in every second round.

    Raises:
        AssertionError: no event was refused, or none was accepted after there was room again.
    """
    with _small_disk(folder / "disk") as disk:
        trial = Trial.prepare(folder / "trial", home=disk / "home", settings={"collector_min_free_bytes": 0}, **options)
        for number in range(n_rounds):
            _fill_and_free(trial, disk / "ballast", is_killed_full=number % 2 == 1)
        if not trial.sender.statuses[503]:
            raise AssertionError("No event was refused: the disk was never full.")
        return trial.finish(), f"{n_rounds} times full; {trial.sender.statuses[503]} answers of 503"


def _fill_and_free(trial: Trial, ballast: Path, *, is_killed_full: bool) -> None:
    server = trial.start()

    async def harm() -> None:
        await asyncio.to_thread(server.wait_until_answering)
        await asyncio.sleep(trial.random.uniform(0.1, 0.5))
        await asyncio.to_thread(_fill, ballast)
        if is_killed_full:
            server.kill()
            return
        await asyncio.to_thread(ballast.unlink)
        n_before = trial.sender.n_acknowledged
        deadline = time.monotonic() + RESUME_TIMEOUT_S
        while trial.sender.n_acknowledged == n_before:
            if time.monotonic() > deadline:
                raise AssertionError("No event was taken after there was room again.")
            await asyncio.sleep(0.05)

    try:
        trial.load_until(harm)
    finally:
        server.kill()
        ballast.unlink(missing_ok=True)
    trial.ledger.load()


def _fill(ballast: Path) -> None:
    """Occupy every free byte for a while; sealing frees some space, which is occupied again."""
    deadline = time.monotonic() + FULL_S
    with ballast.open("ab", buffering=0) as file:
        while time.monotonic() < deadline:
            try:
                while file.write(bytes(BALLAST_BLOCK_BYTES)):
                    pass
            except OSError:
                time.sleep(0.01)


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FULL_DISK_BYTES}", "turret-trial", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0, metavar="N", help="rounds that end with kill -9")
    parser.add_argument("--power-cuts", type=int, default=0, metavar="N", help="rounds that end with a power cut")
    parser.add_argument(
        "--uploads", type=int, default=0, metavar="N", help="kills of a collector that uploads to an object store"
    )
    parser.add_argument("--failing-syncs", type=int, default=0, metavar="N", help="rounds with failing syncs")
    parser.add_argument("--failing-writes", type=int, default=0, metavar="N", help="rounds with writes cut short")
    parser.add_argument("--disk-full", type=int, default=0, metavar="N", help="rounds on a full tmpfs (needs root)")
    parser.add_argument("--workers", type=int, default=1, help="processes of the collector")
    parser.add_argument("--batch", type=int, default=0, metavar="N", help="every third connection sends /batch of N")
    parser.add_argument("--spans", type=int, default=0, metavar="N", help="another third sends /v1/traces with N spans")
    parser.add_argument("--seed", type=int, default=0, help="decides everything random")
    parser.add_argument("--folder", type=Path, help="where temporary homes are made; they belong on a real disk")
    parser.add_argument(
        "--negative-control",
        choices=["acknowledge-early", "no-sync"],
        help="run a wrong collector instead; the exit status is 0 only if it was caught",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
