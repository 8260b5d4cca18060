"""Each block of code in the documents is registered: run by a named test, or listed with the reason why none does."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from collector.http.event_routes import ROUTES
from collector.http.usage import USAGE_PATH
from contracts.settings import load_settings

if TYPE_CHECKING:
    import pytest

    from tests.collector.conftest import Client

ROOT = Path(__file__).parents[2]
LANGUAGES = ("sh", "python", "js", "sql", "json")
BI = "tests/bi/test_bi_pages.py"
GUIDE = "tests/collector/test_documented_examples.py"
CLIENTS = "tests/collector/test_documented_clients.py"
HERE = "tests/collector/test_documented_blocks.py"
IMPORT = "tests/collector/test_import_options.py"
NGINX = "tests/dashboard/test_sign_in.py::test_nginx_of_the_page_signs_in_whom_oauth2_proxy_names"
OTLP = "tests/collector/otlp/test_documented_settings.py"
QUERIES = "tests/dashboard/test_queries.py"
ERASURE = "tests/pipeline/test_erasure.py"
COMMANDS = "tests/cli/test_documented_commands.py::test_examples_run_as_they_are_printed"

AGENTS = "tests/dashboard/test_agents_page.py"
API = "tests/dashboard/test_api_page.py"

BLOCKS: dict[tuple[str, str], list[str]] = {
    ("README.md", "sh"): [f"{HERE}::test_readme_make_runs_the_commands", f"{HERE}::test_readme_curl_is_accepted"],
    ("CONTRIBUTING.md", "sh"): ["these commands run the tests themselves"],
    ("docs/agents.md", "json"): [f"{AGENTS}::test_settings_of_an_assistant_start_the_tools"] * 2,
    ("docs/agents.md", "sh"): [f"{AGENTS}::test_commands_of_the_page_serve_over_http"],
    ("docs/alerts.md", "sh"): [COMMANDS] * 2,
    ("docs/alerts.md", "python"): ["tests/alerts/test_webhooks.py::test_python_of_the_page_takes_genuine_calls_only"],
    ("docs/api.md", "sh"): [f"{API}::test_commands_of_the_page_answer"] * 2,
    ("docs/api.md", "python"): [f"{API}::test_python_of_the_page_reads_every_row"],
    ("docs/api.md", "json"): [
        f"{API}::test_answer_and_problem_of_the_page_are_shaped_as_printed",
        f"{API}::test_commands_of_the_page_answer",
        f"{API}::test_answer_and_problem_of_the_page_are_shaped_as_printed",
    ],
    ("docs/erasure.md", "sh"): [COMMANDS, "tests/collector/test_erasures.py::test_commands_of_the_page_are_answered"],
    ("docs/security.md", "sh"): ["asks a database on the network", COMMANDS],
    ("docs/masking.md", "sh"): [COMMANDS],
    ("docs/proxy.md", "sh"): [NGINX, "runs oauth2-proxy, which needs an identity service"],
    ("docs/retention.md", "sh"): [COMMANDS],
    ("docs/retention.md", "sql"): [f"{ERASURE}::test_sum_of_the_page_counts_every_day"],
    ("docs/bi/README.md", "sql"): [
        f"{QUERIES}::test_documented_query_in_another_time_zone_gives_the_days_of_the_dashboard"
    ],
    ("docs/bi/duckdb-cli.md", "sh"): [f"{BI}::test_commands_of_the_duckdb_cli_page_print_the_marts"] * 2,
    ("docs/bi/duckdb-cli.md", "sql"): [
        f"{BI}::test_sql_of_the_duckdb_cli_page_sees_a_new_version_after_attaching_again"
    ],
    ("docs/bi/files.md", "sh"): [f"{BI}::test_commands_and_python_of_the_files_page_export_and_read"],
    ("docs/bi/files.md", "python"): [f"{BI}::test_commands_and_python_of_the_files_page_export_and_read"],
    ("docs/bi/python.md", "python"): [f"{BI}::test_python_of_its_page_reads_the_marts"] * 4,
    ("docs/bi/sqlalchemy.md", "python"): [f"{BI}::test_python_of_the_sqlalchemy_page_reads_the_marts"] * 3,
    ("docs/clients/javascript.md", "sh"): [f"{CLIENTS}::test_javascript_package_installs_and_its_page_runs"],
    ("docs/clients/javascript.md", "js"): [f"{CLIENTS}::test_javascript_package_installs_and_its_page_runs"] * 3,
    ("docs/clients/python.md", "sh"): [f"{CLIENTS}::test_python_package_installs_with_types_and_its_page_runs"],
    ("docs/clients/python.md", "python"): [f"{CLIENTS}::test_python_package_installs_with_types_and_its_page_runs"] * 4,
    ("docs/collector.md", "sh"): [
        COMMANDS,
        f"{GUIDE}::test_guide_curl_example_answers_as_printed",
        f"{HERE}::test_guide_feedback_is_answered_as_printed",
        f"{HERE}::test_guide_usage_is_answered",
    ],
    ("docs/collector.md", "json"): [
        f"{GUIDE}::test_guide_curl_example_answers_as_printed",
        f"{HERE}::test_guide_batch_is_answered_as_printed",
        f"{HERE}::test_guide_batch_is_answered_as_printed",
        f"{HERE}::test_guide_feedback_is_answered_as_printed",
        f"{HERE}::test_guide_feedback_is_answered_as_printed",
        f"{HERE}::test_guide_refusal_is_answered_as_printed",
    ],
    ("docs/collector.md", "python"): [f"{GUIDE}::test_guide_python_example_tracks_an_event"],
    ("docs/collector.md", "js"): [f"{GUIDE}::test_guide_javascript_example_tracks_an_event"],
    # What they run needs a server of models, or a package of the reader's choice.
    ("docs/configuration.md", "sh"): [f"{HERE}::test_settings_of_the_configuration_page_are_taken"] * 3,
    ("docs/import.md", "sh"): [f"{IMPORT}::test_documented_imports_take_every_row_of_their_file"] * 17,
    ("docs/marts.md", "sql"): ["tests/dbt_project/test_marts_page.py::test_query_of_the_page_answers"] * 24,
    ("docs/opentelemetry.md", "sh"): [f"{OTLP}::test_documented_exporter_settings_reach_the_collector"] * 2,
    ("docs/opentelemetry.md", "python"): [f"{OTLP}::test_documented_span_processor_gives_session_and_user"],
    ("docs/operations.md", "sh"): [
        f"{HERE}::test_service_is_installed_from_what_is_there",  # sudo and systemctl are not available
        "tests/dbt_project/test_freshness.py::test_source_freshness_warns_after_a_day_without_anything_new",
        "tests/orchestration/test_doctor.py::test_command_prints_each_part_and_fails_only_for_damage",
        "tests/pipeline/test_backfill.py::test_backfill_of_a_past_day_publishes_a_version_with_the_same_marts",
        "tests/pipeline/test_backup.py::test_commands_of_the_page_back_up_and_restore",
    ],
    ("docs/topics.md", "sh"): [COMMANDS] * 4,
    ("docs/demo.md", "sh"): [COMMANDS],
    ("docs/scale.md", "sh"): [
        "tests/pipeline/test_several_hosts.py::test_commands_of_the_page_bring_the_events_of_two_hosts_into_one_run"
    ],
    ("docs/bi/superset.md", "sh"): ["installs Superset over the network; bench/superset.py tries it"],
}
"""For each document and language its blocks in order: the test that runs one, or why none does."""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE)


def test_every_block_of_the_documents_is_registered():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    names = [str(page.relative_to(ROOT)) for page in pages]
    found = Counter({(name, language): len(blocks(name, language)) for name in names for language in LANGUAGES})
    assert +found == Counter({key: len(known) for key, known in BLOCKS.items()})


def test_every_test_that_the_register_names_is_there():
    named = {known for blocks in BLOCKS.values() for known in blocks if "::" in known}
    places = [known.split("::") for known in sorted(named)]
    assert [place for place in places if f"def {place[1]}(" not in (ROOT / place[0]).read_text()] == []


def test_readme_curl_is_accepted(client: Client):
    command = at(client, blocks("README.md", "sh")[1])
    environment = {"TURRET_KEY": client.key, "PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["success"] is True


def test_readme_make_runs_the_commands():
    """`make` installs first; what it runs then is looked at here, and run by the tests of `turret demo` and `up`."""
    for line, command in zip(blocks("README.md", "sh")[0].splitlines(), ("turret demo", "turret up"), strict=True):
        make = ["make", "--dry-run", "--no-print-directory", "--old-file=setup", *line.split("#")[0].split()[1:]]
        done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == f".venv/bin/{command}"


def test_guide_usage_is_answered(client: Client):
    command = at(client, blocks("docs/collector.md", "sh")[3].splitlines()[0])
    environment = {"TURRET_KEY": client.key, "PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["success"] is True


def test_settings_of_the_configuration_page_are_taken(monkeypatch: pytest.MonkeyPatch):
    for block in blocks("docs/configuration.md", "sh"):
        *assignments, turret, run = shlex.split(block.replace("\\\n", " "))
        assert [turret, run] == ["turret", "run"]
        for name, value in (assignment.split("=", 1) for assignment in assignments):
            monkeypatch.setenv(name, value)
            assert str(getattr(load_settings(), name.removeprefix("TURRET_").lower())) == value


def test_proxies_of_the_operations_page_pass_every_route_that_takes_a_key_and_no_other():
    page = (ROOT / "docs/operations.md").read_text()
    with_key = {*ROUTES, USAGE_PATH}
    [location] = re.findall(r"location ~ (\S+) \{", blocks("docs/operations.md", "nginx")[0])
    [caddy] = re.findall(r"@events path ((?:\\\n|.)+)\n", blocks("docs/operations.md", "caddyfile")[0])
    assert {*caddy.replace("\\\n", " ").split()} == {*with_key, "/health/live"}
    assert {path for path in (*with_key, "/health/live") if not re.search(location, path)} == set()
    assert [path for path in ("/metrics", "/docs", "/health/ready", "/v1/track/x") if re.search(location, path)] == []
    [sentences] = re.findall(r"These are (.+?)\.\n", page, re.DOTALL)
    assert {*re.findall(r"`(/[^`]+)`", sentences)} == with_key


def test_service_is_installed_from_what_is_there():
    block = blocks("docs/operations.md", "sh")[0]
    subprocess.run(["sh", "-n", "-c", block], check=True)
    unit = (ROOT / "deploy/systemd/turret.service").read_text()
    named = set(re.findall(r"(?:requirements|deploy)/[\w./]+", block))
    assert named == {"requirements/runtime.txt", "deploy/systemd/turret.service"}
    assert all((ROOT / name).exists() for name in named)
    assert re.search(r"ExecStart=(\S+)/bin/turret up", unit)[1] == re.search(r"-m venv (\S+)", block)[1]
    assert re.search(r"User=(\w+)", unit)[1] == re.search(r"useradd .* (\w+)$", block, re.MULTILINE)[1]


def test_guide_batch_is_answered_as_printed(client: Client):
    _, batch, printed, *_ = blocks("docs/collector.md", "json")
    answer = client.http.post("/batch", json=json.loads(batch), headers={"X-API-Key": client.key}).json()
    expected = json.loads(printed)
    for one, other in zip(answer["results"], expected["results"], strict=True):
        for made_up in {"session_id", "user_id"} & one.keys():  # printed as …
            one[made_up] = other[made_up]
    assert answer == expected


def test_guide_feedback_is_answered_as_printed(client: Client):
    command = at(client, blocks("docs/collector.md", "sh")[2])
    environment = {"TURRET_KEY": client.key, "PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    printed, batch = blocks("docs/collector.md", "json")[3:5]
    assert done.stdout == printed.strip()
    answer = client.http.post("/batch", json=json.loads(batch), headers={"X-API-Key": client.key})
    assert answer.json()["accepted"] == 1


def test_guide_refusal_is_answered_as_printed(client: Client):
    printed = json.loads(blocks("docs/collector.md", "json")[5])
    assert client.track({"metadata": {}}).json() == printed


def at(client: Client, code: str) -> str:
    return code.replace("http://127.0.0.1:8000", str(client.http.base_url).rstrip("/"))
