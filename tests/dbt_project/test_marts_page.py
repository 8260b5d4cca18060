"""docs/marts.md names every table and column of the contracts, and its queries run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.factories.marts_page import page_parts, rendered_tables

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Built


QUERIES = re.findall(r"^(\S[^\n]*\?)\n\n```sql\n(.*?)```", page_parts()[0], flags=re.MULTILINE | re.DOTALL)


def test_tables_of_the_page_equal_the_contracts():
    assert page_parts()[1] == rendered_tables(), "run `python -m tests.factories.marts_page`"


def test_every_query_of_the_page_is_found():
    assert len(QUERIES) == page_parts()[0].count("```sql") >= 10


@pytest.mark.parametrize("sql", [sql for _, sql in QUERIES], ids=[question for question, _ in QUERIES])
def test_query_of_the_page_answers(built: Built, sql: str):
    assert built.rows(sql)
