"""Sealed segments reach the landing store: each once, whatever fails; none is removed before the store has it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from collector.wal.sealing import seal
from collector.wal.uploads import KEPT_HOURS, Uploader, upload_sealed
from contracts.home import SEGMENT_SUFFIX, Home
from contracts.landing_store import LandingStoreError, open_landing_store
from tests.factories.landing_writer import wal_line
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from contracts.landing_store import LandingStore

PROJECT = "prj_0000000000000001"
HOURS = [datetime(2026, 1, 31, hour, tzinfo=UTC) for hour in range(4)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", is_shared=True)
    home.wal.mkdir(parents=True)
    return home


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    (tmp_path / "store").mkdir()
    return open_landing_store(str(tmp_path / "store"))


def seal_one(home: Home, name: str = "one") -> None:
    path = home.wal / f"{name}.wal"
    path.write_bytes(b"".join(wal_line(PROJECT, hour) for hour in HOURS))
    seal(path, home)


def waiting(home: Home) -> list[str]:
    return sorted(path.relative_to(home.outbox).as_posix() for path in home.outbox.rglob(f"*{SEGMENT_SUFFIX}"))


class Wrong:
    """A store that says it has what it does not have, or has something else."""

    def __init__(self, store: LandingStore, change: Callable[[bytes], bytes | None]) -> None:
        self._store = store
        self._change = change
        self.names, self.read = store.names, store.read

    def write(self, name: str, data: bytes) -> None:
        changed = self._change(data)
        if changed is not None:
            self._store.write(name, changed)


def test_upload_moves_segments_under_their_names_and_leaves_no_old_folders(home: Home, store: LandingStore):
    seal_one(home)
    sealed = waiting(home)
    assert upload_sealed(home, store) == len(HOURS)
    assert store.names() == set(sealed)
    assert waiting(home) == []
    assert len(list(home.outbox.glob("*/*/*"))) == KEPT_HOURS
    assert upload_sealed(home, store) == 0


def test_sealing_again_after_the_upload_adds_no_segment(home: Home, store: LandingStore):
    seal_one(home)
    upload_sealed(home, store)
    before = {name: store.read(name) for name in store.names()}
    seal(home.wal / "one.wal", home)
    upload_sealed(home, store)
    assert {name: store.read(name) for name in store.names()} == before


@pytest.mark.parametrize("change", [lambda _data: None, lambda data: data[: len(data) // 2], lambda data: data + b"x"])
def test_segment_that_the_store_does_not_return_unchanged_stays(
    home: Home, store: LandingStore, change: Callable[[bytes], bytes | None]
):
    seal_one(home)
    sealed = waiting(home)
    with pytest.raises(LandingStoreError):
        upload_sealed(home, Wrong(store, change))
    assert waiting(home) == sealed
    assert upload_sealed(home, store) == len(HOURS)


def test_segment_that_cannot_be_read_holds_up_no_other(home: Home, store: LandingStore):
    seal_one(home)
    first = home.outbox / waiting(home)[0]
    first.unlink()
    first.mkdir()
    with pytest.raises(IsADirectoryError):
        upload_sealed(home, store)
    assert len(store.names()) == len(HOURS) - 1
    assert waiting(home) == [first.relative_to(home.outbox).as_posix()]


def test_files_with_other_names_stay_because_no_run_would_look_for_them(home: Home, store: LandingStore):
    seal_one(home)
    other = home.outbox / waiting(home)[0].replace("project_id=", "project=")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"x")
    assert upload_sealed(home, store) == len(HOURS)
    assert waiting(home) == [other.relative_to(home.outbox).as_posix()]


def test_uploader_tries_again_until_the_store_works_and_uploads_the_last_on_closing(home: Home, tmp_path: Path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    seal_one(home)
    uploader = Uploader(home, str(blocked))
    try:
        while not blocked.is_dir():
            if waiting(home):
                blocked.unlink(missing_ok=True)
                blocked.mkdir(exist_ok=True)
            time.sleep(0.01)
        seal_one(home, "two")
    finally:
        uploader.close()
    assert waiting(home) == []
    assert len(open_landing_store(str(blocked)).names()) == 2 * len(HOURS)


def test_import_before_a_store_that_fails_keeps_its_events_and_its_report_and_a_dry_run_uploads_nothing(tmp_path: Path):
    home, missing = tmp_path / "home", tmp_path / "not mounted"
    run_turret(home, "project", "create", "shop")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "message", "metadata": {"prompt": "Where is my order?"}}\n')
    words = ("import", str(rows), "--project", "shop", "--json")

    dry = run_turret(home, *words, "--dry-run", landing_url=missing)
    assert (dry.returncode, "not mounted" in dry.stderr) == (0, False)
    done = run_turret(home, *words, landing_url=missing)
    assert (done.returncode, json.loads(done.stdout)["accepted"]) == (0, 1)
    assert "does not exist; mount it, or create it. The events are safe in" in done.stderr
    assert len(waiting(Home(home))) == 1
