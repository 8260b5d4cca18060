"""Pages of a project with one of everything, whose sentences need the singular, and which field pages open on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.deferred_cards import CARDS
from dashboard.journeys.cohorts import segment_values
from dashboard.journeys.page import PARTS
from dashboard.pages import LISTS, render_page
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, SampleProject, publish, topic_id
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROJECT = SampleProject(ASSISTANT, 1, ASSISTANT_SUBJECTS[:1])
SEED = 1
"""Gives one session of one message by a user with an id."""
MANY = re.compile(
    r"\b(?:1|one) (?:(?!with|of)[a-z]+ )?(?:areas|differences|events|fields|goals|journeys|lines|messages|moves|others"
    r"|paths|people|sessions|steps|topics|users|values|visits)\b|\b[Tt]he 1 |\b[Aa]ll 1 |\b1 largest|\b1 to 1\b"
)
PAGES = [
    *(f"/{part}" for part in LISTS),
    *(f"/journeys/{part}" for part in PARTS),
    f"/topics/{topic_id(PROJECT, 0)}",
    "/sessions/ses_a1000000",
    "/search?q=contract",
    "/?period=7d&compare=before",
]
FIELDS = """
insert into marts.dim_fields by name
select $project as project_id, unnest(['constant', 'country', 'request', 'tier']) as field,
    'enum' as effective_type, unnest([900, 800, 700, 10]) as n_values, unnest([1, 40, 600, 3]) as n_distinct_values;
insert into marts.dim_fields by name
select $project as project_id, 'version' as field, 'number' as effective_type, 900 as n_values, 1 as n_distinct_values;
insert into marts.agg_segments by name
select $project as project_id, unnest(['country', 'country', 'tier', 'tier']) as field, 'value' as segment_kind,
    unnest(['at', 'de', 'free', 'pro']) as segment, unnest([1, 2, 1, 2]) as segment_rank, 1 as n_sessions
"""


@pytest.fixture(scope="module")
def look_at_one(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], View]:
    """Make a view of the project with one of everything."""
    return _looker(_publish(tmp_path_factory.mktemp("one")))


@pytest.fixture(scope="module")
def look_at_fields(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], View]:
    """Make a view of a project with fields of all kinds: a constant, few and many values, ids."""
    home = _publish(tmp_path_factory.mktemp("fields"))
    with duckdb.connect(str(Home(home).published.resolve())) as connection:
        connection.execute("delete from marts.agg_segments")
        connection.execute("update marts.dim_fields set n_values = 1 where field = 'plan'")
        connection.execute("update marts.dim_fields set n_distinct_values = 90 where field = 'latency_ms'")
        for statement in FIELDS.split(";\n"):
            connection.execute(statement, {"project": ASSISTANT})
    return _looker(home)


def _publish(home: Path) -> Path:
    publish(home, (PROJECT,), seed=SEED)
    return home


def _looker(home: Path) -> Callable[[str], View]:
    snapshot = Published(Home(home).published).snapshot()

    def make(address: str) -> View:
        path, _, search = address.partition("?")
        return View(Address.parse(path, search).but(project=ASSISTANT), snapshot, ASSISTANT)

    return make


def test_sample_has_one_of_everything(look_at_one: Callable[[str], View]):
    numbers = look_at_one("/").row("headline", field="prompt")
    assert [numbers[key] for key in ("n_events", "n_sessions", "n_users", "n_topics")] == [1, 1, 1, 1]


def test_overview_says_that_no_event_names_a_user(tmp_path: Path, look_at_one: Callable[[str], View]):
    home = _publish(tmp_path)
    with duckdb.connect(str(Home(home).published.resolve())) as connection:
        connection.execute("update marts.fct_events set user_id = null")
    says = "No event has a user_id"
    assert says in words_of(render_page(_looker(home)("/")))
    assert says not in words_of(render_page(look_at_one("/")))


@pytest.mark.parametrize("address", PAGES)
def test_page_of_a_project_with_one_of_everything_speaks_in_the_singular(
    look_at_one: Callable[[str], View], address: str
):
    words = words_of(render_page(look_at_one(address)))
    assert words
    assert MANY.findall(words) == []


@pytest.mark.parametrize("card", CARDS)
def test_late_card_of_a_project_with_one_of_everything_speaks_in_the_singular(
    look_at_one: Callable[[str], View], card: str
):
    path = f"/topics/{topic_id(PROJECT, 0)}" if card == "who-says-this" else "/"
    assert MANY.findall(words_of(CARDS[card](look_at_one(path)))) == []


@pytest.mark.parametrize("words", ["1 topics", "The 1 largest topics hold", "All 1 message", "1 new topics"])
def test_search_for_wrong_plurals_finds_them(words: str):
    assert MANY.search(words)


def test_enum_fields_of_few_values_come_first_and_constants_and_ids_last(look_at_fields: Callable[[str], View]):
    fields = [row["field"] for row in look_at_fields("/segments").rows("enum_fields")]
    assert fields == ["tier", "country", "constant", "request", "plan"]


def test_compare_opens_on_a_field_of_few_values(look_at_fields: Callable[[str], View]):
    assert list(segment_values(look_at_fields("/journeys/compare"))) == ["tier", "country"]


def test_number_fields_of_one_value_come_last(look_at_fields: Callable[[str], View]):
    assert [row["field"] for row in look_at_fields("/numbers").rows("number_fields")] == ["latency_ms", "version"]
