"""Rules judged by published versions and by the clock, with the outbox between judging and sending."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.alerts.clock import FailedRun, hours_received, judge_quota, judge_run, judge_silence
from orchestration.alerts.judging import judge_and_send, judge_published
from orchestration.alerts.reports import build_report_schedule, last_week, write_missing
from orchestration.alerts.sensor import build_alert_sensor, last_failure
from orchestration.runs.instance import open_instance
from orchestration.triggers import JOB_NAME
from projects import open_projects
from projects.plans import month_of
from tests.factories.published_factory import SAMPLE, SampleProject
from tests.factories.published_factory import publish as publish_sample
from tests.factories.traffic import Planted, Traffic
from tests.factories.webhook_receiver import Receiver, receive_webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.settings import Settings
    from projects import Projects

N_DAYS = 45
FIRST = date(2026, 3, 2)
NOW = datetime.combine(FIRST, datetime.min.time(), tzinfo=UTC) + timedelta(days=N_DAYS, hours=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receive_webhooks() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", database_url="", alerts_allow_private_addresses=True)


@pytest.fixture
def projects(settings: Settings, receiver: Receiver) -> Iterator[Projects]:
    with open_projects(settings) as opened:
        opened.create_project("shop", plan="pro", event_limit=100)
        opened.alerts.create_channel("shop", "ops", "webhook", receiver.url)
        yield opened


def publish(settings: Settings, projects: Projects, version: str = "1") -> Traffic:
    """Publish traffic in which the third topic tripled a week ago."""
    planted = Planted(topic=2, day=N_DAYS - 7, messages=3)
    project_id = projects.get("shop").project_id
    traffic = Traffic(N_DAYS, n_sessions=120, n_topics=12, first=FIRST, planted=planted, project_id=project_id)
    home = Home(settings.home)
    home.published_folder.mkdir(parents=True, exist_ok=True)
    file = home.published_folder / f"turret-{version}.duckdb"
    with duckdb.connect(str(file)) as connection:
        traffic.write(connection)
        traffic.until(connection, N_DAYS)
    home.published.unlink(missing_ok=True)
    home.published.symlink_to(file.name)
    return traffic


def sentences(receiver: Receiver) -> list[str]:
    return [json.loads(call.body)["sentence"] for call in receiver.calls]


def test_version_is_judged_once_and_its_alert_arrives_with_numbers_and_a_link_but_no_text(
    settings: Settings, projects: Projects, receiver: Receiver
):
    traffic = publish(settings, projects)
    projects.alerts.create("shop", "growth", "spike", "ops")
    projects.alerts.create("shop", "falls", "fall", "ops", threshold=3)
    projects.alerts.create("shop", "news", "new-topic", "ops")
    (made,) = judge_published(settings, NOW)
    assert judge_published(settings, NOW) == []
    assert judge_and_send(settings, None) == [made]
    assert judge_and_send(settings, None) == []
    (call,) = receiver.calls
    alert = json.loads(call.body)
    topic_id = traffic.topic_id(2)
    assert alert["id"] == made
    assert alert["rule"]["kind"] == "spike"
    assert alert["topic"] == {"id": topic_id, "name": f"Topic {topic_id}"}
    assert alert["days"] == {
        "first": "2026-04-09",
        "last": "2026-04-15",
        "before_first": "2026-03-12",
        "before_last": "2026-04-08",
    }
    assert 2.5 < alert["now"]["share"] / alert["before"]["share"] < 4
    assert alert["link"] == f"http://127.0.0.1:8050/topics/{topic_id}?project={traffic.project_id}"
    assert "message " not in call.body.decode()


def test_day_is_judged_once_whatever_the_number_of_versions(settings: Settings, projects: Projects):
    publish(settings, projects)
    projects.alerts.create("shop", "growth", "spike", "ops", cooldown_hours=0)
    assert len(judge_published(settings, NOW)) == 1
    publish(settings, projects, "2")
    assert judge_published(settings, NOW + timedelta(hours=2)) == []


def test_rule_that_allows_texts_sends_examples_and_one_limited_to_another_topic_nothing(
    settings: Settings, projects: Projects
):
    traffic = publish(settings, projects)
    projects.alerts.create("shop", "texts", "spike", "ops", has_texts=True, only=traffic.topic_id(2))
    projects.alerts.create("shop", "others", "spike", "ops", only=traffic.topic_id(1))
    judge_published(settings, NOW)
    (delivery,) = projects.outbox.list("shop")
    examples = json.loads(delivery.body)["examples"]
    assert len(examples) == 3
    assert all(text.startswith("message ") for text in examples)


def test_too_few_people_and_days_long_over_are_no_finding(settings: Settings, projects: Projects):
    publish(settings, projects)
    projects.alerts.create("shop", "growth", "spike", "ops")
    few = settings.model_copy(update={"report_min_people": 100_000})
    assert judge_published(few, NOW) == []
    publish(settings, projects, "2")
    assert judge_published(settings, NOW + timedelta(days=30)) == []


def test_deleted_goal_is_said_once_instead_of_watched(settings: Settings, projects: Projects):
    publish(settings, projects)
    projects.goals.set("shop", "solved", "event", "solved")
    projects.alerts.create("shop", "solving", "goal-down", "ops", only="solved")
    projects.goals.clear("shop", "solved")
    (made,) = judge_published(settings, NOW)
    publish(settings, projects, "2")
    assert judge_published(settings, NOW + timedelta(hours=1)) == []
    (delivery,) = projects.outbox.list("shop")
    assert delivery.delivery_id == made
    assert "watches nothing any more: the goal “solved” was deleted" in json.loads(delivery.body)["sentence"]
    (rule,) = projects.alerts.list("shop")
    assert (rule.judged_at, rule.reading.note) == (NOW + timedelta(hours=1), "the goal “solved” was deleted")


JUDGE = """
import os, signal, sys
from datetime import datetime
from contracts.settings import load_settings
from orchestration.alerts import judging
from projects.alerts import outbox
if sys.argv[2] == "before":
    outbox._delivery = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
judging.judge_published(load_settings(), datetime.fromisoformat(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_kill_before_or_after_the_commit_of_a_judgement_neither_loses_nor_doubles_an_alert(
    settings: Settings, projects: Projects, receiver: Receiver, moment: str
):
    publish(settings, projects)
    projects.alerts.create("shop", "growth", "spike", "ops")
    environment = os.environ | {"TURRET_HOME": str(settings.home)}
    command = [sys.executable, "-c", JUDGE, NOW.isoformat(), moment]
    killed = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(judge_published(settings, NOW)) == (moment == "before")
    assert len(judge_and_send(settings, None)) == 1
    assert judge_published(settings, NOW) == judge_and_send(settings, None) == []
    assert len(receiver.calls) == 1


def run_pipeline_of_one_step(instance: dg.DagsterInstance, *, fails: bool) -> str:
    @dg.op
    def load() -> None:
        if fails:
            raise ValueError("a user's words")

    @dg.job(name=JOB_NAME)
    def job() -> None:
        load()

    return job.execute_in_process(instance=instance, raise_on_error=False).run_id


def test_failed_run_is_alerted_once_by_the_sensor_without_the_words_of_its_error(
    settings: Settings, projects: Projects, receiver: Receiver
):
    projects.alerts.create("shop", "runs", "run-failed", "ops", cooldown_hours=0)
    sensor = build_alert_sensor()
    with open_instance(settings) as instance:
        for _ in range(2):
            run_id = run_pipeline_of_one_step(instance, fails=True)
            for _ in range(2):
                context = dg.build_sensor_context(instance=instance, resources={"settings": settings})
                assert isinstance(sensor(context), dg.SkipReason)
            assert json.loads(receiver.calls[-1].body)["run"]["id"] == run_id
        run_pipeline_of_one_step(instance, fails=False)
        assert last_failure(instance, settings) is None
    assert len(receiver.calls) == 2
    assert "A run of the pipeline failed at" in sentences(receiver)[0]
    assert not any(b"a user's words" in call.body for call in receiver.calls)


def test_run_that_failed_before_the_rule_was_made_is_no_finding():
    run = FailedRun("r", NOW, "Finding topics")
    assert judge_run(run, NOW + HOUR) == judge_run(None, NOW) == []
    assert "in the stage “Finding topics” at 2026-04-16 01:00 UTC" in judge_run(run, NOW - HOUR)[0].facts["sentence"]


def regular(n_days: int, hours: range) -> list[datetime]:
    """Hours of each day in which events arrived, until ten hours before NOW at most."""
    began = NOW - timedelta(days=n_days)
    return [began.replace(hour=0) + timedelta(days=day) + hour * HOUR for day in range(n_days) for hour in hours]


def test_silence_is_longer_than_the_threshold_and_than_any_in_four_weeks():
    at_work = regular(30, range(8, 18))  # silent for 14 hours each night
    last = at_work[-1] + HOUR
    assert judge_silence(at_work, last + 13 * HOUR, 5) == []
    (found,) = judge_silence(at_work, last + 15 * HOUR, 5)
    assert "for 15 hours" in found.facts["sentence"]
    assert "weeks before was 14 hours" in found.facts["sentence"]
    assert judge_silence(at_work, last + 15 * HOUR, 24) == []
    assert judge_silence(at_work, last + 20 * HOUR, 5)[0].occasion == found.occasion
    assert judge_silence(at_work[:20], last + 900 * HOUR, 5) == []  # never regular: on two days
    assert judge_silence([], NOW, 1) == []


def use(projects: Projects, n_events: int) -> None:
    """Count events of a sealed file."""
    project_id = projects.get("shop").project_id
    projects.ledger.settle(f"w{n_events}", 1, {(project_id, month_of(datetime.now(UTC))): n_events})


def test_silence_and_quota_are_judged_without_new_data(settings: Settings, projects: Projects, receiver: Receiver):
    project = projects.get("shop")
    projects.alerts.create("shop", "quiet", "silence", "ops")
    projects.alerts.create("shop", "quota", "quota", "ops", cooldown_hours=0)
    for day in range(5):
        at = datetime.now(UTC) - timedelta(days=9 - day)
        folder = Home(settings.home).segment_folder(project.project_id, at)
        folder.mkdir(parents=True)
    assert len(hours_received(Home(settings.home).landing, project.project_id, datetime.now(UTC))) == 5
    use(projects, 79)
    judge_and_send(settings, None)
    assert [sentence[:31] for sentence in sentences(receiver)] == ["No event has arrived for 119 ho"]
    use(projects, 1)
    judge_and_send(settings, None)
    judge_and_send(settings, None)
    assert "80 of 100 events (80%) are used" in sentences(receiver)[-1]
    assert len(receiver.calls) == 2


def test_quota_that_is_used_up_and_a_trial_that_is_over_say_so(projects: Projects):
    projects.create_project("trial", plan="trial")
    now = datetime.now(UTC)
    assert judge_quota(projects.ledger.usage("trial", now), 0.8) == []
    (found,) = judge_quota(projects.ledger.usage("trial", now + timedelta(days=15)), 0.8)
    assert found.facts["sentence"].startswith("The trial has ended: new events are refused since")
    use(projects, 100)
    assert "is used up: 100 of 100" in judge_quota(projects.ledger.usage("shop", now), 0.8)[0].facts["sentence"]


def test_report_of_a_complete_week_is_written_and_sent_once(settings: Settings, projects: Projects, receiver: Receiver):
    project_id = projects.get("shop").project_id
    publish_sample(settings.home, (SampleProject(project_id, 300, SAMPLE[0].subjects, n_days=24),))
    projects.create_project("empty")
    projects.alerts.create("shop", "weekly", "report", "ops", cooldown_hours=0)
    now = datetime(2026, 4, 30, 7, tzinfo=UTC)
    assert last_week(now) == date(2026, 4, 20)
    (name,) = write_missing(projects, settings, now)
    assert name == f"{project_id}/2026-W17.md"
    assert write_missing(projects, settings, now + timedelta(days=1)) == []
    folder = Home(settings.home).reports / f"project_id={project_id}"
    for file in folder.iterdir():
        file.unlink()  # as if it was killed before the files were written
    assert len(write_missing(projects, settings, now)) == 1
    assert len(judge_and_send(settings, None)) == 1
    (call,) = receiver.calls
    alert = json.loads(call.body)
    assert alert["subject"] == "shop: report of the week 2026-W17"
    assert alert["sentence"].startswith("The week 2026-W17 of shop: ")
    assert alert["text"] == (folder / "2026-W17.md").read_text(encoding="utf-8")
    assert alert["html"] == (folder / "2026-W17.html").read_text(encoding="utf-8")
    assert write_missing(projects, settings, now + timedelta(days=30)) == []


def test_schedule_of_the_report_starts_a_run_until_each_project_has_one(settings: Settings, projects: Projects):
    @dg.job
    def report() -> None:
        """Stand in for the job, which the schedule only names."""

    schedule = build_report_schedule(report)

    def asked() -> object:
        with dg.build_schedule_context(resources={"settings": settings}) as context:
            return schedule(context)

    assert isinstance(asked(), dg.SkipReason)  # nothing is published
    publish(settings, projects)
    assert isinstance(asked(), dg.RunRequest)
    folder = Home(settings.home).reports / f"project_id={projects.get('shop').project_id}"
    folder.mkdir(parents=True)
    (folder / f"{last_week(datetime.now(UTC)):%G-W%V}.md").touch()
    assert isinstance(asked(), dg.SkipReason)
