"""Dockerfile, compose.yaml and the systemd unit name files, commands and addresses that exist.

No image is built: that needs a Docker engine. What can be wrong without one is read from the files and compared.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from sqlalchemy import make_url
from starlette.testclient import TestClient

from collector.app import create_app
from contracts.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/systemd/turret.service"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
HOSTS = yaml.safe_load((ROOT / "deploy/hosts/compose.yaml").read_text(encoding="utf-8"))
TURRET_OF_HOSTS = {name: one for name, one in HOSTS["services"].items() if one.get("command", [""])[0] == "turret"}
SERVICE = COMPOSE["services"]["turret"]
HEALTH_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)")


def instructions() -> list[tuple[str, str]]:
    """Keyword and rest of every instruction of the Dockerfile, in order, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(keyword, rest) for keyword, _, rest in (line.partition(" ") for line in lines)]


def values_of(keyword: str) -> list[str]:
    return [rest for found, rest in instructions() if found == keyword]


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for rest in values_of("ENV") for word in shlex.split(rest))


def in_build_context(path: str) -> bool:
    """Whether `.dockerignore` lets a file through; the last line that matches it or a folder of it decides."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").removeprefix("**/")
            parts = Path(path).parts
            above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
            names = [*above, *parts] if line.startswith("**/") else above
            if any(fnmatch(name, pattern) for name in names):
                kept = line.startswith("!")
    return kept


def test_dockerfile_copies_only_what_exists_and_is_sent():
    sources = [word for rest in values_of("COPY") if "--from" not in rest for word in shlex.split(rest)[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if source != "." and not in_build_context(source)] == []


def test_build_context_holds_the_packages_and_nothing_of_the_checkout():
    for path in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "cli/main.py",
        "dbt_project/models/marts/core/dim_fields.sql",
    ):
        assert (ROOT / path).exists(), path
        assert in_build_context(path), path
    for path in (
        ".git/config",
        ".turret/projects.db",
        "tests/conftest.py",
        "cli/__pycache__/x.pyc",
        ".venv/bin/python",
    ):
        assert not in_build_context(path), path


def test_dockerfile_installs_only_pinned_and_hashed_packages():
    pip = [rest for rest in values_of("RUN") if "pip install" in rest]
    assert all("--require-hashes" in rest or "--no-deps" in rest for rest in pip)
    assert '--require-hashes -r "$REQUIREMENTS"' in pip[0]
    default, packages = values_of("ARG")
    assert packages == 'PACKAGES=""'
    given = {service.get("build", {}).get("args", {}).get("REQUIREMENTS") for service in HOSTS["services"].values()}
    for file in {default.removeprefix("REQUIREMENTS="), *given} - {None}:
        assert "--hash=sha256:" in (ROOT / file).read_text(encoding="utf-8")
        assert in_build_context(file)


def test_image_for_several_hosts_has_their_clients_and_otherwise_the_same_packages():
    def pinned(file: str) -> set[str]:
        lines = (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines()
        return {line.partition(" ")[0] for line in lines if "==" in line}

    more = {line.partition("==")[0] for line in pinned("hosts.txt") - pinned("runtime.txt")}
    assert pinned("runtime.txt") <= pinned("hosts.txt")
    assert more >= {"obstore", "psycopg[binary]", "psycopg-binary", "pyspark", "dbt-spark"}


def test_every_run_step_of_the_dockerfile_is_a_valid_script():
    for rest in values_of("RUN"):
        subprocess.run(["sh", "-n", "-c", rest], check=True)


def test_image_runs_as_its_own_user_over_a_volume_that_is_the_home():
    [user], [volume] = values_of("USER"), values_of("VOLUME")
    assert user == "turret"
    assert image_environment()["TURRET_HOME"] == volume == "/data"
    assert any("useradd" in rest and f"-o {user}" in rest and f" {volume}" in rest for rest in values_of("RUN"))


def test_image_settings_are_settings_that_turret_knows(monkeypatch: pytest.MonkeyPatch):
    given = {name: value for name, value in image_environment().items() if name.startswith(PREFIX)}
    assert {name.removeprefix(PREFIX).lower() for name in given} <= set(Settings.model_fields)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().collector_host == "0.0.0.0"  # noqa: S104 - in the container, whose ports compose binds


@pytest.mark.parametrize(
    "words",
    [json.loads(values_of("CMD")[-1]), shlex.split(UNIT.read_text().split("ExecStart=")[1].splitlines()[0])],
    ids=["image", "unit"],
)
def test_started_command_is_one_that_turret_has(words: list[str]):
    program, *arguments = words
    assert Path(program).name == "turret"
    done = subprocess.run([sys.executable, "-m", "cli.main", *arguments, "--help"], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 0


def test_health_checks_ask_an_address_that_the_collector_serves(tmp_path: Path):
    [image] = values_of("HEALTHCHECK")
    port, path = HEALTH_ADDRESS.search(image).groups()
    assert HEALTH_ADDRESS.search(" ".join(SERVICE["healthcheck"]["test"])).groups() == (port, path)
    with TestClient(create_app(Settings(home=tmp_path))) as collector:
        assert collector.get(path).json() == {"status": "ready"}
    assert int(port) == Settings.model_fields["collector_port"].default
    assert port in values_of("EXPOSE")[0].split()


def test_compose_keeps_the_home_in_a_volume_and_listens_on_this_machine_alone():
    assert SERVICE["volumes"] == ["turret:/data"]
    assert "turret" in COMPOSE["volumes"]
    exposed = set(values_of("EXPOSE")[0].split())
    assert {tuple(port.split(":")) for port in SERVICE["ports"]} == {("127.0.0.1", port, port) for port in exposed}


@pytest.mark.parametrize("name", sorted(TURRET_OF_HOSTS))
def test_each_host_has_a_home_of_its_own_and_the_same_shared_settings(name: str, monkeypatch: pytest.MonkeyPatch):
    service = TURRET_OF_HOSTS[name]
    assert service["volumes"] == [f"{name}:/data"]
    assert name in HOSTS["volumes"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["command"] in (["turret", "up"], ["turret", "collector"])
    environment = service["environment"]
    for variable, value in environment.items():
        if variable.startswith(PREFIX):
            monkeypatch.setenv(variable, re.sub(r"\$\{\w+:[?-]([^}]+)\}", r"\1", value))
    settings = load_settings()
    assert make_url(settings.database_url).host in HOSTS["services"]
    bucket = HOSTS["services"]["bucket"]["command"][-1].partition("/")[2]
    assert settings.landing_url.startswith(f"s3://{bucket}/")
    assert urlsplit(environment["AWS_ENDPOINT_URL"]).hostname in HOSTS["services"]
    assert set(service["depends_on"]) <= set(HOSTS["services"])
    assert urlsplit(settings.spark_master).hostname in HOSTS["services"]


def test_spark_workers_run_programs_of_the_image_over_the_pipelines_folder():
    services = {name: one for name, one in HOSTS["services"].items() if one.get("profiles") == ["spark"]}
    assert set(services) == {"spark-master", "spark-worker"}
    worker = services["spark-worker"]
    assert worker["volumes"] == TURRET_OF_HOSTS["pipeline"]["volumes"]
    assert worker["command"][-1] == worker["environment"]["TURRET_SPARK_MASTER"]
    port = services["spark-master"]["command"][-1]
    assert worker["command"][-1] == f"spark://spark-master:{port}"
    pyspark = importlib.util.find_spec("pyspark")
    assert pyspark
    jars = Path(str(pyspark.origin)).parent / "jars"
    [core] = jars.glob("spark-core_*.jar")
    with zipfile.ZipFile(core) as classes:
        for service in services.values():
            program, name = service["command"][:2]
            assert (Path(sys.executable).parent / program).exists()
            assert f"{name.replace('.', '/')}.class" in classes.namelist()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_every_line_of_the_unit(tmp_path: Path):
    program = tmp_path / "turret"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/turret/bin/turret", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if UNIT.name in line]) == (0, [])
