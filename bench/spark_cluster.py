"""The pipeline on a standalone cluster of Spark: what it costs, and what is left when a worker or the driver is killed.

    python bench/spark_cluster.py --users 3500 --folder NEW --json bench/results/spark_cluster.json
    python bench/spark_cluster.py --users 200 --only kills --folder NEW --json bench/results/spark_kills.json
    python bench/spark_cluster.py --users 40 --only updates --folder NEW --json bench/results/spark_update_kills.json
    python bench/spark_cluster.py --events sgd --only costs --workers 2 --folder NEW [--data DATA]
    python bench/spark_cluster.py --events disorder --users 12500 --only costs --workers 2 --folder NEW
    python bench/spark_cluster.py --users 20 --only costs --workers 2 --folder NEW --negative-control alter   # drop, …

A master and one or two workers, each with one core, run as processes of this machine. The same landed events are
loaded, modelled and published from scratch, on DuckDB and on the cluster. Then runs on two workers are disturbed: a
worker with its executors is killed (kill -9) in mid-run, and the run must complete; the driver is killed, and the next
run must complete. With `--only updates`, the first events have been published on the cluster, the others land, and the
run over these is disturbed; DuckDB takes the same two steps, and builds all models from scratch in the second. Each
time, no event may be lost or twice, and all marts must be those of DuckDB, row for row. A negative control must be
caught: before the run on the cluster, one landed event is dropped or one of its values altered; or after it, one loaded
event is lost or doubled.

Events are those of the demo's simulated users; or the conversations of SGD dev (`sgd_dev.jsonl` in DATA); or those of
simulated users in disorder: shuffled, late, twice, with odd ids and odd metadata.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pyspark
import zstandard
from harness.landed_events import Events, make_disorder, read_conversations
from harness.run_trial import EARLY_SHARE, NOW, RunTrial, Verdict, list_landed, read_landed
from run_crash import damage

from contracts.home import Home
from contracts.run_progress import read_progress
from contracts.settings import load_settings
from demo.simulation import Scenario, simulate
from orchestration.runs.stage_timings import TITLES
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orchestration.runs.stage_timings import StageName

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
POLL_S = 0.2
START_WAIT_S = 120.0
CONFIGURATION = """spark.ui.enabled false
spark.sql.shuffle.partitions 4
spark.driver.memory 3g
spark.executor.memory 2g
"""
QUICK = """spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1
"""
"""Added for runs that are disturbed: they are short, so that compiling is most of their CPU."""
BEFORE, AFTER = ("drop", "alter"), ("lose", "double")
"""Negative controls: what happens to an event before the run on the cluster, or after it."""
SPARK_STAGES: tuple[StageName, ...] = ("load", "model", "journeys")
"""Stages that Spark computes; a kill comes a few seconds after one of them has begun."""
DRIVER_STAGES: tuple[StageName, ...] = ("topics", "publish")
"""Stages of the driver alone, which are short; a kill comes as soon as one of them has begun."""
KILL_POLL_S = 0.02
UPDATE_SHARE = 0.05
"""Share of the events that land for a run over new events; from 30% on, a run builds all models."""
REBUILD = "delete from state.progress where key = 'made_by'"
"""Lets the next run on DuckDB build all models from scratch."""


@dataclass
class Cluster:
    """A running master with its workers.

    Args:
        address: of the master.
        processes: the master, and the workers after it; each leads a process group of its own.
    """

    address: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill_worker(self) -> None:
        """Kill the last worker and its executors, as if its host had failed."""
        os.killpg(self.processes[-1].pid, signal.SIGKILL)


@contextmanager
def cluster(folder: Path, n_workers: int, configuration: str = CONFIGURATION) -> Iterator[Cluster]:
    """Start a cluster, and stop it at the end."""
    folder.mkdir(parents=True)
    (folder / "spark-defaults.conf").write_text(configuration)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = Cluster(f"spark://127.0.0.1:{port}")
    names = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "3g"]
    try:
        started.processes.append(_start([*names, "--webui-port", "0"], folder, "master"))
        _wait_for(port)
        for number in range(n_workers):
            own = ["--webui-port", "0", "--work-dir", str(folder / f"work-{number}"), started.address]
            started.processes.append(_start([*worker, *own], folder, f"worker-{number}"))
        _wait_for_line(folder / "master.log", "Registering worker", n_workers)
        yield started
    finally:
        for process in started.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(words: Sequence[str], folder: Path, name: str) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [SPARK_CLASS, *words],
            env={**os.environ, "SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_WAIT_S
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL_S)
    raise AssertionError("The master does not answer")


def _wait_for_line(log: Path, words: str, n: int) -> None:
    deadline = time.monotonic() + START_WAIT_S
    while time.monotonic() < deadline:
        if log.read_text(errors="replace").count(words) >= n:
            return
        time.sleep(POLL_S)
    raise AssertionError(f"{log} does not say {words!r} {n} times")


def choose_events(kind: str, n_users: int, data: Path) -> Events:
    """Read or simulate the events of a kind."""
    if kind == "sgd":
        return read_conversations(data, NOW)
    return make_disorder(n_users, NOW) if kind == "disorder" else simulate(Scenario(users=n_users), NOW).events


def prepare(root: Path, events: Events) -> RunTrial:
    """Make a home whose events have landed, from two imports, and were never loaded."""
    trial = RunTrial(Home(root), variables={"TURRET_EMBEDDER": "english"})
    with open_projects(load_settings(home=root, database_url="")) as projects:
        project_id = projects.create_project("trial", plan="enterprise").project_id
    n_first = int(len(events) * EARLY_SHARE)
    trial.take(project_id, events[:n_first])
    trial.take(project_id, events[n_first:])
    return trial


@dataclass(frozen=True)
class Update:
    """A home that has published its first events on a cluster and waits to be run over the others.

    Its tables are known by their paths, so it is put back in its place for each trial.

    Args:
        trial: the home, in its place.
        saved: a copy of the home.
    """

    trial: RunTrial
    saved: Path

    def fresh(self) -> RunTrial:
        """Put the home back as it was."""
        shutil.rmtree(self.trial.home.root)
        shutil.copytree(self.saved, self.trial.home.root, symlinks=True)
        return RunTrial(self.trial.home, variables=dict(self.trial.variables))

    def kept_files(self) -> str:
        """Say how many files of the models are still those of before, so that their days were not built again."""
        files = self.saved.glob("spark/warehouse/*.db/*/part=*/run=*/*.parquet")  # each has a name of its own
        before = {path.relative_to(self.saved) for path in files}
        n_kept = sum((self.trial.home.root / path).exists() for path in before)
        return f"{n_kept} of {len(before)} files were kept"


def prepare_update(folder: Path, events: Events, control: str | None) -> tuple[Update, RunTrial]:
    """Publish the first events on a cluster, and on DuckDB, where the others are published too; return both homes."""
    landed = RunTrial(Home(folder / "landed"), variables={"TURRET_EMBEDDER": "english"})
    with open_projects(load_settings(home=landed.home.root, database_url="")) as projects:
        project_id = projects.create_project("trial", plan="enterprise").project_id
    n_first = int(len(events) * (1 - UPDATE_SHARE))
    landed.take(project_id, events[:n_first])
    plain, first = landed.copy_to(folder / "home-duckdb"), folder / "first"
    plain.complete()
    damage_landed(landed, control)
    trial = landed.copy_to(folder / "home")
    with cluster(first, 2, CONFIGURATION + QUICK) as running:
        on_cluster(trial, running, first).complete()
    landed.take(project_id, events[n_first:])
    for home in (plain.home, trial.home):
        for file in list_landed(landed.home):
            place = home.root / file.relative_to(landed.home.root)
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                shutil.copyfile(file, place)
    with duckdb.connect(plain.home.warehouse) as warehouse:
        warehouse.execute(REBUILD)
    plain.complete()
    shutil.copytree(trial.home.root, folder / "saved", symlinks=True)
    return Update(trial, folder / "saved"), plain


def on_cluster(trial: RunTrial, running: Cluster, folder: Path) -> RunTrial:
    """Let the home run on a cluster."""
    spark = {"TURRET_ENGINE": "spark", "TURRET_SPARK_MASTER": running.address}
    conf = {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"}
    trial.variables.update({**spark, **conf})
    return trial


def measure(trial: RunTrial, others: Sequence[subprocess.Popen[bytes]] = ()) -> dict[str, Any]:
    """Run to the end; return the seconds by the clock, the CPU seconds of all processes, and those of each stage."""
    roots = [process.pid for process in others]
    before = sum(cpu_seconds(roots, {}).values())
    used: dict[int, float] = {}
    began = time.monotonic()
    run = trial.start()
    while run.poll() is None:
        cpu_seconds([*roots, run.pid], used)
        time.sleep(POLL_S)
    seconds = time.monotonic() - began
    out, errors = run.communicate()
    _require(run.returncode == 0, out[-2000:] + errors[-2000:])
    stages = {name: stage["seconds"] for name, stage in json.loads(out)["stages"].items()}
    cpu_s = sum(used.values()) - before
    return {"wall_s": round(seconds, 1), "cpu_s": round(cpu_s, 1), "stages_wall_s": stages}


def cpu_seconds(roots: Sequence[int], used: dict[int, float]) -> dict[int, float]:
    """Note the CPU seconds of processes and their descendants (Linux); those that end keep their last value."""
    parents, seconds = {}, {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(place.parent.name)] = int(words[1])
        seconds[int(place.parent.name)] = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    for pid, own in seconds.items():
        at = pid
        while at in parents and at not in roots:
            at = parents[at]
        if at in roots:
            used[pid] = own
    return used


def _require(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition
    if not is_so:
        raise AssertionError(otherwise)


def wait_for_stage(trial: RunTrial, run: subprocess.Popen[str], title: str) -> None:
    """Wait until a run has begun a stage."""
    while run.poll() is None:
        stage = read_progress(trial.home)
        if stage is not None and stage.title == title:
            return
        time.sleep(KILL_POLL_S)
    raise AssertionError(f"The run ended before the stage {title!r}")


def lose_worker(trial: RunTrial, running: Cluster, title: str, after_s: float) -> None:
    """Kill a worker in a stage of a run, which completes on the other."""
    run = trial.start()
    wait_for_stage(trial, run, title)
    time.sleep(after_s)
    _require(run.poll() is None, "The run was over before the kill")
    running.kill_worker()
    out, errors = run.communicate()
    _require(run.returncode == 0, out[-2000:] + errors[-2000:])


def lose_driver(trial: RunTrial, title: str, after_s: float) -> None:
    """Kill the driver in a stage of a run."""
    run = trial.start()
    wait_for_stage(trial, run, title)
    time.sleep(after_s)
    _require(run.poll() is None, "The run was over before the kill")
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()


def disturb(
    fresh: Callable[[str], RunTrial], plain: RunTrial, folder: Path, chosen: argparse.Namespace, say: Callable[[], str]
) -> dict[str, Verdict]:
    """Kill a worker, and the driver, in each stage, and judge.

    Args:
        fresh: makes the home of a trial, from its name.
        plain: the home whose marts are due.
        folder: where the clusters are.
        chosen: the stages, and when to kill.
        say: tells more about a completed trial.

    Returns:
        What was found, by the kind of kill.
    """
    found = {}
    kills = [("worker", name) for name in chosen.stages if name in SPARK_STAGES]
    kills += [("driver", name) for name in chosen.stages]
    for kind, name in kills:
        place, title = folder / f"{kind}-{name}", TITLES[name]
        with cluster(place, 2, CONFIGURATION + QUICK) as running:
            trial = on_cluster(fresh(place.name), running, place)
            if kind == "worker":
                lose_worker(trial, running, title, chosen.after_s)
            else:
                lose_driver(trial, title, chosen.after_s if name in SPARK_STAGES else 0.0)
                trial.complete()
            verdict = found[f"{kind} killed: {title}"] = _judged(trial, plain, chosen.negative_control)
            print(title, kind, "killed", verdict, say(), flush=True)
    return found


def damage_landed(trial: RunTrial, control: str | None) -> None:
    """Drop an event from the landed files, or alter its name, if `control` says so."""
    if control not in BEFORE:
        return
    path = list_landed(trial.home)[0]
    first, rest = read_landed(path).split(b"\n", 1)
    altered = orjson.dumps({**orjson.loads(first), "name": "altered"}) + b"\n" if control == "alter" else b""
    path.write_bytes(zstandard.compress(altered + rest))


def _judged(trial: RunTrial, plain: RunTrial, control: str | None) -> Verdict:
    """Judge a home; damage its events first, once they are in DuckDB again, if `control` says how."""
    if control in AFTER:
        trial.variables["TURRET_ENGINE"] = "duckdb"
        trial.complete()
        damage(trial, control)
    verdict = Verdict()
    trial.judge(plain, verdict)
    return verdict


def _judge_updates(events: Events, folder: Path, chosen: argparse.Namespace) -> dict[str, Verdict]:
    update, plain = prepare_update(folder, events, chosen.negative_control)
    print(len(events), "events; the first are published", flush=True)

    return disturb(lambda _: update.fresh(), plain, folder, chosen, update.kept_files)


def _judge_full_runs(
    events: Events, folder: Path, chosen: argparse.Namespace, found: dict[str, Any]
) -> dict[str, Verdict]:
    landed = prepare(folder / "landed", events)
    plain = landed.copy_to(folder / "home-duckdb")
    found["runs"] = {"duckdb": measure(plain)}
    print(len(events), "events; duckdb", found["runs"]["duckdb"], flush=True)
    damage_landed(landed, chosen.negative_control)
    verdicts: dict[str, Verdict] = {}
    for n_workers in () if chosen.only == "kills" else chosen.workers:
        with cluster(folder / f"cluster-{n_workers}", n_workers) as running:
            trial = landed.copy_to(folder / f"home-{n_workers}")
            trial = on_cluster(trial, running, folder / f"cluster-{n_workers}")
            name = f"spark, {n_workers} worker{'s' if n_workers > 1 else ''}"
            figures = measure(trial, running.processes)
            verdicts[name] = _judged(trial, plain, chosen.negative_control)
            found["runs"][name] = {**figures, "verdict": str(verdicts[name])}
            print(name, found["runs"][name], flush=True)
    if chosen.only != "costs":
        kills = disturb(lambda name: landed.copy_to(folder / f"home-{name}"), plain, folder, chosen, str)
        found["kills"] = {kind: str(verdict) for kind, verdict in kills.items()}
        verdicts |= kills
    return verdicts


def main() -> None:
    """Measure, disturb, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", choices=("demo", "sgd", "disorder"), default="demo")
    parser.add_argument("--users", type=int, default=3500, help="simulated users, with about 15 events each")
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder of the labelled sets")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="sizes of the cluster that are measured")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    stages = (*SPARK_STAGES, *DRIVER_STAGES)
    parser.add_argument("--stages", nargs="+", choices=stages, default=stages, help="where to kill")
    parser.add_argument("--after-s", type=float, default=8.0, help="seconds from the stage's beginning to the kill")
    parser.add_argument("--only", choices=("costs", "kills", "updates"))
    parser.add_argument("--negative-control", choices=(*BEFORE, *AFTER))
    parser.add_argument("--json", type=Path, help="where the figures are written")
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True)
    events = choose_events(chosen.events, chosen.users, chosen.data)
    found: dict[str, Any] = {"events": len(events), "load": os.getloadavg()[0]}
    verdicts = _judge_updates(events, folder, chosen) if chosen.only == "updates" else {}
    found["kills"] = {kind: str(verdict) for kind, verdict in verdicts.items()}
    if chosen.only != "updates":
        verdicts = _judge_full_runs(events, folder, chosen, found)
    print(json.dumps(found, indent=1))
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(verdict.is_clean == bool(chosen.negative_control) for verdict in verdicts.values()))


if __name__ == "__main__":
    main()
