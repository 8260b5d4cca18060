"""Download the segments that all hosts have uploaded to `TURRET_LANDING_URL` into the landing folder of this home."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from contracts.durable_files import make_folder, write_file
from contracts.file_locks import lock_file
from contracts.home import SEGMENT_SUFFIX, Home
from contracts.landing_store import open_landing_store, transfer

if TYPE_CHECKING:
    from contracts.landing_store import LandingStore
    from contracts.settings import Settings

RECENT = timedelta(hours=1)
"""How far back the sensor lists every few seconds: a request to a bucket lists a thousand segments, which two hosts
make in 40 minutes. Older uploads are found by the next run, whatever starts it."""

LATE = timedelta(days=7)
"""How far back a run lists. Segments that a host uploads even later are found by the complete listing."""

NEVER = datetime.min.replace(tzinfo=UTC)

COMPLETE_EVERY = timedelta(hours=24)
"""How often a run lists everything: a bucket with a million segments takes a thousand requests."""


def download_segments(settings: Settings, *, only_recent: bool = False) -> int:
    """Download the segments that are not in the landing folder; return how many there were.

    One process of a home does so at a time, because two would write the same temporary files, and a run would find one
    of them half written. A run waits for its turn; the sensor leaves it to the other.

    Args:
        settings: with an empty `landing_url` there is nothing to do.
        only_recent: list only what was received in this hour and the last, which is cheap however much there is.
            Otherwise, list the last week, and everything if that was not done in the last 24 hours.

    Raises:
        LandingStoreError: the store cannot be used; the segments downloaded before are complete.
        OSError: the disk failed.
    """
    if not settings.landing_url:
        return 0
    home, store = Home(settings.home), open_landing_store(settings.landing_url)
    make_folder(home.landing)
    with lock_file(home.landing, wait=not only_recent) as is_ours:
        if not is_ours:
            return 0
        now = datetime.now(UTC)
        is_complete = not only_recent and _listed_at(home, settings.landing_url) < now - COMPLETE_EVERY
        since = None if is_complete else now - (RECENT if only_recent else LATE)
        here = {path.relative_to(home.landing).as_posix() for path in home.landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}")}
        missing = sorted(store.names(since) - here)
        n_downloaded = sum(transfer(missing, lambda name: _download(name, home, store)))
        if is_complete:
            write_file(home.landing_listed, f"{now.isoformat()} {settings.landing_url}".encode())
        return n_downloaded


def _listed_at(home: Home, url: str) -> datetime:
    """Return when the landing store of this address was last listed completely, and all its segments downloaded."""
    try:
        time, _, listed_url = home.landing_listed.read_text(encoding="utf-8").partition(" ")
        return datetime.fromisoformat(time).astimezone(UTC) if listed_url == url else NEVER
    except (FileNotFoundError, ValueError):
        return NEVER


def _download(name: str, home: Home, store: LandingStore) -> int:
    path = home.landing / name
    make_folder(path.parent)
    write_file(path, store.read(name))
    return 1
