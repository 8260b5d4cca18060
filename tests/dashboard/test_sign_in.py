"""The gate in front of the dashboard, asked over HTTP on a real socket."""

from __future__ import annotations

import asyncio
import re
import shlex
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.responses import PlainTextResponse

from contracts.home import Home
from contracts.settings import SettingsError, load_settings
from dashboard.data.published import Published
from dashboard.errors import OpenToOthersError
from dashboard.server import behind_proxies
from dashboard.sign_in import middleware
from dashboard.sign_in.cookie import NAME, SignedIn, SignInCookie, read_key
from dashboard.sign_in.middleware import PERSON_CACHE_S, SignInMiddleware
from dashboard.sign_in.proxy import ProxySignIn
from dashboard.sign_in.throttle import FREE_TRIES, Throttle
from projects import open_projects
from tests.collector.test_documented_blocks import blocks
from tests.factories.dashboard_process import run_dashboard
from tests.factories.nginx_server import find_nginx, run_nginx
from tests.factories.published_factory import SampleProject, publish
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects

PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist
PAGE = {"accept": "text/html"}
PROXY = "127.0.0.2"
HEADER = "X-Forwarded-Email"
HOST = "turret.example.com"
DELETED = "Deleted"


@dataclass
class Door:
    """A running dashboard with people in it."""

    url: str
    projects: Projects
    home: Path

    def client(self) -> httpx.Client:
        """A browser that nobody has signed in with; every request says that it comes from the dashboard's pages."""
        return httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=60)

    def client_of_proxy(self, *headers: tuple[str, str | bytes]) -> httpx.Client:
        """A client at the address of the trusted proxy, which sends these headers."""
        transport = httpx.HTTPTransport(local_address=PROXY)
        own = [("origin", self.url), *headers]
        return httpx.Client(base_url=self.url, headers=own, timeout=60, transport=transport)  # type: ignore[arg-type]  # bytes too

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


@contextmanager
def _with_a_deleted_project(home: Path, projects: Projects) -> Iterator[None]:
    """Delete a project that is published, as until the next run."""
    gone = projects.create_project(DELETED)
    publish(home, (SampleProject(gone.project_id, 5, ASSISTANT_SUBJECTS),))
    projects.delete_project(DELETED)
    yield


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("door") / "home"
    with (
        open_projects(load_settings(home=home, database_url="")) as projects,
        _with_a_deleted_project(home, projects),
        run_dashboard(
            home,
            dashboard_sign_in=True,
            dashboard_names=HOST,
            proxy_user_header=HEADER,
            trusted_proxies=f"10.9.8.0/24, {PROXY}",
            proxy_sign_out_path="/oauth2/sign_out",
        ) as url,
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
    with door.client() as client, door.client_of_proxy() as proxy:
        answer = client.post("/sign-in", data={"name": "cookie", "password": PASSWORD})
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
        assert "Secure" not in answer.headers["set-cookie"]
        behind_proxy = proxy.post(
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
    assert own.read(f"a=b; {NAME}={value}") == SignedIn(person.person_id, person.sign_in_epoch)
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


def test_member_whom_the_proxy_names_is_signed_in_and_has_their_role(door: Door):
    ada = door.projects.people.add("ada@example.com", "viewer").person
    with door.client_of_proxy((HEADER, "Ada@Example.com")) as client:
        assert client.get("/_dash-layout").status_code == 401, "only a page signs in"
        page = client.get("/topics", headers=PAGE)
        assert (page.status_code, NAME in page.headers["set-cookie"]) == (200, True)
        assert "set-cookie" not in client.get("/", headers=PAGE).headers
        assert client.get("/_dash-layout").status_code == 200
        newest = door.projects.audit_log.list(limit=1)[0]
        assert (newest.actor, newest.action, newest.details) == (
            "ada@example.com",
            "signed in",
            {"address": PROXY, "by": "proxy"},
        )
        assert "signed in as <bdi><strong>ada@example.com" in client.get("/change-password").text
        foreign = client.post("/sign-out", headers={"origin": "https://evil.example"})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "FOREIGN_ORIGIN")
        cookie = {"cookie": f"{NAME}={client.cookies[NAME]}"}
        left = client.post("/sign-out")
        assert (left.status_code, left.headers["location"]) == (303, "/oauth2/sign_out")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert client.get("/_dash-layout").status_code == 401
        assert "Your sign-in at the proxy goes on" in client.get("/sign-in").text
    with door.client() as direct:
        assert direct.get("/_dash-layout", headers=cookie).status_code == 401, "the cookie is for use with the header"
    with door.client_of_proxy((HEADER, "ada@example.org")) as somebody_else:
        assert somebody_else.get("/_dash-layout", headers=cookie).status_code == 401
    second = door.projects.people.add("Ada@Example.com", "viewer").person
    time.sleep(PERSON_CACHE_S)
    with door.client_of_proxy((HEADER, "Ada@Example.com")) as client:
        assert client.get("/_dash-layout", headers=cookie).status_code == 401, "the name is somebody else's now"
        assert "signed in as <bdi><strong>Ada@Example.com" in client.get("/change-password", headers=PAGE | cookie).text
    for person in (ada, second):
        door.projects.people.remove(person.person_id)
    with door.client_of_proxy((HEADER, "ada@example.com")) as removed:
        assert removed.get("/", headers=PAGE).status_code == 403


def test_header_of_anybody_else_is_ignored(door: Door):
    door.projects.people.add("grace@example.org", "admin")
    with door.client() as client:
        for spoofed in ({}, {"x-forwarded-for": PROXY}, {"x-real-ip": PROXY, "forwarded": f"for={PROXY}"}):
            page = client.get("/", headers=PAGE | spoofed | {HEADER: "grace@example.org"})
            assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
            assert 'name="password"' in client.get("/sign-in", headers=spoofed | {HEADER: "grace@example.org"}).text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(HEADER, "smuggled@example.com")], 200),
        ([(HEADER.lower(), "smuggled@example.com")], 200),
        ([("X_Forwarded_Email", "smuggled@example.com")], 303),
        ([("X_Forwarded_Email", "someone@example.com"), (HEADER, "smuggled@example.com")], 200),
        ([], 303),
        ([(HEADER, "")], 303),
        ([(HEADER, "smuggled@example.com"), (HEADER, "smuggled@example.com")], 403),
        ([(HEADER, "someone@example.com"), (HEADER.upper(), "smuggled@example.com")], 403),
        ([(HEADER, ""), (HEADER, "smuggled@example.com")], 403),
        ([(HEADER, "someone@example.com, smuggled@example.com")], 403),
        ([(HEADER, "smuggled@example.com;x")], 403),
        ([(HEADER, "smuggled")], 403),
        ([(HEADER, b"smuggled@example.com\xff")], 403),
        ([(HEADER, "smuggled@example.com\u200b".encode())], 403),
        ([(HEADER, "smuggled@example.com" + "x" * 200)], 403),
        ([(HEADER, "nobody@example.com")], 403),
    ],
)
def test_header_counts_only_if_it_names_one_person(door: Door, headers: list[tuple[str, str | bytes]], status: int):
    if "smuggled@example.com" not in {person.name for person in door.projects.people.list()}:
        door.projects.people.add("smuggled@example.com", "viewer")
    with door.client_of_proxy(*headers) as client:
        page = client.get("/", headers=PAGE)
        assert page.status_code == status, page.text
        assert (NAME in page.headers.get("set-cookie", "")) is (status == 200)


def test_unknown_person_is_told_so_in_a_sentence(door: Door):
    with door.client_of_proxy((HEADER, "<b>@example.com")) as client:
        page = client.get("/", headers=PAGE)
    assert "&#x27;&lt;b&gt;@example.com&#x27; may not see this dashboard; an admin can add them" in page.text


def test_setting_gives_people_whom_the_proxy_names_a_role(door: Door):
    settings = load_settings(
        home=door.home, proxy_user_header=HEADER, trusted_proxies=PROXY, proxy_new_people_role="viewer"
    )
    gate = SignInMiddleware(
        PlainTextResponse("let in"), door.projects.people, SignInCookie("key", 1), ProxySignIn.of(settings)
    )

    async def answers(*names: str) -> list[httpx.Response]:
        # A socket for both families sees an IPv4 address so.
        transport = httpx.ASGITransport(app=behind_proxies(gate, PROXY), client=(f"::ffff:{PROXY}", 1))
        forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7"}
        async with httpx.AsyncClient(transport=transport, base_url="http://turret", headers=forwarded) as client:
            return [await client.get("/", headers=PAGE | {HEADER: name}) for name in names]

    first, second = asyncio.run(answers("new@example.com", "NEW@example.com"))
    assert (first.text, second.text) == ("let in", "let in")
    assert "Secure" in first.headers["set-cookie"].split("; ")
    assert door.projects.audit_log.list(limit=1)[0].details == {"address": "192.0.2.7", "by": "proxy"}
    [new] = [person for person in door.projects.people.list() if person.name.casefold() == "new@example.com"]
    assert (new.role, new.has_password) == ("viewer", False)
    door.projects.people.remove(new.person_id)
    [refused] = asyncio.run(answers("New@example.com"))
    assert refused.status_code == 403, "who was removed does not come back through the proxy"


def test_flood_of_sign_ins_hashes_few_passwords_at_once_and_refuses_the_rest(
    door: Door, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(middleware, "MAX_HASHES_WAITING", 2)
    gate = SignInMiddleware(PlainTextResponse(""), door.projects.people, SignInCookie("key", 1))

    async def flood() -> list[httpx.Response]:
        headers = {"origin": "http://turret"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=gate), base_url="http://turret", headers=headers
        ) as client:
            forms = [{"name": f"guess {number}", "password": "guessed"} for number in range(9)]
            return await asyncio.gather(*(client.post("/sign-in", data=form) for form in forms))

    answers = asyncio.run(flood())
    statuses = [answer.status_code for answer in answers]
    assert {*statuses} == {401, 429}
    assert statuses.count(401) >= 4, "two at once and two that wait, and others if those are done early"
    [refused, *_] = [answer for answer in answers if answer.status_code == 429]
    assert "Too many people are signing in at once; try again in a few seconds." in refused.text
    assert refused.headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"trusted_proxies": "*"}, "TURRET_TRUSTED_PROXIES is '\\*'; with TURRET_PROXY_USER_HEADER"),
        ({"trusted_proxies": "127.0.0.1, 0.0.0.0/0"}, "everybody else could sign in as anybody"),
        ({"trusted_proxies": "0.0.0.0/1,128.0.0.0/1"}, "no larger than an IPv4 /8 or an IPv6 /16"),
        ({"trusted_proxies": "10.0.0.0/8, 11.0.0.0/8"}, "no larger than an IPv4 /8 or an IPv6 /16"),
        ({"trusted_proxies": "::ffff:0:0/96"}, "no larger than an IPv4 /8 or an IPv6 /16"),
        ({"trusted_proxies": "::1, 2000::/3"}, "no larger than an IPv4 /8 or an IPv6 /16"),
        ({"dashboard_sign_in": False}, "TURRET_PROXY_USER_HEADER is 'X-Forwarded-Email'; without sign-in"),
    ],
)
def test_settings_that_would_let_anybody_in_are_refused(door: Door, wrong: dict[str, object], sentence: str):
    settings = load_settings(**{"home": door.home, "proxy_user_header": HEADER} | wrong)
    with pytest.raises(OpenToOthersError, match=sentence):
        ProxySignIn.of(settings)


@pytest.mark.parametrize("name", ["Cookie", "host", "Accept-Language", "Authorization", "X-Forwarded-For", "sec-gpc"])
def test_header_that_browsers_send_names_nobody(name: str):
    with pytest.raises(SettingsError, match=f"TURRET_PROXY_USER_HEADER is '{name}'; allowed is a header that only the"):
        load_settings(proxy_user_header=name)


def test_deleted_project_is_not_found_although_the_file_still_has_it(door: Door):
    [gone] = Published(Home(door.home).published).snapshot().rows("projects")
    place = f"?project={gone['project_id']}"
    asked = {
        "output": "search-found.children",
        "outputs": {"id": "search-found", "property": "children"},
        "inputs": [{"id": "search-box", "property": "value", "value": "the"}],
        "state": [
            {"id": "address", "property": "pathname", "value": "/search"},
            {"id": "address", "property": "search", "value": place},
            {"id": "shown", "property": "data", "value": {"project": gone["project_id"]}},
        ],
        "changedPropIds": ["search-box.value"],
    }
    for role, queries in (("viewer", ("sessions", "topics")), ("numbers", ("aggregate_totals",))):
        with door.signed_in(f"looks for a deleted project as {role}", role) as client:
            for query in queries:
                for at in (f"/sessions{place}", "http://["):
                    assert client.get(f"/download/{query}.csv", params={"at": at}).status_code == 404
            found = client.post("/_dash-update-component", json=asked)
            assert (found.status_code, "stack" in found.text) == (200, False), found.text


class _IdentityServer(BaseHTTPRequestHandler):
    """Answers as oauth2-proxy does: who is signed in, by a cookie; a page to sign in."""

    def do_GET(self) -> None:
        who = re.search(r"_oauth2_proxy=([^;]+)", self.headers.get("cookie", ""))
        is_question = self.path == "/oauth2/auth"
        self.send_response(202 if who and is_question else 401 if is_question else 200)
        if who and is_question:
            self.send_header("X-Auth-Request-Email", who[1])
        body = b"" if is_question else f"identity server: {self.path}".encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed here")
def test_nginx_of_the_page_signs_in_whom_oauth2_proxy_names(door: Door, tmp_path: Path):
    [settings] = [
        shlex.split(block.replace("\\\n", " ")) for block in blocks("docs/proxy.md", "sh") if "turret" in block
    ]
    given = dict(word.split("=", 1) for word in settings if word.startswith("TURRET_"))
    assert given == {
        "TURRET_DASHBOARD_NAMES": HOST,
        "TURRET_PROXY_USER_HEADER": HEADER,
        "TURRET_TRUSTED_PROXIES": "127.0.0.1",
        "TURRET_PROXY_SIGN_OUT_PATH": "/oauth2/sign_out",
    }
    [config] = blocks("docs/proxy.md", "nginx")
    door.projects.people.add("linus@example.com", "viewer")
    identity = ThreadingHTTPServer(("127.0.0.1", 0), _IdentityServer)
    threading.Thread(target=identity.serve_forever, daemon=True).start()
    addresses = {"http://127.0.0.1:4180": f"http://127.0.0.1:{identity.server_port}", "http://127.0.0.1:8050": door.url}
    try:
        with (
            run_nginx(config, addresses, tmp_path, proxy_bind=PROXY) as port,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"host": f"{HOST}:{port}"}, timeout=60) as client,
        ):
            forged = {HEADER: "linus@example.com", "X_Forwarded_Email": "linus@example.com"}
            asked = client.get("/topics", headers=PAGE | forged)
            assert (asked.status_code, asked.text) == (403, "identity server: /oauth2/sign_in")
            assert client.get("/api/v1/topics", headers=forged).status_code == 401, "which asks for a key"
            client.headers["cookie"] = "_oauth2_proxy=linus@example.com"
            page = client.get("/topics", headers=PAGE | {HEADER: "smuggled@example.com"})
            assert page.status_code == 200
            cookie = page.headers["set-cookie"].split(";")[0]
            client.headers["cookie"] += f"; {cookie}"
            assert "signed in as <bdi><strong>linus@example.com" in client.get("/change-password").text
            assert client.post("/sign-out", headers={"origin": "http://evil.example"}).status_code == 403
            left = client.post("/sign-out", headers={"origin": f"http://{HOST}:{port}"})
            assert left.headers["location"].endswith("/oauth2/sign_out")
            client.headers["cookie"] = f"_oauth2_proxy=nobody@example.com; {cookie}"
            assert client.get("/", headers=PAGE).status_code == 403
    finally:
        identity.shutdown()
        identity.server_close()
