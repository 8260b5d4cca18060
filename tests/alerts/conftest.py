"""A home with a project and a channel to a receiver on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.settings import Settings, load_settings
from projects import open_projects
from tests.factories.webhook_receiver import Receiver, receive_webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects
    from projects.alerts.records import AlertRule


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receive_webhooks() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", database_url="", alerts_allow_private_addresses=True)


@pytest.fixture
def projects(settings: Settings) -> Iterator[Projects]:
    with open_projects(settings) as opened:
        yield opened


@pytest.fixture
def rule(projects: Projects, receiver: Receiver) -> AlertRule:
    projects.create_project("shop")
    projects.alerts.create_channel("shop", "ops", "webhook", receiver.url)
    return projects.alerts.create("shop", "growth", "spike", "ops")
