"""Decide which events of a request the project's quota admits, and which are answered 429: `Quota.admit`.

A worker spends from leases, which are blocks of events reserved in the ledger. Spending from a block is a dictionary
lookup and a subtraction. A worker that runs out asks the ledger before it refuses; if other workers hold unspent
events, it requests these and waits briefly. So no event is refused while any is left, and none is accepted when none
is. `Quota._refill_key` decides; `projects.quota_ledger` does the arithmetic.

Every response carries the RateLimit fields of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` has the quota
(q) and its window in seconds (w), `RateLimit` what remains (r) and the seconds until it resets (t).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from collector.errors import RateLimitedError, RejectedError, UnavailableError
from projects.errors import ProjectsError
from projects.plans import TRIAL_DAYS
from projects.quota_ledger import LEASE_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.validation import Validated
    from contracts.events import LandedEvent
    from projects.plans import Allowance
    from projects.quota_ledger import QuotaLedger
    from projects.records import Grant

MIN_BLOCK = 64
MAX_BLOCK = 8192
FAST_S = 1.0
"""A block spent within this time was too small; one that lasts four times as long was too large."""

TICK_S = 0.2
IDLE_S = 1.0
"""Leases idle for this long are returned, and spent events are reported to the ledger this often."""

FORGET_S = 60.0
RENEW_EVERY_S = 60.0
CUT_OFF_S = LEASE_TIMEOUT_S - 2 * RENEW_EVERY_S
"""A worker that has not renewed for this long does so before it spends: its leases are about to be given to others."""
PATIENCE_S = 3.0
"""Maximum wait of a request for events that other workers hold."""

ASK_AGAIN_S = 0.05
REFUSAL_GOOD_S = 0.25
"""Time for which a refusal is repeated without asking the ledger again."""

_MONTH = len("2026-01")

_log = logging.getLogger(__name__)

POLICY_HEADER = b"ratelimit-policy"
LIMIT_HEADER = b"ratelimit"
NO_RESET_RETRY_S = 3600
"""A trial that is used up never resets; an app may check once an hour whether the plan has changed."""

Headers = tuple[tuple[bytes, bytes], ...]
_Key = tuple[str, str]


@dataclass
class Lease:
    """Events of one project and month that this worker may take. `ends_at` has the format of landed times."""

    fields: RateLimitFields
    ends_at: str
    free: int = 0
    reported: int = 0  # the part of `free` that the ledger knows
    left: int = 0  # unleased, when the ledger was last asked
    block: int = MIN_BLOCK
    prefetch_below: int = 0
    n_wanted: int = 0
    granted_at: float = 0.0  # this and the next two are from time.monotonic()
    reported_at: float = 0.0
    touched_at: float = 0.0
    free_before: int = 0  # at the last tick

    def headers(self) -> Headers:
        """Return the RateLimit fields of a response."""
        return self.fields.headers(self.left + self.free)


class Quota:
    """This worker's leases of every project's quota. Used only in the event loop.

    Args:
        ledger: Counts events and grants leases.
        enroll: Returns the id of this worker, which is recorded on disk from then on.
    """

    def __init__(self, ledger: QuotaLedger, enroll: Callable[[], str]) -> None:
        self._ledger = ledger
        self._enroll = enroll
        self._leases: dict[_Key, Lease] = {}
        self._refusals: dict[_Key, tuple[float, RateLimitedError]] = {}
        self._needs: dict[_Key, int] = {}
        self._under_way: dict[_Key, asyncio.Task[None]] = {}
        self._locks: dict[_Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._closing = asyncio.Event()
        self._renewed_at = time.monotonic()
        self._has_leased = False

    async def admit(self, validated: list[Validated]) -> tuple[list[LandedEvent], Lease | None]:
        """Return the valid events of a request that the quota admits; in `validated`, refusals replace the others.

        Raises:
            RateLimitedError: it admits none of them.
            UnavailableError: the ledger cannot be read or written now.
        """
        events = [item for item in validated if not isinstance(item, RejectedError)]
        lease = self.spend(events) if events else None
        if lease is not None or not events:
            return events, lease
        return await self._admit_each(validated)

    async def _admit_each(self, validated: list[Validated]) -> tuple[list[LandedEvent], Lease | None]:
        """Do as `admit` does, event by event, asking the ledger, if the leases are not enough."""
        admitted: list[LandedEvent] = []
        lease: Lease | None = None
        refusal: RateLimitedError | None = None
        try:
            for index, event in enumerate(validated):
                if isinstance(event, RejectedError):
                    continue
                try:
                    lease = await self.ask(event, len(validated) - index)
                except RateLimitedError as error:
                    validated[index] = refusal = error
                else:
                    admitted.append(event)
        except BaseException:
            self.refund(admitted)
            raise
        if refusal is not None and not admitted:
            raise refusal
        return admitted, lease

    def spend(self, events: Sequence[LandedEvent]) -> Lease | None:
        """Spend for all these events of one project from the leases; None if they are not enough: see `ask`."""
        first, last = events[0], events[-1]  # in the order of receipt
        month, at = first["received_at"][:_MONTH], last["received_at"]
        lease = self._leases.get((first["project_id"], month))
        if lease is None or lease.free < len(events) or at >= lease.ends_at or not at.startswith(month):
            return None
        if self._is_cut_off():
            return None
        lease.free -= len(events)
        if lease.free < lease.prefetch_below:
            lease.prefetch_below = 0
            self._refill(first)
        return lease

    async def ask(self, event: LandedEvent, n_needed: int = 1) -> Lease:
        """Spend for one event, asking the ledger; `n_needed` is the number of events to request at once.

        Raises:
            RateLimitedError: nothing is left.
            UnavailableError: the ledger cannot be read or written now.
        """
        key = (event["project_id"], event["received_at"][:_MONTH])
        while (lease := self.spend((event,))) is None:
            good_until, refusal = self._refusals.get(key, (0.0, None))
            if refusal is not None and time.monotonic() < good_until:
                raise refusal
            self._needs[key] = self._needs.get(key, 0) + n_needed
            await asyncio.shield(self._refill(event))  # a client that disconnects must not cancel it for the others
        return lease

    def refund(self, events: Sequence[LandedEvent]) -> None:
        """Refund the events that did not reach the disk."""
        for event in events:
            lease = self._leases.get((event["project_id"], event["received_at"][:_MONTH]))
            if lease is not None:
                lease.free += 1

    async def run(self) -> None:
        """Return unneeded leases, report spent events, and renew the rest, until `close`."""
        self._renewed_at = time.monotonic()
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), TICK_S)
            try:
                await self._tick()
                if time.monotonic() - self._renewed_at > RENEW_EVERY_S:
                    await self._renew()
            except (ProjectsError, OSError) as error:
                _log.error("The quota ledger cannot be used now.", extra={"reason": str(error)})

    def _is_cut_off(self) -> bool:
        """Return whether leases may have expired: the ledger, or this process, has been away for too long."""
        return time.monotonic() - self._renewed_at > CUT_OFF_S

    async def _renew(self) -> None:
        """Renew the leases, and forget those that were given to others in the meantime."""
        began = time.monotonic()
        if self._has_leased:  # leases that are forgotten here still cover events that are not sealed yet
            held = await asyncio.to_thread(self._ledger.renew, await asyncio.to_thread(self._enroll))
            for key, lease in list(self._leases.items()):
                async with self._locks[key]:
                    if key not in held and lease.granted_at < began:
                        lease.free = lease.reported = 0
        self._renewed_at = began

    async def flush(self, project_id: str) -> None:
        """Report all spent events of a project to the ledger.

        Raises:
            DatabaseError: the ledger cannot be written now.
        """
        for key, lease in list(self._leases.items()):
            if key[0] == project_id and lease.reported != lease.free:
                await self._report(key, lease)

    async def close(self) -> None:
        """End running tasks; the remaining leases are returned when the journal closes."""
        self._closing.set()
        for task in list(self._under_way.values()):
            await asyncio.wait([task])

    # ------------------------------------------------------------------------------------------------------- asking

    def _refill(self, event: LandedEvent) -> asyncio.Task[None]:
        """Ask the ledger once for all requests that wait for the same project and month."""
        key = (event["project_id"], event["received_at"][:_MONTH])
        task = self._under_way.get(key)
        if task is None or task.done():  # done, but its callback was not called yet
            task = self._under_way[key] = asyncio.create_task(self._refill_key(key, event["received_at"]))
            task.add_done_callback(partial(self._is_done, key))
        return task

    def _is_done(self, key: _Key, task: asyncio.Task[None]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
            self._needs.pop(key, None)  # requests that still wait register again
        if not task.cancelled() and task.exception() is not None:
            _log.error("The quota ledger cannot be used now.", extra={"reason": str(task.exception())})

    async def _refill_key(self, key: _Key, received_at: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        if self._is_cut_off():
            try:
                await self._renew()
            except (ProjectsError, OSError) as error:
                raise UnavailableError("The quota cannot be checked now; send the event again.") from error
        while True:
            grant = await self._take(key, received_at)
            if grant.granted or not self._needs.get(key):
                return
            # Events that other workers are returning are worth waiting for; otherwise there is nothing to wait for.
            if not grant.returnable or time.monotonic() >= deadline or self._closing.is_set():
                self._refusals[key] = (time.monotonic() + REFUSAL_GOOD_S, limit_reached(grant.allowance))
                return
            await asyncio.sleep(ASK_AGAIN_S)

    async def _take(self, key: _Key, received_at: str) -> Grant:
        async with self._locks[key]:
            lease = self._leases.get(key)
            need = self._needs.get(key, 0)
            asking = partial(
                self._ledger.take,
                project_id=key[0],
                at=datetime.fromisoformat(received_at),
                need=need,
                want=self._next_block(lease) if lease else MIN_BLOCK,
                unspent=lease.free if lease else 0,
                ask_others=need > 0,
            )
            try:
                grant = await asyncio.to_thread(asking, await asyncio.to_thread(self._enroll))
            except (ProjectsError, OSError) as error:
                raise UnavailableError("The quota cannot be checked now; send the event again.") from error
            self._has_leased |= grant.granted > 0
            self._add(key, grant)
            return grant

    def _next_block(self, lease: Lease) -> int:
        lasted_s = time.monotonic() - lease.granted_at
        if lasted_s < FAST_S:
            return min(lease.block * 2, MAX_BLOCK)
        return max(lease.block // 2, MIN_BLOCK) if lasted_s > 4 * FAST_S else lease.block

    def _add(self, key: _Key, grant: Grant) -> None:
        lease = self._leases.get(key)
        if lease is None:
            lease = self._leases[key] = Lease(RateLimitFields(grant.allowance), _landed(grant.allowance))
            lease.n_wanted = grant.n_wanted
        elif grant.returnable:
            lease.n_wanted += 1  # our own need; the next tick sees what others requested meanwhile
        now = time.monotonic()
        lease.fields, lease.ends_at = RateLimitFields(grant.allowance), _landed(grant.allowance)
        lease.left = grant.left or 0
        if grant.granted:
            lease.free += grant.granted
            lease.reported = lease.free
            lease.block = grant.granted
            lease.prefetch_below = lease.free // 4
            lease.granted_at = lease.reported_at = lease.touched_at = now

    # --------------------------------------------------------------------------------------------------- giving back

    async def _tick(self) -> None:
        now = time.monotonic()
        held: list[_Key] = []
        for key, lease in list(self._leases.items()):
            if lease.free != lease.free_before:
                lease.touched_at = now
            lease.free_before = lease.free
            if lease.free or lease.reported:
                held.append(key)
            elif now - lease.touched_at > FORGET_S and key not in self._under_way:
                for memory in (self._leases, self._locks, self._needs, self._refusals):
                    memory.pop(key, None)
        if not held:
            return
        wanted = await asyncio.to_thread(self._ledger.wanted, held)
        for key in held:
            lease = self._leases[key]
            is_wanted = wanted.get(key, 0) != lease.n_wanted
            lease.n_wanted = wanted.get(key, 0)
            if is_wanted or now - lease.touched_at > IDLE_S:
                await self._report(key, lease, gives_back=True)
            elif lease.reported != lease.free and now - lease.reported_at > IDLE_S:
                await self._report(key, lease)

    async def _report(self, key: _Key, lease: Lease, *, gives_back: bool = False) -> None:
        """Return unspent events, or only report their number to the ledger."""
        async with self._locks[key]:
            n_returned = lease.free if gives_back else 0
            lease.free -= n_returned
            kept = lease.free
            try:
                worker_id = await asyncio.to_thread(self._enroll)
                await asyncio.to_thread(self._ledger.give_back, worker_id, *key, n_returned, kept)
            except (ProjectsError, OSError):
                lease.free += n_returned
                raise
            lease.reported, lease.reported_at = kept, time.monotonic()


def _landed(allowance: Allowance) -> str:
    """Return the end of an allowance in the format of landed times, so that texts can be compared."""
    return allowance.ends_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class RateLimitFields:
    """The header fields of one allowance, prepared once, so that a response only fills in two numbers."""

    def __init__(self, allowance: Allowance) -> None:
        self._resets_at = allowance.ends_at.timestamp()
        self._plan = allowance.plan.encode()
        window_s = round((allowance.ends_at - allowance.starts_at).total_seconds())
        self._policy = (
            None
            if allowance.limit is None
            else (POLICY_HEADER, b'"%b";q=%d;w=%d' % (self._plan, allowance.limit, window_s))
        )

    def headers(self, remaining: int) -> Headers:
        """Return the fields; none without a limit."""
        if self._policy is None:
            return ()
        resets_in_s = max(0, self._resets_at - time.time())
        return (self._policy, (LIMIT_HEADER, b'"%b";r=%d;t=%d' % (self._plan, remaining, resets_in_s)))


def limit_reached(allowance: Allowance) -> RateLimitedError:
    """Return the refusal of events beyond an allowance."""
    fields = RateLimitFields(allowance)
    if allowance.is_trial:
        return RateLimitedError(_trial_sentence(allowance), NO_RESET_RETRY_S, fields.headers(0))
    sentence = (
        f"The plan {allowance.plan} of this project allows {allowance.limit:,} events a month, and they are used up. "
        f"The quota resets on {_day(allowance.ends_at)} at 00:00 UTC; a larger plan applies at once."
    )
    seconds = (allowance.ends_at - datetime.now(UTC)).total_seconds()
    return RateLimitedError(sentence, max(1, int(seconds) + 1), fields.headers(0))


def _trial_sentence(allowance: Allowance) -> str:
    if allowance.is_over:
        return (
            f"The trial of this project ended on {_day(allowance.ends_at)} at {allowance.ends_at:%H:%M} UTC, "
            f"{TRIAL_DAYS} days after it began. Another plan lets it take events again."
        )
    return (
        f"The trial of this project allows {allowance.limit:,} events in all, and they are used up. "
        "Another plan lets it take events again; waiting does not."
    )


def _day(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d}"
