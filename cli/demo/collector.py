"""The collector that the demo sends to: the running one if it serves this home, else a temporary one."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli.errors import ChildError, CollectorError, SealingError
from cli.serve.child import Child
from cli.serve.probes import COLLECTOR_PATH, address, answers, free_port, is_free
from contracts.home import SEGMENT_SUFFIX, WAL_SUFFIX, Home
from contracts.settings import child_environment
from demo.errors import KeyRefusedError
from demo.sender import send_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.settings import Settings

START_WAIT_S = 60.0
STOP_GRACE_S = 40.0
"""Longer than the 30 s that the collector gives to requests under way."""

ENDED_AS_ASKED = frozenset({0, -signal.SIGTERM})
"""After a clean shutdown uvicorn ends itself with the signal that it received."""

LANDING_SIGN_WAIT_S = 5.0
SEALING_WAIT_S = 60.0
POLL_S = 0.05


@contextmanager
def demo_collector(
    settings: Settings, api_key: str, first_event: dict[str, Any], say: Callable[[str], None]
) -> Iterator[str]:
    """Yield the address of a collector that writes into this home; seal all that it accepted when the block ends.

    Args:
        settings: the settings, which name the home and the address of a running collector.
        api_key: a key of the demo's project.
        first_event: sent to a running collector to see where it lands; harmless, because it has an event_id.
        say: receives a sentence that names the collector.

    Raises:
        ChildError: no collector answers, and none could be started.
        SealingError: the events were not sealed in time.
    """
    home = Home(settings.home)
    running = address(settings.collector_host, settings.collector_port)
    if answers(running + COLLECTOR_PATH):
        if serves_home(running, api_key, first_event, home):
            say(f"Sending to the running collector at {running}.")
            yield running
            wait_until_sealed(home, settings.collector_segment_max_age_s + SEALING_WAIT_S)
            return
        say(f"The collector at {running} serves another TURRET_HOME, so it is not used.")
    with _own_collector(settings, say) as own:
        yield own
    wait_until_sealed(home, SEALING_WAIT_S)


def serves_home(url: str, api_key: str, first_event: dict[str, Any], home: Home) -> bool:
    """Return whether the collector at `url` knows this home's key and its events land in this home.

    Raises:
        SendError: it refuses the event, although it serves this home, or it is not a collector.
    """
    before = _traces(home)
    try:
        send_events(url, api_key, [first_event])
    except KeyRefusedError:
        return False
    deadline = time.monotonic() + LANDING_SIGN_WAIT_S
    while _traces(home) == before:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def wait_until_sealed(home: Home, wait_s: float) -> None:
    """Wait until every write-ahead file that exists now has been sealed.

    Raises:
        SealingError: one was still open after `wait_s` seconds.
    """
    waiting = list(home.wal.glob(f"*{WAL_SUFFIX}"))
    deadline = time.monotonic() + wait_s
    while waiting := [path for path in waiting if path.exists()]:
        if time.monotonic() > deadline:
            raise SealingError(f"{waiting[0]} was not sealed within {wait_s:.0f} s; the collector's log says why.")
        time.sleep(POLL_S)


def _traces(home: Home) -> set[tuple[str, int]]:
    """Return names and sizes of all files that a collector writes."""
    sealed = (path for folder in (home.landing, home.outbox) for path in folder.glob(f"*/*/*/*{SEGMENT_SUFFIX}"))
    files = [*home.wal.glob(f"*{WAL_SUFFIX}"), *sealed]
    traces = set()
    for path in files:
        try:
            traces.add((path.name, path.stat().st_size))
        except FileNotFoundError:  # it was sealed meanwhile, and its absence shows that too
            continue
    return traces


@contextmanager
def _own_collector(settings: Settings, say: Callable[[str], None]) -> Iterator[str]:
    """Run a collector on loopback until the block ends, at the usual port or any free one."""
    usual = settings.collector_port  # 0 is always free, but the collector's address would not be known
    port = usual if usual and is_free("127.0.0.1", usual) else free_port("127.0.0.1")
    child = Child(
        name="demo collector",
        command=[sys.executable, "-m", "cli.main", "collector", "--host", "127.0.0.1", "--port", str(port)],
        environment=child_environment(settings),
        log=Home(settings.home).logs / "demo-collector.log",
    )
    child.start()
    url = address("127.0.0.1", port)
    try:
        _wait_until_ready(child, url)
        say(f"No collector is running for this home. Starting one at {url} for the demo.")
        yield url
    finally:
        child.stop(STOP_GRACE_S)
    if child.exit_status not in ENDED_AS_ASKED:
        raise CollectorError(f"The demo's collector ended with status {child.exit_status}: {child.log_tail()}")


def _wait_until_ready(child: Child, url: str) -> None:
    deadline = time.monotonic() + START_WAIT_S
    while not answers(url + COLLECTOR_PATH):
        if not child.is_running:
            raise ChildError(f"The demo's collector did not start: {child.log_tail()}")
        if time.monotonic() > deadline:
            raise ChildError(f"The demo's collector did not answer within {START_WAIT_S:.0f} s. See {child.log}.")
        time.sleep(POLL_S)
