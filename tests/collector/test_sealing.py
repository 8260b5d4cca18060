"""Write-ahead files become segments: the right ones, the same ones, and without what is damaged."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import orjson
import pytest

from collector.wal.recovery import Recovery, recover
from collector.wal.sealing import Sealed, finish, seal
from collector.wal.wal_file import NEW_SUFFIX, Damage, WalFile, scan_lines
from contracts.events import LandedEvent
from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from tests.factories.landed_segments import landed_events, segment_lines, segment_paths
from tests.factories.landing_writer import wal_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects.quota_ledger import QuotaLedger

ONE = "prj_0000000000000001"
TWO = "prj_0000000000000002"
NOON = datetime(2026, 1, 31, 12, 59, 59, 999_999, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.wal.mkdir(parents=True)
    return home


@pytest.fixture
def ledger(home: Home) -> Iterator[QuotaLedger]:
    with open_projects(load_settings(home=home.root, database_url="")) as projects:
        yield projects.ledger


def write_wal(home: Home, *lines: bytes, name: str = "one.wal") -> Path:
    path = home.wal / name
    path.write_bytes(b"".join(lines))
    return path


def test_seal_events_of_two_projects_and_hours_lie_in_their_partitions(home: Home, ledger: QuotaLedger):
    path = write_wal(home, wal_line(ONE, NOON), wal_line(TWO, NOON), wal_line(ONE, LATER), wal_line(ONE, LATER))

    sealed = seal(path, home)

    assert sealed == Sealed(Counter({(ONE, "2026-01"): 3, (TWO, "2026-01"): 1}), 3, 0)
    landed = {str(found.relative_to(home.landing)): len(segment_lines(found)) for found in segment_paths(home.root)}
    assert landed == {
        f"project_id={ONE}/date=2026-01-31/hour=12/one.ndjson.zst": 1,
        f"project_id={ONE}/date=2026-01-31/hour=13/one.ndjson.zst": 2,
        f"project_id={TWO}/date=2026-01-31/hour=12/one.ndjson.zst": 1,
    }
    assert path.exists()
    finish(path, sealed, ledger)
    assert not path.exists()


def test_seal_ids_made_to_look_like_other_fields_do_not_lead_astray(home: Home):
    evil = '","project_id":"prj_ffffffffffffffff","received_at":"1999-01-01T00:00:00.000000Z'
    path = write_wal(home, wal_line(ONE, NOON, event_id=evil, name=evil, session_id=evil, user_id=evil))

    seal(path, home)

    assert [found.parent for found in segment_paths(home.root)] == [home.segment_folder(ONE, NOON)]
    assert landed_events(home.root)[0]["event_id"] == evil


def test_seal_lines_have_the_agreed_keys_in_order_and_load_into_duckdb(home: Home):
    path = write_wal(
        home, wal_line(ONE, NOON, metadata={"prompt": "hi ☃", "n": 2**64 - 1}, timestamp="2026-01-01T00:00Z")
    )
    seal(path, home)

    found = segment_paths(home.root)[0]
    line = orjson.loads(segment_lines(found)[0])
    assert list(line) == list(LandedEvent.__annotations__)
    assert (line["occurred_at"], line["received_at"]) == ("2026-01-01T00:00:00.000000Z", "2026-01-31T12:59:59.999999Z")
    columns = {"received_at": "TIMESTAMP", "metadata": "JSON"}
    rows = duckdb.read_json(str(found), columns=columns).project("received_at, metadata->>'n'")
    assert rows.fetchall() == [(NOON.replace(tzinfo=None), str(2**64 - 1))]


def test_seal_again_after_a_crash_gives_the_same_names_and_bytes(home: Home):
    lines = [wal_line(project, NOON, event_id=str(number)) for number in range(100) for project in (ONE, TWO)]
    seal(write_wal(home, *lines), home)
    first = {path: path.read_bytes() for path in segment_paths(home.root)}

    # As a crash leaves it: the file is still there, one segment is sealed, the other a half written temporary file.
    path = write_wal(home, *lines)
    half = segment_paths(home.root)[1]
    half.with_name(f".{half.name}.tmp").write_bytes(half.read_bytes()[:50])
    half.unlink()
    seal(path, home)

    assert {path: path.read_bytes() for path in segment_paths(home.root)} == first
    assert list(home.landing.rglob("*.tmp")) == []


@pytest.mark.parametrize(
    "tail",
    [
        b"0",
        b"deadbeef {}\n",
        bytes(4096) + b"1",
        b"\xff\xfe\n\n",
        wal_line(ONE, NOON)[:-1],
        bytes(9) + wal_line(ONE, NOON),
    ],
    ids=range(6),
)
@pytest.mark.parametrize("n_zeros", [0, 1, 65_536])
def test_recover_torn_tail_keeps_good_events_and_puts_the_tail_into_quarantine(
    home: Home, ledger: QuotaLedger, tail: bytes, n_zeros: int
):
    good = [wal_line(ONE, NOON, event_id=str(number)) for number in range(3)]
    write_wal(home, *good, tail, bytes(n_zeros))

    recovery = recover(home, ledger)

    assert recovery == Recovery(n_files=1, n_events=3, n_damaged_bytes=len(tail), n_damaged_files=1)
    assert [event["event_id"] for event in landed_events(home.root)] == ["0", "1", "2"]
    assert (home.quarantine / "wal" / "one.wal.damaged").read_bytes() == tail
    reason = orjson.loads((home.quarantine / "wal" / "one.wal.reason.json").read_bytes())
    assert reason["pieces"][0]["offset"] == len(b"".join(good))
    assert list(home.wal.iterdir()) == []


def test_recover_zeros_behind_the_lines_are_unused_space_and_no_damage(home: Home, ledger: QuotaLedger):
    write_wal(home, wal_line(ONE, NOON), bytes(100_000))
    write_wal(home, bytes(4096), name="two.wal")
    assert recover(home, ledger) == Recovery(n_files=2, n_events=1)
    assert not home.quarantine.exists()


def test_recover_damage_in_the_middle_costs_no_line_after_it(home: Home, ledger: QuotaLedger):
    torn = wal_line(ONE, NOON, event_id="torn")
    write_wal(home, wal_line(ONE, NOON, event_id="a"), torn[:20] + b"\n", wal_line(ONE, NOON, event_id="b"))
    assert recover(home, ledger).n_events == 2
    assert [event["event_id"] for event in landed_events(home.root)] == ["a", "b"]


def test_recover_every_flipped_bit_is_noticed(home: Home, ledger: QuotaLedger):
    line = wal_line(ONE, NOON)
    for offset in range(len(line)):
        flipped = line[:offset] + bytes([line[offset] ^ 1]) + line[offset + 1 :]
        damage: list[Damage] = []
        assert list(scan_lines(flipped, damage)) == [], offset
        assert b"".join(piece.data for piece in damage) == flipped
    assert list(scan_lines(line, [])) == [line[9:-1]]


@pytest.mark.parametrize("line", [b"\n", b"00000000 \n", b"00000000\n", b"0\n0\n", b" \n"])
def test_recover_lines_too_short_to_hold_an_event_are_damage(home: Home, ledger: QuotaLedger, line: bytes):
    write_wal(home, wal_line(ONE, NOON), line, wal_line(ONE, NOON))
    recovery = recover(home, ledger)
    assert (recovery.n_events, recovery.n_damaged_bytes) == (2, len(line))
    assert home.wal.is_dir()


def test_recover_leaves_files_that_have_an_owner(home: Home):
    file = WalFile.create(home.wal, "one")
    file.append(wal_line(ONE, NOON, event_id="mine"))

    assert recover(home, ledger) == Recovery()
    assert file.path.exists()

    file.close()
    assert recover(home, ledger) == Recovery(n_files=1, n_events=1)
    assert [event["event_id"] for event in landed_events(home.root)] == ["mine"]


def test_recover_file_that_was_never_begun_is_removed(home: Home, ledger: QuotaLedger):
    write_wal(home, name=f"begun{NEW_SUFFIX}")
    write_wal(home, name="empty.wal")
    assert recover(home, ledger) == Recovery(n_files=1)
    assert list(home.wal.iterdir()) == []
    assert recover(Home(home.root / "nowhere"), ledger) == Recovery()


def test_recover_disk_that_refuses_leaves_the_file_for_the_next_time(home: Home, ledger: QuotaLedger):
    path = write_wal(home, wal_line(ONE, NOON))
    home.landing.write_text("a file where the folder should be")
    assert recover(home, ledger) == Recovery(n_failed=1)
    assert path.exists()

    home.landing.unlink()
    assert recover(home, ledger) == Recovery(n_files=1, n_events=1)


def test_wal_file_names_are_locked_before_they_can_be_found(home: Home, ledger: QuotaLedger):
    file = WalFile.create(home.wal, "one")
    assert [path.suffix for path in home.wal.iterdir()] == [".wal"]
    assert recover(home, ledger) == Recovery()
    assert file.path.samefile(next(home.wal.iterdir()))
    file.close()
