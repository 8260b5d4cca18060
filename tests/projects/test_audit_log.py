"""The audit log: each change and sign-in has an entry, which nobody can change, and which has no secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from projects.access import people_models
from projects.alerts import models as alert_models
from projects.audit.actor import acting
from projects.audit.words import details_in_words
from projects.errors import InvalidValueError, NotFoundError
from projects.models import Base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from contracts.settings import Settings
    from projects.repository import Projects

WRITTEN_BY_TURRET = {"quota_usage", "quota_leases", "quota_workers", "erased_ids", "alert_deliveries", "audit_log"}


@pytest.fixture(autouse=True)
def _nobody_acts() -> Iterator[None]:
    """Tests of pages that ran before in this process have set who acts."""
    with acting("Turret"):
        yield


def entries(projects: Projects, project: str | None = None) -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.action, entry.subject) for entry in reversed(projects.audit_log.list(project))]


def test_every_table_that_people_write_states_what_entries_show():
    assert people_models.PersonRow.audited
    assert alert_models.AlertRuleRow.audited
    for mapper in Base.registry.mappers:
        row, table = mapper.class_, mapper.local_table
        assert (row.audited is None) == (table.name in WRITTEN_BY_TURRET), table.name
        for column in row.audited[1:] if row.audited else ():
            assert {*column} <= {*table.columns.keys()}


def test_changes_have_who_what_and_the_values_before_and_after(projects: Projects):
    with acting("ada"):
        project = projects.create_project("shop").project_id
        projects.set_plan("shop", "pro")
        projects.set_plan("shop", "pro")  # changes nothing
        key = projects.create_key("shop", "app", expires_days=30)
        projects.goals.set("shop", "paid", "event", "purchase")
    with acting("ben"):
        projects.revoke_key("shop", key.key_id)
        other = projects.create_key("shop").key_id
        projects.goals.clear("shop", "paid")
        projects.delete_project("shop")
    assert entries(projects) == [
        ("ada", "project created", "shop"),
        ("ada", "project changed", "shop"),
        ("ada", "API key created", f"{key.key_id} app"),
        ("ada", "goal created", "paid"),
        ("ben", "API key revoked", f"{key.key_id} app"),
        ("ben", "API key created", other),
        ("ben", "goal removed", "paid"),
        ("ben", "project deleted", project),
        ("ben", "API key revoked", other),
    ]
    _, changed, made, *_ = reversed(projects.audit_log.list())
    assert changed.details == {"plan": ["enterprise", "pro"]}
    assert changed.summary == "plan enterprise → pro"
    assert made.details["scope"] == "ingest"
    assert {entry.project_id for entry in projects.audit_log.list()} == {project}


def test_entries_say_in_words_what_changed(projects: Projects):
    projects.create_project("shop")
    projects.set_late_after("shop", 30)
    projects.set_refits("shop", are_automatic=False)
    projects.set_masked_kinds("shop", ["email"])
    projects.set_mask_pattern("shop", "order", "ord-[0-9]+")
    assert [entry.summary for entry in projects.audit_log.list()][:4] == [
        "masked email → email, order",
        "masked nothing → email",
        "automatic refits yes → no",
        "seconds after which answers are late nothing → 30",
    ]
    audited = [table.class_.audited for table in Base.registry.mappers if table.class_.audited]
    columns = {column for one in audited for column in (*one.columns, *one.hidden.values()) if column != "masking"}
    assert len(columns) > 20
    assert "_" not in details_in_words(dict.fromkeys(columns, 1))


def test_entries_have_no_secret_and_no_id_of_the_apps_users(projects: Projects):
    projects.create_project("shop")
    key = projects.create_key("shop")
    link = projects.people.add("ada", "admin")
    projects.people.choose_password(link.secret, "a long password")
    channel = projects.alerts.create_channel("shop", "ops", "webhook", "https://hooks.example/T0/very-secret")
    projects.alerts.delete_channel("shop", channel.channel_id)
    projects.deleted_events.add("shop", ["event-of-mallory-1", "event-of-mallory-2"])
    projects.erasures.add("shop", "user", "mallory@example.com", "ada")
    assert projects.people.sign_in("ada", "a long password", "203.0.113.9") is not None
    assert projects.people.sign_in("ada", "a wrong password") is None
    assert projects.people.sign_in("my password", "ada") is None
    written = json.dumps([[*entry.details.items(), entry.subject, entry.action] for entry in projects.audit_log.list()])
    secrets = (key.secret, link.secret, "password.$", "very-secret", "mallory", "argon2", "my password")
    assert not [secret for secret in secrets if secret in written]
    assert ("Turret", "deletion of an event created", "") in entries(projects)
    assert entries(projects)[-3:] == [
        ("ada", "signed in", "ada"),
        ("Turret", "sign-in failed", "ada"),
        ("Turret", "sign-in failed", ""),
    ]
    assert projects.audit_log.list()[2].details == {"address": "203.0.113.9"}


def test_change_that_is_refused_has_no_entry(projects: Projects):
    projects.create_project("shop")
    with pytest.raises(InvalidValueError):
        projects.set_plan("shop", "gold")
    link = projects.people.add("ada", "admin")
    projects.people.choose_password(link.secret, "a long password")
    with pytest.raises(InvalidValueError, match="only admin"):
        projects.people.set_role(link.person.person_id, "viewer")
    assert not [
        entry for entry in projects.audit_log.list() if "role" in entry.details and entry.action.endswith("changed")
    ]


def test_database_refuses_to_change_or_remove_entries(projects: Projects, settings: Settings):
    projects.create_project("shop")
    engine = create_engine(settings.database_url or f"sqlite:///{settings.home / 'turret.sqlite'}")
    for statement in ("update audit_log set actor = 'nobody'", "delete from audit_log"):
        with pytest.raises(SQLAlchemyError, match="neither changed nor removed"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()
    assert len(projects.audit_log.list()) == 1


def test_list_filters_by_project_and_time(projects: Projects):
    projects.create_project("shop")
    projects.create_project("desk")
    projects.people.add("ada", "viewer")
    assert len(projects.audit_log.list()) == 4
    assert entries(projects, "desk") == [("Turret", "project created", "desk")]
    now = datetime.now(UTC)
    assert projects.audit_log.list(since=now + timedelta(hours=1)) == []
    assert len(projects.audit_log.list(until=now + timedelta(hours=1), limit=2)) == 2
    with pytest.raises(NotFoundError):
        projects.audit_log.list("nothing")


def test_expired_key_stops_working_and_frees_its_name(projects: Projects, monkeypatch: pytest.MonkeyPatch):
    from projects import repository  # noqa: PLC0415 - to move its clock

    projects.create_project("shop")
    key = projects.create_key("shop", "app", "read", expires_days=30)
    assert key.expires_at is not None
    assert projects.find_key(repository.hash_key(key.secret), "read") == key.project_id

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=31)

    monkeypatch.setattr(repository, "datetime", Later)
    assert projects.find_key(repository.hash_key(key.secret), "read") is None
    projects.create_key("shop", "app")
    for days in (0, 4000):
        with pytest.raises(InvalidValueError, match=f"expires after {days} days; allowed are 1 to 3,650"):
            projects.create_key("shop", expires_days=days)
