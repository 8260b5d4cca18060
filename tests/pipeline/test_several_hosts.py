"""The commands of docs/scale.md as they are printed: collectors of two hosts, and the pipeline on a third."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from harness.object_store import serve_object_store

from tests.factories.collector_process import run_collector
from tests.factories.postgres_server import find_postgres, run_postgres
from tests.factories.turret_command import Turret

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            event = {"name": "message", "event_id": host.home.name, "metadata": {"prompt": "Where is my order?"}}
            answer = httpx.post(f"{server.url}/track", json=event, headers={"X-API-Key": key}).json()
            assert answer["success"], answer
        assert list((host.home / "outbox").glob("*/*/*/*.zst")) == []
    pipeline = Turret(tmp_path / "c")
    pipeline.run(*run)
    assert pipeline.query("select event_id from marts.fct_events order by 1") == [{"event_id": "a"}, {"event_id": "b"}]
    assert "Nothing" in pipeline.run(*run)
