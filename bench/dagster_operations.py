"""Operating Dagster: killed during a run, with many runs requested at once, and with a backfill of a past day.

    python bench/dagster_operations.py --folder NEW

A real daemon and a real web server over a home whose first events are published while the others have landed:

1. the sensor starts a run; daemon and its children are killed (kill -9) in the middle of it, and started again. The
   dead run must be marked as failed, and exactly one other run must replace it;
2. four runs are requested at once through the web server's GraphQL: all must succeed, one at a time;
3. a backfill of a day is requested by the mutation that the web page sends: the marts must be the same again.

After each, the marts must equal, row for row, those of a copy of the home that one undisturbed `turret run` completed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from harness.run_trial import RunTrial, Verdict

from contracts.home import Home
from contracts.settings import child_environment, load_settings
from orchestration.runs.instance import open_instance
from orchestration.triggers import JOB_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.settings import Settings

WORKSPACE = Path(__file__).resolve().parents[1] / "workspace.yaml"
MAX_WAIT_S = 600.0
POLL_S = 0.5
N_AT_ONCE = 4
ENDED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}

LAUNCH_RUN = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""
LAUNCH_BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
ASSETS = "{ assetNodes { assetKey { path } isMaterializable } }"


class Operated:
    """A home with Dagster's processes over it."""

    def __init__(self, trial: RunTrial) -> None:
        self.trial = trial
        self.settings: Settings = load_settings(home=trial.home.root, database_url="")
        with open_instance(self.settings):
            self.environment = child_environment(self.settings, DAGSTER_HOME=str(Home(self.settings.home).dagster))

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program of Dagster until the block ends, then kill it with all its children, like a power cut."""
        log = (self.trial.home.root / "operations.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", *words, "-w", WORKSPACE],
            cwd=WORKSPACE.parent,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _kill_tree(process.pid)
            process.wait()
            log.close()

    def runs(self) -> list[dg.RunRecord]:
        """Return all runs of the pipeline, the oldest first."""
        with open_instance(self.settings) as instance:
            return list(reversed(instance.get_run_records(dg.RunsFilter(job_name=JOB_NAME))))


def _kill_tree(pid: int) -> None:
    """Kill -9 a process and all below it, whichever groups they are in."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in table.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    doomed = [pid]
    for one in doomed:
        doomed += children.get(one, [])
    for one in doomed:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue


def wait_until(what: str, is_so: Callable[[], bool]) -> float:
    """Wait for a condition; return the seconds. Exit if it does not become true."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > MAX_WAIT_S:
            sys.exit(f"In vain waited for: {what}")
        time.sleep(POLL_S)
    return time.monotonic() - began


def crash_of_the_daemon(operated: Operated) -> None:
    """Kill everything in the middle of the sensor's run and start again."""
    n_before = len(operated.runs())
    with operated.running("dagster._daemon", "run"):
        wait_until(
            "the sensor's run at work",
            lambda: any(
                run.dagster_run.status == dg.DagsterRunStatus.STARTED and _has_finished_a_step(operated, run)
                for run in operated.runs()[n_before:]
            ),
        )
    (killed,) = operated.runs()[n_before:]
    with operated.running("dagster._daemon", "run"):
        waited_s = wait_until("the run that takes its place", lambda: _all_ended(operated, n_before + 2))
    statuses = [run.dagster_run.status.value for run in operated.runs()[n_before:]]
    print(
        f"killed in the middle of {killed.dagster_run.run_id}: runs then {statuses} after {waited_s:.0f} s", flush=True
    )
    if statuses != ["FAILURE", "SUCCESS"]:
        sys.exit("The dead run was not replaced by exactly one that ended well.")


def _has_finished_a_step(operated: Operated, run: dg.RunRecord) -> bool:
    with open_instance(operated.settings) as instance:
        found = instance.get_records_for_run(run.dagster_run.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS, limit=2)
    return len(found.records) > 1


def _all_ended(operated: Operated, n_runs: int) -> bool:
    runs = operated.runs()
    return len(runs) >= n_runs and all(run.dagster_run.status in ENDED for run in runs)


def many_at_once(operated: Operated, ask: Callable[[str, dict[str, Any]], Any]) -> None:
    """Request several runs at once."""
    n_before = len(operated.runs())
    selector = {"repositoryName": "__repository__", "repositoryLocationName": "turret", "jobName": JOB_NAME}
    for _ in range(N_AT_ONCE):
        answer = ask(LAUNCH_RUN, {"params": {"selector": selector, "mode": "default"}})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            sys.exit(f"Not launched: {answer}")
    waited_s = wait_until("all runs", lambda: _all_ended(operated, n_before + N_AT_ONCE))
    spans = sorted((run.start_time or 0, run.end_time or 0) for run in operated.runs()[n_before:])
    statuses = {run.dagster_run.status.value for run in operated.runs()[n_before:]}
    overlaps = sum(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans))
    print(f"{N_AT_ONCE} at once: {statuses}, {overlaps} overlap, {waited_s:.0f} s", flush=True)
    if statuses != {"SUCCESS"} or overlaps:
        sys.exit("Not all of the runs went well, one after the other.")


def backfill(operated: Operated, ask: Callable[[str, dict[str, Any]], Any]) -> None:
    """Load the first day again, like the page of the assets."""
    published = operated.trial.home.published.resolve()
    days = sorted(path.name.removeprefix("date=") for path in operated.trial.home.landing.glob("*/date=*"))
    assets = [node["assetKey"] for node in ask(ASSETS, {})["assetNodes"] if node["isMaterializable"]]
    params = {"assetSelection": assets, "partitionNames": days[:1], "fromFailure": False, "tags": []}
    answer = ask(LAUNCH_BACKFILL, {"params": params})["launchPartitionBackfill"]
    if answer["__typename"] != "LaunchBackfillSuccess":
        sys.exit(f"Not launched: {answer}")

    def is_done() -> bool:
        with open_instance(operated.settings) as instance:
            found = instance.get_backfill(answer["backfillId"])
        return found is not None and found.status.value.startswith(("COMPLETED", "FAILED"))

    waited_s = wait_until("the backfill", is_done)
    with open_instance(operated.settings) as instance:
        of_backfill = dg.RunsFilter(
            tags={"dagster/backfill": answer["backfillId"]}
        )  # Dagster may name their job itself
        statuses = [run.status.value for run in instance.get_runs(of_backfill)]
        status = instance.get_backfill(answer["backfillId"])
    is_published = operated.trial.home.published.resolve() != published
    print(
        f"backfill of {days[:1]}: {status.status.value if status else None}, runs {statuses}, published a new version "
        f"{is_published}, {waited_s:.0f} s",
        flush=True,
    )
    if set(statuses) != {"SUCCESS"} or not is_published:
        sys.exit("The backfill did not end well.")


def asker(port: int) -> Callable[[str, dict[str, Any]], Any]:
    """Ask the web server's GraphQL."""

    def ask(query: str, variables: dict[str, Any]) -> Any:
        request = urllib.request.Request(  # our own server
            f"http://127.0.0.1:{port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # the same
            told = json.load(answer)
        if told.get("errors"):
            sys.exit(f"GraphQL: {told['errors']}")
        return told["data"]

    return ask


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def judge(trial: RunTrial, undisturbed: RunTrial, what: str) -> None:
    """Exit if anything is lost, duplicated or different."""
    verdict = Verdict()
    trial.judge(undisturbed, verdict)
    print(f"  {what}: {verdict}", flush=True)
    if not verdict.is_clean:
        sys.exit("The marts are not those of an undisturbed home.")


def main() -> None:
    """Run the three trials over one home."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    parser.add_argument("--users", type=int, default=20, help="simulated users: how much there is to run over")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # so that child processes are ended too
    chosen.folder.mkdir(parents=True)
    trial = RunTrial.prepare(chosen.folder.resolve() / "home", chosen.users)
    undisturbed = trial.copy_to(chosen.folder.resolve() / "undisturbed")
    print(f"an undisturbed run takes {undisturbed.complete():.1f} s", flush=True)
    operated = Operated(trial)
    crash_of_the_daemon(operated)
    judge(trial, undisturbed, "after the crash")
    port = free_port()
    web = ("dagster_webserver", "-h", "127.0.0.1", "-p", str(port))
    with operated.running(*web), operated.running("dagster._daemon", "run"):
        wait_until("the web server", lambda: _answers(port))
        many_at_once(operated, asker(port))
        judge(trial, undisturbed, "after many at once")
        backfill(operated, asker(port))
    judge(trial, undisturbed, "after the backfill")


if __name__ == "__main__":
    main()
