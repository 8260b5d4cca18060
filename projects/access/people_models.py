"""The tables of people who sign in, and of the links with which they choose a password."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # SQLAlchemy reads the annotations at run time

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from projects.models import Audited, Base


class PersonRow(Base):
    """One row per person; removed people stay, so that their edits keep a name."""

    __tablename__ = "people"
    audited = Audited(
        "person",
        ("name",),
        ("role",),
        {"password_hash": "password", "sign_in_epoch": "all sign-ins ended"},
        {"removed_at": "removed"},
    )

    person_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    sign_in_epoch: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class PasswordLinkRow(Base):
    """One row per link; of a person's links only the newest unused one is valid."""

    __tablename__ = "password_links"
    audited = Audited("password link", ("person_id",), endings={"used_at": "used or ended"})

    link_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.person_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
