"""People who sign in to the dashboard. `Projects.people` is the entry point.

Nobody is given a password: a new person gets a link that works once, and chooses one. Passwords are stored as argon2id
hashes with the library's own parameters, and are rehashed at sign-in when these have grown.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, cast, get_args

from sqlalchemy import func, select, update

from projects.access.api_keys import hash_key
from projects.access.people_models import PasswordLinkRow, PersonRow
from projects.audit.actor import acting
from projects.audit.recording import entry
from projects.errors import InvalidValueError, NameTakenError, NotFoundError
from projects.name_suggestions import meant
from projects.transactions import reading, writing

if TYPE_CHECKING:
    import builtins

    from argon2 import PasswordHasher
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

Role = Literal["admin", "viewer", "numbers"]
"""What a person may see: everything and settings; everything else; or only numbers of enough people, without texts."""

FIRST_ADMIN = "admin"
MAX_NAME_CHARACTERS = 100
PASSWORD_CHARACTERS = (10, 200)
LINK_HOURS = 24
_REMOVED = " (removed "
_KEPT_CHARACTERS = MAX_NAME_CHARACTERS - 30
"""Characters of a removed person's name that stay."""
_NOT_IN_ADDRESSES = frozenset("@<>\"'()[]\\,;: ")
SEEN_EVERY = timedelta(minutes=5)
"""Resolution of the time at which a person was last seen, so that not every page view is a write."""


@dataclass(frozen=True)
class Person:
    """A person who may sign in.

    Attributes:
        sign_in_epoch: grows to end all sign-ins; a sign-in of an older epoch is not valid.
        has_password: whether the person has chosen one.
    """

    person_id: str
    name: str
    role: Role
    sign_in_epoch: int
    has_password: bool
    created_at: datetime
    last_seen_at: datetime | None

    @property
    def is_admin(self) -> bool:
        """Whether the person may change settings and see keys."""
        return self.role == "admin"


@dataclass(frozen=True)
class PasswordLink:
    """A link at the only moment at which its secret is known."""

    person: Person
    expires_at: datetime
    secret: str = field(repr=False)


class People:
    """All people of an installation. Every method is one transaction, callable from any thread.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self) -> builtins.list[Person]:
        """Return everybody who was not removed, by name."""
        with reading(self._engine) as session:
            rows = session.scalars(select(PersonRow).where(PersonRow.removed_at.is_(None)).order_by(PersonRow.name))
            return [_person(row) for row in rows]

    def get(self, person_id: str) -> Person | None:
        """Return the person with this id; None if there is none, or no longer."""
        with reading(self._engine) as session:
            row = session.get(PersonRow, person_id)
            return None if row is None or row.removed_at is not None else _person(row)

    def find(self, name: str) -> Person:
        """Return the person with this name.

        Raises:
            NotFoundError: there is none.
        """
        stored_name = unicodedata.normalize("NFC", name).strip()
        with reading(self._engine) as session:
            row = session.scalar(select(PersonRow).where(PersonRow.name == stored_name, PersonRow.removed_at.is_(None)))
            names = session.scalars(select(PersonRow.name).where(PersonRow.removed_at.is_(None))).all()
        if row is None:
            hint = meant(stored_name, names) or "`turret person list` lists all people."
            raise NotFoundError(f"There is no person named {stored_name!r}; {hint}")
        return _person(row)

    def add(self, name: str, role: str) -> PasswordLink:
        """Add a person and create their link to choose a password.

        Raises:
            InvalidValueError: the name or role is not allowed.
            NameTakenError: the name is taken.
        """
        checked_name, checked_role = check_person_name(name), check_role(role)
        with writing(self._engine) as session:
            if session.scalar(select(PersonRow.person_id).where(PersonRow.name == checked_name)):
                raise NameTakenError(f"The name {checked_name!r} is taken; choose another name.")
            row = _new_row(checked_name, checked_role)
            session.add(row)
            session.flush()
            return _new_link(session, row)

    def find_by_proxy(self, named: str) -> Person | None:
        """Return the person whom `sign_in_by_proxy` would sign in as somebody known; None if there is none."""
        with reading(self._engine) as session:
            rows = session.scalars(select(PersonRow).where(PersonRow.removed_at.is_(None)))
            found, _ = _named_so(list(rows), named)
            return None if found is None else _person(found)

    def sign_in_by_proxy(self, named: str, role: str, address: str = "") -> Person:
        """Return the person whom a trusted proxy names by their e-mail address. The audit log has the sign-in.

        Letters A to Z count in either case if exactly one person has the address so.

        Args:
            named: the e-mail address.
            role: role of somebody who is not known yet; empty refuses them.
            address: where the request came from.

        Raises:
            NotFoundError: nobody has this e-mail address as name, and `role` is empty or they were removed.
            InvalidValueError: the address cannot be a name, or is none of a new person.
        """
        checked_name = check_person_name(named)
        with writing(self._engine) as session:
            rows = list(session.scalars(select(PersonRow)))
            row, n_alike = _named_so([row for row in rows if row.removed_at is None], named)
            if row is None:
                kept = checked_name[:_KEPT_CHARACTERS].casefold()
                was_removed = any(_name_before_removal(row).casefold() == kept for row in rows)
                if checked_name != named or not role or n_alike or was_removed:
                    raise NotFoundError(
                        f"{named!r} may not see this dashboard; an admin can add them (`turret person add`)."
                    )
                if not _is_email_address(named):
                    raise InvalidValueError(
                        f"{named!r} may not see this dashboard: a new person needs an e-mail address such as "
                        "ada@example.com, without quotes, brackets and a dot at the end."
                    )
                row = _new_row(checked_name, check_role(role))
            session.add(row)
            with acting(row.name):
                session.add(entry("signed in", row.name, **({"address": address} if address else {}), by="proxy"))
                session.flush()
            return _person(row)

    def first_link(self, *, has_proxy: bool = False) -> PasswordLink | None:
        """Return a link for the first admin while nobody has a password; None once somebody has.

        Whoever removed that admin keeps them removed: there is none either while another admin is present.

        Args:
            has_proxy: whether people can sign in through a proxy, so that an admin with an e-mail address needs none.
        """
        with writing(self._engine) as session:
            has_password = PersonRow.password_hash.is_not(None) & PersonRow.removed_at.is_(None)
            if session.scalar(select(PersonRow.person_id).where(has_password).limit(1)):
                return None
            rows = list(session.scalars(select(PersonRow)))
            admins = [row for row in rows if row.role == "admin" and row.removed_at is None]
            was_removed = any(_name_before_removal(row) == FIRST_ADMIN for row in rows)
            row = next((row for row in rows if row.name == FIRST_ADMIN), None)
            if has_proxy and any(admin.name.count("@") == 1 for admin in admins):
                return None
            if admins and row not in admins and (row is not None or was_removed):
                return None
            if row is None:
                row = _new_row(FIRST_ADMIN, "admin")
                session.add(row)
            row.role, row.removed_at = "admin", None
            session.flush()
            return _new_link(session, row)

    def new_link(self, person_id: str) -> PasswordLink:
        """Create a link to choose a new password; older links become invalid.

        Raises:
            NotFoundError: there is no such person.
        """
        with writing(self._engine) as session:
            return _new_link(session, _find(session, person_id))

    def person_of_link(self, secret: str) -> Person | None:
        """Return the person of a link; None if it was used, has expired or never existed."""
        with reading(self._engine) as session:
            found = _open_link(session, secret)
            return None if found is None else _person(found[1])

    def choose_password(self, secret: str, password: str) -> Person:
        """Use a link to set the password, and end all of the person's sign-ins.

        Raises:
            NotFoundError: the link was used, has expired or never existed.
            InvalidValueError: the password is too short or too long.
        """
        check_password(password)
        password_hash = _hasher().hash(password)
        with writing(self._engine) as session:
            found = _open_link(session, secret)
            if found is None:
                raise NotFoundError("This link is no longer valid; ask an admin for a new one.")
            link, row = found
            link.used_at = datetime.now(UTC)
            row.password_hash = password_hash
            row.sign_in_epoch += 1
            return _person(row)

    def sign_in(self, name: str, password: str, address: str = "") -> Person | None:
        """Return the person with this name and password; None if either is wrong. The audit log has both.

        Args:
            name: the sign-in name.
            password: the password.
            address: where the request came from.

        It takes the same time whether or not the name exists, so that nobody can find out who has an account.
        """
        stored_name = unicodedata.normalize("NFC", name).strip()
        with reading(self._engine) as session:
            row = session.scalar(select(PersonRow).where(PersonRow.name == stored_name, PersonRow.removed_at.is_(None)))
        stored = row.password_hash if row is not None and row.password_hash else _nobodys_hash()
        is_right = _verify(stored, password)
        if row is None or row.password_hash is None or not is_right:
            # An unknown name is not recorded: people type passwords into the wrong field.
            self._record("sign-in failed", row.name if row else "", address)
            return None
        with acting(row.name):
            self._record("signed in", row.name, address)
        if _hasher().check_needs_rehash(stored):
            self._rehash(row.person_id, password)
        return _person(row)

    def change_password(self, person_id: str, old: str, new: str) -> Person | None:
        """Change a person's own password and end all of their sign-ins; None if the old password is wrong.

        Raises:
            InvalidValueError: the new password is too short or too long.
            NotFoundError: there is no such person.
        """
        check_password(new)
        with reading(self._engine) as session:
            row = _find(session, person_id)
            name, stored = row.name, row.password_hash
        if stored is None or not _verify(stored, old):
            self._record("change of password failed", name, "")
            return None
        password_hash = _hasher().hash(new)
        with writing(self._engine) as session:
            row = _find(session, person_id)
            row.password_hash = password_hash
            row.sign_in_epoch += 1
            return _person(row)

    def set_role(self, person_id: str, role: str) -> Person:
        """Change a person's role.

        Raises:
            InvalidValueError: there is no such role, or no admin would be left.
            NotFoundError: there is no such person.
        """
        checked = check_role(role)
        with writing(self._engine) as session:
            row = _find(session, person_id)
            if checked != "admin":
                _keep_an_admin(session, row)
            row.role = checked
            return _person(row)

    def remove(self, person_id: str) -> None:
        """Remove a person, who can no longer sign in; their edits keep their name.

        Raises:
            InvalidValueError: no admin would be left.
            NotFoundError: there is no such person.
        """
        with writing(self._engine) as session:
            row = _find(session, person_id)
            _keep_an_admin(session, row)
            row.removed_at = datetime.now(UTC)
            row.sign_in_epoch += 1
            row.password_hash = None
            row.name = f"{row.name[:_KEPT_CHARACTERS]}{_REMOVED}{secrets.token_hex(4)})"

    def end_sign_ins(self, person_id: str) -> None:
        """End every sign-in of a person, on all machines.

        Raises:
            NotFoundError: there is no such person.
        """
        with writing(self._engine) as session:
            _find(session, person_id).sign_in_epoch += 1

    def saw(self, person: Person) -> None:
        """Record that a person was seen, to a few minutes."""
        now = datetime.now(UTC)
        if person.last_seen_at is not None and now - person.last_seen_at < SEEN_EVERY:
            return
        with writing(self._engine) as session:
            session.execute(update(PersonRow).where(PersonRow.person_id == person.person_id).values(last_seen_at=now))

    def _record(self, action: str, name: str, address: str) -> None:
        with writing(self._engine) as session:
            session.add(entry(action, name, **({"address": address} if address else {})))

    def _rehash(self, person_id: str, password: str) -> None:
        password_hash = _hasher().hash(password)
        with writing(self._engine) as session:
            _find(session, person_id).password_hash = password_hash


def check_person_name(name: str) -> str:
    """Check and normalize a name: trimmed and in Unicode's composed form.

    Raises:
        InvalidValueError: empty, too long or with control characters.
    """
    stored = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(stored) <= MAX_NAME_CHARACTERS:
        raise InvalidValueError(f"The name has {len(stored)} characters; allowed are 1 to {MAX_NAME_CHARACTERS}.")
    if not stored.isprintable():
        raise InvalidValueError(f"The name {stored!r} contains a control character; allowed are printable ones.")
    return stored


def check_role(role: str) -> Role:
    """Check a role.

    Raises:
        InvalidValueError: there is no such role.
    """
    if role not in get_args(Role):
        raise InvalidValueError(f"The role is {role!r}; allowed are admin, viewer and numbers.")
    return cast("Role", role)


def check_password(password: str) -> None:
    """Check the length of a password.

    Raises:
        InvalidValueError: too short or too long; the message never contains the password.
    """
    least, most = PASSWORD_CHARACTERS
    if not least <= len(password) <= most:
        raise InvalidValueError(f"The password has {len(password)} characters; allowed are {least} to {most}.")


def _person(row: PersonRow) -> Person:
    return Person(
        person_id=row.person_id,
        name=row.name,
        role=cast("Role", row.role),
        sign_in_epoch=row.sign_in_epoch,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
    )


def _new_row(name: str, role: Role) -> PersonRow:
    person_id = f"usr_{secrets.token_hex(8)}"
    return PersonRow(person_id=person_id, name=name, role=role, sign_in_epoch=0, created_at=datetime.now(UTC))


def _without_case(name: str) -> str:
    """Return a name with A to Z in lower case. Other letters stay: none that looks like one of them must become it."""
    return name.encode().lower().decode()


def _named_so(present: list[PersonRow], named: str) -> tuple[PersonRow | None, int]:
    """Find whom a proxy names among the people who are present.

    Returns:
        The person, None if there is none or several could be meant; and how many have the name in some case.
    """
    # Unicode's composed form of the Kelvin sign is a K, so an address that it changes is nobody's.
    if check_person_name(named) != named:
        return None, 0
    alike = [row for row in present if _without_case(row.name) == _without_case(named)]
    exact = [row for row in alike if row.name == named]
    found = exact or (alike if len(alike) == 1 else [])
    return (found[0] if found else None), len(alike)


def _is_email_address(name: str) -> bool:
    """Return whether a name is local@domain, whose domain has letters, digits, hyphens, and dots between them."""
    local, _, domain = name.rpartition("@")
    labels = domain.split(".")
    return (
        any(letter.isalnum() for letter in local)
        and not set(local) & _NOT_IN_ADDRESSES
        and all(label.strip("-") == label != "" for label in labels)
        and all(letter == "-" or unicodedata.category(letter)[0] in "LMN" for label in labels for letter in label)
    )


def _name_before_removal(row: PersonRow) -> str:
    return row.name.rpartition(_REMOVED)[0] if row.removed_at else ""


def _find(session: Session, person_id: str) -> PersonRow:
    row = session.get(PersonRow, person_id)
    if row is None or row.removed_at is not None:
        raise NotFoundError(f"The person {person_id!r} does not exist any more.")
    return row


def _new_link(session: Session, row: PersonRow) -> PasswordLink:
    now = datetime.now(UTC)
    unused = (PasswordLinkRow.person_id == row.person_id) & PasswordLinkRow.used_at.is_(None)
    for link in session.scalars(select(PasswordLinkRow).where(unused)):  # row by row, for the audit log
        link.used_at = now
    secret = secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=LINK_HOURS)
    session.add(
        PasswordLinkRow(link_hash=hash_key(secret), person_id=row.person_id, created_at=now, expires_at=expires_at)
    )
    return PasswordLink(_person(row), expires_at, secret)


def _open_link(session: Session, secret: str) -> tuple[PasswordLinkRow, PersonRow] | None:
    link = session.get(PasswordLinkRow, hash_key(secret))
    if link is None or link.used_at is not None or link.expires_at <= datetime.now(UTC):
        return None
    row = session.get(PersonRow, link.person_id)
    return None if row is None or row.removed_at is not None else (link, row)


def _keep_an_admin(session: Session, row: PersonRow) -> None:
    """Refuse to remove the last admin.

    Raises:
        InvalidValueError: the person is the only admin who has a password or was seen.
    """
    others = (
        select(func.count())
        .select_from(PersonRow)
        .where(
            PersonRow.role == "admin",
            PersonRow.removed_at.is_(None),
            PersonRow.password_hash.is_not(None) | PersonRow.last_seen_at.is_not(None),
            PersonRow.person_id != row.person_id,
        )
    )
    is_serving = row.role == "admin" and (row.password_hash is not None or row.last_seen_at is not None)
    if is_serving and not session.scalar(others):
        raise InvalidValueError(f"{row.name!r} is the only admin; make somebody else an admin first.")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415  # only the dashboard needs it

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash that no password matches, to spend the same time on names that do not exist."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _verify(stored: str, password: str) -> bool:
    from argon2.exceptions import VerificationError  # noqa: PLC0415  # only the dashboard needs it

    if len(password) > PASSWORD_CHARACTERS[1]:
        return False
    try:
        return _hasher().verify(stored, password)
    except VerificationError:
        return False
