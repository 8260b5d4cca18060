"""What `turret demo` refuses; `tests/packaging/test_wheel.py` runs it the whole way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from pathlib import Path


def test_demo_bad_option_is_refused(tmp_path: Path):
    done = run_turret(tmp_path / "home", "demo", "--users", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_demo_unwritable_home_is_one_sentence(tmp_path: Path):
    tmp_path.chmod(0o500)
    done = run_turret(tmp_path / "home", "demo", "--users", "1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_demo_makes_a_home_that_only_its_owner_may_open(tmp_path: Path):
    address = "postgresql+psycopg://nobody@127.0.0.1:1/none"  # so it ends before it sends anything
    done = run_turret(tmp_path / "home", "demo", "--users", "1", database_url=address)
    assert done.returncode == 1
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
