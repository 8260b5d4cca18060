"""The dashboard as a process: where it listens, whom it answers, and what it serves by itself."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from contracts.settings import load_settings
from dashboard.app import create_dashboard
from dashboard.errors import OpenToOthersError
from tests.factories.dashboard_process import run_dashboard
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_dashboard(tmp_path_factory.mktemp("server") / "home") as url:
        yield url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104  # refused is the point
def test_create_dashboard_on_an_address_others_reach_is_refused(tmp_path: Path, host: str):
    with pytest.raises(OpenToOthersError, match=rf"TURRET_DASHBOARD_HOST is '{re.escape(host)}'; without sign-in"):
        create_dashboard(load_settings(home=tmp_path, dashboard_host=host, dashboard_sign_in=False))


def test_command_on_a_port_that_is_taken_ends_with_one_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_turret(tmp_path / "home", "dashboard", "--port", str(port))
    assert done.returncode == 1
    assert f"The dashboard cannot listen on 127.0.0.1:{port}" in done.stderr


def test_index_names_no_other_machine_and_every_script_is_served(address: str):
    index = httpx.get(address).text
    sources = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', index)
    assert len(sources) > 5
    assert [source for source in sources if not source.startswith("/")] == []
    assert {httpx.get(address + source).status_code for source in sources} == {200}


def test_request_under_another_name_is_refused(address: str):
    answer = httpx.get(address, headers={"Host": "turret.example.com"})
    assert (answer.status_code, "Turret" in answer.text) == (400, False)


def test_pages_of_the_web_framework_are_not_served(address: str):
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert "swagger" not in httpx.get(address + path).text.lower()


def test_health_answers(address: str):
    assert httpx.get(f"{address}/health/live").status_code == 200
