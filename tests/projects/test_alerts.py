"""Channels, rules and the outbox of alerts, in SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from projects.alerts.outbox import CLAIM, MAX_ATTEMPTS, wait_after
from projects.alerts.records import Finding, RuleReading
from projects.errors import InvalidValueError, NameTakenError, NotFoundError

if TYPE_CHECKING:
    from projects import Projects
    from projects.alerts.records import AlertRule

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FACTS = {"sentence": "“Refunds” rose."}


@pytest.fixture
def rule(projects: Projects) -> AlertRule:
    projects.create_project("shop")
    projects.alerts.create_channel("shop", "ops", "webhook", "https://ops.example.com/turret?token=hush")
    return projects.alerts.create("shop", "growth", "spike", "ops")


def test_channel_has_a_secret_of_256_bits_which_no_list_and_no_repr_shows(projects: Projects):
    projects.create_project("shop")
    channel = projects.alerts.create_channel("shop", "ops", "webhook", "https://ops.example.com:8443/turret?token=hush")
    assert channel.secret.startswith("whsec_")
    assert len(channel.secret) == len("whsec_") + 44
    assert channel.shown_address == "https://ops.example.com:8443/…"
    assert channel.secret not in repr(channel)
    assert "hush" not in repr(channel)
    assert projects.alerts.create_channel("shop", "team", "slack", "https://hooks.slack.com/x").secret == ""
    assert projects.alerts.list_channels("shop")[0] == channel


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("webhook", "ftp://example.com/x"),
        ("webhook", "https://"),
        ("webhook", "https://example.com:port/"),
        ("webhook", "https://user:hush@example.com/"),
        ("webhook", "https://example.com/a b"),
        ("webhook", "https://💩.la/x"),
        ("webhook", "https://example.com/\udcff"),
        ("slack", "hooks.slack.com/services/x"),
        ("email", "ada"),
        ("email", ""),
        ("email", "ada@example.com, eve@example.com\nBcc: mallory@example.com"),
        ("pager", "https://example.com"),
    ],
)
def test_channel_that_is_not_allowed_is_refused_with_a_sentence_without_secrets(
    projects: Projects, kind: str, address: str
):
    projects.create_project("shop")
    with pytest.raises(InvalidValueError, match=r"allowed (is|are) ") as caught:
        projects.alerts.create_channel("shop", "ops", kind, address)
    assert "hush" not in str(caught.value)
    assert projects.alerts.list_channels("shop") == []


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("surge", {}),
        ("spike", {"threshold": 0.5}),
        ("silence", {"threshold": 0}),
        ("quota", {"threshold": 1.2}),
        ("new-topic", {"threshold": 2}),
        ("spike", {"days": 29}),
        ("spike", {"cooldown_hours": -1}),
        ("silence", {"only": "top_1"}),
    ],
)
def test_rule_that_is_not_allowed_is_refused_with_a_sentence(projects: Projects, kind: str, options: dict[str, object]):
    projects.create_project("shop")
    projects.alerts.create_channel("shop", "ops", "email", "ada@example.com")
    with pytest.raises(InvalidValueError, match=r"^The "):
        projects.alerts.create("shop", "growth", kind, "ops", **options)  # type: ignore[arg-type]
    assert projects.alerts.list("shop") == []


def test_rule_is_changed_and_judged_again_only_if_it_compares_something_else(projects: Projects, rule: AlertRule):
    projects.alerts.create_channel("shop", "team", "email", "ada@example.com")
    seen = RuleReading(1.3, "Refunds", "not more than chance")
    projects.outbox.commit(rule, [], NOW, version="v1", day=date(2026, 5, 3), reading=seen)
    kept = projects.alerts.find("shop", "growth")
    assert (kept.judged_at, kept.judged_day, kept.reading) == (NOW, date(2026, 5, 3), seen)
    same: dict[str, Any] = {
        "threshold": 1.5,
        "days": 7,
        "only": None,
        "segment": None,
        "cooldown_hours": 1,
        "has_texts": True,
    }

    changed = projects.alerts.change("shop", "growth", name="growth 2", channel="team", **same)
    assert (changed.name, changed.cooldown_hours, changed.has_texts, changed.kind) == ("growth 2", 1, True, "spike")
    assert projects.alerts.find_channel("shop", changed.channel_id).name == "team"
    assert (changed.judged_day, changed.reading) == (date(2026, 5, 3), seen)

    renewed = projects.alerts.change(
        "shop", rule.rule_id, name="growth 2", channel="team", **(same | {"threshold": 2.0})
    )
    assert (renewed.judged_version, renewed.judged_day, renewed.judged_at, renewed.reading) == (
        None,
        None,
        None,
        RuleReading(),
    )
    of_pro = same | {"threshold": 2.0, "segment": ("plan", "pro")}
    projects.outbox.commit(renewed, [], NOW, version="v2", day=date(2026, 5, 4))
    limited = projects.alerts.change("shop", rule.rule_id, name="growth 2", channel="team", **of_pro)
    assert (limited.segment, limited.judged_day) == (("plan", "pro"), None)
    with pytest.raises(InvalidValueError, match=r"limited to 'plan=pro'; an alert of the kind 'silence' cannot be"):
        projects.alerts.create("shop", "quiet", "silence", "ops", segment=("plan", "pro"))
    renewed = projects.alerts.change(
        "shop", rule.rule_id, name="growth 2", channel="team", **(same | {"threshold": 2.0})
    )
    projects.alerts.create("shop", "other", "fall", "ops")
    with pytest.raises(NameTakenError, match="already has an alert named 'other'"):
        projects.alerts.change("shop", "growth 2", name="other", channel="team", **same)
    with pytest.raises(InvalidValueError, match=r"threshold of 'spike' is 0\.5"):
        projects.alerts.change("shop", "growth 2", name="growth 2", channel="team", **(same | {"threshold": 0.5}))
    assert projects.alerts.find("shop", "growth 2") == renewed


def test_names_are_unique_in_a_project_and_rules_of_deleted_projects_are_judged_no_more(
    projects: Projects, rule: AlertRule
):
    assert rule.threshold == 1.5
    with pytest.raises(NameTakenError, match="already has an alert named 'growth'"):
        projects.alerts.create("shop", "growth", "fall", "ops")
    with pytest.raises(InvalidValueError, match="is used by 'growth'"):
        projects.alerts.delete_channel("shop", "ops")
    projects.create_project("other")
    with pytest.raises(NotFoundError, match="has no channel 'ops'"):
        projects.alerts.create("other", "growth", "spike", "ops")
    projects.delete_project("shop")
    assert projects.alerts.list() == []


def test_commit_judges_a_version_once_and_delivers_an_occasion_once(projects: Projects, rule: AlertRule):
    found = [Finding("top_1", "spike top_1 1", FACTS), Finding("top_2", "spike top_2 1", FACTS)]
    added = projects.outbox.commit(rule, found, NOW, version="v1", day=date(2026, 5, 3))
    assert len(added) == 2
    assert projects.outbox.commit(rule, [Finding("top_3", "x", FACTS)], NOW, version="v1") == []
    assert projects.outbox.commit(rule, found[:1], NOW + timedelta(days=9), version="v2") == []
    assert projects.alerts.list("shop")[0].judged_version == "v2"
    assert projects.alerts.list("shop")[0].judged_day == date(2026, 5, 3)
    body = json.loads(projects.outbox.list("shop")[0].body)
    assert body["id"] in added
    assert body["sentence"] == FACTS["sentence"]


def test_cooldown_begins_with_the_delivery_that_arrived_and_counts_for_its_subject(projects: Projects, rule: AlertRule):
    def find(number: int, at: datetime, subject: str = "top_1") -> list[str]:
        return projects.outbox.commit(rule, [Finding(subject, f"{subject} {number}", FACTS)], at)

    (first,) = find(1, NOW)
    assert find(2, NOW) == []  # the first is still on its way
    late = NOW + timedelta(hours=20)
    assert projects.outbox.claim(late, first) is not None
    projects.outbox.settle(first, "200 OK", late, has_arrived=True, is_final=False)
    assert find(3, NOW + timedelta(hours=30)) == []  # ten hours after it arrived
    assert len(find(3, NOW + timedelta(hours=30), "top_2")) == 1
    (again,) = find(4, late + timedelta(hours=24, minutes=1))
    projects.outbox.settle(again, "410 Gone", late, has_arrived=False, is_final=True)
    assert len(find(5, late + timedelta(hours=24, minutes=2))) == 1  # one that failed begins no cooldown


def test_claim_gives_a_delivery_to_one_sender_until_it_lapses(projects: Projects, rule: AlertRule):
    (made,) = projects.outbox.commit(rule, [Finding("a", "a", FACTS)], NOW)
    claimed = projects.outbox.claim(NOW)
    assert claimed is not None
    assert claimed[0].delivery_id == made
    assert projects.outbox.claim(NOW + CLAIM / 2) is None
    again = projects.outbox.claim(NOW + CLAIM)
    assert again is not None
    assert again[0].body == claimed[0].body
    assert again[0].n_attempts == 2


def test_retries_wait_longer_each_time_and_end(projects: Projects, rule: AlertRule):
    (made,) = projects.outbox.commit(rule, [Finding("a", "a", FACTS)], NOW)
    at, waits = NOW, []
    for _ in range(MAX_ATTEMPTS):
        assert projects.outbox.claim(at) is not None
        projects.outbox.settle(made, "503 " + "x" * 600, at, has_arrived=False, is_final=False)
        delivery = projects.outbox.list("shop")[0]
        waits.append(delivery.next_attempt_at - at)
        if delivery.state == "pending":
            assert projects.outbox.claim(delivery.next_attempt_at - timedelta(seconds=1)) is None
        at = delivery.next_attempt_at
    assert delivery.state == "failed"
    assert len(delivery.answer) == 500
    assert projects.outbox.claim(at + timedelta(days=9)) is None
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8)]
    assert wait_after(MAX_ATTEMPTS) == timedelta(hours=6)


def test_claim_gives_nothing_of_a_deleted_project(projects: Projects, rule: AlertRule):
    projects.outbox.commit(rule, [Finding("a", "a", FACTS)], NOW)
    projects.delete_project("shop")
    assert projects.outbox.claim(NOW) is None


def test_delete_a_rule_ends_what_has_not_arrived(projects: Projects, rule: AlertRule):
    projects.outbox.commit(rule, [Finding("a", "a", FACTS)], NOW)
    projects.alerts.delete("shop", rule.rule_id)
    assert projects.outbox.claim(NOW) is None
    assert projects.outbox.list("shop")[0].answer == "The alert was deleted."
    assert projects.outbox.commit(rule, [Finding("b", "b", FACTS)], NOW) == []
    assert projects.alerts.delete_channel("shop", "ops").name == "ops"


def test_old_deliveries_are_forgotten_unless_they_are_on_their_way(projects: Projects, rule: AlertRule):
    first, second = projects.outbox.commit(rule, [Finding(name, name, FACTS) for name in "ab"], NOW)
    projects.outbox.settle(first, "200 OK", NOW, has_arrived=True, is_final=False)
    projects.outbox.commit(rule, [], NOW + timedelta(days=91))
    assert [delivery.delivery_id for delivery in projects.outbox.list("shop")] == [second]
