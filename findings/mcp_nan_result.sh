#!/usr/bin/env bash
# A tool that returns NaN, such as the mean of nothing, answers a schema that its own answer does not meet.
#
# Version: mcp 2.3.0.
# Expected: a tool that is declared to return a float may return any float, or the server says what is wrong.
# Seen: the server sends null for NaN and for infinity, beside a schema that it made itself and that requires a number,
#   and marks the call as a success. The SDK's own client then raises a RuntimeError instead of handing over the answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | tee "$folder/seen"
import asyncio
import math

from mcp import Client
from mcp.server.mcpserver import MCPServer

server = MCPServer("ratings")


@server.tool()
def mean_rating(ratings: list[float]) -> float:
    """Return the mean."""
    return sum(ratings) / len(ratings) if ratings else math.nan


async def main() -> None:
    async with Client(server) as client:
        for ratings in ([1.0, 2.0], []):
            try:
                answer = await client.call_tool("mean_rating", {"ratings": ratings})
            except RuntimeError as error:
                print(f"{ratings}: {str(error).splitlines()[0]}")
            else:
                print(f"{ratings}: {answer.structured_content}")


asyncio.run(main())
PYTHON
diff "$folder/seen" - <<'SEEN'
[1.0, 2.0]: {'result': 1.5}
[]: Invalid structured content returned by tool mean_rating: None is not of type 'number'
SEEN
