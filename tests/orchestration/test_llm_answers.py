"""The model's answers outlive the process: the same naming costs nothing the second time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts.settings import load_settings
from ml.naming.labellers import TopicTexts, make_budget, make_labeller
from orchestration.topics.naming import WarehouseResponseCache
from orchestration.warehouse.resource import create_tables
from tests.factories.openai_endpoint import Reply, serve_endpoint

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["I forgot my password", "reset my password please"]


def test_kept_answers_give_back_what_was_put(tmp_path: Path):
    with duckdb.connect(tmp_path / "w.duckdb") as connection:
        create_tables(connection)
        answers = WarehouseResponseCache(connection)
        assert answers.get("a") is None
        answers.put("a", "first")
        answers.put("a", "second")
        answers.put("b", "other")
    with duckdb.connect(tmp_path / "w.duckdb") as connection:
        assert [WarehouseResponseCache(connection).get(request) for request in "abc"] == ["second", "other", None]


@pytest.mark.parametrize("max_calls", [0, 100])
def test_make_labeller_with_kept_answers_pays_once_over_restarts(tmp_path: Path, max_calls: int):
    with serve_endpoint() as endpoint:
        endpoint.plan = [_name]
        labels = []
        for calls in (100, max_calls):
            settings = load_settings(llm_base_url=endpoint.address, llm_max_calls=calls)
            with duckdb.connect(tmp_path / "w.duckdb") as connection:
                create_tables(connection)
                budget = make_budget(settings)
                labeller = make_labeller(settings, None, budget, WarehouseResponseCache(connection))
                labels.append(labeller.label([TopicTexts("top_p", TEXTS, TEXTS, [1, 1])]))
        assert labels[0] == labels[1]
        assert labels[0][0].source == "llm"
        assert len(endpoint.requests) == 1
        assert budget.as_metadata() == {
            "llm_calls": 0,
            "llm_tokens": 0,
            "llm_cached_answers": 1,
            "llm_requests_left_out": 0,
        }


def _name(_: dict[str, Any]) -> Reply:
    content = json.dumps({"topics": [{"number": 1, "label": "Password reset", "description": "Lost passwords."}]})
    return Reply(json.dumps({"id": "x", "choices": [{"index": 0, "message": {"content": content}}]}).encode())
