"""DELETE /users/{id} and GET /erasures/{id}: with keys that may erase, and no others."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.settings import load_settings
from projects import open_projects

if TYPE_CHECKING:
    import httpx

    from tests.collector.conftest import Client


PAGE = Path(__file__).parents[2] / "docs" / "erasure.md"


@pytest.fixture(scope="module")
def erase_key(client: Client) -> str:
    with open_projects(load_settings(home=client.home, database_url="")) as projects:
        return projects.create_key(client.project_id, scope="erase").secret


def _ask(client: Client, method: str, path: str, key: str, **options: Any) -> httpx.Response:
    return client.http.request(method, path, headers={"X-API-Key": key}, **options)


def _targets(client: Client) -> dict[str, tuple[str | None, str]]:
    with open_projects(load_settings(home=client.home, database_url="")) as projects:
        erasures = projects.erasures.list(client.project_id)
    return {erasure.erasure_id: (erasure.target, erasure.later_events) for erasure in erasures}


@pytest.mark.parametrize(
    ("path", "target", "later"),
    [
        ("user-42", "user-42", "drop"),
        ("a%2Fb/c?later=keep", "a/b/c", "keep"),
        ("%D0%90%D0%B4%D0%B0%20%F0%9F%A6%89", "Ада 🦉", "drop"),
    ],
)
def test_erasure_is_requested_once_and_can_be_followed(
    client: Client, erase_key: str, path: str, target: str, later: str
):
    asked, again = (_ask(client, "DELETE", f"/users/{path}", erase_key) for _ in range(2))
    assert asked.status_code == 202
    assert asked.json() == again.json()
    erasure_id = asked.json()["erasure_id"]
    assert _targets(client)[erasure_id] == (target, later)
    assert target not in asked.text
    followed = _ask(client, "GET", f"/erasures/{erasure_id}", erase_key)
    assert (followed.status_code, followed.json()) == (200, asked.json())
    assert followed.json()["finished_at"] is None


def test_keys_of_other_scopes_may_not_erase(client: Client):
    with open_projects(load_settings(home=client.home, database_url="")) as projects:
        read_key = projects.create_key(client.project_id, scope="read").secret
    before = _targets(client)
    for key in (client.key, read_key, "tke_wrong", "x" * 200):
        for method, path in (("DELETE", "/users/ada"), ("GET", "/erasures/ers_0123456789abcdef")):
            assert _ask(client, method, path, key).status_code == 401
    assert _targets(client) == before


def test_key_that_may_erase_may_not_send(client: Client, erase_key: str):
    assert client.track({"name": "m", "metadata": {}}, **{"X-API-Key": erase_key}).status_code == 401


def test_commands_of_the_page_are_answered(client: Client, erase_key: str):
    (block,) = (found for found in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL) if "curl" in found)
    erase, follow = (line for line in block.splitlines() if line.startswith("curl"))
    asked = _run(client, erase, erase_key)
    assert asked["success"]
    followed = _run(client, follow.replace("ers_0123456789abcdef", asked["erasure_id"]), erase_key)
    assert followed == asked


def _run(client: Client, command: str, key: str) -> dict[str, Any]:
    here = command.replace("http://127.0.0.1:8000", str(client.http.base_url).rstrip("/"))
    environment = {**os.environ, "TURRET_KEY": key}
    done = subprocess.run(["sh", "-c", here], capture_output=True, env=environment, check=True, timeout=30)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("DELETE", "/users/", 400, "has 0 characters"),
        ("DELETE", f"/users/{'u' * 256}", 400, "has 256 characters"),
        ("DELETE", "/users/a%00b", 400, "has a NUL"),
        ("DELETE", "/users/x%FFy", 400, "is not UTF-8"),
        ("DELETE", "/users/ada?later=never", 400, "'never'"),
        ("GET", "/erasures/ers_0123456789abcdef", 404, "no such erasure"),
        ("POST", "/users/ada", 405, "method"),
    ],
)
def test_bad_request_gets_a_sentence(  # noqa: PLR0913, PLR0917
    client: Client, erase_key: str, method: str, path: str, status: int, sentence: str
):
    refused = _ask(client, method, path, erase_key)
    assert (refused.status_code, refused.json()["success"]) == (status, False)
    assert sentence in refused.json()["error"]
