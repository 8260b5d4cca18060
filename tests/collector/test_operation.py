"""What an operator of the collector needs: usage, metrics, readiness, disk space, HTTPS."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.postgres_server import find_postgres, run_postgres
from tests.factories.turret_process import run_turret
from tests.factories.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENT: dict[str, Any] = {"name": "m", "metadata": {"prompt": "hi"}}


def make_limited(home: Path, limit: int | None, plan: str = "pro") -> str:
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.create_project("shop", plan, limit)
        return projects.create_key("shop").secret


def numbers_of(page: str) -> dict[str, float]:
    """The samples of a page in Prometheus' text format."""
    lines = [line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


# -------------------------------------------------------------------------------------------------- quota, in answers


def test_rate_limit_fields_stand_in_every_answer_and_the_refusal_says_when(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, 3)
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        answers = [http.post("/track", json=EVENT) for _ in range(4)]
        usage = http.get("/usage")
        no_usage = http.get("/usage", headers={"X-API-Key": "tk_no"})

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [re.sub(r"t=\d+", "t=", answer.headers["ratelimit"]) for answer in answers] == [
        f'"pro";r={remaining};t=' for remaining in (2, 1, 0, 0)
    ]
    assert re.fullmatch(r'"pro";q=3;w=(2419200|2505600|2592000|2678400)', answers[0].headers["ratelimit-policy"])
    refusal = answers[3].json()
    assert (refusal["success"], refusal["code"]) == (False, "RATE_LIMIT_EXCEEDED")
    assert re.fullmatch(
        r"The plan pro of this project allows 3 events a month, and they are used up\. "
        r"The quota resets on \d{4}-\d\d-01 at 00:00 UTC; a larger plan applies at once\.",
        refusal["error"],
    )
    assert 0 < refusal["retry_after"] == int(answers[3].headers["retry-after"]) <= 31 * 86_400
    shown = usage.json()
    assert (shown["success"], shown["plan"], shown["limit"], shown["used"], shown["remaining"]) == (
        True,
        "pro",
        3,
        3,
        0,
    )
    assert shown["starts_at"] < shown["ends_at"]
    assert (no_usage.status_code, no_usage.json()["code"]) == (401, "INVALID_API_KEY")


def test_trial_that_is_used_up_says_so_and_another_plan_helps_at_once(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, 1, "trial")
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        assert http.post("/track", json=EVENT).status_code == 200
        refused = http.post("/track", json=EVENT)
        assert "The trial of this project allows 1 events in all" in refused.json()["error"]
        with open_projects(load_settings(home=home, database_url="")) as projects:
            projects.set_plan("shop", "enterprise")
        wait_until(lambda: http.post("/track", json=EVENT).status_code == 200)
        answer = http.post("/track", json=EVENT)
    assert "ratelimit" not in answer.headers  # without a limit there is nothing to tell


def test_usage_of_a_project_without_limit_counts_all_workers(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, None, "enterprise")
    headers = {"X-API-Key": key}
    with run_collector(home, workers=2) as collector:
        for _ in range(20):  # new connections, so that either worker gets some
            httpx.post(f"{collector.url}/track", json=EVENT, headers=headers).raise_for_status()
        wait_until(lambda: httpx.get(f"{collector.url}/usage", headers=headers).json()["used"] == 20)
        usage = httpx.get(f"{collector.url}/usage", headers=headers).json()
    assert (usage["limit"], usage["remaining"]) == (None, None)


def test_worker_that_does_not_answer_for_seconds_is_kept(tmp_path: Path):
    """On a busy machine a worker may need long, and the one that replaces it longer."""
    home = tmp_path / "home"
    with run_collector(home, workers=2):
        log = home.with_suffix(".log")
        workers = [int(pid) for pid in re.findall(r"Started server process \[(\d+)", log.read_text())]
        os.kill(workers[0], signal.SIGSTOP)
        time.sleep(7)
        os.kill(workers[0], signal.SIGCONT)
        time.sleep(1)
    assert len(workers) == 2
    assert "died" not in log.read_text()


# ------------------------------------------------------------------------------------------------------------ metrics


def test_metrics_are_those_of_all_workers(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, None, "enterprise")
    with run_collector(home, workers=2) as collector:
        for _ in range(20):
            httpx.post(f"{collector.url}/track", json=EVENT, headers={"X-API-Key": key})
            httpx.post(f"{collector.url}/track", json={"name": "m"}, headers={"X-API-Key": key})
        httpx.post(f"{collector.url}/batch", json={"events": [EVENT, EVENT, {}]}, headers={"X-API-Key": key})
        httpx.post(f"{collector.url}/track", json=EVENT, headers={"X-API-Key": "tk_no"})
        rejected = "turret_collector_events_rejected_total"
        counts = {
            "turret_collector_events_accepted_total": 22,
            f'{rejected}{{code="MISSING_REQUIRED_FIELD"}}': 21,
            f'{rejected}{{code="INVALID_API_KEY"}}': 1,
            "turret_collector_workers": 2,
        }
        deadline = time.monotonic() + 60
        while True:  # workers tell one another what they have counted once in a while
            answer = httpx.get(f"{collector.url}/metrics")
            numbers = numbers_of(answer.text)
            if {name: numbers.get(name) for name in counts} == counts:
                break
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert numbers["turret_collector_batch_events_sum"] == 22
    assert numbers['turret_collector_batch_events_bucket{le="+Inf"}'] == numbers["turret_collector_batch_events_count"]
    assert numbers["turret_collector_fsync_seconds_sum"] > 0
    assert numbers["turret_collector_free_bytes"] > 0
    assert numbers["turret_collector_last_fsync_age_seconds"] < 60
    assert numbers["turret_collector_queue_bytes"] == 0
    assert set(numbers) == set(series_that_dashboards_ask_for("MISSING_REQUIRED_FIELD", "INVALID_API_KEY"))


def series_that_dashboards_ask_for(*codes: str) -> Iterator[str]:
    """The names and labels of /metrics, which others rely on, as they have been since the first release."""
    simple = (
        "workers events_accepted_total write_failures_total torn_tails_total torn_bytes_total queue_bytes "
        "unsealed_files unsealed_bytes outbox_files free_bytes last_fsync_age_seconds otlp_dropped_attributes_total "
        "batch_events_sum batch_events_count fsync_seconds_sum fsync_seconds_count"
    )
    bounds = {
        "batch_events": "1 2 5 10 20 50 100 200 500 1000 +Inf",
        "fsync_seconds": "0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 +Inf",
    }
    yield from (f"turret_collector_{name}" for name in simple.split())
    yield from (f'turret_collector_events_rejected_total{{code="{code}"}}' for code in codes)
    for name, values in bounds.items():
        yield from (f'turret_collector_{name}_bucket{{le="{bound}"}}' for bound in values.split())


def test_metrics_count_torn_tails_and_files_that_wait_for_sealing(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    wal = Home(home).wal
    wal.mkdir(parents=True)
    (wal / "old.wal").write_bytes(b"torn")
    with run_collector(home, collector_segment_max_age_s=3600) as collector:
        httpx.post(f"{collector.url}/track", json=EVENT, headers={"X-API-Key": key})
        numbers = numbers_of(httpx.get(f"{collector.url}/metrics").text)
        unsealed = [path.stat().st_size for path in wal.iterdir()]
    assert numbers["turret_collector_torn_tails_total"] == 1
    assert numbers["turret_collector_torn_bytes_total"] == 4
    assert numbers["turret_collector_unsealed_files"] == len(unsealed) == 1
    assert numbers["turret_collector_unsealed_bytes"] == sum(unsealed)


# ----------------------------------------------------------------------------------------------- room, and readiness


@pytest.mark.parametrize("workers", [1, 2])
def test_address_is_announced_once_all_workers_take_requests(tmp_path: Path, workers: int):
    home = tmp_path / "home"
    with run_collector(home, workers=workers):
        log = home.with_suffix(".log").read_text()
    assert log.count("Application startup complete.") == workers


def test_low_disk_is_503_before_the_body_and_not_ready_but_live(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, collector_min_free_bytes=2**62) as collector, httpx.Client(base_url=collector.url) as http:
        for path in ("/track", "/batch"):
            refused = http.post(path, content=b"not json", headers={"X-API-Key": key})
            assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
            assert int(refused.headers["retry-after"]) >= 1
        ready = http.get("/health/ready")
        assert ready.status_code == 503
        assert "bytes are free" in ready.json()["error"]
        assert http.get("/health/live").status_code == 200


def test_projects_database_that_is_gone_is_not_ready_but_live_and_nothing_acknowledged_is_lost(tmp_path: Path):
    programs = find_postgres()
    if programs is None:
        pytest.skip("postgres is not installed here")
    home = tmp_path / "home"
    with ExitStack() as running, ExitStack() as database:
        url = database.enter_context(run_postgres(programs))
        with open_projects(load_settings(home=home, database_url=url)) as projects:
            projects.create_project("shop")
            key = projects.create_key("shop").secret
        collector = running.enter_context(run_collector(home, database_url=url, collector_key_cache_s=0))
        http = running.enter_context(httpx.Client(base_url=collector.url, headers={"X-API-Key": key}, timeout=30))
        assert http.get("/health/ready").status_code == 200
        taken = http.post("/track", json=EVENT)

        database.close()

        ready, refused = http.get("/health/ready"), http.post("/track", json=EVENT)
        assert (ready.status_code, ready.json()["error"]) == (503, "The projects database does not respond.")
        assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
        assert http.get("/health/live").status_code == 200
    assert [event["event_id"] for event in landed_events(home)] == [taken.json()["event_id"]]


# -------------------------------------------------------------------------------------------------------------- HTTPS


def test_require_https_refuses_keys_over_plain_http_unless_the_proxy_says_https(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, collector_require_https=True) as collector, httpx.Client(base_url=collector.url) as http:
        plain = http.post("/track", json=EVENT, headers={"X-API-Key": key})
        assert (plain.status_code, plain.json()["code"]) == (400, "INVALID_REQUEST")
        assert plain.json()["error"].startswith("This collector accepts API keys over HTTPS only.")
        assert http.get("/usage", headers={"X-API-Key": key}).status_code == 400
        forwarded = {"X-API-Key": key, "X-Forwarded-Proto": "https"}
        assert http.post("/track", json=EVENT, headers=forwarded).status_code == 200
        assert http.get("/usage", headers=forwarded).status_code == 200
        assert http.post("/track", json=EVENT, headers={**forwarded, "X-Forwarded-Proto": "http"}).status_code == 400
        twice = [("X-API-Key", key), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")]
        assert http.post("/track", json=EVENT, headers=twice).status_code == 400
        assert http.get("/health/ready").status_code == 200


def test_require_https_believes_no_proxy_that_is_not_trusted(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, collector_require_https=True, trusted_proxies="10.0.0.1, 10.0.0.2") as collector:
        headers = {"X-API-Key": key, "X-Forwarded-Proto": "https"}
        assert httpx.post(f"{collector.url}/track", json=EVENT, headers=headers).status_code == 400


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed here")
def test_tls_of_its_own_takes_events_where_https_is_required(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    certificate, private_key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *names, "-keyout", private_key, "-out", certificate], check=True, capture_output=True)
    with run_collector(
        home, collector_require_https=True, collector_tls_certificate=certificate, collector_tls_key=private_key
    ) as collector:
        trust = ssl.create_default_context(cafile=str(certificate))
        answer = httpx.post(f"{collector.url}/track", json=EVENT, headers={"X-API-Key": key}, verify=trust)
    assert collector.url.startswith("https://")
    assert answer.status_code == 200


def test_tls_settings_that_cannot_work_end_the_command_with_a_sentence(tmp_path: Path):
    home = tmp_path / "home"
    alone = run_turret(home, "collector", "--port", "0", collector_tls_certificate="cert.pem")
    assert alone.returncode == 1
    assert "TURRET_COLLECTOR_TLS_CERTIFICATE and TURRET_COLLECTOR_TLS_KEY go together" in alone.stderr
    missing = run_turret(
        home, "collector", "--port", "0", collector_tls_certificate="cert.pem", collector_tls_key="key.pem"
    )
    assert missing.returncode == 1
    assert "The certificate 'cert.pem' cannot be used with its key: No such file or directory." in missing.stderr
