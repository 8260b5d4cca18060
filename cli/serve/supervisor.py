"""Supervise several programs: start them, restart them with growing pauses, and stop them together."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.errors import ChildError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.serve.child import Child

WATCH_EVERY_S = 0.2
ANSWER_WAIT_S = 120.0
STOP_GRACE_S = 35.0
"""Longer than the 30 s that the collector gives to requests under way. All parts stop at once, so this is the total."""

INITIAL_BACKOFF_S = 1.0
MAX_RESTARTS = 5
RESTART_WINDOW_S = 300.0


@dataclass
class Part:
    """A program to keep running.

    Attributes:
        child: the process.
        works: returns whether the program is ready; None for a program that cannot be probed.
        is_needed: whether the parts after it need it, and start only once it is ready.
        exits: times of recent unexpected exits, in seconds of `time.monotonic`.
        start_again_at: time of the next start; None while it runs.
    """

    child: Child
    works: Callable[[], bool] | None
    is_needed: bool = False
    exits: list[float] = field(default_factory=list)
    start_again_at: float | None = None


class Supervisor:
    """Runs the parts until `stop_asked` is set or one of them keeps exiting.

    Args:
        parts: in the order of starting.
        say: prints a line.
        on_stop: called before the parts are asked to stop.
    """

    def __init__(
        self, parts: Sequence[Part], say: Callable[[str], None], on_stop: Callable[[], None] = lambda: None
    ) -> None:
        self.stop_asked = threading.Event()
        self._parts = parts
        self._say = say
        self._on_stop = on_stop

    def start(self) -> bool:
        """Start every part and wait until each answers; return False if a stop was requested meanwhile.

        Raises:
            ChildError: a part keeps exiting or does not answer in time; all are stopped then.
        """
        try:
            for part in self._parts:
                part.child.start()
                if part.is_needed and not self._wait_for_answers([part]):
                    return False
            return self._wait_for_answers(self._parts)
        except BaseException:
            self._stop_all()
            raise

    def watch(self) -> None:
        """Keep the parts running until a stop is requested, then stop all.

        Raises:
            ChildError: a part keeps exiting; all are stopped then.
        """
        try:
            while not self.stop_asked.wait(WATCH_EVERY_S):
                self._look_after_all()
            self._say("Stopping.")
        finally:
            self._stop_all()

    def _wait_for_answers(self, parts: Sequence[Part]) -> bool:
        waiting = [part for part in parts if part.works]
        deadline = time.monotonic() + ANSWER_WAIT_S
        while waiting := [part for part in waiting if not (part.works and part.works())]:
            if time.monotonic() > deadline:
                child = waiting[0].child
                raise ChildError(f"The {child.name} did not answer within {ANSWER_WAIT_S:.0f} s; see {child.log}.")
            if self.stop_asked.wait(WATCH_EVERY_S):
                return False
            self._look_after_all()
        return True

    def _look_after_all(self) -> None:
        for part in self._parts:
            if part.child.pid is None:
                continue  # its turn has not come yet
            if part.start_again_at is None and not part.child.is_running:
                self._note_exit(part)
            elif part.start_again_at is not None and time.monotonic() >= part.start_again_at:
                part.start_again_at = None
                part.child.start()

    def _note_exit(self, part: Part) -> None:
        """Schedule the next start: at once after a long run, later after each further exit.

        Raises:
            ChildError: it exited too often.
        """
        now = time.monotonic()
        part.exits = [moment for moment in part.exits if now - moment < RESTART_WINDOW_S] + [now]
        child = part.child
        child.stop(0)  # processes that it may have left in its group
        if len(part.exits) >= MAX_RESTARTS:
            raise ChildError(
                f"The {child.name} ended {MAX_RESTARTS} times within {RESTART_WINDOW_S / 60:.0f} minutes "
                f"(status {child.exit_status}), so everything was stopped; {child.log} ends with: {child.log_tail()}"
            )
        pause_s = INITIAL_BACKOFF_S * 2 ** (len(part.exits) - 1)
        part.start_again_at = now + pause_s
        self._say(f"{child.name} | ended with status {child.exit_status}; restarting in {pause_s:g} s: "
                  f"{child.log_tail()}")  # fmt: skip

    def _stop_all(self) -> None:
        """Ask all parts to stop at once, wait for each, and kill those that do not end in time."""
        self._on_stop()
        deadline = time.monotonic() + STOP_GRACE_S
        for part in reversed(self._parts):
            part.child.terminate()
        for part in reversed(self._parts):
            part.child.stop(max(deadline - time.monotonic(), 0))
