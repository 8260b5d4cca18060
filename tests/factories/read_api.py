"""A home with two published projects and a key of every kind, for the read API and its clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.settings import load_settings
from projects import open_projects
from tests.factories.published_factory import SampleProject, publish
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS, NASTY_SUBJECTS

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Readable:
    """The projects and keys of a home.

    Attributes:
        own: the project that `key` reads.
        other: another project, which `other_key` reads.
        ingest_key: sends events of `own`.
        revoked_key: read `own` once.
    """

    home: Path
    own: SampleProject
    other: SampleProject
    key: str
    other_key: str
    ingest_key: str
    revoked_key: str

    def publish(self, version: str, *, n_sessions: int | None = None) -> None:
        """Publish another version."""
        own = self.own if n_sessions is None else SampleProject(self.own.project_id, n_sessions, self.own.subjects)
        publish(self.home, (own, self.other), version=version)


def make_readable(home: Path, n_sessions: int = 300) -> Readable:
    """Make the projects and keys, and publish version 1."""
    with open_projects(load_settings(home=home, database_url="")) as projects:
        own, other = (projects.create_project(name).project_id for name in ("Support bot", "Other"))
        revoked = projects.create_key(own, "gone", "read")
        projects.revoke_key(own, revoked.key_id)
        readable = Readable(
            home,
            SampleProject(own, n_sessions, ASSISTANT_SUBJECTS, n_days=28),
            SampleProject(other, 60, NASTY_SUBJECTS, n_days=20),
            projects.create_key(own, "reports", "read").secret,
            projects.create_key(other, "reports", "read").secret,
            projects.create_key(own).secret,
            revoked.secret,
        )
    readable.publish("1")
    return readable
