"""Parts are kept running, given up in the end, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from cli.errors import ChildError
from cli.serve import supervisor as supervision
from cli.serve.child import Child
from cli.serve.probes import address, answers, free_port
from cli.serve.supervisor import Part, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def answers_at(port: int) -> Callable[[], bool]:
    return partial(answers, address("127.0.0.1", port))


STAYS = "import time; print('up', flush=True); time.sleep(600)"
DIES = "print('no such thing', flush=True); raise SystemExit(3)"
SERVES = (
    "import http.server, sys; "
    "http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)"
    ".serve_forever()"
)
FORKS = """
import os, sys, time
from pathlib import Path
from cli.serve.child import Child
from contracts.file_locks import lock_file

with lock_file(Path("lock")):
    words = [sys.executable, "-m", "program", "one", "two"]
    child = Child("part", words, {"GIVEN": "yes"}, Path("part.log"), preload="imported")
    child.start()
while "sleeps" not in Path("part.log").read_text():
    time.sleep(0.01)
with lock_file(Path("lock")) as is_free:
    print(is_free, child.is_running, child.pid != os.getpid())
child.stop(10)
print(child.exit_status)
"""
PROGRAM = """
import os, sys, time
print(sys.argv[1:], dict(os.environ), "imported" in sys.modules, os.getsid(0) == os.getpid(), "sleeps", flush=True)
time.sleep(600)
"""
STUBBORN = (
    "import signal, subprocess, sys, time; "
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "sys.argv[1:] and subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
    "print('deaf' + ' child' * (not sys.argv[1:]), flush=True); "
    "time.sleep(600)"
)


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here has requests under way; where signals are ignored already, children are deaf from birth."""
    monkeypatch.setattr(supervision, "STOP_GRACE_S", 1.0)


def child_of(folder: Path, program: str, *arguments: str, name: str = "part") -> Child:
    return Child(name, [sys.executable, "-c", program, *arguments], dict(os.environ), folder / f"{name}.log")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60  # it takes far less, unless everything is slow
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_child_output_is_kept_in_its_log(tmp_path: Path):
    child = child_of(tmp_path, DIES)
    child.start()
    wait_for(lambda: not child.is_running)
    assert child.exit_status == 3
    assert child.log_tail() == "no such thing"


def test_child_large_log_is_set_aside_at_start(tmp_path: Path):
    child = child_of(tmp_path, DIES)
    child.log.write_bytes(b"x" * 10_000_001)
    child.start()
    wait_for(lambda: not child.is_running)
    assert child.log.stat().st_size < 1000
    assert (tmp_path / "part.old.log").stat().st_size == 10_000_001


def test_child_missing_program_is_named(tmp_path: Path):
    child = Child("part", [str(tmp_path / "nothing")], {}, tmp_path / "part.log")
    with pytest.raises(ChildError, match="The part cannot be started: No such file"):
        child.start()


@pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux only")
def test_child_forked_is_a_program_of_its_own(tmp_path: Path):
    (tmp_path / "imported.py").touch()
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, "-c", FORKS], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True True True", str(128 + signal.SIGTERM)]
    assert done.stderr == ""
    log = (tmp_path / "part.log").read_text().splitlines()
    assert log[1:] == ["['one', 'two'] {'GIVEN': 'yes'} True True sleeps"]


def test_child_stop_ends_even_deaf_grandchildren(tmp_path: Path):
    child = child_of(tmp_path, STUBBORN, STUBBORN)
    child.start()
    wait_for(lambda: "deaf child" in child.log.read_text())
    assert child.pid is not None
    child.stop(grace_s=0.1)
    assert child.exit_status == -signal.SIGKILL
    assert not group_exists(child.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_child_stops_when_whoever_started_it_is_killed(tmp_path: Path):
    starts = (
        "import sys, time; from pathlib import Path; from cli.serve.child import Child; "
        "Child('part', [sys.executable, '-c', sys.argv[1]], {}, Path(sys.argv[2])).start(); time.sleep(600)"
    )
    log = tmp_path / "part.log"
    says_its_group = "import os; print('group', os.getpgid(0), flush=True); " + STAYS
    parent = subprocess.Popen([sys.executable, "-c", starts, says_its_group, str(log)])
    wait_for(lambda: log.exists() and "up" in log.read_text().splitlines())
    [group] = [int(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("group")]
    parent.kill()
    parent.wait()
    wait_for(lambda: not group_exists(group))


def test_supervisor_starts_waits_for_answers_and_stops_all(tmp_path: Path):
    port = free_port("127.0.0.1")
    server, other = child_of(tmp_path, SERVES, str(port), name="server"), child_of(tmp_path, STAYS, name="other")
    said: list[str] = []
    supervisor = Supervisor([Part(server, answers_at(port)), Part(other, None)], said.append)
    assert supervisor.start()
    assert server.is_running
    assert other.is_running
    supervisor.stop_asked.set()
    supervisor.watch()
    assert said == ["Stopping."]
    assert not server.is_running
    assert not other.is_running


def test_supervisor_part_that_dies_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervision, "INITIAL_BACKOFF_S", 0.01)
    child = child_of(tmp_path, STAYS)
    said: list[str] = []
    supervisor = Supervisor([Part(child, None)], said.append)
    assert supervisor.start()
    wait_for(lambda: child.log_tail() == "up")
    first = child.pid
    assert first is not None
    watching = threading.Thread(target=supervisor.watch)
    watching.start()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: child.pid != first and child.is_running)
    supervisor.stop_asked.set()
    watching.join()
    assert said == ["part | ended with status -9; restarting in 0.01 s: up", "Stopping."]
    assert not child.is_running


def test_supervisor_part_that_keeps_dying_stops_all_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervision, "INITIAL_BACKOFF_S", 0.01)
    monkeypatch.setattr(supervision, "WATCH_EVERY_S", 0.01)
    dying, other = child_of(tmp_path, DIES, name="dying"), child_of(tmp_path, STAYS, name="other")
    said: list[str] = []
    supervisor = Supervisor([Part(other, None), Part(dying, None)], said.append)
    supervisor.start()
    with pytest.raises(ChildError, match=r"The dying ended 5 times .*status 3.* ends with: no such thing"):
        supervisor.watch()
    assert len(said) == 4
    assert not other.is_running


def test_supervisor_asked_to_stop_while_starting_stops(tmp_path: Path):
    child = child_of(tmp_path, STAYS)
    supervisor = Supervisor([Part(child, answers_at(free_port("127.0.0.1")))], lambda _line: None)
    supervisor.stop_asked.set()
    assert not supervisor.start()
    supervisor.watch()
    assert not child.is_running


def test_supervisor_part_that_never_answers_stops_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervision, "ANSWER_WAIT_S", 0.3)
    child = child_of(tmp_path, STAYS)
    supervisor = Supervisor([Part(child, answers_at(free_port("127.0.0.1")))], lambda _line: None)
    with pytest.raises(ChildError, match=r"The part did not answer within 0 s; see .*part\.log"):
        supervisor.start()
    assert not child.is_running
