"""What docs/agents.md prints: settings that start the tools, a server over HTTP, tools and columns that are there."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.dashboard.test_mcp import TOOLS, run_mcp_http
from tests.factories.read_api import Readable, make_readable
from tests.factories.turret_process import TURRET, process_environment

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Readable:
    return make_readable(tmp_path_factory.mktemp("agents") / "home", n_sessions=80)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def run(server: Any, calls: Callable[[Client], Any]) -> Any:
    async def ask() -> Any:
        async with Client(server) as client:
            return await calls(client)

    return asyncio.run(ask())


def test_settings_of_an_assistant_start_the_tools(readable: Readable):
    settings = json.loads(blocks("json")[0])["mcpServers"]["turret"]
    assert (settings["command"], list(settings["env"])) == ("turret", ["TURRET_HOME"])

    async def review(client: Client) -> dict[str, Any]:
        """The steps of the page that call a tool, and every name of a column that they speak of."""
        changes = (await client.call_tool("changes", {})).structured_content
        topic_id = changes["topics"][0]["topic_id"]
        goal = changes["goals"][0]["goal"]
        topic = (await client.call_tool("topic", {"topic_id": topic_id})).structured_content
        found = (await client.call_tool("sessions", {"goal": goal, "reached": "no"})).structured_content
        session = await client.call_tool("session", {"session_id": found["sessions"][0]["session_id"]})
        by_plan = await client.call_tool("changes", {"segments": ["plan=free"]})
        assert not session.is_error
        assert not by_plan.is_error
        tools = {tool.name for tool in (await client.list_tools()).tools}
        return {"changes": changes, "topic": topic, "tools": tools}

    environment = process_environment(readable.home)
    server = StdioServerParameters(command=TURRET[0], args=[*TURRET[1:], *settings["args"]], env=environment)
    found = run(server, review)
    assert found["tools"] == TOOLS
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == TOOLS
    changes = found["changes"]
    assert changes["goals"][0].keys() >= {"reached_high", "reached_low_before"}
    low_and_high = {
        "drop_off_share_low",
        "drop_off_share_high",
        "drop_off_share_low_before",
        "drop_off_share_high_before",
    }
    assert changes["drop_off"][0].keys() >= {"is_small_cell", *low_and_high}
    assert changes["numbers"][0].keys() >= {"median", "p95", "median_before", "p95_before"}
    assert changes["topics"][0].keys() >= {"is_clear"}
    assert found["topic"]["by_day"]


def test_commands_of_the_page_serve_over_http(readable: Readable):
    turret, *words = shlex.split(blocks("sh")[0])
    assert (turret, words) == ("turret", ["mcp", "--http", "--port", "8060"])
    settings = json.loads(blocks("json")[1])["mcpServers"]["turret"]
    headers = {name: value.replace("tkr_…", readable.key) for name, value in settings["headers"].items()}

    async def ask(url: str) -> set[str]:
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as http_client,
            Client(streamable_http_client(url, http_client=http_client)) as client,
        ):
            return {tool.name for tool in (await client.list_tools()).tools}

    with run_mcp_http(readable) as url:
        assert re.sub(r":\d+/", ":8060/", url) == settings["url"]
        assert asyncio.run(ask(url)) == TOOLS
