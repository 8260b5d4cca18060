"""A backup taken while events arrive has all that were acknowledged before it; a damaged one restores nothing."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import tarfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pyrage
import pytest
import zstandard

from contracts.home import Home
from contracts.settings import load_settings
from orchestration import backup_encryption
from orchestration.backup import restore_backup, write_backup
from orchestration.backup_encryption import decrypted, encrypted
from orchestration.errors import BackupError
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.published_factory import SAMPLE, publish
from tests.factories.turret_command import TURRET, Turret
from tests.factories.turret_process import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a project and published marts."""
    home = Home(tmp_path / "home")
    make_project(home.root)
    publish(home.root, SAMPLE[:1])
    return home


def _back_up(home: Home) -> bytes:
    out = io.BytesIO()
    write_backup(load_settings(home=home.root, database_url=""), out, print)
    return out.getvalue()


def test_restored_home_has_every_event_that_was_acknowledged_before(home: Home, tmp_path: Path):
    with open_projects(load_settings(home=home.root, database_url="")) as projects:
        key = projects.create_key("shop").secret
    acknowledged: dict[str, datetime] = {}
    is_done = threading.Event()

    def send(url: str) -> None:
        with httpx.Client(base_url=url, headers={"X-API-Key": key}) as http:
            while not is_done.is_set():
                event_id = f"event-{len(acknowledged)}"
                http.post("/track", json={"name": "m", "metadata": {}, "event_id": event_id}).raise_for_status()
                acknowledged[event_id] = datetime.now(UTC)

    turret = Turret(home.root)
    with run_collector(home.root, collector_segment_max_age_s=0.3) as collector:
        sender = threading.Thread(target=send, args=(collector.url,))
        sender.start()
        time.sleep(1)
        turret.run("backup", str(tmp_path / "turret.backup"))
        is_done.set()
        sender.join()
    restored = Turret(tmp_path / "restored")
    restored.run("restore", str(tmp_path / "turret.backup"))
    with run_collector(restored.home):
        pass  # it seals what the backup has of write-ahead files
    there = [event["event_id"] for event in landed_events(restored.home)]
    taken_at = datetime.fromisoformat(_about(tmp_path / "turret.backup")["taken_at"])
    assert {event for event, at in acknowledged.items() if at <= taken_at} <= {*there}
    assert len(there) == len({*there})
    assert restored.query("from dim_topics order by topic_id") == turret.query("from dim_topics order by topic_id")
    assert restored.json("project", "list") == turret.json("project", "list")


def _about(file: Path) -> dict[str, str]:
    plain = io.BytesIO(zstandard.ZstdDecompressor().decompressobj().decompress(file.read_bytes()))
    with tarfile.open(fileobj=plain) as archive:
        first = archive.next()
        content = archive.extractfile(first) if first else None
        assert content is not None
        found: dict[str, str] = httpx.Response(200, content=content.read()).json()
        return found


def test_commands_of_the_page_back_up_and_restore(home: Home, tmp_path: Path):
    page = (ROOT / "docs" / "operations.md").read_text()
    (block,) = re.findall(r"```sh\n(turret backup .*?)```", page, re.DOTALL)
    environment = {"PATH": f"{TURRET.parent}:/usr/bin:/bin", "TURRET_HOME": str(home.root)}
    subprocess.run(["sh", "-ec", block], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert Home(tmp_path / "restored").published.exists()


def test_backup_of_a_home_behind_a_link_is_for_its_owner_only(home: Home, tmp_path: Path):
    (tmp_path / "link").symlink_to(home.root)
    turret, file = Turret(tmp_path / "link"), tmp_path / "turret.backup"
    file.write_text("an older backup")
    turret.run("backup", str(file), status=1)
    assert file.read_text() == "an older backup"
    turret.run("backup", str(file), "--replace")
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.projects_database.stat().st_mode & 0o777 == 0o600
    assert restore_backup(io.BytesIO(file.read_bytes()), tmp_path / "restored").published is not None
    (tmp_path / "volume").mkdir()
    (tmp_path / "link to a volume").symlink_to(tmp_path / "volume")
    restore_backup(io.BytesIO(file.read_bytes()), tmp_path / "link to a volume")
    assert Home(tmp_path / "volume").published.exists()
    assert not list((tmp_path / "volume").glob(".restoring*"))


@pytest.mark.parametrize("name", ["pipe", "folder", ""])
def test_backup_replaces_no_pipe_and_no_folder(home: Home, tmp_path: Path, name: str):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    Turret(home.root).run("backup", str(tmp_path / name) if name else "", status=1)
    assert (tmp_path / "pipe").is_fifo()
    assert {path.name for path in tmp_path.iterdir()} == {"home", "pipe", "folder"}


def test_encrypted_backup_needs_its_passphrase_and_can_be_read_with_age(home: Home, tmp_path: Path):
    content = os.urandom(400_000)  # cannot be compressed, so a backup that is not encrypted has its bytes
    home.quarantine.mkdir(exist_ok=True)
    (home.quarantine / "lines.ndjson").write_bytes(content)
    canary, file = content[200_000:200_064], tmp_path / "turret.backup"
    assert canary in _back_up(home)
    passphrase_file = tmp_path / "passphrase"
    for not_one_line in (b"", b"one\ntwo\n", b"\xff\n"):
        passphrase_file.write_bytes(not_one_line)
        Turret(home.root).run("backup", str(file), "--passphrase-file", str(passphrase_file), status=1)
        assert not file.exists()
    Turret(home.root, {"TURRET_BACKUP_PASSPHRASE": "héron, four lamps"}).run("backup", str(file))
    assert canary not in file.read_bytes()
    assert canary in pyrage.passphrase.decrypt(file.read_bytes(), "héron, four lamps")
    restored = Turret(tmp_path / "restored")
    Turret(restored.home, {"TURRET_BACKUP_PASSPHRASE": "heron, four lamps"}).run("restore", str(file), status=1)
    assert not restored.home.exists()
    passphrase_file.write_text("héron, four lamps\n")
    restored.run("restore", str(file), "--passphrase-file", str(passphrase_file))
    assert (Home(restored.home).quarantine / "lines.ndjson").read_bytes() == content


def test_passphrase_that_is_asked_for_is_not_shown(home: Home, tmp_path: Path):
    file = tmp_path / "turret.backup"
    for second, status in (("five lamps", 1), ("four lamps", 0)):
        assert not file.exists()
        mine, terminal = pty.openpty()
        command = [TURRET, "backup", str(file), "--encrypt"]
        environment = {**os.environ, "TURRET_HOME": str(home.root)}
        streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
        with subprocess.Popen(command, env=environment, start_new_session=True, **streams) as turret:
            os.close(terminal)
            shown = b""
            for prompt, answer in ((b"Passphrase: ", "four lamps"), (b"Passphrase again: ", second)):
                while not shown.endswith(prompt):
                    shown += os.read(mine, 1024)
                os.write(mine, f"{answer}\n".encode())
            with suppress(OSError):  # raised at the command's end
                while True:
                    shown += os.read(mine, 1024)
        os.close(mine)
        assert turret.returncode == status, shown
        assert b"lamps" not in shown
    with file.open("rb") as encrypted_file:
        restore_backup(decrypted(encrypted_file, "four lamps"), tmp_path / "restored")


@pytest.fixture
def _cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend a millisecond on each passphrase instead of a second."""
    monkeypatch.setattr(backup_encryption, "_WORK", 8)


def _encrypted(data: bytes) -> bytes:
    out = io.BytesIO()
    with encrypted(out, "four lamps") as content:
        content.write(data)
    return out.getvalue()


@pytest.mark.usefixtures("_cheap_passphrases")
@pytest.mark.parametrize("n_bytes", [0, 1, 65_535, 65_536, 65_537, 131_072])
def test_what_was_encrypted_is_decrypted(n_bytes: int):
    data = os.urandom(n_bytes)
    assert decrypted(io.BytesIO(_encrypted(data)), "four lamps").read() == data


@pytest.mark.usefixtures("_cheap_passphrases")
def test_encrypted_file_that_was_changed_anywhere_or_cut_off_is_refused():
    whole = _encrypted(bytes(200_000))
    n_header = len(whole) - 200_000 - 4 * 16
    chunk = 65_536 + 16
    for cut in (1, 30, n_header - 20, n_header, n_header + chunk, n_header + 3 * chunk, len(whole) - 1):
        with pytest.raises(BackupError, match=r"not a whole one|changed or cut off"):
            decrypted(io.BytesIO(whole[:cut]), "four lamps").read()
    for place in (30, n_header - 60, n_header - 10, n_header + 10, n_header + chunk + 10, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(BackupError, match=r"not a whole one|passphrase is not the one|changed or cut off"):
            decrypted(io.BytesIO(changed), "four lamps").read()
    swapped = whole[:n_header] + whole[n_header + chunk :][:chunk] + whole[n_header:][:chunk] + whole[-3376 - 16 :]
    for other in (swapped, whole + b"more", whole + whole):
        with pytest.raises(BackupError, match="changed or cut off"):
            decrypted(io.BytesIO(other), "four lamps").read()


@pytest.mark.usefixtures("_cheap_passphrases")
def test_wrong_passphrase_gets_one_sentence():
    with pytest.raises(BackupError, match=r"^The passphrase is not the one that the backup was encrypted with\.$"):
        decrypted(io.BytesIO(_encrypted(b"content")), "five lamps")


def test_restore_refuses_a_home_that_is_not_empty(home: Home):
    with pytest.raises(BackupError, match="is not empty"):
        restore_backup(io.BytesIO(_back_up(home)), home.root)


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.999])
def test_backup_that_was_cut_off_restores_nothing(home: Home, tmp_path: Path, kept: float):
    whole = _back_up(home)
    cut = whole[: int(len(whole) * kept) if kept < 1 else int(kept)]
    with pytest.raises(BackupError, match=r"not a whole backup|cut off|not a backup"):
        restore_backup(io.BytesIO(cut), tmp_path / "restored")
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


@pytest.mark.parametrize("more", [b"x", bytes(4096), zstandard.compress(bytes(10_240))])
def test_backup_that_bytes_follow_restores_nothing(home: Home, tmp_path: Path, more: bytes):
    with pytest.raises(BackupError, match=r"^Bytes follow the backup in the file"):
        restore_backup(io.BytesIO(_back_up(home) + more), tmp_path / "restored")
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_backup_whose_content_was_changed_restores_nothing(home: Home, tmp_path: Path):
    archive = bytearray(zstandard.ZstdDecompressor().decompressobj().decompress(_back_up(home)))
    archive[archive.index(b"SQLite format 3") + 100] ^= 1
    changed = zstandard.ZstdCompressor().compress(bytes(archive))
    with pytest.raises(BackupError, match=r"turret\.sqlite is missing or differs"):
        restore_backup(io.BytesIO(changed), tmp_path / "restored")
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_other_archives_are_refused(tmp_path: Path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"))
    with pytest.raises(BackupError, match="not a backup of Turret"):
        restore_backup(io.BytesIO(zstandard.ZstdCompressor().compress(out.getvalue())), tmp_path / "restored")


def test_there_is_nothing_to_back_up_without_a_home(tmp_path: Path):
    with pytest.raises(BackupError, match="There is no folder"):
        _back_up(Home(tmp_path / "none"))
