"""What holds for all tests."""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadFileScheduling

os.environ.setdefault("TURRET_EMBEDDER", "english")
"""A third of the default's cost, which the dozens of pipelines that tests run would pay; its own tests name it."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that run the whole pipeline: begun last, they would leave all workers but one idle.

    The order is otherwise as random as before.
    """
    items.sort(key=lambda item: item.get_closest_marker("pipeline") is None)


class _ByFixture(LoadFileScheduling):
    """Give whole files to each worker, and whole folders where one costly fixture serves all of their tests."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _SHARING if nodeid.startswith(folder)), super()._split_scope(nodeid))


_SHARING = ("tests/pipeline/", "tests/dbt_project/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Hand out tests."""
    return _ByFixture(config, log)
