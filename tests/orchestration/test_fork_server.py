"""Runs are launched from a process that has imported everything, and Dagster sees them like any other."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from contracts.home import RUNS_SOCKET
from contracts.settings import child_environment, load_settings
from orchestration.runs.instance import open_instance
from orchestration.runs.run_launcher import ForkedRunLauncher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")

JOBS = """
import os, signal, time
import dagster as dg

@dg.op
def work(context):
    ends = {"ends well": lambda: None, "crashes": lambda: os.kill(os.getpid(), signal.SIGKILL)}
    ends.get(context.run.tags["how"], lambda: time.sleep(600))()

@dg.job(executor_def=dg.in_process_executor)
def one_step():
    work()
"""
SERVE = """
import socket, sys
import orchestration.fork_server as fork_server
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
fork_server.ForkServer(listener).serve()
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Path]:
    """The folder of the sockets, with a fork server in it that has imported Dagster."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "jobs.py").write_text(JOBS)
    with start_server(settings, folder):
        yield folder


@contextmanager
def start_server(settings: Settings, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, folder / RUNS_SOCKET],
        env=child_environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for((folder / RUNS_SOCKET).exists)
    yield process
    process.kill()
    process.wait()


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def launch(instance: dg.DagsterInstance, folder: Path, how: str) -> str:
    """Launch a run as Dagster's daemon does."""
    run = create_run(instance, folder, how)
    instance.launch_run(run.run_id, workspace=None)  # which the fork server does not need
    return run.run_id


def create_run(instance: dg.DagsterInstance, folder: Path, how: str) -> dg.DagsterRun:
    """Create a run of a job that a code server with a socket in the folder serves."""
    job = ReconstructableJob(ReconstructableRepository.for_file(str(folder / "jobs.py"), "one_step"), "one_step")
    code_server = GrpcServerCodeLocationOrigin("localhost", socket=str(folder / "code.sock"))
    return instance.create_run_for_job(
        job.get_definition(),
        tags={"how": how},
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(code_server, "repository"), "one_step"),
        job_code_origin=job.get_python_origin(),
    )


@pytest.mark.parametrize(
    ("how", "status"),
    [("ends well", dg.DagsterRunStatus.SUCCESS), ("crashes", dg.DagsterRunStatus.FAILURE)],
)
def test_run_is_forked_and_its_end_recorded(settings, folder, how, status):
    with open_instance(settings) as instance:
        assert isinstance(instance.run_launcher, ForkedRunLauncher)
        run_id = launch(instance, folder, how)
        wait_for(lambda: instance.get_run_by_id(run_id).is_finished)
        assert instance.get_run_by_id(run_id).status == status
        told = [event.message for event in instance.all_logs(run_id)]
        assert any("pid:" in message for message in told)
        assert ("The process of this run ended with signal SIGKILL; the next run does its work." in told) == (
            how == "crashes"
        )


def test_run_is_interrupted_when_somebody_asks(settings, folder):
    with open_instance(settings) as instance:
        run_id = launch(instance, folder, "waits")
        steps = [dg.DagsterEventType.STEP_START]
        wait_for(lambda: instance.get_records_for_run(run_id, of_type=set(steps), limit=1).records)
        assert instance.run_launcher.terminate(run_id)
        wait_for(lambda: instance.get_run_by_id(run_id).is_finished)
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.CANCELED
        assert not instance.run_launcher.terminate(run_id)


def test_run_is_launched_at_once_unless_another_is_under_way(folder, tmp_path):
    with open_instance(load_settings(home=tmp_path)) as instance:
        first, second = (create_run(instance, folder, "waits").run_id for _ in range(2))
        for run_id in (first, second):
            instance.submit_run(run_id, workspace=None)
        assert instance.get_run_by_id(first).status != dg.DagsterRunStatus.QUEUED
        assert instance.get_run_by_id(second).status == dg.DagsterRunStatus.QUEUED
        steps = {dg.DagsterEventType.STEP_START}
        wait_for(lambda: instance.get_records_for_run(first, of_type=steps, limit=1).records)
        instance.run_launcher.terminate(first)
        wait_for(lambda: instance.get_run_by_id(first).is_finished)
        instance.run_coordinator.cancel_run(second)
        third = create_run(instance, folder, "ends well").run_id
        instance.submit_run(third, workspace=None)
        wait_for(lambda: instance.get_run_by_id(third).status == dg.DagsterRunStatus.SUCCESS)


def test_run_is_launched_by_dagster_itself_if_the_server_ends_before_it_answers(settings, tmp_path):
    (tmp_path / "jobs.py").write_text(JOBS)
    with socket.socket(socket.AF_UNIX) as listener, open_instance(settings) as instance:
        listener.bind(str(tmp_path / RUNS_SOCKET))
        listener.listen()
        Thread(target=hang_up, args=[listener], daemon=True).start()
        with pytest.raises(dg.DagsterInvariantViolationError, match="DefaultRunLauncher requires a workspace"):
            launch(instance, tmp_path, "ends well")


def test_run_keeps_no_socket_of_a_server_that_was_killed(settings, tmp_path):
    (tmp_path / "jobs.py").write_text(JOBS)
    with open_instance(settings) as instance, start_server(settings, tmp_path) as server:
        run_id = launch(instance, tmp_path, "waits")
        steps = {dg.DagsterEventType.STEP_START}
        wait_for(lambda: instance.get_records_for_run(run_id, of_type=steps, limit=1).records)
        [run] = (int(child) for child in children_of(server.pid))
        server.kill()
        server.wait()
        try:
            with socket.socket(socket.AF_UNIX) as asking, pytest.raises(ConnectionRefusedError):
                asking.connect(str(tmp_path / RUNS_SOCKET))
        finally:
            os.kill(run, signal.SIGKILL)


def hang_up(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.close()


def children_of(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()
