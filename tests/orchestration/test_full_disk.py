"""A disk that fills up while Dagster writes its history ends a run with a sentence, not with SQLite's traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from contracts.home import Home
from orchestration.errors import RunHistoryError
from orchestration.job_run import _history_errors

if TYPE_CHECKING:
    from pathlib import Path


def test_history_that_finds_no_room_is_told_in_one_sentence(tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path / 'runs.db'}")

    def fill() -> None:
        with _history_errors(Home(tmp_path)), engine.begin() as connection:
            connection.execute(text("pragma max_page_count = 3"))
            connection.execute(text("create table runs (body text)"))
            connection.execute(text("insert into runs values (:body)"), {"body": "x" * 100_000})

    with pytest.raises(RunHistoryError, match=r"cannot be written: database or disk is full\. Nothing was published"):
        fill()
    engine.dispose()
