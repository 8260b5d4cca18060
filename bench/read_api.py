"""The cost of a read API response on the server, and of the page with the same numbers, over 1,000,000 events.

Both run in this process and read the same published file, with nothing kept of earlier answers: CPU seconds of the
page's layout and of the API's answer, one after the other in each round. Then the formats of one long list, an answer
that nothing was published since, and SQL with the process that it runs in.

    python bench/read_api.py --events 1000000 --rounds 5
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from dashboard_pages import publish

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.api.app import create_api
from dashboard.data.published import Published
from dashboard.router import Router
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FILTER = "period=30d&is.plan=pro"
PAIRS = {
    "/": "/overview",
    "/topics": "/topics?limit=1000",
    "/journeys": "/transitions?limit=1000",
    "/segments": "/segments?limit=1000",
    "/numbers": "/numbers",
    "/sessions": "/sessions?limit=25",
}
"""Pages and the resource with their main figures; pages show more than one."""
SQL = "select count(*) from fct_messages where topic_id is not null"


def main() -> None:
    """Print the table."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settings = load_settings(home=home, database_url="")
        with open_projects(settings) as projects:
            project_id = projects.create_project("large").project_id
            key = projects.create_key(project_id, None, "read").secret
            publish(home, project_id, given.events)
            published = Published(Home(home).published)
            api, router = create_api(published, projects), Router(published, projects, settings)
            asyncio.run(_measure(httpx.ASGITransport(app=api), key, router, published, project_id, given.rounds))


async def _measure(  # noqa: PLR0913, PLR0917  # all that is measured
    transport: httpx.ASGITransport, key: str, router: Router, published: Published, project_id: str, rounds: int
) -> None:
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers={"X-API-Key": key}) as client:

        async def ask(path: str, **headers: str) -> int:
            answer = await client.get(path, headers=headers, timeout=120)
            if answer.status_code not in {200, 304}:
                raise SystemExit(f"{path}: {answer.text}")
            return len(answer.content)

        async def page(path: str) -> int:
            router.screen(path, f"?project={project_id}&{FILTER}")
            return 0

        print("| page | resource | page, CPU ms | resource, CPU ms | ratio |\n| --- | --- | ---: | ---: | ---: |")
        for path, resource_path in PAIRS.items():
            joint = "&" if "?" in resource_path else "?"
            whole = f"{resource_path}{joint}{FILTER}"
            costs = [
                (await _cost(published, page, path), await _cost(published, ask, whole)) for _ in range(rounds + 1)
            ][1:]  # the first reads from disk
            of_page, of_api = (statistics.median(side) * 1e3 for side in zip(*costs, strict=True))
            print(f"| {path} | {resource_path.split('?')[0]} | {of_page:.0f} | {of_api:.0f} | {of_api / of_page:.2f} |")

        print("\n| answer | CPU ms | bytes |\n| --- | ---: | ---: |")
        long_list = "/sessions?limit=10000"
        for name in ("json", "csv", "arrow"):
            await _print(published, ask, f"{long_list}&format={name}", rounds)
        etag = (await client.get("/sessions?limit=1")).headers["etag"]
        await _print(published, lambda path: ask(path, **{"If-None-Match": etag}), "/sessions?limit=1", rounds)
        await _print(published, ask, f"/sql?query={SQL}", rounds)


async def _print(published: Published, ask: Callable[[str], Awaitable[int]], path: str, rounds: int) -> None:
    costs = [await _cost(published, ask, path) for _ in range(rounds)]
    size = await ask(path)
    print(f"| {path.replace('|', ' ')} | {statistics.median(costs) * 1e3:.1f} | {size:,} |")


async def _cost(published: Published, ask: Callable[[str], Awaitable[int]], path: str) -> float:
    """Return the CPU seconds of this process and its descendants, with empty caches."""
    published.snapshot().clear()
    began = _cpu_s()
    await ask(path)
    await asyncio.sleep(0.1)  # a process that answered SQL counts once it has ended
    return _cpu_s() - began


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    children = " ".join(file.read_text() for file in Path("/proc/self/task").glob("*/children")).split()
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in children]
    ticks = sum(int(ticks) for stat in stats for ticks in stat[11:15])  # user and system, its own and of ended children
    return sum(one.ru_utime + one.ru_stime for one in used) + ticks / os.sysconf("SC_CLK_TCK")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
