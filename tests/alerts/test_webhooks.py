"""Deliveries to a real HTTP server: signed, bounded, never redirected, and with what fails."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text

from alerts import webhook
from alerts.sending import send_due, send_test
from contracts.settings import load_settings
from projects.alerts import rules as alert_rules
from projects.alerts.records import Finding

if TYPE_CHECKING:
    from contracts.settings import Settings
    from projects import Projects
    from projects.alerts.records import AlertDelivery, AlertRule
    from tests.factories.webhook_receiver import Received, Receiver

FACTS = {
    "project": {"id": "prj_1", "name": "shop <!channel>"},
    "rule": {"id": "rul_1", "name": "growth", "kind": "spike"},
    "sentence": "“Refunds & returns” rose.",
    "link": "http://127.0.0.1:8050/topics/top_1?project=prj_1",
}


def commit(projects: Projects, rule: AlertRule, occasion: str = "a") -> str:
    (made,) = projects.outbox.commit(rule, [Finding(occasion, occasion, FACTS)], datetime.now(UTC))
    return made


def last(projects: Projects) -> AlertDelivery:
    return projects.outbox.list("shop")[0]


def test_webhook_is_signed_over_its_id_its_time_and_its_body(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver
):
    made = commit(projects, rule)
    assert send_due(projects, settings) == [made]
    (call,) = receiver.calls
    assert call.path == "/hook/secret-part"
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert call.headers["webhook-id"] == call.headers["idempotency-key"] == made
    assert abs(int(call.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    secret = projects.alerts.list_channels("shop")[0].secret
    signed = f"{made}.{call.headers['webhook-timestamp']}.".encode() + call.body
    digest = hmac.new(b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert call.headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"
    assert json.loads(call.body)["sentence"] == FACTS["sentence"]
    assert (last(projects).state, last(projects).answer) == ("arrived", "200 OK: thanks")
    assert send_due(projects, settings) == []


def test_python_of_the_page_takes_genuine_calls_only(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver
):
    page = (Path(__file__).parents[2] / "docs/alerts.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)  # noqa: S102  # our own page
    commit(projects, rule)
    send_due(projects, settings)
    (call,) = receiver.calls
    secret = projects.alerts.list_channels("shop")[0].secret
    assert names["is_genuine"](secret, call.headers, call.body)
    assert not names["is_genuine"](secret, call.headers, call.body + b" ")
    assert not names["is_genuine"](secret, {**call.headers, "webhook-timestamp": "1700000000"}, call.body)


def test_slack_gets_a_text_in_which_names_are_no_markup(projects: Projects, settings: Settings, receiver: Receiver):
    projects.create_project("shop")
    projects.alerts.create_channel("shop", "team", "slack", receiver.url)
    commit(projects, projects.alerts.create("shop", "growth", "spike", "team"))
    send_due(projects, settings)
    assert json.loads(receiver.calls[0].body) == {
        "text": "*shop &lt;!channel&gt;*: “Refunds &amp; returns” rose.\n"
        "<http://127.0.0.1:8050/topics/top_1?project=prj_1|Open in Turret> · growth"
    }


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (302, {"location": "http://127.0.0.1:1/elsewhere"}, "302 Found: redirects are not followed"),
        (500, {}, "500 Internal Server Error: no"),
        (404, {}, "404 Not Found: no"),
        (0, {}, "The call failed: RemoteProtocolError"),
    ],
)
def test_refused_delivery_waits_for_another_attempt_and_then_arrives_with_the_same_id_and_body(  # noqa: PLR0913, PLR0917
    projects: Projects,
    settings: Settings,
    rule: AlertRule,
    receiver: Receiver,
    status: int,
    headers: dict[str, str],
    says: str,
):
    receiver.answer = lambda _call: (status, headers, b"no")
    made = commit(projects, rule)
    assert send_due(projects, settings) == []
    assert last(projects).state == "pending"
    assert last(projects).answer.startswith(says)
    assert send_due(projects, settings) == []  # it waits
    assert len(receiver.calls) == 1
    receiver.answer = lambda _call: (204, {}, b"")
    make_due(settings)
    assert send_due(projects, settings) == [made]
    first, second = receiver.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == made
    assert first.body == second.body


def make_due(settings: Settings) -> None:
    """Let two hours pass for the deliveries on their way."""
    engine = create_engine(f"sqlite:///{settings.home / 'turret.sqlite'}")
    with engine.begin() as connection:
        earlier = str((datetime.now(UTC) - timedelta(hours=2)).replace(tzinfo=None))
        connection.execute(
            text("UPDATE alert_deliveries SET next_attempt_at = :at, claimed_until = NULL"), {"at": earlier}
        )
    engine.dispose()


def test_private_address_is_refused_before_anything_is_sent_and_for_good(
    projects: Projects, rule: AlertRule, receiver: Receiver, tmp_path: Path
):
    commit(projects, rule)
    assert send_due(projects, load_settings(home=tmp_path / "home", database_url="")) == []
    assert receiver.calls == []
    assert last(projects).state == "failed"
    assert "127.0.0.1, which is not public" in last(projects).answer


def test_address_that_cannot_be_called_fails_for_good_and_holds_up_no_other(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(alert_rules, "check_address", lambda _kind, address: address)  # as an older version stored it
    projects.alerts.create_channel("shop", "odd", "webhook", "http://💩.la/x")
    odd = commit(projects, projects.alerts.create("shop", "falls", "fall", "odd"))
    good = commit(projects, rule)
    assert send_due(projects, settings) == [good]
    delivery = projects.outbox.get(odd)
    assert delivery is not None
    assert (delivery.state, delivery.answer) == (
        "failed",
        "The call failed: the channel's address is not a web address.",
    )
    assert len(receiver.calls) == 1


def test_name_is_resolved_once_and_the_checked_address_is_called(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    projects.alerts.create_channel("shop", "named", "webhook", f"http://ops.example:{receiver.port}/x")
    asked = []

    async def resolve(host: str, _port: int, *, is_private_allowed: bool) -> list[str]:
        asked.append((host, is_private_allowed))
        return ["127.0.0.1"]

    monkeypatch.setattr(webhook, "resolve", resolve)
    commit(projects, projects.alerts.create("shop", "falls", "fall", "named"))
    assert len(send_due(projects, settings)) == 1  # no name server knows ops.example
    assert asked == [("ops.example", True)]
    assert receiver.calls[0].headers["host"] == f"ops.example:{receiver.port}"


def test_receiver_that_is_not_there_or_never_answers_is_tried_again(
    projects: Projects, settings: Settings, rule: AlertRule, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook, "WHOLE_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        projects.alerts.create_channel("shop", "deaf", "webhook", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        commit(projects, projects.alerts.create("shop", "falls", "fall", "deaf"))
        send_due(projects, settings)
        assert last(projects).answer == "There was no answer within 0.2 seconds."
    make_due(settings)
    send_due(projects, settings)
    assert last(projects).answer.startswith("The call failed: ConnectError")
    assert (last(projects).state, last(projects).n_attempts) == ("pending", 2)


def test_long_answer_is_read_in_part_and_kept_on_one_line(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver
):
    receiver.answer = lambda _call: (200, {}, b"a\x1b[31m\nb" + b"x" * 10_000_000)
    commit(projects, rule)
    send_due(projects, settings)
    assert last(projects).answer == "200 OK: " + ("a [31m b" + "x" * 300)[:200]


def test_logs_have_no_secret_no_path_and_no_sentence(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    receiver.answer = lambda _call: (500, {}, b"no")
    commit(projects, rule)
    send_due(projects, settings)
    secret = projects.alerts.list_channels("shop")[0].secret
    assert "has not arrived" in caplog.text
    assert [word for word in (secret, "secret-part", "Refunds") if word in caplog.text] == []


def test_test_is_sent_at_once_and_only_once(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver
):
    channel = projects.alerts.list_channels("shop")[0]
    arrived = send_test(projects, settings, projects.get("shop"), channel)
    assert (arrived.state, arrived.answer) == ("arrived", "200 OK: thanks")
    assert "This is a test of the channel “ops”" in json.loads(receiver.calls[0].body)["sentence"]
    receiver.answer = lambda _call: (500, {}, b"")
    assert send_test(projects, settings, projects.get("shop"), channel).state == "failed"


SEND = """
from alerts.sending import send_due
from contracts.settings import load_settings
from projects import open_projects
settings = load_settings()
with open_projects(settings) as projects:
    send_due(projects, settings)
"""


def test_kill_while_sending_repeats_the_delivery_with_its_id_and_a_kill_before_loses_none(
    projects: Projects, settings: Settings, rule: AlertRule, receiver: Receiver
):
    made = commit(projects, rule)  # as a process that was killed between judging and sending leaves it

    def kill(_call: Received) -> tuple[int, dict[str, str], bytes]:
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        return 200, {}, b""

    receiver.answer = kill
    environment = os.environ | {"TURRET_HOME": str(settings.home), "TURRET_ALERTS_ALLOW_PRIVATE_ADDRESSES": "true"}
    sender = subprocess.Popen([sys.executable, "-c", SEND], env=environment, cwd=Path(__file__).parents[2])
    assert sender.wait(timeout=60) == -signal.SIGKILL
    receiver.answer = lambda _call: (200, {}, b"")
    assert send_due(projects, settings) == []  # the claim of the killed sender holds
    make_due(settings)
    assert send_due(projects, settings) == [made]
    assert [call.headers["webhook-id"] for call in receiver.calls] == [made, made]
    assert receiver.calls[0].body == receiver.calls[1].body
    assert send_due(projects, settings) == []
