"""What holds for all tests."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("TURRET_EMBEDDER", "english")
"""A third of the default's cost, which the dozens of pipelines that tests run would pay; its own tests name it."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that run the whole pipeline: begun last, they would leave all workers but one idle.

    The order is otherwise as random as before.
    """
    items.sort(key=lambda item: item.get_closest_marker("pipeline") is None)
