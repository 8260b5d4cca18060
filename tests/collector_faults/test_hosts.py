"""The trial of collectors on three hosts, in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hosts import fill_quota

from tests.factories.postgres_server import find_postgres

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(find_postgres() is None, reason="PostgreSQL is not installed here")
def test_three_hosts_keep_one_quota_though_one_of_them_is_lost(tmp_path: Path):
    outcome = fill_quota(tmp_path, limit=1000, n_requests=1600)
    assert outcome.is_right, str(outcome)
