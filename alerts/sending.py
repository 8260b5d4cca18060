"""Send what is due in the outbox: claim a delivery, try it, record the answer."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from alerts.answers import Answer

if TYPE_CHECKING:
    from contracts.settings import Settings
    from projects import Projects
    from projects.alerts.records import AlertChannel, AlertDelivery
    from projects.records import Project

PASS_S = 20.0
"""How long a pass begins attempts; those who wait for its end hold locks, and Dagster ends a sensor after a minute."""
_log = logging.getLogger(__name__)


def send_due(projects: Projects, settings: Settings, delivery_id: str | None = None) -> list[str]:
    """Try all deliveries that are due, or the one named; return the ids of those that arrived.

    A kill between the receiver's answer and its record repeats the delivery, with the same id, after the claim has
    lapsed.
    """
    arrived = []
    until = time.monotonic() + PASS_S
    while time.monotonic() < until:
        claimed = projects.outbox.claim(datetime.now(UTC), delivery_id)
        if claimed is None:
            break
        delivery, channel = claimed
        answer = _try(delivery, channel, settings)
        projects.outbox.settle(
            delivery.delivery_id,
            answer.words,
            datetime.now(UTC),
            has_arrived=answer.has_arrived,
            is_final=answer.is_final or delivery.rule_id is None,  # nobody waits for a test
        )
        if answer.has_arrived:
            arrived.append(delivery.delivery_id)
        else:
            _log.warning("The alert %s has not arrived (attempt %d).", delivery.delivery_id, delivery.n_attempts)
    return arrived


def send_test(projects: Projects, settings: Settings, project: Project, channel: AlertChannel) -> AlertDelivery:
    """Send a test through a channel at once; return the delivery with its answer."""
    now = datetime.now(UTC)
    facts = {
        **about(project, settings),
        "rule": {"id": None, "name": "Test", "kind": "test"},
        "sentence": f"This is a test of the channel “{channel.name}”. Alerts of {project.name} arrive here.",
    }
    delivery_id = projects.outbox.add_test(channel, facts, now)
    send_due(projects, settings, delivery_id)
    delivery = projects.outbox.get(delivery_id)
    if delivery is None:  # the rows of a project are never deleted so soon
        message = f"The test {delivery_id} has vanished."
        raise LookupError(message)
    return delivery


def about(project: Project, settings: Settings, path: str = "/") -> dict[str, Any]:
    """Return the facts about a project that every alert has, with a link to a page of the dashboard."""
    return {
        "project": {"id": project.project_id, "name": project.name},
        "link": f"{settings.dashboard_origin}{path}?project={project.project_id}",
    }


def _try(delivery: AlertDelivery, channel: AlertChannel | None, settings: Settings) -> Answer:
    # Importing what the other channels need takes longer than a pass without anything to send.
    if channel is None:
        return Answer("The channel was deleted.", is_final=True)
    if channel.kind == "email":
        from alerts.mail import send_mail  # noqa: PLC0415 - see above

        return send_mail(delivery, channel, settings)
    from alerts.webhook import send_slack, send_webhook  # noqa: PLC0415 - see above

    is_private_allowed = settings.alerts_allow_private_addresses
    if channel.kind == "slack":
        return send_slack(delivery, channel, is_private_allowed=is_private_allowed)
    return send_webhook(delivery, channel, datetime.now(UTC), is_private_allowed=is_private_allowed)
