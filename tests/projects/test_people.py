"""People who sign in: links, passwords, roles, and the last admin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from projects.access import people
from projects.access.people import _hasher as library_hasher
from projects.access.people_models import PasswordLinkRow, PersonRow
from projects.errors import InvalidValueError, NameTakenError, NotFoundError
from projects.transactions import reading, writing

if TYPE_CHECKING:
    from projects import Projects
    from projects.access.people import Person

PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist


def _somebody(projects: Projects, name: str = "ada", role: str = "admin") -> Person:
    return projects.people.choose_password(projects.people.add(name, role).secret, PASSWORD)


def test_first_link_until_somebody_has_a_password_then_none(projects: Projects):
    first, second = projects.people.first_link(), projects.people.first_link()
    assert first is not None
    assert second is not None
    assert projects.people.person_of_link(first.secret) is None, "an older link works no more"
    admin = projects.people.choose_password(second.secret, PASSWORD)
    assert (admin.name, admin.role, admin.has_password) == ("admin", "admin", True)
    assert projects.people.first_link() is None


def test_first_link_is_not_for_a_proxys_admin_nor_for_an_admin_who_was_removed(projects: Projects):
    assert projects.people.first_link(has_proxy=True) is not None
    projects.people.add("ada", "admin")
    assert projects.people.first_link(has_proxy=True) is not None, "no proxy gives this name"
    ada = projects.people.add("ada@example.com", "admin").person
    assert projects.people.first_link(has_proxy=True) is None
    assert projects.people.first_link() is not None
    projects.people.remove(projects.people.find("admin").person_id)
    assert projects.people.first_link() is None
    assert "admin" not in {person.name for person in projects.people.list()}
    projects.people.remove(projects.people.find("ada").person_id)
    projects.people.set_role(ada.person_id, "viewer")
    assert projects.people.first_link() is not None, "or there would be no admin at all"


@pytest.mark.parametrize(
    "name",
    ["@", "@x", "<b>@x", "'@x", "ada@", ".@example.com", "ada@example.com.", "ada@.com", "ada@a..b", "ada@-a.com",
     "ada@a-.com", "ada@exa_mple.com", "ada@<b>", 'a"b@x.com', "(ada)@x.com", "ada@x.com)", "a b@x.com", "a@b@c.com"],
)  # fmt: skip
def test_proxy_makes_no_new_person_of_what_is_no_email_address(projects: Projects, name: str):
    with pytest.raises(InvalidValueError, match="a new person needs an e-mail address such as"):
        projects.people.sign_in_by_proxy(name, "viewer")


@pytest.mark.parametrize(
    "name", ["ada@localhost", "ada+x@a-b.example.com", "jürgen@bücher.example", "ада@пример.рф", "अदा@हिन्दी.भारत"]
)
def test_proxy_makes_a_new_person_of_an_email_address_in_any_script(projects: Projects, name: str):
    new = projects.people.sign_in_by_proxy(name, "viewer")
    assert projects.people.find_by_proxy(name) == new
    projects.people.remove(new.person_id)
    assert projects.people.find_by_proxy(name) is None
    for again in (name, name.upper(), f"{name}."):
        with pytest.raises((NotFoundError, InvalidValueError), match="may not see this dashboard"):
            projects.people.sign_in_by_proxy(again, "viewer")


def test_link_works_once_and_for_a_day(projects: Projects):
    link = projects.people.add("ada", "viewer")
    projects.people.choose_password(link.secret, PASSWORD)
    with pytest.raises(NotFoundError, match="is no longer valid"):
        projects.people.choose_password(link.secret, "another password")
    late = projects.people.new_link(link.person.person_id)
    with writing(projects.people._engine) as session:
        session.execute(update(PasswordLinkRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert projects.people.person_of_link(late.secret) is None


def test_sign_in_needs_name_and_password_of_the_same_person(projects: Projects):
    ada = _somebody(projects)
    projects.people.add("bob", "viewer")
    assert projects.people.sign_in(" ada ", PASSWORD) == ada
    assert projects.people.sign_in("ada", PASSWORD + "!") is None
    assert projects.people.sign_in("bob", PASSWORD) is None, "bob has none yet"
    assert projects.people.sign_in("nobody", PASSWORD) is None
    assert projects.people.sign_in("ada", "x" * 100_000) is None


def test_proxy_names_people_by_their_address_in_either_case_but_never_by_a_letter_that_looks_alike(projects: Projects):
    ada = projects.people.add("ada.k@example.com", "admin").person
    assert projects.people.sign_in_by_proxy("Ada.K@Example.COM", "") == ada
    for other in ("ada.\u212a@example.com", "a\u0501a.k@example.com", "ada.k@example.co"):
        with pytest.raises(NotFoundError, match="may not see this dashboard; an admin can add them"):
            projects.people.sign_in_by_proxy(other, "")
    second = projects.people.add("Ada.k@example.com", "viewer").person
    assert projects.people.sign_in_by_proxy("Ada.k@example.com", "") == second
    assert projects.people.sign_in_by_proxy("ada.k@example.com", "") == ada
    with pytest.raises(NotFoundError):
        projects.people.sign_in_by_proxy("ADA.K@example.com", "viewer")  # either of the two


def test_password_is_kept_as_argon2id_of_the_librarys_cost_and_nowhere_else(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(people, "_hasher", library_hasher)
    ada = _somebody(projects)
    with reading(projects.people._engine) as session:
        row = session.get(PersonRow, ada.person_id)
    assert row is not None
    assert str(row.password_hash).startswith("$argon2id$")
    assert not PasswordHasher().check_needs_rehash(str(row.password_hash))
    assert PASSWORD not in repr(ada)


@pytest.mark.parametrize("password", ["short", "x" * 201, ""])
def test_password_of_a_bad_length_is_refused_without_being_shown(projects: Projects, password: str):
    link = projects.people.add("ada", "viewer")
    with pytest.raises(InvalidValueError, match=f"has {len(password)} characters; allowed are 10 to 200") as refused:
        projects.people.choose_password(link.secret, password)
    assert not password or password not in str(refused.value)
    assert projects.people.person_of_link(link.secret) is not None, "the link still works"


def test_changed_password_and_ended_sign_ins_make_a_new_epoch(projects: Projects):
    ada = _somebody(projects)
    assert projects.people.change_password(ada.person_id, "wrong password", "a new password") is None
    changed = projects.people.change_password(ada.person_id, PASSWORD, "a new password")
    assert changed is not None
    assert changed.sign_in_epoch > ada.sign_in_epoch
    projects.people.end_sign_ins(ada.person_id)
    now = projects.people.sign_in("ada", "a new password")
    assert now is not None
    assert now.sign_in_epoch > changed.sign_in_epoch


def test_last_admin_can_neither_go_nor_become_a_viewer(projects: Projects):
    ada = _somebody(projects)
    projects.people.add("bob", "admin")  # without a password nobody is served by him
    for change in (projects.people.remove, lambda person_id: projects.people.set_role(person_id, "viewer")):
        with pytest.raises(InvalidValueError, match="'ada' is the only admin"):
            change(ada.person_id)
    _somebody(projects, "eve")
    assert projects.people.set_role(ada.person_id, "viewer").role == "viewer"


def test_removed_person_is_gone_and_the_name_is_free(projects: Projects):
    _somebody(projects)
    bob = _somebody(projects, "bob", "viewer")
    projects.people.remove(bob.person_id)
    assert projects.people.get(bob.person_id) is None
    assert projects.people.sign_in("bob", PASSWORD) is None
    assert [person.name for person in projects.people.list()] == ["ada"]
    assert projects.people.add("bob", "viewer").person.person_id != bob.person_id


def test_names_and_roles_that_are_not_allowed_get_a_sentence(projects: Projects):
    projects.people.add("ada", "viewer")
    with pytest.raises(NameTakenError, match="The name 'ada' is taken"):
        projects.people.add(" ada", "viewer")
    with pytest.raises(InvalidValueError, match="The role is 'owner'; allowed are admin, viewer and numbers"):
        projects.people.add("bob", "owner")
    with pytest.raises(InvalidValueError, match="control character"):
        projects.people.add("a\nb", "viewer")
    with pytest.raises(NotFoundError, match="no person named 'zoe'"):
        projects.people.find("zoe")


def test_saw_notes_the_time_once_in_a_while(projects: Projects):
    ada = _somebody(projects)
    projects.people.saw(ada)
    seen = projects.people.get(ada.person_id)
    assert seen is not None
    assert seen.last_seen_at is not None
    projects.people.saw(seen)
    again = projects.people.get(ada.person_id)
    assert again is not None
    assert again.last_seen_at == seen.last_seen_at
