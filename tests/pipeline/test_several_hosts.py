"""The commands of docs/scale.md as they are printed: collectors of two hosts, and the pipeline on a third.

What is erased or too old then leaves all of them, the bucket and the database.
"""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from harness.object_store import serve_object_store
from sqlalchemy import MetaData, create_engine, select, text

from contracts.landing_store import open_landing_store
from tests.factories.byte_search import files_with
from tests.factories.collector_process import run_collector
from tests.factories.postgres_server import find_postgres, run_postgres
from tests.factories.turret_command import Turret

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARIES = ("ada-canary", "ada-event", "zanzibarquokka", "babbage-canary", "old-event", "cogwheelquince")
TO_REMOVE = {
    "a": {"event_id": "ada-event", "user_id": "ada-canary", "metadata": {"prompt": "zanzibarquokka is my word"}},
    "b": {
        "event_id": "old-event",
        "user_id": "babbage-canary",
        "timestamp": (datetime.now(UTC) - timedelta(days=100)).isoformat(),
        "metadata": {"prompt": "cogwheelquince is my word"},
    },
}
"""By host: an event of a user who is erased, and one that is too old later on."""
PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


@pytest.fixture
def shared() -> Iterator[dict[str, str]]:
    """What all hosts have in their environment."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    with run_postgres(programs) as database_url, serve_object_store() as store:
        yield {"TURRET_DATABASE_URL": database_url, "TURRET_LANDING_URL": store.url, **store.environment}


def test_commands_of_the_page_bring_the_events_of_two_hosts_into_one_run(
    tmp_path: Path, shared: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    [block] = re.findall(r"```sh\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    exported = {line[1].partition("=")[0] for line in lines if line[0] == "export"}
    assert exported == {"TURRET_DATABASE_URL", "TURRET_LANDING_URL"}
    (_, *create), (_, *collector), (_, *run) = (line for line in lines if line[0] == "turret")
    assert (collector[0], run) == ("collector", ["run"])

    for name, value in shared.items():
        monkeypatch.setenv(name, value)
    hosts = [Turret(tmp_path / name) for name in ("a", "b")]
    key = hosts[0].json(*create)["api_key"]
    addresses = {name: shared[f"TURRET_{name.upper()}"] for name in ("database_url", "landing_url")}
    for host in hosts:
        with run_collector(host.home, **addresses) as server:
            for event in ({"event_id": host.home.name, "user_id": "grace"}, TO_REMOVE[host.home.name]):
                body = {"name": "message", "metadata": {"prompt": "Where is my order?"}, **event}
                answer = httpx.post(f"{server.url}/track", json=body, headers={"X-API-Key": key}).json()
                assert answer["success"], answer
        assert list((host.home / "outbox").glob("*/*/*/*.zst")) == []
    pipeline = Turret(tmp_path / "c")
    pipeline.run(*run)
    events = "select event_id from marts.fct_events order by 1"
    assert [row["event_id"] for row in pipeline.query(events)] == ["a", "ada-event", "b", "old-event"]
    assert "Nothing" in pipeline.run(*run)

    before = _find(shared, [*hosts, pipeline], tmp_path)
    assert all(before.values())
    project = pipeline.json("project", "list")[0]["project_id"]
    hosts[0].run("person", "erase", "ada-canary", "--project", project, "--yes")
    hosts[1].run("project", "retention", project, "--events-days", "30", "--yes")
    engine = create_engine(shared["TURRET_DATABASE_URL"])
    with engine.begin() as connection:  # a day later
        connection.execute(text("update projects set next_events_days_at = '2026-03-01 00:00:00'"))
    engine.dispose()
    pipeline.run(*run)
    assert [row["event_id"] for row in pipeline.query(events)] == ["a", "b"]
    assert _find(shared, [*hosts, pipeline], tmp_path) == {canary: set() for canary in before}


def _find(shared: dict[str, str], hosts: list[Turret], folder: Path) -> dict[str, set[str]]:
    """The files of the hosts and of the bucket, and the database, that have what is to be removed, by canary."""
    store = open_landing_store(shared["TURRET_LANDING_URL"])
    bucket, database = folder / "bucket", folder / "database"
    for name in store.names():
        (bucket / name).parent.mkdir(parents=True, exist_ok=True)
        (bucket / name).write_bytes(store.read(name))
    database.mkdir(exist_ok=True)
    engine, metadata = create_engine(shared["TURRET_DATABASE_URL"]), MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        rows = [str(row) for table in metadata.tables.values() for row in connection.execute(select(table)).fetchall()]
    engine.dispose()
    (database / "rows").write_text("\n".join(rows), encoding="utf-8")
    found: dict[str, set[str]] = {}
    for place in (*(host.home for host in hosts), bucket, database):
        for canary, files in files_with(place, *CANARIES).items():
            found.setdefault(canary, set()).update(f"{place.name}/{file}" for file in files)
    return found
