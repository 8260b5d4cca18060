"""The dbt project's macros without dbt: the SQL of one of them, for one engine."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from tests.factories.dbt_factory import DBT_PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = ("hashes", "json", "lists", "text", "time", "types")
"""Files of macros that need nothing of dbt but its dispatch, and may use each other's."""


def macro_sql(engine: str, name: str, *arguments: object) -> str:
    """Return the SQL of a macro as dbt renders it.

    Args:
        engine: `duckdb` or `spark`.
        name: the macro, as models call it.
        arguments: SQL, as models pass it.

    Raises:
        AttributeError: there is no such macro.
    """
    return str(getattr(_macros(engine), name)(*arguments))


@cache
def _macros(engine: str) -> Any:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - this renders SQL
    text = "\n".join((DBT_PROJECT / "macros" / f"{name}.sql").read_text() for name in FILES)

    class Adapter:
        """Finds the engine's variant of a macro."""

        @staticmethod
        def dispatch(name: str, _package: str) -> Callable[..., str]:
            found: Callable[..., str] = getattr(module, f"{engine}__{name}")
            return found

    variables = {"placeholder_ids": ["", "undefined", "(null)"]}
    template = environment.from_string(text, globals={"adapter": Adapter, "return": str, "var": variables.__getitem__})
    module = template.module
    return module
