"""The read API on a real server: keys, the figures of the pages, formats, cursors and versions."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.api.app import write
from dashboard.api.choices import FILTERS, Choices
from dashboard.api.formats import MEDIA_TYPES, choose_format
from dashboard.api.keys import MAX_AT_ONCE, ReadKeys
from dashboard.api.problems import ApiProblem
from dashboard.api.reading import Reader
from dashboard.api.resources import RESOURCES, Resource
from dashboard.data.address import Address
from dashboard.data.downloads import EXPORTS, as_shown
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.topics.comparison import find_candidate
from projects import open_projects
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import topic_id
from tests.factories.read_api import Readable, make_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHOSEN = {"from": "2026-04-10", "to": "2026-04-30", "event": "user_message", "is.plan": "pro"}
QUERIES = {
    "/topics": "topics",
    "/topics/by-day": "topics_daily",
    "/topics/{id}/messages": "topic_messages",
    "/topics/{id}/comments": "topic_comments",
    "/topics/{id}/by-day": "topic_daily",
    "/topics/{id}/before": "topic_before",
    "/topics/{id}/after": "topic_after",
    "/journeys": "journey_variants",
    "/transitions": "transitions",
    "/drop-off": "drop_off",
    "/friction": "friction",
    "/friction/by-day": "friction_by_day",
    "/friction/by-segment": "friction_by_segment",
    "/retention": "retention",
    "/retention/topics": "retention_topics",
    "/feedback/topics": "topic_feedback",
    "/feedback/segments": "segment_feedback",
    "/feedback/comments": "comment_topics",
    "/feedback/comments/{id}": "comments",
    "/segments": "segment_sizes",
    "/segments/topics": "segment_topics",
    "/numbers/by-day": "number_by_day",
    "/numbers/by-topic": "number_by_topic",
    "/numbers/by-segment": "number_by_segment",
    "/goals": "goal_conversions",
    "/goals/topics": "goal_topics",
    "/goals/journeys": "goal_variants",
    "/sessions": "sessions",
}
"""Resources whose rows a page downloads, and the query behind both."""


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Readable:
    return make_readable(tmp_path_factory.mktemp("api") / "home")


@pytest.fixture(scope="module")
def url(readable: Readable) -> Iterator[str]:
    with run_dashboard(readable.home, dashboard_sign_in=True) as address:
        yield f"{address}/api/v1"


@pytest.fixture(scope="module")
def get(url: str, readable: Readable) -> Iterator[Callable[..., httpx.Response]]:
    """Ask with a key; parameters as a mapping or as pairs."""
    with httpx.Client(timeout=60) as client:

        def ask(path: str, key: str | None = readable.key, *, headers: Any = None, **parameters: Any) -> httpx.Response:
            chosen = {name.rstrip("_"): value for name, value in parameters.items()}
            sent = ({} if key is None else {"X-API-Key": key}) | (headers or {})
            query = urlencode({**chosen.pop("more", {}), **chosen})
            return client.get(f"{url}{path}{'?' if query else ''}{query}", headers=sent)

        yield ask


@pytest.fixture(scope="module")
def session_id(get: Callable[..., httpx.Response]) -> str:
    return str(get("/sessions", limit=1).json()["data"][0]["session_id"])


@pytest.fixture(scope="module")
def path_of(readable: Readable, session_id: str) -> Callable[[Resource], str]:
    def fill(resource: Resource) -> str:
        return resource.path.replace("{id:path}", session_id).replace("{id}", _topic_of(resource.path, readable))

    return fill


def _topic_of(path: str, readable: Readable) -> str:
    is_of_comments = path.startswith("/feedback/comments")
    return f"com_{readable.own.project_id[-2:]}_missed" if is_of_comments else topic_id(readable.own, 2)


def _needed(resource: Resource) -> dict[str, str]:
    return {"q": "spanish"} if resource.path == "/search" else {}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_route_without_a_good_key_answers_nothing(
    get: Callable[..., httpx.Response], path_of: Callable[[Resource], str], readable: Readable, resource: Resource
):
    wrong = {None: 401, "tkr_wrong": 401, readable.revoked_key: 401, readable.ingest_key: 403, "": 401}
    for key, status in wrong.items():
        answer = get(path_of(resource), key, **_needed(resource))
        assert (answer.status_code, set(answer.json())) == (status, {"title", "status", "detail"})
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_route_with_a_key_of_another_project_shows_nothing_of_this_one(
    get: Callable[..., httpx.Response],
    path_of: Callable[[Resource], str],
    readable: Readable,
    session_id: str,
    resource: Resource,
):
    answer = get(path_of(resource), readable.other_key, **_needed(resource))
    if "{id" in resource.path:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200
        assert not {readable.own.project_id, session_id, f"top_{readable.own.project_id[-2:]}"} & set(
            answer.text.replace('"', " ").split()
        )
    named = get(path_of(resource), readable.other_key, project=readable.own.project_id, **_needed(resource))
    assert named.status_code == 404


def test_key_in_two_headers_or_as_bearer_is_read_as_the_collector_reads_it(
    get: Callable[..., httpx.Response], readable: Readable
):
    assert get("/topics", None, headers={"Authorization": f"bearer {readable.key}"}).status_code == 200
    assert get("/topics", "tkr_wrong", headers={"Authorization": f"Bearer {readable.key}"}).status_code == 401
    assert get("/topics", None, headers={"Authorization": f"Basic {readable.key}"}).status_code == 401


def test_key_revoked_while_it_is_used_is_refused_within_seconds(readable: Readable, monkeypatch: pytest.MonkeyPatch):
    async def ask() -> list[str]:
        from starlette.datastructures import Headers  # noqa: PLC0415 - of this test alone

        with open_projects(load_settings(home=readable.home, database_url="")) as projects:
            made = projects.create_key(readable.own.project_id, "soon gone", "read")
            keys, headers = ReadKeys(projects), Headers({"x-api-key": made.secret})
            seen = [await keys.project_of(headers)]
            projects.revoke_key(readable.own.project_id, made.key_id)
            monkeypatch.setattr("dashboard.api.keys.time.monotonic", lambda: float("inf"))
            with pytest.raises(ApiProblem, match="Send one valid key"):
                await keys.project_of(headers)
            [used] = [key for key in projects.list_keys(readable.own.project_id) if key.key_id == made.key_id]
            return [*seen, str(used.last_used_at is not None)]

    import asyncio  # noqa: PLC0415 - the same

    assert asyncio.run(ask()) == [readable.own.project_id, "True"]


def test_requests_of_a_project_beyond_the_most_at_once_have_to_wait(readable: Readable):
    with open_projects(load_settings(home=readable.home, database_url="")) as projects:
        keys = ReadKeys(projects)
        turns = [keys.turn("prj_1") for _ in range(MAX_AT_ONCE)]
        for turn in turns:
            turn.__enter__()
        with pytest.raises(ApiProblem, match="requests under way") as refused, keys.turn("prj_1"):
            pass
        assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "1"})
        with keys.turn("prj_2"):
            pass
        for turn in turns:
            turn.__exit__(None, None, None)
        with keys.turn("prj_1"):
            pass


@pytest.mark.parametrize("path", QUERIES)
def test_rows_are_those_of_the_page(get: Callable[..., httpx.Response], readable: Readable, path: str):
    [resource] = [one for one in RESOURCES if one.path == path]
    topic = _topic_of(path, readable)
    page = Address.parse(resource.page.replace("{id}", topic), urlencode(CHOSEN | {"period": "dates"}))
    project = readable.own.project_id
    view = View(page.but(project=project), Published(Home(readable.home).published).snapshot(), project)
    query = QUERIES[path]
    expected = [as_shown(query, row, view.labels) for row in view.rows(query, **EXPORTS[query](view))]
    found = get(path.replace("{id}", topic), limit=10_000, more=CHOSEN).json()["data"]
    names = set(resource.model.model_fields)
    assert found == json.loads(_json([{name: row[name] for name in row if name in names} for row in expected]))
    assert found
    assert set(found[0]) == names


def test_overview_and_changes_are_those_of_the_page(get: Callable[..., httpx.Response], readable: Readable):
    project = readable.own.project_id
    view = View(Address(project=project), Published(Home(readable.home).published).snapshot(), project)
    overview = get("/overview").json()["data"]
    assert overview["n_events"] == view.row("headline", field="prompt")["n_events"]
    changes = get("/changes", limit=1_000).json()["data"]
    now, before = view.newest_week or (None, None)
    assert now
    assert before
    assert {row["topic_id"]: row["n_messages"] for row in changes if row["n_messages"]} == {
        row["topic_id"]: row["n_messages"] for row in now.rows("topics", field="prompt")
    }
    assert (changes[0]["first_day"], changes[0]["last_day_before"]) == (
        str(now.filters.first),
        str(before.filters.last),
    )


def test_candidate_is_that_of_the_page(get: Callable[..., httpx.Response], readable: Readable):
    snapshot = Published(Home(readable.home).published).snapshot()
    found = find_candidate(snapshot, readable.own.project_id, "prompt")
    assert found is not None
    names = ("candidates", "candidates/topics", "candidates/moves")
    [candidate], topics, moves = (get(f"/{name}", **{"is.plan": "pro"}).json()["data"] for name in names)
    assert candidate == json.loads(_json([found.row]))[0]
    sizes = [(each.topic_id, each.n_before, each.n_after, each.what or None) for each in found.topics()]
    assert [
        (row["topic_id"], row["n_messages_before"], row["n_messages_after"], row["change"]) for row in topics
    ] == sizes
    assert moves == [{"candidate_number": candidate["candidate_number"], **move} for move in found.moves]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_formats_have_the_same_rows_and_the_columns_of_the_model(
    get: Callable[..., httpx.Response], path_of: Callable[[Resource], str], resource: Resource
):
    ask = _needed(resource) | ({"limit": 3} if "limit" in resource.takes else {})
    document = get(path_of(resource), more=ask).json()
    rows = [document["data"]] if resource.is_one else document["data"]
    lines = list(csv.reader(io.StringIO(get(path_of(resource), more=ask, format="csv").text, newline="")))
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    table = pa.ipc.open_stream(get(path_of(resource), more=ask, headers=accept).content).read_all()
    names = list(resource.model.model_fields)
    assert rows
    assert [resource.model.model_validate(row) for row in rows]
    assert [list(row) for row in rows] == [names] * len(rows)
    assert (lines[0], len(lines)) == (names, len(rows) + 1)
    assert (table.column_names, table.num_rows) == (names, len(rows))
    for number in [name for name in names if name.startswith("n_")]:
        assert table[number].to_pylist() == [row[number] for row in rows]
        written = ["" if row[number] is None else str(row[number]) for row in rows]
        assert [line[names.index(number)] for line in lines[1:]] == written


def test_format_is_chosen_by_accept_in_its_order_and_json_otherwise(get: Callable[..., httpx.Response]):
    def kind(accept: str) -> str:
        return get("/topics", headers={"Accept": accept}).headers["content-type"].split(";")[0]

    assert kind("*/*") == kind("application/json") == kind("") == "application/json"
    assert choose_format(None, "text/csv;q=²") == "json"
    assert kind("text/html, text/csv;q=0.9, application/json;q=0.5") == "text/csv"
    refused = get("/topics", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")


@pytest.mark.parametrize("path", ["/topics", "/journeys", "/transitions", "/sessions"])
def test_pages_by_cursor_are_the_whole_list(get: Callable[..., httpx.Response], path: str):
    whole = get(path, limit=10_000).json()
    assert whole["next_cursor"] is None
    rows, answer = [], get(path, limit=7)
    while True:
        rows += answer.json()["data"]
        if len(rows) > 60 or answer.json()["next_cursor"] is None:
            break
        answer = get(path, limit=7, cursor=answer.json()["next_cursor"])
    assert rows == whole["data"][: len(rows)]
    assert len(rows) == min(63, len(whole["data"]))


def test_link_of_a_csv_leads_to_its_next_rows(get: Callable[..., httpx.Response], readable: Readable, url: str):
    first = get("/topics", limit=2, format="csv")
    host = url.removesuffix("/api/v1")
    second = httpx.get(host + first.links["next"]["url"], headers={"X-API-Key": readable.key})
    expected = get("/topics", limit=4, format="csv").text.splitlines()
    assert [*first.text.splitlines(), *second.text.splitlines()[1:]] == expected


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        ("/topics?color=red", "Unknown parameter 'color'; allowed are"),
        ("/topics?field=prompt&field=prompt", "The parameter field is given more than once."),
        ("/topics?field=nothing", "field is 'nothing'; allowed are prompt."),
        ("/topics?limit=0", "limit is '0'; allowed is 1 to 10000."),
        ("/topics?limit=1e9", "limit is '1e9'; allowed is 1 to 10000."),
        ("/topics?from=0", "from is '0'; allowed is a day such as 2026-01-31."),
        ("/topics?from=2026-05-02&to=2026-05-01", "to is 2026-05-01; allowed is no day before from"),
        ("/topics?from=2026-05-02&period=7d", "period is '7d'; with from and to allowed is dates, or none."),
        ("/topics?is.nothing=1", "There is no enum field 'nothing'; allowed are plan."),
        (
            "/topics?is.plan=free&is.plan=nix",
            "plan has no value 'nix'; the most frequent are 'pro', ",
        ),
        ("/topics?event=nix", "No event has the name 'nix'; the most frequent are 'user_message', "),
        ("/topics?machines=maybe", "machines is 'maybe'; allowed is 'hidden' or 'shown'."),
        ("/topics?cursor=abc", "The cursor is not valid"),
        ("/topics?cursor=W10", "The cursor is not valid"),
        ("/segments?by=prompt", "by is 'prompt'; allowed are plan."),
        ("/numbers/by-day?number=plan", "number is 'plan'; allowed are latency_ms."),
        ("/goals/topics?goal=none", "goal is 'none'; allowed are"),
        ("/sessions?source=a", "source and target go together"),
        ("/changes?from=2026-04-20", "There is no preceding period to compare with"),
        ("/changes?from=0001-01-01&to=2026-04-20", "There is no preceding period to compare with"),
        ("/search", "q has no word to search for"),
        ("/topics?format=xml", "format is 'xml'; allowed is 'json', 'csv' or 'arrow'."),
    ],
)
def test_parameter_that_is_not_allowed_is_refused_by_name(get: Callable[..., httpx.Response], ask: str, says: str):
    answer = get(ask)
    assert (answer.status_code, answer.json()["detail"].startswith(says)) == (400, True), answer.text


def test_cursor_of_another_question_is_refused(get: Callable[..., httpx.Response]):
    cursor = get("/topics", limit=1).json()["next_cursor"]
    for path, more in (("/transitions", {}), ("/topics", CHOSEN)):
        answer = get(path, cursor=cursor, more=more)
        assert (answer.status_code, "belongs to another request" in answer.text) == (400, True)


def test_path_that_is_not_there_and_method_that_is_not_allowed_are_problems(url: str, readable: Readable):
    missing = httpx.get(f"{url}/nothing", headers={"X-API-Key": readable.key})
    posted = httpx.post(f"{url}/topics", headers={"X-API-Key": readable.key})
    assert (missing.status_code, posted.status_code) == (404, 405)
    assert {answer.headers["content-type"] for answer in (missing, posted)} == {"application/problem+json"}


def test_openapi_document_describes_every_route_and_needs_no_key(get: Callable[..., httpx.Response]):
    document = get("/openapi.json", None).json()
    paths = {path.replace("{id:path}", "{id}") for path in document["paths"]}
    assert {resource.path.replace("{id:path}", "{id}") for resource in RESOURCES} <= paths
    schemas = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            assert {"application/json", "text/csv"} <= operation["responses"]["200"]["content"].keys()
            assert operation["security"] == [{"APIKeyHeader": []}, {"HTTPBearer": []}]
    used = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {reference.split('"')[0] for reference in used} <= schemas.keys()
    properties = Choices.model_json_schema()["properties"]
    assert all(properties[name]["description"] for resource in RESOURCES for name in resource.takes)


def test_answer_is_not_sent_again_until_another_version_is_published(tmp_path_factory: pytest.TempPathFactory):
    readable = make_readable(tmp_path_factory.mktemp("versions") / "home", n_sessions=40)
    with run_dashboard(readable.home) as address, httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
        client.headers["X-API-Key"] = readable.key
        first = client.get("/sessions", params={"limit": 5})
        etag = first.headers["etag"]
        same = client.get("/sessions", params={"limit": 5}, headers={"If-None-Match": f'"other", W/{etag}'})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        as_csv = client.get("/sessions", params={"format": "csv"}, headers={"If-None-Match": etag})
        assert as_csv.status_code == 200

        readable.publish("2", n_sessions=60)
        newer = client.get("/sessions", params={"limit": 5}, headers={"If-None-Match": etag})
        assert (newer.status_code, newer.json()["version"]) == (200, "2")

        # Whoever is in the middle of a list goes on with the version that it began with, as long as that is kept.
        rest = client.get("/sessions", params={"limit": 10_000, "cursor": first.json()["next_cursor"]}).json()
        assert (rest["version"], len(rest["data"]) + 5) == ("1", 40)
        Home(readable.home).published_folder.joinpath("turret-1.duckdb").unlink()
        readable.publish("3")
        client.get("/sessions", params={"cursor": newer.json()["next_cursor"], "limit": 5})
        gone = client.get("/sessions", params={"cursor": first.json()["next_cursor"], "limit": 5})
        assert (gone.status_code, gone.headers["content-type"]) == (410, "application/problem+json")


def test_answer_after_a_rename_is_sent_again_and_any_etag_matches_only_what_there_is(
    tmp_path_factory: pytest.TempPathFactory,
):
    readable = make_readable(tmp_path_factory.mktemp("renamed") / "home", n_sessions=20)
    with (
        open_projects(load_settings(home=readable.home, database_url="")) as projects,
        run_dashboard(readable.home) as address,
        httpx.Client(base_url=f"{address}/api/v1", timeout=60, headers={"X-API-Key": readable.key}) as client,
    ):
        etag = client.get("/projects").headers["etag"]
        assert client.get("/projects", headers={"If-None-Match": etag}).status_code == 304
        projects.rename_project(readable.own.project_id, "Renamed")
        renamed = client.get("/projects", headers={"If-None-Match": etag})
        assert (renamed.status_code, renamed.json()["data"][0]["name"]) == (200, "Renamed")

        paths = {"/topics": 304, "/topics/nix": 404, "/topics/nix/messages": 404, "/sessions/nix/events": 404}
        found = {path: client.get(path, headers={"If-None-Match": "*"}).status_code for path in paths}
        assert found == paths
        of_another = client.get("/topics").headers["etag"]
        found = {path: client.get(path, headers={"If-None-Match": of_another}).status_code for path in paths}
        assert found == paths


def test_topic_without_messages_in_the_days_is_no_missing_one(get: Callable[..., httpx.Response], readable: Readable):
    path = f"/topics/{topic_id(readable.own, 2)}/messages"
    answer = get(path, from_="1999-01-01", to="1999-01-02")
    assert (answer.status_code, answer.json()["data"]) == (200, [])
    assert get("/topics/nix/messages").json()["detail"] == "The project has no topic 'nix'."


def test_numbers_of_an_answer_are_of_one_version_while_others_are_published(tmp_path_factory: pytest.TempPathFactory):
    readable = make_readable(tmp_path_factory.mktemp("mixing") / "home", n_sessions=20)
    with run_dashboard(readable.home) as address, httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
        client.headers["X-API-Key"] = readable.key

        def ask(_: int) -> tuple[str, int, int]:
            answer = client.get("/segments", params={"by": "plan"})
            overview = answer.json()
            return overview["version"], sum(row["n_sessions"] for row in overview["data"]), answer.status_code

        with ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(ask, number) for number in range(60)]
            for version in range(2, 6):
                readable.publish(str(version), n_sessions=20 * version)
            answers = [one.result() for one in asked]
        assert {status for _, _, status in answers} == {200}
        assert {n_sessions == 20 * int(version) for version, n_sessions, _ in answers} == {True}


def test_nothing_published_yet_is_said_with_when_to_ask_again(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("empty") / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        key = projects.create_key(projects.create_project("shop").project_id, None, "read").secret
    with run_dashboard(home) as address:
        answer = httpx.get(f"{address}/api/v1/topics", headers={"X-API-Key": key})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert answer.json()["detail"] == "Nothing is published yet; the first pipeline run publishes the marts."


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_whatever_is_chosen_is_answered_or_refused_in_one_sentence(readable: Readable, data: strategies.DataObject):
    resource = data.draw(strategies.sampled_from(RESOURCES))
    known = [
        "prompt",
        "plan",
        "latency_ms",
        "Stayed",
        "7d",
        "0001-01-01",
        "9999-12-31",
        "2026-04-20",
        "1",
        "csv",
        "all",
    ]
    value = strategies.one_of(strategies.sampled_from(known), strategies.text(max_size=20))
    names = strategies.sampled_from([*FILTERS, *resource.takes, "is.plan", "is.prompt"])
    pairs = data.draw(strategies.dictionaries(names, value, max_size=4))
    what = data.draw(strategies.one_of(strategies.just(topic_id(readable.own, 2)), strategies.text(max_size=20)))
    with open_projects(load_settings(home=readable.home, database_url="")) as projects:
        reader = Reader(_published(readable), projects)
        try:
            choices = Choices.read(pairs.items(), resource.takes)
            answer = reader.read(resource, readable.own.project_id, choices, what)
        except ApiProblem as refused:
            problem = refused
        else:
            assert all(write(answer, format_) for format_ in MEDIA_TYPES)
            return
    assert 400 <= problem.status < 500
    assert str(problem).endswith(".")


@cache
def _published(readable: Readable) -> Published:
    return Published(Home(readable.home).published)


def _json(rows: Any) -> bytes:
    from dashboard.api.formats import write_json  # noqa: PLC0415 - of this function alone

    return write_json(rows)
