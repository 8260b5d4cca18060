"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from xdist.scheduler import LoadFileScheduling

from contracts.settings import load_settings
from projects.access import people

if TYPE_CHECKING:
    from collections.abc import Iterator

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Where that is set, hundreds of processes would each compile Turret again, and pytest rewrite all tests each time."""

os.environ.setdefault("TURRET_EMBEDDER", "english")
"""A third of the default's cost, which the dozens of pipelines that tests run would pay; its own tests name it."""

os.environ.pop("SSL_CERT_DIR", None)
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("nobody.pem"))
"""Trust nobody: tests talk to this machine, and each of httpx's clients would read all authorities, 20 ms of CPU. One
authority, whose key is lost, since obstore does not start without any."""


@pytest.fixture(autouse=True, scope="session")
def _cheap_password_hashes() -> Iterator[None]:
    """Hash with argon2id's least cost: the parameters of the library take a fifth of a second each time, on purpose."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests that all workers have."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def parsed_project(shared: Path) -> Path:
    """What dbt has written when it parsed its project, once for all workers; a home with a copy need not parse it."""
    from orchestration.dbt.project import prepared_manifest  # noqa: PLC0415 - Dagster, which few tests need

    return prepared_manifest(load_settings(home=shared / "parsed")).parent


_STARTING_NAMES = frozenset(
    {
        *("Turret", "read_while_publishing", "run_collector", "run_dashboard", "run_dbt", "run_forked", "run_turret"),
        *("run_server", "subprocess", "sync_playwright"),
    }
)
"""What a module of tests imports that starts programs."""
_STARTING_FIXTURES = frozenset({"built", "client", "installation"})
_SLOW_PLACES = (
    "tests/cli/test_documented_commands.py",
    "tests/cli/test_topic_command.py",
    "tests/cli/test_typos.py",
    "tests/collector_faults/",
    "tests/dashboard/test_false_findings.py",
    "tests/ml/test_message_roles.py",
    "tests/ml/test_multilingual_embedder.py",
    "tests/ml/test_topic_model.py",
    "tests/orchestration/test_embedder_switch.py",
    "tests/orchestration/test_topic_updates.py",
    "tests/pipeline/",
)
"""What takes many seconds without starting anything that the names above tell."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that `make test-fast` leaves out: those that start programs, PostgreSQL among them, and others."""
    starts = not _STARTING_NAMES.isdisjoint(vars(getattr(item, "module", None) or object))
    starts |= not _STARTING_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    if starts or item.nodeid.startswith(_SLOW_PLACES) or "[postgres" in item.nodeid:
        item.add_marker("slow")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: begun last, they would leave all workers but one idle.

    The order is otherwise as random as before. A file stays together, so that its fixtures are made once.
    """
    long = ("pipeline", "browser", "slow")
    marks = defaultdict(set)
    for item in items:
        marks[item.path] |= {mark.name for mark in item.iter_markers()}
    items.sort(key=lambda item: [mark not in marks[item.path] for mark in long])


def pytest_collection_finish() -> None:
    """Exclude all imported packages from garbage collection."""
    gc.collect()
    gc.freeze()


class _ByFixture(LoadFileScheduling):
    """Give whole files to each worker, and whole folders where one costly fixture serves all of their tests."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _SHARING if nodeid.startswith(folder)), super()._split_scope(nodeid))


_SHARING = ("tests/pipeline/", "tests/dbt_project/", "tests/spark/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Hand out tests."""
    return _ByFixture(config, log)
