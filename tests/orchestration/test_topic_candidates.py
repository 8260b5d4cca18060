"""Candidates of topics: fitted beside the live ones, made live whole, overtaken by other refits, and cleared away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.embedding.vectors import list_text_fields
from orchestration.topics import candidates
from orchestration.topics.candidates import PROMOTED, fit_candidates, promote_candidates
from orchestration.topics.fitting import read_last_fit, update_field
from orchestration.topics.results import topic_of_text
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables
from tests.factories.planted_topics import Planted, plant_topics

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 40


class Field:
    """The one text field of a project, its runs, and the candidates that people ask for."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._n_runs = 0
        create_tables(connection)
        create_message_tables(connection)
        connection.execute(
            "insert into raw.projects by name select 'prj_1' as project_id, true as are_refits_automatic"
        )

    def say(self, planted: Planted) -> None:
        corpus = planted.corpus
        for text, text_hash, vector in zip(corpus.texts, corpus.text_hashes, corpus.vectors, strict=True):
            self.connection.execute(
                "insert into intermediate.int_messages__extracted values ('prj_1', ?, 'prompt', ?, ?, ?)",
                [f"event of {text}", text, text_hash, f"user of {text}"],
            )
            self.connection.execute(
                "insert into ml.embeddings values (?, ?, ?)", ["planted", text_hash, vector.tolist()]
            )

    def ask(self, number: int, *, is_promoted: bool = False) -> None:
        """Ask for a candidate, or promote it."""
        self.connection.execute("delete from raw.topic_candidates where candidate_number = ?", [number])
        self.connection.execute(
            "insert into raw.topic_candidates values ('prj_1', 'prompt', ?, ?)", [number, is_promoted]
        )

    def run(self) -> None:
        self._n_runs += 1
        run = TopicRun(run_id=f"run_{self._n_runs}", model_id="planted", seed=0, uses_llm=False)
        promote_candidates(self.connection, list_text_fields(self.connection), run)
        (text_field,) = list_text_fields(self.connection)
        if text_field.n_pending:
            update_field(self.connection, text_field, run)
        fit_candidates(self.connection, list_text_fields(self.connection), None, run)

    def live(self) -> dict[str, str]:
        return topic_of_text(self.connection, list_text_fields(self.connection)[0])

    def split_a_topic(self, planted: Planted, topic: int) -> str:
        """Put half of a planted topic into another one, as an earlier fit may have; return that one."""
        hashes = [each for each, truth in zip(planted.corpus.text_hashes, planted.truth, strict=True) if truth == topic]
        self.connection.execute(
            "update ml.text_topics set topic_id = 'top_half' where list_contains(?, text_hash)", [hashes[:12]]
        )
        return "top_half"

    def all(self, sql: str) -> list[Any]:
        return self.connection.execute(sql).fetchall()

    def statuses(self) -> dict[int, str]:
        return dict(self.all("select candidate_number, status from ml.candidate_fits"))


@pytest.fixture
def field() -> Iterator[Field]:
    with duckdb.connect() as connection:
        yield Field(connection)


@pytest.fixture
def said(field: Field) -> Planted:
    """Eight planted topics, of which the last is in two halves."""
    planted = plant_topics(range(8), SIZE)
    field.say(planted)
    field.run()
    field.split_a_topic(planted, 7)
    return planted


def test_candidate_is_fitted_beside_the_live_topics_which_stay_as_they_are(field: Field, said: Planted):
    before, fits = field.live(), field.all("from ml.topic_fits order by all")
    field.ask(1)
    field.run()
    assert (field.live(), field.all("from ml.topic_fits order by all")) == (before, fits)
    assert field.statuses() == {1: "open"}
    assert field.all("select count(*), count(distinct topic_id) from ml.candidate_texts") == [(len(said.truth), 8)]
    assert ("top_half", "merged") in field.all("select from_topic_id, change from ml.candidate_lineage")
    field.run()
    assert field.statuses() == {1: "open"}


def test_promoted_candidate_becomes_live_and_new_texts_join_it_in_the_same_run(field: Field, said: Planted):
    before = field.live()
    field.ask(1)
    field.run()
    more = plant_topics([2], 8, first=SIZE)
    field.say(more)
    field.ask(1, is_promoted=True)
    candidate = dict(field.all("select text_hash, topic_id from ml.candidate_texts where topic_id is not null"))
    field.run()
    after = field.live()
    assert {text_hash: after[text_hash] for text_hash in candidate} == candidate
    assert "top_half" in before.values()
    assert "top_half" not in after.values()
    second = next(each for each, truth in zip(said.corpus.text_hashes, said.truth, strict=True) if truth == 2)
    assert {after[text_hash] for text_hash in more.corpus.text_hashes} == {after[second]}
    assert field.statuses() == {1: "live"}
    assert field.all("from ml.candidate_texts") == field.all("from ml.candidate_lineage") == []
    fits = field.all("select is_refit, reason, n_new from ml.topic_fits where run_id = 'run_3' order by recorded_at")
    assert fits == [(True, PROMOTED, 0), (False, None, 8)]
    assert field.all("select to_topic_id from ml.topic_lineage where from_topic_id = 'top_half'") == [
        (after[said.corpus.text_hashes[-1]],)
    ]
    field.run()
    assert field.live() == after


def test_topic_that_people_kept_after_the_fit_keeps_its_texts(field: Field, said: Planted):
    del said
    field.ask(1)
    field.run()
    before = field.live()
    field.connection.execute(
        "insert into raw.topic_choices by name select 'prj_1' as project_id, 'prompt' as field,"
        " 'top_half' as topic_id, 'kept' as state, false as is_hidden"
    )
    field.ask(1, is_promoted=True)
    field.run()
    assert field.live() == before


def test_candidate_is_outdated_by_another_refit_and_cannot_become_live(field: Field, said: Planted):
    del said
    field.ask(1)
    field.run()
    field.say(plant_topics([8, 9], SIZE))
    field.run()
    assert field.statuses() == {1: "outdated"}
    before = field.live()
    field.ask(1, is_promoted=True)
    field.run()
    assert (field.statuses(), field.live()) == ({1: "outdated"}, before)


def test_candidate_that_is_dropped_or_too_old_leaves_nothing(
    field: Field, said: Planted, monkeypatch: pytest.MonkeyPatch
):
    del said
    field.ask(1)
    field.ask(2)
    field.run()
    field.connection.execute("delete from raw.topic_candidates where candidate_number = 1")
    field.run()
    assert field.all("select distinct candidate_number from ml.candidate_texts") == [(2,)]
    monkeypatch.setattr(candidates, "MAX_AGE", -candidates.MAX_AGE)
    field.run()
    assert field.statuses() == {2: "expired"}
    assert field.all("from ml.candidate_texts") == field.all("from ml.candidate_topics") == []


def test_candidate_promoted_before_it_is_fitted_is_a_refit_at_once_and_only_once(field: Field, said: Planted):
    del said
    field.ask(1, is_promoted=True)
    field.run()
    field.run()
    reasons = field.all("select reason from ml.topic_fits where is_refit order by recorded_at")
    assert reasons == [("first fit",), (candidates.ASKED_FOR,)]
    assert "top_half" not in field.live().values()


def test_refits_by_hand_leave_drift_to_people(field: Field, said: Planted):
    del said
    field.connection.execute("update raw.projects set are_refits_automatic = false")
    field.say(plant_topics([3, 4], SIZE, first=SIZE))
    field.run()
    assert field.all("select is_refit, reason from ml.topic_fits where run_id = 'run_2'") == [
        (False, "25% more texts since the last full fit")
    ]
    assert "top_half" in field.live().values()
    field.ask(1)
    field.run()
    field.ask(1, is_promoted=True)
    field.run()
    assert "top_half" not in field.live().values()
    last = read_last_fit(field.connection, list_text_fields(field.connection)[0])
    assert last is not None
    assert (last.n_fitted, last.n_since) == (10 * SIZE, 0)
