"""The page that compares a candidate with today's topics: its sizes and moves, and what may be done with it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dashboard.topics import candidate as page
from dashboard.topics.comparison import find_candidate
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, FIELD

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Snapshot
    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts


def test_sizes_before_and_after_are_those_of_the_messages(snapshot: Snapshot, marts: Marts, assistant: dict[str, Any]):
    found = find_candidate(snapshot, ASSISTANT, FIELD)
    assert found is not None
    changes = {each.topic_id: each for each in found.topics()}
    sql = (
        "select topic_id, count(*) from marts.fct_messages where project_id = $project_id and field = $field group by 1"
    )
    assert {key: each.n_before for key, each in changes.items() if each.n_before} == dict(marts.all(sql, **assistant))
    sizes = Counter(each.n_after for each in changes.values())
    assert sum(n * times for n, times in sizes.items()) == found.row["n_messages"]
    words = [each.what.split(" ")[0] for each in found.topics()]
    assert sorted(words[:3]) == ["appears,", "merges", "splits:"]
    assert set(words[3:]) == {""}
    (first, second) = found.flow
    assert {first["change"], second["change"]} == {"split", "merged"}
    assert first["n_messages"] >= second["n_messages"]
    assert all(move["example"] for move in found.flow)


def test_page_says_what_keeps_what_changes_and_what_moves(look: Callable[..., View], snapshot: Snapshot):
    words = words_of(page.render(look("/candidate")))
    found = find_candidate(snapshot, ASSISTANT, FIELD)
    assert found is not None
    assert f"{found.row['n_staying']:,} of {found.row['n_messages']:,} messages" in words
    assert "3 topics would split, merge, appear or vanish" in words
    assert "splits: a part becomes “A new topic”" in words
    assert f"{sum(move['n_messages'] for move in found.flow):,} messages would change topic" in words
    assert "Promote" not in words


def test_page_without_a_candidate_says_so(look: Callable[..., View]):
    assert "There is no candidate to compare" in words_of(page.render(look("/candidate", project="prj_nobody")))
