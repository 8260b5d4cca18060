"""Decide which SQL may run: one SELECT over the marts, judged by DuckDB's own parse tree.

DuckDB has no access rights. Its parser returns a statement as a tree (`json_serialize_sql`). Every node of the tree
must be of a kind that is known to be harmless, every table a mart or a name that the statement defines, and every
function one that only computes. What a later DuckDB adds is refused until it is listed here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contracts.tables import MARTS, MARTS_SCHEMA

if TYPE_CHECKING:
    import duckdb

_NODES = frozenset(
    {
        *("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"),
        *("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "EMPTY_FROM"),
        *("ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"),
        *("ORDER_DEFAULT", "ASCENDING", "DESCENDING"),
    }
)
"""Kinds of nodes that are not expressions. SHOW_REF, the node of DESCRIBE and SHOW, would list other tables too."""
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
_WINDOW_FUNCTIONS = frozenset(
    {
        *("row_number", "rank", "rank_dense", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"),
        *("first_value", "last_value", "nth_value", "fill", "first", "last"),
    }
)
_CLOCK = frozenset(
    {"now", "today", "current_date", "get_current_time", "get_current_timestamp", "transaction_timestamp"}
)
_MACROS = frozenset(
    {
        *("ago", "array_append", "array_prepend", "array_reverse", "array_to_string", "date_add", "days_in_month"),
        *(
            "fdiv",
            "fmod",
            "geomean",
            "geometric_mean",
            "json",
            "json_group_array",
            "json_group_object",
            "list_any_value",
        ),
        *("list_append", "list_avg", "list_count", "list_first", "list_last", "list_max", "list_median", "list_min"),
        *("list_mode", "list_prepend", "list_product", "list_reverse", "list_stddev_pop", "list_stddev_samp"),
        *("list_string_agg", "list_sum", "list_var_pop", "list_var_samp", "map_contains_entry", "map_contains_value"),
        *("md5_number_lower", "nullif", "regexp_split_to_table", "round_even", "split_part", "wavg", "weighted_avg"),
    }
)
_NOT_COMPUTING = frozenset(
    {
        *("current_setting", "getvariable", "json_serialize_sql", "json_deserialize_sql", "json_serialize_plan"),
        *("parse_duckdb_log_message", "version", "vector_type", "stats", "constant_or_null", "create_sort_key"),
    }
)
"""Functions that DuckDB calls consistent, although they reveal the installation or plan other SQL."""
MAX_CHARACTERS = 20_000
MAX_DEPTH = 200


class SqlRefusedError(ValueError):
    """The SQL may not run; the message says why in one sentence."""


@dataclass
class Guard:
    """Checks SQL on a connection of its own, which holds no data.

    Args:
        connection: an empty database in memory.
    """

    connection: duckdb.DuckDBPyConnection
    _functions: frozenset[str] = field(init=False)
    _internal: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        computing = (
            "select distinct lower(function_name) from duckdb_functions() "
            "where function_type = 'aggregate' or (function_type = 'scalar' and stability = 'CONSISTENT')"
        )
        names = {name for (name,) in self.connection.execute(computing).fetchall()}
        self._functions = frozenset(names | _CLOCK | _MACROS | _WINDOW_FUNCTIONS | {"unnest"}) - _NOT_COMPUTING
        views = self.connection.execute("select lower(view_name) from duckdb_views()").fetchall()
        self._internal = frozenset(name for (name,) in views)

    def check(self, sql: str) -> None:
        """Check a SQL text.

        Raises:
            SqlRefusedError: it is not a single SELECT, or reads or calls something that is not allowed.
        """
        if len(sql) > MAX_CHARACTERS:
            raise SqlRefusedError(f"The SQL has {len(sql)} characters; allowed are {MAX_CHARACTERS}.")
        [text] = self.connection.execute("select json_serialize_sql($1::varchar)", [sql]).fetchone() or [None]
        try:
            tree = json.loads(text or "{}")
        except RecursionError:
            raise SqlRefusedError("The SQL is nested too deeply.") from None
        if tree.get("error"):
            raise SqlRefusedError(_parse_error(str(tree.get("error_message", ""))))
        statements = tree.get("statements", [])
        if len(statements) != 1:
            raise SqlRefusedError(f"There are {len(statements)} statements; allowed is one SELECT.")
        self._walk(statements[0].get("node"), self._names_given(statements), 0)

    def _names_given(self, tree: Any) -> frozenset[str]:
        """Return the names that the statement gives to its own parts, such as common table expressions."""
        given: set[str] = set()
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                given |= {str(entry["key"]).lower() for entry in (node.get("cte_map") or {}).get("map", [])}
                given |= {str(node[key]).lower() for key in ("cte_name", "ctename") if node.get(key)}
            waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
        if hidden := given & self._internal:
            raise SqlRefusedError(f"{min(hidden)!r} is the name of a DuckDB system table; choose another name.")
        return frozenset(given)

    def _walk(self, node: Any, given: frozenset[str], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise SqlRefusedError("The SQL is nested too deeply.")
        if isinstance(node, list):
            for one in node:
                self._walk(one, given, depth + 1)
        elif isinstance(node, dict):
            self._check_node(node, given)
            for name, one in node.items():
                if not (name == "value" and node.get("class") == "CONSTANT"):
                    self._walk(one, given, depth + 1)

    def _check_node(self, node: dict[str, Any], given: frozenset[str]) -> None:
        kind = node.get("type")
        if isinstance(kind, str) and "class" not in node and kind not in _NODES and not kind.endswith("_TYPE_INFO"):
            if kind == "SHOW_REF":
                raise SqlRefusedError("DESCRIBE, SHOW and SUMMARIZE are not allowed; /api/v1/tables lists the columns.")
            raise SqlRefusedError(f"{kind} is not allowed; use a plain SELECT.")
        if kind == "BASE_TABLE":
            _check_table(node, given)
        elif kind == "TABLE_FUNCTION":
            self._check_function(node["function"], _TABLE_FUNCTIONS)
        elif "function_name" in node and str(node["function_name"]).lower() not in _TABLE_FUNCTIONS:
            self._check_function(node, self._functions)

    def _check_function(self, node: dict[str, Any], allowed: frozenset[str]) -> None:
        name = str(node.get("function_name", "")).lower()
        is_elsewhere = node.get("catalog") or str(node.get("schema") or "main").lower() not in {"main", "pg_catalog"}
        is_operator = not any(letter.isalpha() for letter in name)
        if is_elsewhere or not (name in allowed or (is_operator and allowed is self._functions)):
            raise SqlRefusedError(f"The function {name!r} is not allowed; only functions that compute values are.")


def _check_table(node: dict[str, Any], given: frozenset[str]) -> None:
    name, schema = str(node["table_name"]).lower(), str(node.get("schema_name") or "").lower()
    is_mart = name in {mart.name for mart in MARTS} and schema in {"", MARTS_SCHEMA}
    if node.get("catalog_name") or node.get("at_clause") or not (is_mart or (not schema and name in given)):
        path = ".".join(
            part for part in (node.get("catalog_name"), node.get("schema_name"), node["table_name"]) if part
        )
        raise SqlRefusedError(f"There is no table {path[:100]!r}; /api/v1/tables lists the tables.")


def _parse_error(words: str) -> str:
    if words.startswith("Only SELECT"):
        return "Only one SELECT is allowed."
    return f"DuckDB cannot read the SQL: {' '.join(words.split(chr(10) + 'LINE ', maxsplit=1)[0].split())}."
