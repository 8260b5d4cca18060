"""The gate in front of the dashboard, asked over HTTP on a real socket."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from contracts.settings import load_settings
from dashboard.sign_in.cookie import NAME, SignInCookie, read_key
from dashboard.sign_in.throttle import FREE_TRIES, Throttle
from projects import open_projects
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import publish
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects

PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist
PAGE = {"accept": "text/html"}


@dataclass
class Door:
    """A running dashboard with people in it."""

    url: str
    projects: Projects
    home: Path

    def client(self) -> httpx.Client:
        """A browser that nobody has signed in with; every request says that it comes from the dashboard's pages."""
        return httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=60)

    def person(self, name: str, role: str = "viewer") -> str:
        """Make somebody with a password; give their id."""
        link = self.projects.people.add(name, role)
        return self.projects.people.choose_password(link.secret, PASSWORD).person_id

    @contextmanager
    def signed_in(self, name: str, role: str = "viewer") -> Iterator[httpx.Client]:
        """A browser that somebody new has signed in with."""
        self.person(name, role)
        with self.client() as client:
            answer = client.post("/sign-in", data={"name": name, "password": PASSWORD, "to": "/"})
            assert answer.status_code == 303, answer.text
            yield client


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("door") / "home"
    publish(home, ())
    with (
        open_projects(load_settings(home=home, database_url="")) as projects,
        run_dashboard(home, dashboard_sign_in=True) as url,
    ):
        yield Door(url, projects, home)


@pytest.mark.parametrize(
    "path",
    ["/", "/topics", "/journeys?project=x", "/_dash-layout", "/_dash-dependencies", "/assets/flow.js", "/nowhere",
     "/_reload-hash", "/docs", "/openapi.json", "/assets/../app.py", "/health/live/../../topics", "//", "/sign-out"],
)  # fmt: skip
def test_without_sign_in_nothing_is_shown(door: Door, path: str):
    with door.client() as client:
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "You are not signed in; open /sign-in.",
            "code": "SIGN_IN_NEEDED",
        }
        page = client.get(path, headers=PAGE)
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in")


def test_without_sign_in_no_callback_answers(door: Door):
    with door.client() as client:
        assert client.post("/_dash-update-component", json={}).status_code == 401


def test_page_one_wanted_opens_after_signing_in(door: Door):
    door.person("wants a page")
    with door.client() as client:
        asked = client.get("/topics?period=7d&is.plan=a%26b", headers=PAGE)
        form = client.get(asked.headers["location"]).text
        target = re.search(r'name="to" value="([^"]*)"', form)
        assert target is not None
        wanted = target[1].replace("&amp;", "&")
        assert wanted == "/topics?period=7d&is.plan=a%26b"
        entered = client.post("/sign-in", data={"name": "wants a page", "password": PASSWORD, "to": wanted})
        assert (entered.status_code, entered.headers["location"]) == (303, wanted)
        assert client.get(wanted, headers=PAGE).status_code == 200
        assert client.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(door: Door, target: str):
    name = f"led to {target}"
    door.person(name)
    with door.client() as client:
        answer = client.post("/sign-in", data={"name": name, "password": PASSWORD, "to": target})
        assert answer.headers["location"] == "/"


def test_cookie_is_for_this_site_and_not_for_scripts(door: Door):
    door.person("cookie")
    with door.client() as client:
        answer = client.post("/sign-in", data={"name": "cookie", "password": PASSWORD})
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
        assert "Secure" not in answer.headers["set-cookie"]
        behind_proxy = client.post(
            "/sign-in",
            data={"name": "cookie", "password": PASSWORD},
            headers={"x-forwarded-proto": "https", "origin": door.url.replace("http:", "https:")},
        )
        assert "Secure" in behind_proxy.headers["set-cookie"].split("; ")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ""}])
def test_requests_from_other_sites_change_nothing(door: Door, headers: dict[str, str]):
    with door.signed_in(f"forged {headers}") as client:
        for path in ("/sign-out-everywhere", "/_dash-update-component", "/sign-in", "/password"):
            answer = client.post(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "FOREIGN_ORIGIN")
        assert client.get("/", headers=PAGE).status_code == 200


def test_request_without_origin_needs_the_browsers_word(door: Door):
    with httpx.Client(base_url=door.url, timeout=60) as client:
        data = {"name": "x", "password": "y"}
        assert client.post("/sign-in", data=data).status_code == 403
        assert client.post("/sign-in", data=data, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post("/sign-in", data=data, headers={"sec-fetch-site": "same-origin"}).status_code == 401


def test_forged_and_ended_cookies_are_nobodys(door: Door, tmp_path: Path):
    person = door.projects.people.get(door.person("cookie reader"))
    assert person is not None
    own = SignInCookie(read_key(door.home / "dashboard.key"), 1)
    header = own.header(person, is_https=False)
    value = header.split(";")[0].split("=", 1)[1]
    assert own.read(f"a=b; {NAME}={value}") == (person.person_id, person.sign_in_epoch)
    other = SignInCookie(read_key(tmp_path / "other.key"), 1)
    assert other.read(f"{NAME}={value}") is None
    assert SignInCookie(read_key(door.home / "dashboard.key"), -1).read(f"{NAME}={value}") is None
    with door.client() as client:
        for wrong in (value[:-2] + "xx", "", "x" * 5_000, f"{person.person_id}.0"):
            assert client.get("/", headers={"cookie": f"{NAME}={wrong}"}).status_code == 401


def test_key_of_cookies_is_for_its_owner_only(door: Door):
    assert (door.home / "dashboard.key").stat().st_mode & 0o777 == 0o600


def test_sign_out_takes_the_cookie_away_and_everywhere_ends_all(door: Door):
    with door.signed_in("two devices") as here, door.client() as there:
        there.post("/sign-in", data={"name": "two devices", "password": PASSWORD})
        assert there.get("/", headers=PAGE).status_code == 200
        left = there.post("/sign-out")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert here.get("/", headers=PAGE).status_code == 200
        here.post("/sign-out-everywhere")
        assert here.get("/").status_code == 401


def test_get_does_not_sign_out(door: Door):
    with door.signed_in("stays") as client:
        client.get("/sign-out-everywhere", headers=PAGE)
        assert client.get("/", headers=PAGE).status_code == 200


def test_wrong_passwords_wait_longer_and_longer_and_say_nothing_of_names(door: Door):
    door.person("guessed")
    with door.client() as client:
        data = {"name": "guessed", "password": "wrong password"}
        texts = {client.post("/sign-in", data=data | {"name": name}).text for name in ("guessed", "gues")}
        assert len({text.replace('"guessed"', '"gues"') for text in texts}) == 1
        for _ in range(FREE_TRIES):
            last = client.post("/sign-in", data=data)
        assert last.status_code == 429
        assert int(last.headers["retry-after"]) >= 1
        assert "Too many wrong passwords. Try again in" in last.text
        right = client.post("/sign-in", data=data | {"password": PASSWORD})
        assert right.status_code == 429, "the right password has to wait too, or waiting would tell it"


def test_throttle_doubles_forgets_and_stays_small():
    now = 0.0
    throttle = Throttle(clock=lambda: now)
    for _ in range(FREE_TRIES + 3):
        throttle.record_failure("ada")
    assert throttle.wait_s("ada", "bob") == 8
    throttle.record_success("ada")
    assert throttle.wait_s("ada") == 0
    for number in range(10_050):
        now += 1e-3
        throttle.record_failure(f"guess {number}")
    assert len(throttle._records) <= 10_000
    now += 10_000
    throttle.record_failure("new")
    assert list(throttle._records) == ["new"]


def test_link_sets_a_password_once_and_signs_in(door: Door):
    link = door.projects.people.add("<b>new</b> one", "viewer").secret
    with door.client() as client:
        form = client.get("/password", params={"link": link})
        assert "&lt;b&gt;new&lt;/b&gt; one" in form.text
        assert "<b>new</b>" not in form.text
        differ = client.post("/password", data={"link": link, "password": PASSWORD, "again": PASSWORD + "!"})
        assert "The passwords do not match." in differ.text
        short = client.post("/password", data={"link": link, "password": "short", "again": "short"})
        assert "The password has 5 characters; allowed are 10 to 200." in short.text
        entered = client.post("/password", data={"link": link, "password": PASSWORD, "again": PASSWORD})
        assert entered.status_code == 303
        assert client.get("/", headers=PAGE).status_code == 200
        assert client.get("/password", params={"link": link}).status_code == 404


def test_answers_carry_the_headers_that_keep_browsers_safe(door: Door):
    with door.signed_in("headers") as client:
        for path in ("/", "/_dash-layout", "/sign-in", "/nowhere", "/assets/flow.js"):
            headers = client.get(path, headers=PAGE).headers
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
            assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
            assert ("no-store" in headers.get("cache-control", "")) is not path.startswith("/assets/")


def test_dashboard_for_other_machines_needs_sign_in(tmp_path: Path):
    done = run_turret(tmp_path / "home", "dashboard", dashboard_host="0.0.0.0", dashboard_sign_in=False)  # noqa: S104
    assert done.returncode == 1
    assert "TURRET_DASHBOARD_HOST is '0.0.0.0'; without sign-in" in done.stderr


def test_person_commands_add_list_and_remove(door: Door):
    made = run_turret(door.home, "person", "add", "grace@example.com", "--role", "admin")
    assert re.search(r"http://127\.0\.0\.1:\d+/password\?link=\S{43}", made.stdout)
    listed = run_turret(door.home, "person", "list", "--json")
    assert '"name": "grace@example.com"' in listed.stdout
    assert run_turret(door.home, "person", "role", "grace@example.com", "viewer").returncode in {0, 1}
    assert "can no longer sign in" in run_turret(door.home, "person", "remove", "grace@example.com").stdout
    assert "no person named 'grace@example.com'" in run_turret(door.home, "person", "link", "grace@example.com").stderr


def test_own_password_is_changed_by_whoever_knows_the_old_one(door: Door):
    new = "a new battery staple"
    with door.signed_in("changes") as client, door.client() as elsewhere:
        elsewhere.post("/sign-in", data={"name": "changes", "password": PASSWORD, "to": "/"})
        assert "signed in as <bdi><strong>changes" in client.get("/change-password").text
        for form, problem in (
            ({"old": "wrong", "password": new, "again": new}, "The current password is wrong."),
            ({"old": PASSWORD, "password": new, "again": "other"}, "The new passwords do not match."),
            ({"old": PASSWORD, "password": "short", "again": "short"}, "password"),
        ):
            answer = client.post("/change-password", data=form)
            assert (answer.status_code, problem in answer.text) == (400, True)
        changed = client.post("/change-password", data={"old": PASSWORD, "password": new, "again": new})
        assert (changed.status_code, changed.headers["location"]) == (303, "/")
        assert client.get("/_dash-layout").status_code == 200
        assert elsewhere.get("/_dash-layout").status_code == 401
    assert door.projects.people.sign_in("changes", new) is not None
    assert door.projects.people.sign_in("changes", PASSWORD) is None
