"""A field's topics from run to run: few new texts cost no refit, drift does, ids stay, and what fits nothing waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from ml.corpus import Corpus
from ml.naming.message_labeller import MessageLabeller
from ml.tracking.topic_ids import LineageLink
from orchestration.embedding.vectors import list_text_fields
from orchestration.topics.fitting import drop_vanished_fields, update_field
from orchestration.topics.naming import name_field, settle_past_topics
from orchestration.topics.results import add_lineage, topic_of_text
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables
from tests.factories.planted_topics import Planted, make_corpus, plant_topics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.embedding.vectors import TextField
    from orchestration.topics.results import FieldRun

RUN = TopicRun(run_id="run_1", model_id="planted", seed=0, uses_llm=False)


class Field:
    """The one text field of a project, and the runs over it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.n_runs = 0
        create_tables(connection)
        create_message_tables(connection)

    def say(self, planted: Planted, model_id: str = "planted", user_id: str | None = None) -> None:
        """Let somebody say texts, each time another user unless one is named, and embed them."""
        corpus = planted.corpus
        for text, text_hash, vector in zip(corpus.texts, corpus.text_hashes, corpus.vectors, strict=True):
            self.connection.execute(
                "insert into intermediate.int_messages__extracted values ('prj_1', ?, 'prompt', ?, ?, ?)",
                [f"event of {text}", text, text_hash, user_id or f"user of {text}"],
            )
            self.connection.execute(
                "insert into ml.embeddings values (?, ?, ?)", [model_id, text_hash, vector.tolist()]
            )

    def run(self, model_id: str = "planted") -> FieldRun:
        """Judge what is new."""
        self.n_runs += 1
        (text_field,) = list_text_fields(self.connection)
        run = replace(RUN, run_id=f"run_{self.n_runs}", model_id=model_id)
        return update_field(self.connection, text_field, run)

    @property
    def place(self) -> TextField:
        (text_field,) = list_text_fields(self.connection)
        return text_field

    def topics(self) -> dict[str, str]:
        return topic_of_text(self.connection, self.place)

    def remove_texts_of(self, *topic_ids: str) -> None:
        """Leave tokens and verdicts in the place of all texts of some topics."""
        texts = "select text_hash from ml.text_topics where list_contains(?, topic_id)"
        ids = list(topic_ids)
        self.connection.execute(
            "insert into ml.removed_texts by name select * replace ('token of ' || text_hash as text_hash)"
            " from ml.text_topics where list_contains(?, topic_id)",
            [ids],
        )
        self.connection.execute(
            "update intermediate.int_messages__extracted set text = '‹text removed› ' || text_hash,"
            f" text_hash = 'token of ' || text_hash where text_hash in ({texts})",
            [ids],
        )
        for table in ("embeddings", "text_topics"):
            self.connection.execute(f"delete from ml.{table} where text_hash in ({texts})", [ids])

    def verdicts(self, planted: Planted) -> set[tuple[str, str | None]]:
        """Status and reason of these texts."""
        return set(
            self.connection.execute(
                "select topic_status, topic_reason from ml.text_topics where list_contains(?, text_hash)",
                [planted.corpus.text_hashes],
            ).fetchall()
        )

    def changes(self) -> list[str]:
        """What happened to topics in the last run."""
        rows = self.connection.execute(
            "select change from ml.topic_lineage where run_id = ? order by all", [f"run_{self.n_runs}"]
        ).fetchall()
        return [change for (change,) in rows]


@pytest.fixture
def field() -> Iterator[Field]:
    """Twelve topics of forty texts, fitted once."""
    with duckdb.connect() as connection:
        field = Field(connection)
        field.say(plant_topics(range(12), 40))
        assert field.run().reason == "first fit"
        yield field


def test_update_field_few_new_texts_go_to_known_topics_without_a_refit(field: Field):
    before = field.topics()
    new = plant_topics(range(12), 3, first=40)
    field.say(new)
    done = field.run()
    assert (done.is_refit, done.reason, done.n_new, done.n_texts, done.n_waiting) == (False, None, 36, 516, 0)
    now = field.topics()
    assert now == {**now, **before}
    old = plant_topics(range(12), 1)
    topic_of_number = {number: before[name] for number, name in zip(old.truth, old.corpus.text_hashes, strict=True)}
    for number, name in zip(new.truth, new.corpus.text_hashes, strict=True):
        assert now[name] == topic_of_number[number]
    assert field.changes() == []


def test_update_field_growth_leads_to_a_refit_that_keeps_the_ids(field: Field):
    before = field.topics()
    field.say(plant_topics(range(12), 3, first=40))
    assert not field.run().is_refit
    field.say(plant_topics(range(12), 3, first=43))
    done = field.run()
    assert (done.is_refit, done.reason) == (True, "15% more texts since the last full fit")
    assert field.topics() == {**field.topics(), **before}
    assert set(field.changes()) == {"continued"}


def test_update_field_texts_that_no_topic_fits_wait_until_they_are_enough_for_one(field: Field):
    before = field.topics()
    strangers = plant_topics([77], 12)
    few = Planted(_part(strangers, 0, 5), strangers.truth[:5])
    field.say(few)
    assert field.run().n_waiting == 5
    assert field.verdicts(few) == {("pending", "too few alike")}
    field.say(Planted(_part(strangers, 5, 12), strangers.truth[5:]))
    done = field.run()
    assert (done.is_refit, done.n_waiting, done.n_born) == (False, 0, 1)
    born = {field.topics()[name] for name in strangers.corpus.text_hashes}
    assert len(born) == 1
    assert not born & set(before.values())
    assert field.changes() == ["born"]
    assert field.verdicts(strangers) == {("assigned", None)}


def test_update_field_text_far_from_everything_waits_with_the_reason(field: Field):
    far = plant_topics([1234], 1)
    field.say(far)
    assert field.run().n_waiting == 1
    assert field.verdicts(far) == {("pending", "far from everything")}


def test_update_field_many_texts_that_fit_nothing_lead_to_a_refit(field: Field):
    field.say(plant_topics(range(12), 3, first=40))
    field.say(plant_topics(range(500, 515), 1))
    done = field.run()
    assert done.is_refit
    assert done.reason is not None
    assert "more texts" in done.reason or "suit no topic" in done.reason


def test_update_field_another_embedding_model_refits_and_keeps_the_ids(field: Field):
    before = field.topics()
    everything = plant_topics(range(12), 40)
    field.say(plant_topics([0], 1, first=40))
    field.connection.execute("insert into ml.embeddings select 'other', text_hash, vector from ml.embeddings")
    done = field.run("other")
    assert (done.is_refit, done.reason) == (True, "another embedding model")
    assert {name: field.topics()[name] for name in everything.corpus.text_hashes} == before


def test_update_field_machines_texts_found_no_topic_and_say_so(field: Field):
    template = _in_one_wording(60)
    field.connection.execute("insert into intermediate.int_sessions__automated values ('prj_1', 'monitor')")
    field.say(template, user_id="monitor")
    assert field.run().is_refit
    assert field.verdicts(template) == {("filler", "sent by machine")}
    more = _in_one_wording(3, first=60)
    field.say(more, user_id="monitor")
    assert not field.run().is_refit
    assert field.verdicts(more) == {("filler", "sent by machine")}


def test_update_field_popular_template_of_many_people_is_a_topic(field: Field):
    template = _in_one_wording(60)
    field.say(template)
    field.run()
    assert field.verdicts(template) == {("assigned", None)}


def test_update_field_one_sender_with_much_to_say_is_no_machine(field: Field):
    field.say(plant_topics(range(70, 76), 12), user_id="the app's one user id")
    field.run()
    assert field.verdicts(plant_topics(range(70, 76), 12)) == {("assigned", None)}


def test_update_field_the_same_again_changes_nothing(field: Field):
    field.say(plant_topics([77], 5))
    field.say(plant_topics(range(12), 1, first=40))
    field.run()
    texts = field.connection.execute("select * from ml.text_topics order by all").fetchall()
    (text_field,) = list_text_fields(field.connection)
    assert text_field.n_pending == 0
    field.run()
    assert field.connection.execute("select * from ml.text_topics order by all").fetchall() == texts


def _in_one_wording(size: int, first: int = 0) -> Planted:
    """A separate subject, always in the same words except for a number."""
    planted = plant_topics([77], size, first=first)
    texts = [f"Backup {number} of the database has finished" for number in range(first, first + size)]
    return Planted(make_corpus(texts, planted.corpus.vectors), planted.truth)


def _part(planted: Planted, first: int, last: int) -> Corpus:
    corpus = planted.corpus
    return Corpus(
        corpus.texts[first:last],
        corpus.text_hashes[first:last],
        corpus.vectors[first:last],
        corpus.n_messages[first:last],
    )


def test_topics_of_removed_texts_stay_through_a_refit_and_follow_a_merge(field: Field):
    name_field(field.connection, field.place, MessageLabeller(), RUN)
    before = field.topics()
    past, merged, ids = *sorted(set(before.values()))[:2], set(before.values())
    (label,) = field.connection.execute("select label from ml.topics where topic_id = ?", [past]).fetchall()
    field.remove_texts_of(past, merged)
    field.say(plant_topics(range(100, 108), 40))
    assert field.run().is_refit
    assert past not in set(field.topics().values())
    heir = min(set(field.topics().values()))
    add_lineage(field.connection, field.place, [LineageLink(merged, heir, "merged", 9, 0.3)], "run_2")
    name_field(field.connection, field.place, MessageLabeller(), RUN)
    kept = dict(field.connection.execute("select topic_id, count(*) from ml.removed_texts group by all").fetchall())
    assert kept == {past: 40, heir: 40}
    named = dict(field.connection.execute("select topic_id, label from ml.topics where level = 0").fetchall())
    assert named.keys() == {past, *field.topics().values()} >= ids - {past, merged}
    assert named[past] == label[0]
    assert len({name.casefold() for name in named.values()}) == len(named)
    orphans = (
        "select topic_id from ml.topics where level = 0 and parent_topic_id not in (select topic_id from ml.topics)"
    )
    assert field.connection.execute(orphans).fetchall() == []


def test_removed_text_without_a_verdict_has_no_topic_and_one_of_no_message_keeps_it(field: Field):
    field.remove_texts_of(min(field.topics().values()))
    field.connection.execute(
        "update ml.removed_texts set text_hash = 'set apart'"
        " where text_hash = (select min(text_hash) from ml.removed_texts)"
    )
    drop_vanished_fields(field.connection)
    found = "select topic_status, topic_reason, count(*) from ml.removed_texts group by all order by all"
    assert field.connection.execute(found).fetchall() == [("assigned", None, 40), ("noise", "text removed", 1)]
    assert field.run().n_new == 0


def test_field_that_is_no_text_for_a_while_keeps_the_topics_of_its_removed_texts(field: Field):
    name_field(field.connection, field.place, MessageLabeller(), RUN)
    past = min(field.topics().values())
    field.remove_texts_of(past)
    field.connection.execute("delete from intermediate.int_messages__extracted")
    drop_vanished_fields(field.connection)
    left = field.connection.execute("select topic_id from ml.topics where level = 0").fetchall()
    assert left == [(past,)]
    settle_past_topics(field.connection)
    assert field.connection.execute("select distinct topic_id from ml.removed_texts").fetchall() == [(past,)]


def test_name_that_quotes_nothing_stays_when_the_description_is_erased(field: Field):
    name_field(field.connection, field.place, MessageLabeller(), RUN)
    field.connection.execute(
        "update ml.topics set label = 'kept name', description = '', keywords = [], label_source = 'erased'"
        " where topic_id = ?",
        [min(field.topics().values())],
    )
    name_field(field.connection, field.place, MessageLabeller(), RUN)
    found = "select description != '', label_source from ml.topics where label = 'kept name' and level = 0"
    assert field.connection.execute(found).fetchall() == [(True, "messages")]
