"""Apache Superset over the published marts, by its own server and API: does each step of docs/bi/superset.md work?

    python bench/superset.py --superset PYTHON --folder NEW

PYTHON is that of a venv with Superset, installed as the page says.

The server listens on 127.0.0.1 alone, on a free port, and ends with the trial.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from harness.generations import Generations
from harness.server_process import free_port

from contracts.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

START_TIMEOUT_S = 180.0
USER = "admin"
CONFIG = """
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
"""


@dataclass(frozen=True)
class Superset:
    """Superset's API, asked by its administrator."""

    client: httpx.Client

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        """Send a request that must be answered with `status`."""
        answer = self.client.post(f"/api/v1/{path}", json=body)
        if answer.status_code != status:
            raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    def get(self, path: str) -> Any:
        """Ask for something that must be there."""
        return self.client.get(f"/api/v1/{path}").raise_for_status().json()

    def connect(self, address: str) -> int:
        """Test the address and create a database of it; return its number."""
        named = {"sqlalchemy_uri": address, "database_name": "Turret"}
        self.post("database/test_connection/", named)
        return int(self.post("database/", {**named, "expose_in_sqllab": True}, 201)["id"])

    def ask(self, database: int, sql: str) -> list[dict[str, Any]]:
        """Run SQL in SQL Lab."""
        body = {"database_id": database, "sql": sql, "runAsync": False}
        rows: list[dict[str, Any]] = self.post("sqllab/execute/", body)["data"]
        return rows

    def chart(self, dataset: int) -> float:
        """Return a chart's one number: rows of the dataset, bypassing the cache."""
        count = {"expressionType": "SQL", "sqlExpression": "count(*)", "label": "n"}
        body = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [{"metrics": [count], "columns": [], "row_limit": 1}],
            "force": True,
        }
        return float(self.post("chart/data", body)["result"][0]["data"][0]["n"])


@contextmanager
def running(python: Path, folder: Path) -> Iterator[Superset]:
    """Set Superset up in `folder` and start it."""
    config = folder / "superset_config.py"
    config.write_text(CONFIG.format(secret=secrets.token_hex(32), folder=folder), encoding="utf-8")
    environment = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(config),
        "SUPERSET_HOME": str(folder),
        "FLASK_APP": "superset",
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    password = secrets.token_hex(8)
    person = [
        "--username",
        USER,
        "--firstname",
        "A",
        "--lastname",
        "B",
        "--email",
        "a@example.com",
        "--password",
        password,
    ]
    for words in (["db", "upgrade"], ["fab", "create-admin", *person], ["init"]):
        done = subprocess.run(["superset", *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"superset {' '.join(words[:2])} failed:\n{done.stderr[-1000:]}")
    port = free_port()
    command = ["gunicorn", "--threads", "4", "--bind", f"127.0.0.1:{port}", "superset.app:create_app()"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            _log_in(client, password)
            yield Superset(client)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _log_in(client: httpx.Client, password: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            client.get("/health").raise_for_status()
            break
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    login = {"username": USER, "password": password, "provider": "db", "refresh": True}
    answer = client.post("/api/v1/security/login", json=login).raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def try_everything(superset: Superset, generations: Generations) -> None:
    """Go through the steps of the page; each that does not hold ends the trial."""
    database = superset.connect(f"duckdb:///{generations.home.published}?access_mode=read_only")
    schemas = superset.get(f"database/{database}/schemas/")["result"]
    tables = superset.get(f"database/{database}/tables/?q=(schema_name:marts)")["result"]
    print(f"connected; {len(tables)} tables; the schema is called {next(s for s in schemas if s.endswith('.marts'))}")
    _expect("SQL Lab", superset.ask(database, "select count(*) as n from marts.dim_topics"), [{"n": 3}])
    dataset = {"database": database, "sql": "select * from marts.dim_topics", "table_name": "topics"}
    number = int(superset.post("dataset/", dataset, 201)["id"])
    _expect("a chart", superset.chart(number), 3)
    generations.publish(5)
    _expect("the chart after another publish", superset.chart(number), 5)
    _expect("SQL Lab after it", superset.ask(database, "select count(*) as n from marts.dim_topics"), [{"n": 5}])
    written = superset.client.post(
        "/api/v1/sqllab/execute/",
        json={"database_id": database, "sql": "delete from marts.dim_topics", "runAsync": False},
    )
    _expect("a write is refused", written.status_code >= 400, True)  # noqa: PLR2004  # an error of HTTP
    _expect("nothing was written", superset.chart(number), 5)


def _expect(what: str, found: object, expected: object) -> None:
    print(f"{what}: {found}", flush=True)
    if found != expected:
        sys.exit(f"{what} is wrong: expected {expected}")


def main() -> None:
    """Set up, try everything, and say what held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--superset", type=Path, required=True, help="the Python that has apache-superset")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True)
    generations = Generations(Home(folder / "home"))
    generations.prepare()
    generations.publish(3)
    with running(options.superset.absolute(), folder) as superset:
        try_everything(superset, generations)
    print("Every step held.")


if __name__ == "__main__":
    main()
