#!/usr/bin/env bash
# A tool that finds nothing answers a model with nothing at all, and one that finds one row looks like a single object.
#
# Version: mcp 2.3.0.
# Expected: a tool that returns a list answers with a list in JSON, as one that returns an object does with an object;
#   the specification has servers repeat structured content as JSON in a block of text.
# Seen: each element becomes a block of text of its own. Of no rows there is no block, so a client that hands on the
#   text (what models read) hands on an empty answer; of one row the text is the same as if the tool returned an object.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | tee "$folder/seen"
import asyncio
import json

from mcp import Client
from mcp.server.mcpserver import MCPServer

server = MCPServer("topics")


@server.tool()
def list_topics(most: int) -> list[dict[str, str]]:
    """List topics."""
    return [{"topic": "Refunds"}, {"topic": "Sign-in"}][:most]


@server.tool()
def count_topics(most: int) -> dict[str, int]:
    """Count the messages of topics."""
    return dict([("Refunds", 7), ("Sign-in", 2)][:most])


async def main() -> None:
    async with Client(server) as client:
        for tool in ("list_topics", "count_topics"):
            for most in range(3):
                answer = await client.call_tool(tool, {"most": most})
                texts = [" ".join(block.text.split()) for block in answer.content]
                print(f"{tool} {most}: texts {json.dumps(texts)}, structured {json.dumps(answer.structured_content)}")


asyncio.run(main())
PYTHON
diff "$folder/seen" - <<'SEEN'
list_topics 0: texts [], structured {"result": []}
list_topics 1: texts ["{ \"topic\": \"Refunds\" }"], structured {"result": [{"topic": "Refunds"}]}
list_topics 2: texts ["{ \"topic\": \"Refunds\" }", "{ \"topic\": \"Sign-in\" }"], structured {"result": [{"topic": "Refunds"}, {"topic": "Sign-in"}]}
count_topics 0: texts ["{}"], structured {}
count_topics 1: texts ["{ \"Refunds\": 7 }"], structured {"Refunds": 7}
count_topics 2: texts ["{ \"Refunds\": 7, \"Sign-in\": 2 }"], structured {"Refunds": 7, "Sign-in": 2}
SEEN
