"""One run of the pipeline over a home with given topics: CPU seconds of each stage, as one JSON line.

    PYTHONPATH=CHECKOUT:bench CHECKOUT/.venv/bin/python bench/harness/pipeline_pass.py HOME

It calls the same functions as the assets of that checkout, without Dagster; all threads and processes of a stage count.
The results of the topic model are written by SQL and not counted.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from marts import JUDGE, TOPICS

from contracts.home import Home
from contracts.settings import Settings, load_settings
from contracts.tables import DBT_PROJECT
from orchestration.checks import batches
from orchestration.dbt.project import AFTER_ML, BEFORE_ML, dbt_executable, dbt_variables, prepared_manifest
from orchestration.ingest.loader import load_segments
from orchestration.ingest.segments import list_segments
from orchestration.publish.published_file import publish
from orchestration.warehouse.resource import create_tables, open_duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from expectations.gate import GateResult

PUBLISHED = "insert into ops.stage_runs values (?, 'publish', now()::timestamp, 1, 1, 1)"


def cpu_s() -> float:
    """Return the CPU seconds of this process and of those it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Pass:
    """A pass over one home; `costs` are CPU seconds by stage."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = Home(settings.home)
        self.costs: dict[str, float] = {}

    def run(self) -> None:
        """Run every stage, in the order of the pipeline."""
        run_id = f"run_{len(list_segments(self.home.landing))}"
        with self._stage("load"), self._warehouse() as connection:
            load_segments(connection, self.home, list_segments(self.home.landing), run_id)
        self._judge("raw", self.settings, batches.utc_now())
        with self._stage("dbt"):
            self._build(BEFORE_ML)
        with self._warehouse() as connection:
            connection.execute("delete from ml.text_topics")
            connection.execute("delete from ml.topics")
            connection.execute(JUDGE)
            connection.execute(TOPICS)
        self._judge("topics")
        with self._stage("dbt"):
            self._build(AFTER_ML)
        self._judge("marts")
        with self._stage("publish"):
            publish(self.home, run_id, run_id, 2)
        with self._warehouse() as connection:
            connection.execute(PUBLISHED, [run_id])

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = cpu_s()
        yield
        self.costs[name] = self.costs.get(name, 0.0) + cpu_s() - began

    @contextmanager
    def _warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_duckdb(self.home.warehouse, 0) as connection:
            connection.execute("set TimeZone = 'UTC'")
            create_tables(connection)
            yield connection

    def _build(self, select: str) -> None:
        """Build with dbt as the pipeline does: in this process, or, before 4f6e3a6, by the command."""
        try:
            from orchestration.dbt.invocation import build_models  # noqa: PLC0415  # not in every checkout
        except ModuleNotFoundError:
            self._build_by_command(select)
            return
        _, failure = build_models(self.settings, [select])
        if failure:
            raise SystemExit(str(failure))

    def _build_by_command(self, select: str) -> None:
        words = ["build", "--exclude-resource-type", "unit_test", "--select", select, "--vars"]
        places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        environment = {
            **os.environ,
            "TURRET_WAREHOUSE": str(self.home.warehouse),
            "DBT_TARGET_PATH": str(self.home.dbt),
            "DBT_LOG_PATH": str(self.home.dbt),
        }
        command = [dbt_executable(), "--quiet", *words, dbt_variables(self.settings), *places]
        subprocess.run(command, env=environment, stdout=sys.stderr, check=True)

    def _judge(self, gate: str, *arguments: object) -> None:
        name = next(name for name in (f"run_{gate}_gate", f"judge_{gate}") if hasattr(batches, name))  # since f978884
        with self._stage("gates"), self._warehouse() as connection:
            result: GateResult = getattr(batches, name)(connection, *arguments)
        faults = [finding.summary for finding in result.report.findings if not (finding.passed or finding.is_warning)]
        if faults:
            raise SystemExit(" ".join(faults))


def main() -> None:
    """Prepare what an installation keeps from run to run, then measure one pass."""
    os.environ["TURRET_HOME"] = str(Path(sys.argv[1]).resolve())
    settings = load_settings()
    prepared_manifest(settings)
    one = Pass(settings)
    one.run()
    print(json.dumps({"cpu_s": one.costs, "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))


if __name__ == "__main__":
    main()
