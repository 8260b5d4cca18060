"""The quota ledger: never more than the limit, nothing lost on the way back, every file booked once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, select, text, update

from contracts.home import Home
from projects.errors import NotFoundError
from projects.models import QuotaLeaseRow
from projects.plans import PLAN_LIMITS
from projects.quota_ledger import LEASE_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.settings import Settings
    from projects import Projects
    from projects.records import Grant

    Expire = Callable[[str], None]

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
NEXT = NOW + timedelta(minutes=2)


def take(  # noqa: PLR0913, PLR0917  # the worker's question, with usual answers
    projects: Projects, project: str, need: int, worker: str = "a", at: datetime = NOW, want: int = 0
) -> Grant:
    return projects.ledger.take(worker, project, at, need=need, want=want, unspent=0, ask_others=True)


def make(projects: Projects, plan: str = "pro", limit: int | None = None) -> str:
    return projects.create_project("shop", plan, limit).project_id


def used(projects: Projects, at: datetime = NOW) -> int:
    return projects.ledger.usage("shop", at).used


@pytest.mark.parametrize(("plan", "limit"), list(PLAN_LIMITS.items()))
def test_usage_of_a_new_project_is_zero_and_names_the_plans_limit(projects: Projects, plan: str, limit: int | None):
    make(projects, plan)
    usage = projects.ledger.usage("shop", datetime.now(UTC))
    assert (usage.used, usage.remaining, usage.allowance.limit) == (0, limit, limit)


def test_take_never_gives_more_than_the_limit_to_all_workers_together(projects: Projects):
    project = make(projects, limit=100)
    assert [take(projects, project, need=60, worker=worker).granted for worker in "abc"] == [60, 40, 0]


def test_take_many_workers_at_once_get_exactly_the_limit(projects: Projects):
    project = make(projects, limit=100)
    with ThreadPoolExecutor(8) as pool:
        grants = pool.map(lambda worker: take(projects, project, 7, worker=str(worker)), range(40))
        assert sum(grant.granted for grant in grants) == 100


def test_take_blocks_shrink_near_the_limit(projects: Projects):
    project = make(projects, limit=1600)
    assert take(projects, project, need=1, want=1000).granted == 100
    assert take(projects, project, need=1, want=1000).granted == 93
    assert take(projects, project, need=1400).granted == 1400
    assert take(projects, project, need=1, want=1000).granted == 1


def test_take_without_a_limit_gives_what_is_wanted(projects: Projects):
    project = make(projects, "enterprise")
    grant = take(projects, project, need=5000, want=10)
    assert (grant.granted, grant.left) == (5000, None)


def test_take_of_an_unknown_project_says_so(projects: Projects):
    with pytest.raises(NotFoundError):
        take(projects, "prj_0000000000000000", need=1)


def test_take_refused_worker_learns_what_others_hold_and_asks_for_it(projects: Projects):
    project = make(projects, limit=16)
    assert take(projects, project, need=16, worker="a").granted == 16
    refused = take(projects, project, need=1, worker="b")
    assert (refused.granted, refused.returnable) == (0, 16)
    assert projects.ledger.wanted([(project, "2026-12"), (project, "2027-01")]) == {(project, "2026-12"): 1}

    projects.ledger.give_back("a", project, "2026-12", 10, 0)
    assert take(projects, project, need=20, worker="b").granted == 10
    assert used(projects) == 6


def test_months_are_counted_apart_and_a_trial_sums_them(projects: Projects):
    project = make(projects, limit=10)
    assert [take(projects, project, 8, at=at).granted for at in (NOW, NEXT, NOW)] == [8, 8, 2]
    projects.set_plan(project, "trial", 20)
    created = projects.get(project).created_at
    projects.ledger.release("a")
    assert take(projects, project, need=30, at=created).granted == 20


def test_trial_that_has_ended_gives_nothing_whatever_is_left(projects: Projects):
    project = make(projects, "trial")
    ends_at = projects.get(project).created_at + timedelta(days=14)
    assert take(projects, project, need=1, at=ends_at - timedelta(microseconds=1)).granted == 1
    over = take(projects, project, need=1, at=ends_at)
    assert (over.granted, over.returnable, over.allowance.is_over) == (0, 0, True)


def test_settle_books_a_file_once_and_release_gives_back_the_rest(projects: Projects):
    project = make(projects, limit=100)
    take(projects, project, need=50)
    for _ in range(2):  # as after a crash between booking and removing the file
        projects.ledger.settle("a", 1, {(project, "2026-12"): 20})
    projects.ledger.settle("a", 2, {(project, "2026-12"): 5, (project, "2027-01"): 3})
    projects.ledger.release("a")
    projects.ledger.release("a")
    projects.ledger.give_back("a", project, "2026-12", 10, 0)
    assert (used(projects), used(projects, NEXT)) == (25, 3)


def test_settle_events_of_a_project_that_is_gone_does_not_fail(projects: Projects):
    projects.ledger.settle("a", 1, {("prj_0000000000000000", "2026-12"): 2})
    projects.ledger.release("a")


def test_set_plan_lets_a_project_go_on_with_its_count(projects: Projects):
    project = make(projects, limit=10)
    assert take(projects, project, need=11).granted == 10
    projects.set_plan("shop", "business")
    assert take(projects, project, need=11).left == PLAN_LIMITS["business"] - 21  # type: ignore[operator]


@pytest.fixture
def expire(settings: Settings) -> Iterator[Expire]:
    """Let the lease of a worker be as old as one of a host that is gone."""
    engine = create_engine(settings.database_url or f"sqlite:///{Home(settings.home).projects_database}")

    def expire(worker: str) -> None:
        aged = QuotaLeaseRow.renewed_at - LEASE_TIMEOUT_S - 1
        with engine.begin() as connection:
            connection.execute(update(QuotaLeaseRow).where(QuotaLeaseRow.worker_id == worker).values(renewed_at=aged))

    yield expire
    engine.dispose()


def test_lease_of_a_host_that_is_gone_is_given_to_others_once_it_expires(projects: Projects, expire: Expire):
    project = make(projects, limit=100)
    take(projects, project, need=60, worker="gone")
    assert take(projects, project, need=50).granted == 40
    expire("gone")
    assert take(projects, project, need=50).granted == 50
    assert take(projects, project, need=50).granted == 10
    assert projects.ledger.renew("gone") == set()


def test_events_of_a_host_that_comes_back_after_its_lease_expired_count_once(projects: Projects, expire: Expire):
    project = make(projects, limit=100)
    take(projects, project, need=60, worker="gone")
    expire("gone")
    take(projects, project, need=100)
    for _ in range(2):
        projects.ledger.settle("gone", 1, {(project, "2026-12"): 7})
    projects.ledger.release("gone")
    projects.ledger.settle("a", 1, {(project, "2026-12"): 100})
    projects.ledger.release("a")
    assert used(projects) == 107


@pytest.mark.parametrize("keep", ["renew", "give_back", "take"])
def test_lease_of_a_worker_that_is_heard_of_does_not_expire(projects: Projects, expire: Expire, keep: str):
    project = make(projects, limit=100)
    take(projects, project, need=60, worker="b")
    expire("b")
    if keep == "renew":
        assert projects.ledger.renew("b") == {(project, "2026-12")}
    elif keep == "give_back":
        projects.ledger.give_back("b", project, "2026-12", 0, 60)
    else:
        take(projects, project, need=1, worker="b")
    assert take(projects, project, need=50).granted <= 40


@pytest.mark.parametrize("question", ["renew", "release"])
def test_lease_that_expires_while_its_worker_is_heard_of_is_returned_once(
    projects: Projects, settings: Settings, expire: Expire, question: str
):
    if not settings.database_url:
        pytest.skip("SQLite has one writer at a time")
    project = make(projects, limit=100)
    take(projects, project, need=60, worker="b")
    expire("b")
    waiting = text("select count(*) from pg_locks where not granted")
    engine = create_engine(settings.database_url)
    with ThreadPoolExecutor(2) as pool, engine.connect() as observer:
        with engine.begin() as blocker:  # holds back whoever expires the lease until both are at it
            blocker.execute(select(QuotaLeaseRow).where(QuotaLeaseRow.worker_id == "b").with_for_update())
            taken = pool.submit(take, projects, project, 100)
            while observer.scalar(waiting) == 0:
                observer.rollback()
            answer = pool.submit(getattr(projects.ledger, question), "b")
            while observer.scalar(waiting) == 1:
                observer.rollback()
        assert taken.result().granted == 100
        assert not answer.result()
    engine.dispose()
    assert take(projects, project, need=1, worker="c").granted == 0
