"""Segments of all hosts come from the landing store, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from contracts.file_locks import lock_file
from contracts.home import Home
from contracts.landing_store import LandingStoreError, open_landing_store
from contracts.settings import load_settings
from orchestration.ingest.downloads import download_segments
from orchestration.ingest.segments import list_segments

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.settings import Settings

PROJECT = "prj_0000000000000001"
NOW = datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "store").mkdir()
    return load_settings(home=tmp_path / "home", landing_url=str(tmp_path / "store"))


def name(hours_ago: int, number: int) -> str:
    at = NOW - timedelta(hours=hours_ago)
    return f"project_id={PROJECT}/date={at:%Y-%m-%d}/hour={at:%H}/{number}.ndjson.zst"


def landed(settings: Settings) -> set[str]:
    return {segment.name for segment in list_segments(Home(settings.home).landing)}


def test_download_brings_each_segment_once(settings: Settings):
    store = open_landing_store(settings.landing_url)
    store.write(name(0, 1), b"one")
    store.write(name(9, 2), b"two")
    assert download_segments(settings, only_recent=True) == 1
    assert landed(settings) == {name(0, 1)}
    assert download_segments(settings) == 1
    assert landed(settings) == {name(0, 1), name(9, 2)}
    assert (Home(settings.home).landing / name(9, 2)).read_bytes() == b"two"
    assert download_segments(settings) == 0


def test_run_lists_a_week_and_once_a_day_everything(settings: Settings):
    store, home = open_landing_store(settings.landing_url), Home(settings.home)
    assert download_segments(settings) == 0  # lists everything
    store.write(name(6 * 24, 1), b"one")
    store.write(name(9 * 24, 2), b"two")
    assert download_segments(settings) == 1
    assert landed(settings) == {name(6 * 24, 1)}
    yesterday = f"{(NOW - timedelta(hours=25)).isoformat()} {settings.landing_url}"
    home.landing_listed.write_text(yesterday)
    assert download_segments(settings, only_recent=True) == 0
    assert home.landing_listed.read_text() == yesterday
    assert download_segments(settings) == 1
    assert landed(settings) == {name(6 * 24, 1), name(9 * 24, 2)}


@pytest.mark.parametrize(
    "written", ["", "never", f"{NOW.isoformat()} another-address"], ids=["empty", "never", "address"]
)
def test_everything_is_listed_if_it_is_not_certain_when_it_was(settings: Settings, written: str):
    open_landing_store(settings.landing_url).write(name(9 * 24, 1), b"one")
    settings.home.mkdir(parents=True)
    Home(settings.home).landing_listed.write_text(written)
    assert download_segments(settings) == 1


def test_sensor_leaves_the_download_to_the_run_that_is_at_it(settings: Settings):
    open_landing_store(settings.landing_url).write(name(0, 1), b"one")
    landing = Home(settings.home).landing
    landing.mkdir(parents=True)
    with lock_file(landing):
        assert download_segments(settings, only_recent=True) == 0
    assert download_segments(settings, only_recent=True) == 1


def test_download_without_a_landing_store_does_nothing(tmp_path: Path):
    assert download_segments(load_settings(home=tmp_path)) == 0


def test_download_from_a_store_that_fails_says_so(settings: Settings, tmp_path: Path):
    open_landing_store(settings.landing_url).write(name(0, 1), b"one")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "landing").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="landing"):
        download_segments(settings)
    (tmp_path / "home" / "landing").unlink()
    with pytest.raises(LandingStoreError, match="TURRET_LANDING_URL"):
        open_landing_store(settings.landing_url).read(name(0, 2))
