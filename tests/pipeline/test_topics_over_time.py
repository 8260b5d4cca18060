"""Topics over several runs of the whole pipeline: what a second and a third day of messages do to the first day's."""

from __future__ import annotations

import json
from itertools import product

import duckdb
import pytest

from contracts.home import Home
from tests.factories.turret_command import Turret

pytestmark = pytest.mark.pipeline

SUBJECTS = {
    "password": ("reset my password", "change my password", "recover a forgotten password"),
    "invoice": ("download last month's invoice", "get a copy of the invoice", "see my invoices"),
    "weather": ("know if it will rain tomorrow", "see the weather forecast", "check the weather for the weekend"),
    "recipe": ("cook a vegetarian curry", "bake a chocolate cake", "make soup from pumpkin"),
    "translation": ("translate this letter into French", "translate a page to Spanish", "put this into German"),
    "flight": ("book a flight to Lisbon", "find cheap flights", "reserve a seat on a plane"),
}
BEGINNINGS = ("How do I", "I want to", "Please help me to", "Can you show me how to", "What is the way to")
FURTHER = ("I would like to", "Is it possible to")


def messages(beginnings, day):
    """One event per beginning and subject, all of one day, each in a session of its own."""
    said = [f"{beginning} {rest}" for rests in SUBJECTS.values() for beginning, rest in product(beginnings, rests)]
    return [
        {
            "event_id": text,
            "name": "message",
            "session_id": f"session of {text}",
            "timestamp": f"2026-03-{day:02}T10:00:00+00:00",
            "metadata": {"prompt": text},
        }
        for text in said
    ]


class Product:
    """An installation with one project, and what its marts and its topic model say."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.turret = Turret(folder / "home")
        self.turret.create_project("Assistant")

    def day(self, name, events):
        """Import a day's events and run the pipeline; the published topic of each message."""
        file = self.folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        assert self.turret.json("import", str(file), "--project", "Assistant")["accepted"] == len(events)
        return self.run()

    def run(self, *options: str):
        result = self.turret.json("run", *options)
        assert result["success"], result["failures"]
        with duckdb.connect(Home(self.turret.home).published.resolve(), read_only=True) as connection:
            rows = connection.execute("select event_id, topic_status, topic_id from marts.fct_messages").fetchall()
        return {event_id: tuple(found) for event_id, *found in rows}

    def ask(self, sql):
        with duckdb.connect(Home(self.turret.home).warehouse, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def test_few_new_texts_cost_no_refit_many_do_and_ids_stay(tmp_path):
    product = Product(tmp_path)
    first = product.day("first", messages(BEGINNINGS, 1))
    assert {status for status, _ in first.values()} == {"assigned"}
    few = messages(FURTHER[:1], 2)[:8]
    second = product.day("second", few)
    assert {event_id: second[event_id] for event_id in first} == first
    assert {second[event["event_id"]] for event in few} <= set(first.values())
    assert product.run("--force") == second
    third = product.day("third", messages(FURTHER[1:], 3))
    kept = [third[event_id] == found for event_id, found in first.items()]
    assert sum(kept) >= 0.75 * len(kept)
    reasons = product.ask("select is_refit, reason from ml.topic_fits order by recorded_at")
    assert reasons == [(True, "first fit"), (False, None), (True, "29% more texts since the last full fit")]
    said = product.ask("select distinct topic_id from ml.text_topics where topic_id is not null")
    assert {topic_id for (topic_id,) in said} == {topic_id for _, topic_id in third.values() if topic_id}
