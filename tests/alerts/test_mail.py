"""E-mails through a real SMTP server, with what it refuses."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from sqlalchemy import create_engine, text

from alerts.sending import send_due
from projects.alerts.records import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from contracts.settings import Settings
    from projects import Projects

FACTS = {
    "project": {"id": "prj_1", "name": "shop\nBcc: eve@example.com"},
    "rule": {"id": "rul_1", "name": "growth", "kind": "spike"},
    "sentence": "“Rückgabe” rose to 4.5%.",
    "link": "http://127.0.0.1:8050/topics/top_1?project=prj_1",
}


class Mailbox:
    """What the server received; `answer` and `refused` say what it refuses."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], EmailMessage]] = []
        self.answer = "250 OK"
        self.refused: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.messages.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given.password == b"right"
        return AuthResult(success=is_right)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port, authenticator=check, auth_require_tls=False)
    server.start()
    box.port = port  # type: ignore[attr-defined]
    yield box
    server.stop()


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    mail = {
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,  # type: ignore[attr-defined]
        "smtp_security": "none",
        "smtp_from": "Turret <turret@example.com>",
    }
    return settings.model_copy(update=mail)


@pytest.fixture
def delivery_id(projects: Projects) -> str:
    projects.create_project("shop")
    projects.alerts.create_channel("shop", "team", "email", "ada@example.com, bob@example.com")
    rule = projects.alerts.create("shop", "growth", "spike", "team")
    (made,) = projects.outbox.commit(rule, [Finding("a", "a", FACTS)], datetime.now(UTC))
    return made


def outcome(projects: Projects) -> tuple[str, str]:
    delivery = projects.outbox.list("shop")[0]
    return delivery.state, delivery.answer


def test_email_has_the_sentence_a_link_and_an_id_and_no_name_adds_a_header(
    projects: Projects, settings: Settings, mailbox: Mailbox, delivery_id: str
):
    assert send_due(projects, settings) == [delivery_id]
    ((recipients, message),) = mailbox.messages
    assert recipients == ["ada@example.com", "bob@example.com"]
    assert message["Message-ID"] == f"<{delivery_id}@example.com>"
    assert message["Subject"] == "shop Bcc: eve@example.com: “Rückgabe” rose to 4.5%."
    assert message["Bcc"] is None
    written = message.get_content()
    assert FACTS["sentence"] in written
    assert FACTS["link"] in written
    assert outcome(projects) == ("arrived", "The mail server took it.")


@pytest.mark.parametrize(("answer", "state"), [("451 try later", "pending"), ("554 spam", "failed")])
def test_refused_email_is_tried_again_unless_the_answer_is_permanent(  # noqa: PLR0913, PLR0917
    projects: Projects, settings: Settings, mailbox: Mailbox, delivery_id: str, answer: str, state: str
):
    mailbox.answer = answer
    assert send_due(projects, settings) == []
    assert outcome(projects) == (state, f"The mail server answered {answer}")
    mailbox.answer = "250 OK"
    engine = create_engine(f"sqlite:///{settings.home / 'turret.sqlite'}")
    with engine.begin() as connection:
        earlier = str((datetime.now(UTC) - timedelta(hours=2)).replace(tzinfo=None))
        connection.execute(text("UPDATE alert_deliveries SET next_attempt_at = :at"), {"at": earlier})
    engine.dispose()
    assert send_due(projects, settings) == ([delivery_id] if state == "pending" else [])
    assert [message["Message-ID"] for _, message in mailbox.messages] == (
        [f"<{delivery_id}@example.com>"] if state == "pending" else []
    )


def test_recipients_that_are_refused_are_named(
    projects: Projects, settings: Settings, mailbox: Mailbox, delivery_id: str
):
    mailbox.refused = {"bob@example.com": "550 no such user"}
    assert send_due(projects, settings) == [delivery_id]
    assert outcome(projects) == ("arrived", "The mail server took it, but not for bob@example.com: 550 no such user")


def test_all_recipients_refused_for_now_are_tried_again(
    projects: Projects, settings: Settings, mailbox: Mailbox, delivery_id: str
):
    mailbox.refused = dict.fromkeys(("ada@example.com", "bob@example.com"), "450 busy")
    assert send_due(projects, settings) == []
    state, answer = outcome(projects)
    assert state == "pending"
    assert "bob@example.com: 450 busy" in answer


@pytest.mark.parametrize(
    ("change", "state", "says"),
    [
        ({"smtp_host": ""}, "failed", "No mail server is set: set TURRET_SMTP_HOST."),
        ({"smtp_user": "turret"}, "failed", "which would send the password of TURRET_SMTP_USER in clear"),
        ({"smtp_security": "starttls"}, "pending", "STARTTLS extension not supported"),
        ({"smtp_port": 1}, "pending", "The mail server did not take it: ConnectionRefusedError"),
    ],
)
def test_mail_server_that_cannot_be_used_says_why(  # noqa: PLR0913, PLR0917
    projects: Projects, settings: Settings, delivery_id: str, change: dict[str, Any], state: str, says: str
):
    assert send_due(projects, settings.model_copy(update=change)) == []
    assert outcome(projects)[0] == state
    assert says in outcome(projects)[1]
    assert json.loads(projects.outbox.list("shop")[0].body)["id"] == delivery_id
