"""What a worker holds of a quota, without a server around it: months, trials, refunds and giving back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

import collector.quota
from collector.errors import RateLimitedError, UnavailableError
from collector.quota import Quota
from collector.validation import landed_time, validate
from contracts.settings import load_settings
from projects import Projects, open_projects
from projects.errors import DatabaseError
from projects.quota_ledger import LEASE_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from contracts.events import LandedEvent

DECEMBER = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
JANUARY = DECEMBER + timedelta(seconds=1)


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    with open_projects(load_settings(home=tmp_path, database_url="")) as opened:
        yield opened


@asynccontextmanager
async def worker(projects: Projects, name: str = "a") -> AsyncIterator[Quota]:
    """The quota of one worker, without its upkeep: tests call `_tick` when it should happen."""
    quota = Quota(projects.ledger, lambda: name)
    yield quota
    await quota.close()


def event(project_id: str, at: datetime = DECEMBER) -> LandedEvent:
    return validate({"name": "m", "metadata": {}}, project_id=project_id, received_at=landed_time(at))


def used(projects: Projects, at: datetime = DECEMBER) -> int:
    return projects.ledger.usage("shop", at).used


def test_month_that_begins_has_a_count_of_its_own(projects: Projects):
    project_id = projects.create_project("shop", "pro", 2).project_id

    async def scenario() -> None:
        async with worker(projects) as quota:
            for at in (DECEMBER, DECEMBER):
                await quota.ask(event(project_id, at))
            with pytest.raises(RateLimitedError, match="quota resets on 2027-01-01 at 00:00 UTC"):
                await quota.ask(event(project_id))
            await quota.ask(event(project_id, JANUARY))
            await quota.flush(project_id)

    asyncio.run(scenario())
    assert (used(projects), used(projects, JANUARY)) == (2, 1)


def test_trial_ends_to_the_microsecond_though_events_are_left(projects: Projects):
    project = projects.create_project("shop", "trial")
    ends_at = project.created_at + timedelta(days=14)

    async def scenario() -> None:
        async with worker(projects) as quota:
            last = event(project.project_id, ends_at - timedelta(microseconds=1))
            assert (await quota.ask(last)).free > 0
            assert quota.spend([last]) is not None
            over = event(project.project_id, ends_at)
            assert quota.spend([over]) is None
            with pytest.raises(RateLimitedError, match=f"ended on {landed_time(ends_at)[:10]} at"):
                await quota.ask(over)

    asyncio.run(scenario())


def test_many_requests_at_once_share_few_questions_and_get_exactly_what_is_there(projects: Projects):
    project_id = projects.create_project("shop", "pro", 300).project_id

    async def scenario() -> list[object]:
        async with worker(projects) as quota:
            asked = (quota.ask(event(project_id)) for _ in range(400))
            results = list(await asyncio.gather(*asked, return_exceptions=True))
            await quota.flush(project_id)
            return results

    results = asyncio.run(scenario())
    assert sum(isinstance(result, RateLimitedError) for result in results) == 100
    assert used(projects) == 300


def test_lease_that_is_idle_goes_back_and_refunds_can_be_spent_again(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
):
    project_id = projects.create_project("shop", "pro", 100_000).project_id
    monkeypatch.setattr(collector.quota, "IDLE_S", 0.0)

    async def scenario() -> None:
        async with worker(projects) as quota:
            spent = [event(project_id) for _ in range(10)]
            for one in spent:
                assert await quota.ask(one)
            quota.refund(spent[:4])
            await quota._tick()  # sees that it was touched
            await quota._tick()
            assert quota.spend(spent[:1]) is None
            assert used(projects) == 6

    asyncio.run(scenario())
    projects.ledger.settle("a", 1, {(project_id, "2026-12"): 6})
    projects.ledger.release("a")
    assert used(projects) == 6


def test_worker_without_quota_waits_for_what_another_gives_back(projects: Projects):
    project_id = projects.create_project("shop", "pro", 32).project_id
    projects.ledger.take("b", project_id, DECEMBER, need=32, want=0, unspent=0, ask_others=False)

    async def scenario() -> None:
        async with worker(projects, "a") as quota:
            waiting = asyncio.create_task(quota.ask(event(project_id)))
            key = (project_id, "2026-12")
            while not (await asyncio.to_thread(projects.ledger.wanted, [key]))[key]:
                assert not waiting.done()
            projects.ledger.give_back("b", *key, 5, 0)
            assert await waiting

    asyncio.run(scenario())


def test_worker_that_asks_for_more_still_sees_that_others_ask_for_what_it_holds(projects: Projects):
    project_id = projects.create_project("shop", "pro", 32).project_id
    key = (project_id, "2026-12")

    async def scenario() -> None:
        async with worker(projects, "a") as short, worker(projects, "b") as rich:
            assert (await rich.ask(event(project_id))).free == 1
            projects.ledger.take("c", project_id, DECEMBER, need=30, want=0, unspent=0, ask_others=False)
            projects.ledger.give_back("c", *key, 0, 0)  # all of it is spent
            waiting = asyncio.create_task(short.ask(event(project_id)))
            while not (await asyncio.to_thread(projects.ledger.wanted, [key]))[key]:
                assert not waiting.done()
            await rich._refill(event(project_id))
            await rich._tick()
            assert await waiting
            with pytest.raises(RateLimitedError):
                await short.ask(event(project_id))

    asyncio.run(scenario())


def test_ledger_that_cannot_be_used_is_503_and_not_a_free_pass(projects: Projects):
    project_id = projects.create_project("shop").project_id

    def enroll() -> str:
        raise OSError("no room")

    async def scenario() -> None:
        quota = Quota(projects.ledger, enroll)
        with pytest.raises(UnavailableError, match="quota cannot be checked"):
            await quota.ask(event(project_id))
        await quota.close()

    asyncio.run(scenario())


def test_lease_of_a_project_that_fell_silent_is_forgotten(projects: Projects, monkeypatch: pytest.MonkeyPatch):
    project_id = projects.create_project("shop", "pro", 1).project_id
    monkeypatch.setattr(collector.quota, "FORGET_S", -1.0)
    monkeypatch.setattr(collector.quota, "IDLE_S", -1.0)

    async def scenario() -> None:
        async with worker(projects) as quota:
            await quota.ask(event(project_id))
            for _ in range(2):
                await quota._tick()
            assert (quota._leases, quota._needs, quota._locks) == ({}, {}, {})
            renewed = []
            monkeypatch.setattr(projects.ledger, "renew", lambda worker_id: renewed.append(worker_id) or set())
            await quota._renew()
            assert renewed == ["a"]  # its events may not be sealed yet
            with pytest.raises(RateLimitedError):
                await quota.ask(event(project_id))

    asyncio.run(scenario())


def test_worker_that_was_cut_off_spends_nothing_until_it_knows_what_it_still_has(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
):
    project_id = projects.create_project("shop", "pro", 100).project_id

    async def scenario() -> None:
        async with worker(projects) as quota:
            lease = await quota.ask(event(project_id))
            assert lease.free
            monkeypatch.setattr(collector.quota, "RENEW_EVERY_S", 0.0)
            with monkeypatch.context() as broken:
                broken.setattr(collector.quota, "CUT_OFF_S", 0.0)
                for question in ("wanted", "renew", "take", "give_back"):
                    broken.setattr(projects.ledger, question, _fail)
                upkeep = asyncio.create_task(quota.run())
                while quota.spend([event(project_id)]) is not None:  # noqa: ASYNC110  # the upkeep has no event for it
                    await asyncio.sleep(0.05)
                with pytest.raises(UnavailableError):
                    await quota.ask(event(project_id))
                projects.ledger.release("a")  # as if it had expired
            while lease.free:  # noqa: ASYNC110  # the same
                await asyncio.sleep(0.05)
            assert (await quota.ask(event(project_id))).free
            await quota.close()
            await upkeep

    asyncio.run(scenario())


def test_worker_that_was_stopped_for_too_long_spends_nothing_of_an_expired_lease(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
):
    project_id = projects.create_project("shop", "pro", 100).project_id

    async def scenario() -> None:
        async with worker(projects) as quota:
            lease = await quota.ask(event(project_id))
            assert lease.free
            projects.ledger.release("a")  # as if it had expired
            other = partial(projects.ledger.take, "b", project_id, DECEMBER, want=0, unspent=0, ask_others=False)
            assert other(need=100).granted == 100
            quota._renewed_at -= LEASE_TIMEOUT_S  # the process was stopped, and nothing has run since
            with pytest.raises(RateLimitedError):
                await quota.ask(event(project_id))
            assert lease.free == 0

    asyncio.run(scenario())


def _fail(*_: object, **__: object) -> None:
    raise DatabaseError("The projects database is not available.")
