"""The cost of each test file: seconds by the clock and of CPU, including every process that its tests start.

A pytest plugin for Linux: `python -m pytest -n 3 --dist loadfile -p test_costs`. Seconds by the clock beyond those of
CPU were spent waiting. Programs that are forked from a server of `tests/factories/forked_command.py` count for
the file that ran at the time; shared fixtures, such as a server of a session, count for the file that used them
first.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PPID, _TIMES = 1, slice(11, 15)
"""Fields of /proc/<pid>/stat behind the name: the parent; user and system time, its own and of children waited for."""

_BEGUN = pytest.StashKey[tuple[float, float]]()
_USED = pytest.StashKey[float]()
_clock: Counter[str] = Counter()
_cpu: Counter[str] = Counter()


def _cpu_seconds() -> float:
    """Return the CPU time of this process and all its descendants."""
    ticks, children = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended; who waited for it has its time
            continue
        ticks[int(folder.name)] = sum(map(int, fields[_TIMES]))
        children.setdefault(int(fields[_PPID]), []).append(int(folder.name))
    waiting, total = [os.getpid()], 0
    while waiting:
        process = waiting.pop()
        total += ticks.get(process, 0)
        waiting += children.get(process, [])
    return total / _TICKS_A_SECOND


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Measure a test with its fixtures; the process that prints gets it with the report of the last phase."""
    item.stash[_BEGUN], item.stash[_USED] = (time.monotonic(), _cpu_seconds()), 0.0
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Put what a test has cost into the report of its end.

    The processes of a browser take their times along when it is closed, so the most that any phase saw is what counts.
    """
    report = yield
    began, used_before = item.stash[_BEGUN]
    item.stash[_USED] = max(item.stash[_USED], _cpu_seconds() - used_before)
    if call.when == "teardown":
        report.user_properties.append(("cost", (time.monotonic() - began, item.stash[_USED])))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up by file."""
    for name, value in report.user_properties:
        if name == "cost" and report.when == "teardown":
            file = report.nodeid.partition("::")[0]
            _clock[file] += value[0]
            _cpu[file] += value[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the files, the costliest first."""
    terminalreporter.section("seconds of each file")
    terminalreporter.line(f"{'clock':>8} {'CPU':>8}")
    for file, seconds in _cpu.most_common():
        terminalreporter.line(f"{_clock[file]:8.1f} {seconds:8.1f} {file}")
    terminalreporter.line(f"{_clock.total():8.1f} {_cpu.total():8.1f} in all")
