"""What nobody gets by any request: texts with the role `numbers`, data of another project by forged ids, or a crash."""

from __future__ import annotations

import csv
import io
import json
import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import duckdb
import httpx
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.data.address import Address
from dashboard.data.downloads import AGGREGATES, EXPORTS
from dashboard.data.filters import Filters
from dashboard.data.published import AGGREGATE, CONNECTION, Published
from dashboard.data.query_files import query_files
from dashboard.data.view import View, numbers_only_view
from dashboard.deferred_cards import CARDS
from dashboard.errors import NumbersOnlyError
from dashboard.journeys.page import PARTS
from dashboard.pages import DETAILS, LISTS
from dashboard.settings.pages import TABS
from dashboard.sign_in.visitor import NOBODY, Visitor, set_visitor
from projects import open_projects
from tests.factories.dash_callbacks import body_of, call, find_callbacks, show
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import FIELD, SampleProject, publish, topic_id
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects
    from projects.records import Project

JSON = {"content-type": "application/json"}
PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist
ROLE = Visitor("counts", is_admin=False, sees_numbers_only=True)
MIN_PEOPLE = 5
OUTLIER = 987_654_321
SECRETS = ("SAIDBYSOMEBODY", "mallory", "@private.example", "ses_", "evt_", "user-", "anon_", "RARETOPIC", str(OUTLIER))
"""Parts of texts, ids, addresses, a topic of two people and a number of one, all of which the published file has."""
OF_OTHER = "SAIDELSEWHERE"
"""Part of every text of the other project."""
FILTERS = (
    "",
    "period=7d",
    "period=dates&from=2026-04-20&to=2026-04-20",
    "event=follow_up&compare=before",
    "is.plan=pro&by=mail&number=latency_ms&steps=all&rated=ratings",
    "is.plan=mallory%40private.example&event=mallory&goal=mallory&topic=x&listed=500&paths=all&moves=all",
    "by=plan&a=free&b=pro&split=field&feedback=any&sign=any&period=90d&machines=shown",
)


@dataclass
class Site:
    """A running dashboard, its people and its published file."""

    url: str
    projects: Projects
    project: Project
    other: Project
    home: Path

    @contextmanager
    def browser(self, role: str) -> Iterator[httpx.Client]:
        """A browser in which somebody of this role is signed in."""
        name = f"{role} {len(self.projects.people.list())}"
        self.projects.people.choose_password(self.projects.people.add(name, role).secret, PASSWORD)
        with httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=60) as client:
            assert client.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
            yield client


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("numbers_only") / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        project, other = projects.create_project("Counted", plan="pro"), projects.create_project("Other", plan="pro")
        samples = [SampleProject(each.project_id, 150, ASSISTANT_SUBJECTS[:5], n_days=30) for each in (project, other)]
        _mark(publish(home, tuple(samples)), project.project_id, topic_id(samples[0], 4))
        with run_dashboard(home, dashboard_sign_in=True) as url:
            yield Site(url, projects, project, other, home)


def _mark(file: Path, project_id: str, rare: str) -> None:
    """Put secrets into every column with words of the app's users, and give a topic and a value to two people only."""
    with duckdb.connect(str(file)) as marts:
        said = f"if(project_id = $p, 'SAIDBYSOMEBODY', '{OF_OTHER}')"
        marts.execute(f"UPDATE marts.fct_messages SET text = {said} || ' ' || text", {"p": project_id})
        marts.execute("UPDATE marts.dim_topics SET description = 'SAIDBYSOMEBODY', keywords = ['SAIDBYSOMEBODY']")
        marts.execute("""UPDATE marts.fct_events SET metadata = '{"prompt": "SAIDBYSOMEBODY"}'""")
        feedback = (
            "project_id, feedback_id, source, event_id, session_id, is_linked, user_id, topic_id, score, is_negative"
        )
        marts.execute(
            f"INSERT INTO marts.fct_feedback ({feedback}, label, comment, given_at, received_at, is_latest) "
            "SELECT project_id, 'fb_' || event_id, 'people', event_id, session_id, true, user_id, topic_id, 0, true, "
            "'mallory', 'SAIDBYSOMEBODY', occurred_at, occurred_at, true FROM marts.fct_messages"
        )
        two = "SELECT min(session_id) FROM marts.fct_sessions WHERE project_id = $p AND user_id IS NOT NULL "
        first = (
            "SELECT arg_min(user_id, session_id) FROM marts.fct_sessions WHERE project_id = $p AND user_id IS NOT NULL"
        )
        few = f"SELECT unnest([({two}), ({two} AND user_id != ({first}))])"
        values = {"p": project_id, "rare": rare}
        sessions = [session for (session,) in marts.execute(few, {"p": project_id}).fetchall()]
        assert len(set(sessions)) == 2
        chosen = {"p": project_id, "sessions": sessions}
        marts.execute("UPDATE marts.dim_topics SET label = 'RARETOPIC' WHERE topic_id = $rare", {"rare": rare})
        for table, topic in (
            ("fct_messages", "topic_id"),
            ("fct_session_topics", "topic_id"),
            ("fct_feedback", "topic_id"),
        ):
            marts.execute(
                f"DELETE FROM marts.{table} WHERE project_id = $p AND {topic} = $rare AND session_id NOT IN "
                "(SELECT unnest($sessions))",
                values | chosen,
            )
            marts.execute(
                f"UPDATE marts.{table} SET {topic} = $rare WHERE project_id = $p AND session_id IN "
                "(SELECT unnest($sessions))",
                values | chosen,
            )
        for column in ("from_topic_id", "to_topic_id"):
            marts.execute(
                f"DELETE FROM marts.fct_transitions WHERE project_id = $p AND {column} = $rare",
                values,
            )
        marts.execute(
            "UPDATE marts.fct_event_values SET enum_value = 'mallory@private.example' "
            "WHERE project_id = $p AND field = 'plan' AND session_id IN (SELECT unnest($sessions))",
            chosen,
        )
        marts.execute(
            "INSERT INTO marts.fct_event_values BY NAME SELECT * REPLACE ('mallory@private.example' AS field) "
            "FROM marts.fct_event_values WHERE project_id = $p AND session_id = $one",
            {"p": project_id, "one": sessions[0]},
        )
        marts.execute(
            "INSERT INTO marts.dim_fields BY NAME SELECT * REPLACE ('mallory@private.example' AS field) "
            "FROM marts.dim_fields WHERE project_id = $p AND field = 'plan'",
            {"p": project_id},
        )
        marts.execute(
            "UPDATE marts.fct_event_values SET number_value = $most "
            "WHERE project_id = $p AND field = 'latency_ms' AND session_id = $one",
            {"p": project_id, "one": sessions[0], "most": OUTLIER},
        )


def _leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.casefold() in text.casefold()]


def _ids(site: Site) -> dict[str, str]:
    with duckdb.connect(str(Home(site.home).published.resolve()), read_only=True, config=CONNECTION) as marts:
        [[session, user]] = marts.execute(
            "SELECT session_id, user_id FROM marts.fct_sessions WHERE project_id = $p AND user_id IS NOT NULL LIMIT 1",
            {"p": site.project.project_id},
        ).fetchall()
    topic = topic_id(SampleProject(site.project.project_id, 0), 0)
    return {"topics": topic, "sessions": session, "users": user}


def _paths(site: Site) -> list[str]:
    details = [f"/{kind}/{quote(_ids(site)[kind])}" for kind in DETAILS if kind != "journeys"]
    tabs = [f"/settings/{tab}" for tab in TABS]
    return [*(f"/{name}" for name in LISTS), *(f"/journeys/{part}" for part in PARTS if part), *details, *tabs, "/x/y"]


def test_no_page_shows_the_role_a_text_an_id_or_a_number_of_few(site: Site):
    hidden = "which your role does not see: it sees numbers only."
    with site.browser("numbers") as client:
        for path in _paths(site):
            for search in FILTERS:
                answer = show(client, path, f"?project={site.project.project_id}&{search}")
                assert answer.status_code == 200
                page = json.loads(answer.text)["response"]
                shown = json.dumps([page[name] for name in page if name not in {"shown", "menu"}])
                own = path.rpartition("/")[2]
                assert not _leaks(shown.replace(quote(own) or "/", "/")), (path, search)
                first = path.split("/")[1]
                assert (hidden in shown) is (
                    first not in {"", "topics", "journeys", "segments", "numbers"}
                    or (path.count("/") > 1 and first != "journeys")
                ), path
                assert "could not be loaded" not in shown, (path, search)


def test_viewer_sees_what_is_hidden_from_the_role(site: Site):
    ids = _ids(site)
    with site.browser("viewer") as client:
        for path, secret in (
            (f"/topics/{ids['topics']}", "SAIDBYSOMEBODY"),
            ("/topics", "RARETOPIC"),
            ("/sessions", "ses_"),
        ):
            assert secret in show(client, path, f"?project={site.project.project_id}").text


def test_no_callback_tells_the_role_more(site: Site):
    search = f"?project={site.project.project_id}"
    values = {
        "address.pathname": "/topics", "address.search": search, "address.href": f"{site.url}/topics{search}",
        "newer.data": "x", "heartbeat.n_intervals": 1, "first-events-beat.n_intervals": 1, "do.n_clicks": 1,
        "with.value": "x", "topics-treemap.clickData": {"points": [{"id": "x"}]},
        "shown.data": {"version": "turret-1.duckdb", "project": site.project.project_id},
        "message-map.clickData": {"points": [{"customdata": "x"}]},
    }  # fmt: skip
    with site.browser("numbers") as client:
        callbacks = find_callbacks(client)
        assert len(callbacks) >= 9
        for callback in callbacks:
            for typed in ("a", "how", "user", "ses", "evt"):
                answer = call(client, callback, values | {"search-box.value": typed}, "create-key")
                assert answer.status_code in {200, 204}, (callback["output"], answer.text)
                assert not _leaks(answer.text), callback["output"]
        [cards] = [callback for callback in callbacks if "late-card" in callback["output"]]
        for card in CARDS:
            for path in ("/", "/topics", f"/topics/{_ids(site)['topics']}", "/segments", "/numbers"):
                answer = call(client, cards, {"late.data": f"{path}{search}&by=plan&number=latency_ms"}, card)
                assert (answer.status_code, _leaks(answer.text)) == (200, [])
                assert "Your role sees numbers only" in answer.text or '"children":null' in answer.text
        [button] = [callback for callback in callbacks if "said.children" in callback["output"]]
        assert "is not an admin and cannot change anything" in call(client, button, values, "create-key").text


def test_role_downloads_its_own_rows_and_no_others(site: Site):
    at = quote(
        f"/topics/{_ids(site)['topics']}?project={site.project.project_id}&by=mallory@private.example&event=follow_up"
    )
    with site.browser("numbers") as client:
        for query in EXPORTS:
            answer = client.get(f"/download/{query}.csv?at={at}")
            assert (answer.status_code, answer.text) == (
                403,
                "Your role sees numbers only, so it cannot download these rows.\n",
            )
        for query in AGGREGATES:
            answer = client.get(f"/download/{query}.csv?at={at}")
            assert (answer.status_code, _leaks(answer.text)) == (200, [])
            rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
            assert rows, query
            assert all(int(row["n_people"]) >= MIN_PEOPLE for row in rows if query != "aggregate_fields")
        assert client.get(f"/download/search.csv?at={at}").status_code == 404
        for path in ("/topics", "/messages", "/sessions", "/events", "/sql", "/openapi.json", ""):
            answer = client.get(f"/api/v1{path}")
            assert answer.status_code in {200, 401, 404, 405}
            assert not _leaks(answer.text)


@pytest.fixture
def as_the_role(site: Site) -> Iterator[View]:
    """What the role reads, without pages."""
    set_visitor(ROLE)
    snapshot = Published(Home(site.home).published, MIN_PEOPLE).snapshot()
    yield numbers_only_view(Address(), snapshot, site.project.project_id)
    set_visitor(NOBODY)


def test_every_other_query_is_refused_before_it_runs(as_the_role: View):
    own = {"project_id": as_the_role.project_id}
    allowed = {"automated", "freshness", "project_days", "projects", "text_fields"}
    assert {name for name in query_files() if name.startswith(AGGREGATE)} == set(AGGREGATES)
    for query in set(query_files()) - allowed - set(AGGREGATES):
        with pytest.raises(NumbersOnlyError, match="Your role sees numbers only"):
            as_the_role.snapshot.rows(query, as_the_role.filters, **own)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(event="follow_up"),
        Filters(values=(("plan", "pro"),)),
        Filters(first=Filters().first, feedback_source="people"),
        Filters(is_every_message_a_step=True),
        Filters(without_automated=True),
    ],
)
def test_filters_by_which_one_person_could_be_singled_out_are_refused(as_the_role: View, filters: Filters):
    with pytest.raises(NumbersOnlyError):
        as_the_role.with_filters(filters).rows("aggregate_totals")
    period = as_the_role.snapshot.numbers_only_filters(as_the_role.project_id)
    [days] = as_the_role.snapshot.rows("project_days", project_id=as_the_role.project_id)
    assert period.first is not None
    assert period.last is not None
    assert (period.last, (period.last - period.first).days) == (days["last_date"], 89)
    for other in (Filters(days["last_date"], days["last_date"]), Filters(period.last, period.last), Filters()):
        with pytest.raises(NumbersOnlyError):
            as_the_role.with_filters(other).rows("aggregate_days", field=FIELD)


def test_nobody_reads_anything_from_a_server(as_the_role: View):
    set_visitor(NOBODY)
    for query in ("projects", "aggregate_totals", "topics"):
        with pytest.raises(NumbersOnlyError):
            as_the_role.snapshot.rows(query, project_id=as_the_role.project_id)


def test_numbers_of_the_role_are_those_of_the_marts_for_enough_people(site: Site, as_the_role: View):
    with duckdb.connect(str(Home(site.home).published.resolve()), read_only=True, config=CONNECTION) as marts:
        people = "coalesce(s.user_id, '')"
        by_topic = marts.execute(
            f"SELECT topic_id, count(*), count(DISTINCT {people}) FROM marts.fct_messages m JOIN marts.fct_sessions s "
            "USING (project_id, session_id) WHERE project_id = $p AND field = $f AND topic_id IS NOT NULL GROUP BY 1",
            {"p": site.project.project_id, "f": FIELD},
        ).fetchall()
        [total] = marts.execute(
            f"SELECT count(*), count(DISTINCT session_id), count(DISTINCT {people}) FROM marts.fct_events m "
            "JOIN marts.fct_sessions s USING (project_id, session_id) WHERE project_id = $p",
            {"p": site.project.project_id},
        ).fetchall()
    rows = as_the_role.rows("aggregate_topics", field=FIELD)
    shown = {row["topic_id"]: (row["n_messages"], row["n_people"]) for row in rows}
    enough = {topic: (n, n_people) for topic, n, n_people in by_topic if n_people >= MIN_PEOPLE}
    fewest = min(enough, key=lambda topic: (enough[topic][1], topic))
    assert len(enough) == len(by_topic) - 1, "a topic of two people is left out"
    assert shown == {topic: counts for topic, counts in enough.items() if topic != fewest}, "lest the total tells it"
    with as_the_role.snapshot.connection.cursor() as marts:
        count_all = "SELECT count(*) FROM marts.fct_messages WHERE project_id = $p AND field = $f"
        [[n_all]] = marts.execute(count_all, {"p": site.project.project_id, "f": FIELD}).fetchall()
    assert [row["message_share"] for row in rows] == pytest.approx([row["n_messages"] / n_all for row in rows])
    [row] = as_the_role.rows("aggregate_totals")
    assert tuple(row.values()) == total
    assert {row["label"] for row in rows} <= {subject.label for subject in ASSISTANT_SUBJECTS}


def test_shares_with_few_people_on_one_side_are_left_out(site: Site, as_the_role: View):
    del site
    rows: list[dict[str, Any]] = as_the_role.rows("aggregate_topics", field=FIELD)
    with as_the_role.snapshot.connection.cursor() as marts:
        for row in rows:
            [[with_it, without]] = marts.execute(
                "SELECT count(DISTINCT p) FILTER (WHERE f), count(DISTINCT p) FILTER (WHERE NOT f) FROM (SELECT "
                "coalesce(s.user_id, '') AS p, "
                "v.is_rephrased OR v.is_loop OR r.from_session_id IS NOT NULL AS f "
                "FROM marts.fct_session_topics v JOIN marts.fct_sessions s USING (project_id, session_id) "
                "LEFT JOIN (SELECT DISTINCT from_session_id, topic_id FROM marts.fct_topic_returns) r "
                "ON r.from_session_id = v.session_id AND r.topic_id = v.topic_id "
                "WHERE v.project_id = $p AND v.topic_id = $t)",
                {"p": as_the_role.project_id, "t": row["topic_id"]},
            ).fetchall()
            few = any(0 < n < MIN_PEOPLE for n in (with_it, without))
            assert (row["friction_share"] is None) is few, (row, with_it, without)


def test_sessions_without_a_user_count_as_one_person(site: Site, as_the_role: View):
    """They may all be of one, whom no number must show."""
    del site
    rows = as_the_role.rows("aggregate_segments", by="plan")
    assert rows
    with as_the_role.snapshot.connection.cursor() as marts:
        own = {"p": as_the_role.project_id}
        query = "SELECT count(*) FILTER (WHERE user_id IS NULL) FROM marts.fct_sessions WHERE project_id = $p"
        [[n_unnamed]] = marts.execute(query, own).fetchall()
        [[n_named]] = marts.execute(
            "SELECT count(DISTINCT user_id) FROM marts.fct_sessions WHERE project_id = $p", own
        ).fetchall()
    assert n_unnamed > 1
    assert as_the_role.rows("aggregate_totals")[0]["n_people"] == n_named + 1


def test_means_and_medians_are_rounded(as_the_role: View):
    """To the last digit, a median would be the value of one person."""
    rows = as_the_role.rows("aggregate_number_topics", number="latency_ms", field=FIELD)
    assert rows
    for row in rows:
        assert all(float(f"{row[name]:.2g}") == row[name] for name in ("mean", "median"))
    [row] = as_the_role.rows("aggregate_number", number="latency_ms")
    assert float(f"{row['median']:.3g}") == row["median"]


JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**70, 1.5, [], {}, [[]], [None], {"a": {"b": [1]}}, {"value": None}, {"id": "x"}),
    *({"points": points} for points in ([], [None], [{"id": {}}], 7, {"0": 1})),
    *("", "x", "null", "{}", "[]", "-1", "1e999", "NaN", "2026-13-45", "0001-01-01", "9999-12-31"),
    *("../../etc/passwd", "<script>", "%00", "\x00", "\ud800", "\u202e", "' or 1=1 --", "//evil.example"),
    *("é" * 300, "a" * 9_000),
)


class Forger:
    """Makes requests up, the same ones for the same seed."""

    def __init__(self, site: Site, seed: int) -> None:
        self.random = random.Random(seed)
        other = SampleProject(site.other.project_id, 0)
        self.ids = [
            site.project.project_id,
            site.other.project_id,
            topic_id(other, 0),
            "ses_x",
            "user-001",
            "create-key",
        ]

    def value(self) -> Any:
        return self.random.choice((*JUNK, *self.ids))

    def search(self, **fixed: str) -> str:
        keys = [*Address.__dataclass_fields__, "from", "to", "is.plan", "is.", "at", "x"]
        chosen = {key: self.value() for key in self.random.sample(keys, 8)}
        given = {key: str(value).encode("utf-8", "replace") for key, value in chosen.items() if value is not None}
        return "?" + urlencode(given | fixed)

    def path(self) -> str:
        first = self.random.choice([*LISTS, *DETAILS, "settings", "x"])
        parts = [str(self.value()).encode("utf-8", "replace") for _ in range(self.random.randrange(3))]
        return "/" + "/".join([first, *map(quote, parts)])

    def part(self, part: dict[str, str]) -> Any:
        """What a callback gets for one of its inputs: mostly a value of its own place, sometimes anything."""
        if self.random.random() < 0.1:
            return self.value()
        value = {"pathname": self.path, "search": self.search}.get(part["property"], self.value)()
        identity: Any = part["id"]
        if identity.startswith("{"):
            names = json.loads(identity)
            identity = {name: self.value() if isinstance(given, list) else given for name, given in names.items()}
            value = identity if part["property"] == "id" and self.random.random() < 0.9 else value
            one = {"id": identity, "property": part["property"], "value": value}
            return [one] * self.random.randrange(3) if "ALL" in part["id"] else one
        return {"id": identity, "property": part["property"], "value": value}


@pytest.mark.parametrize("role", ["numbers", "viewer", "admin"])
def test_forged_callbacks_crash_nothing(site: Site, role: str):
    forger = Forger(site, seed=len(role))
    wrong, n_answered = [], 0
    with site.browser(role) as client:
        for callback in find_callbacks(client):
            for _ in range(30):
                given = [[forger.part(part) for part in callback[kind]] for kind in ("inputs", "state")]
                body = body_of(callback, *given, match=str(forger.value()))
                if forger.random.random() < 0.2:
                    body[forger.random.choice(list(body))] = forger.value()
                answer = client.post("/_dash-update-component", content=json.dumps(body), headers=JSON)
                n_answered += answer.status_code == 200
                if answer.status_code >= 500 or "Something unexpected" in answer.text:
                    wrong.append((answer.status_code, body))
                assert role != "numbers" or not _leaks(answer.text)
    assert not wrong
    assert n_answered > 50, "most requests have the shape of a browser's"


@pytest.mark.parametrize("role", ["numbers", "viewer"])
def test_forged_addresses_crash_nothing(site: Site, role: str):
    forger = Forger(site, seed=7)
    routes = [
        "/",
        "/download/{}.csv",
        "/assets/{}",
        "/_dash-component-suites/{}/x.js",
        "/_dash-layout",
        "/_dash-dependencies",
        "/_reload-hash",
        "/_favicon.ico",
        "/sign-in",
        "/password",
        "/change-password",
        "/api/v1/{}",
        "/{}",
        "/topics/{}",
    ]
    wrong = []
    with site.browser(role) as client:
        for route in routes:
            for _ in range(12):
                name = forger.random.choice([*EXPORTS, *AGGREGATES, str(forger.value())[:500]])
                search = "?" + urlencode(
                    {"at": forger.path() + forger.search(), "to": str(forger.value()).encode("utf-8", "replace")}
                )
                address = route.format(quote(name.encode("utf-8", "replace"), safe="")) + search
                answer = client.get(address)
                if answer.status_code >= 500:
                    wrong.append((answer.status_code, address, answer.text[:200]))
                assert role != "numbers" or not _leaks(answer.text)
    assert not wrong


def test_page_of_a_project_shows_nothing_of_another_by_its_ids(site: Site):
    with duckdb.connect(str(Home(site.home).published.resolve()), read_only=True, config=CONNECTION) as marts:
        [[session, user, event]] = marts.execute(
            "SELECT session_id, user_id, event_id FROM marts.fct_messages "
            "WHERE project_id = $p AND topic_id IS NOT NULL LIMIT 1",
            {"p": site.other.project_id},
        ).fetchall()
    topic = topic_id(SampleProject(site.other.project_id, 0), 0)
    own = topic_id(SampleProject(site.project.project_id, 0), 0)
    with site.browser("viewer") as client:
        for path in (
            f"/topics/{topic}",
            f"/sessions/{session}",
            "/sessions",
            f"/topics/{own}",
            "/search",
            "/candidate",
            "/journeys",
        ):
            for search in (
                f"topic={topic}",
                f"from_topic={topic}&to_topic={topic}",
                f"variant={event}&field={topic}",
                f"by={user}",
            ):
                text = show(client, path, f"?project={site.project.project_id}&{search}").text
                assert OF_OTHER not in text, path
        for query in EXPORTS:
            at = quote(f"/topics/{topic}?project={site.project.project_id}&topic={topic}&from_topic={topic}")
            assert OF_OTHER not in client.get(f"/download/{query}.csv?at={at}").text
        assert OF_OTHER in show(client, f"/topics/{topic}", f"?project={site.other.project_id}").text
