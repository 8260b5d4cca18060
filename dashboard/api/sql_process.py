"""A process that runs one query of a client: it sees one project, and the operating system limits it.

DuckDB looks at an interrupt only between chunks of rows: a single call that builds a long text can run for most of a
minute. A process can be killed at any moment without harm, and holds no key and no other open file.

The request is JSON on standard input. The answer on standard output is a line of JSON, followed by Arrow on success.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import secrets
import signal
import sys
from typing import Any

import duckdb
import pyarrow as pa

from contracts.home import PROJECT_ID_PATTERN
from contracts.tables import MARTS, MARTS_SCHEMA, NARROW
from dashboard.api.sql_guard import Guard, SqlRefusedError

MEMORY_BYTES = 512 << 20
ADDRESS_SPACE_BYTES = 4 << 30
"""Limit of the whole process: DuckDB's memory, its allocations outside that account, and libraries."""
CPU_SECONDS = 30
MAX_ANSWER_BYTES = 32 << 20
ROWS_AT_ONCE = 1_000
MAX_COLUMNS = 1_000
THREADS = 2
LOSSY = frozenset({"uhugeint", "bignum", "bit", "interval"})
"""Types whose values Arrow loses or writes in another form than a person would."""
BARRIER = 2**63 - 1
"""A limit that no table reaches. DuckDB pushes no condition of a statement below a limit, so neither a condition nor a
failing cast, whose error quotes the value, ever sees a row of another project.
"""


def main() -> None:
    """Answer one request."""
    _limit_process()
    request = json.loads(sys.stdin.buffer.read())
    alias = f"published_{secrets.token_hex(8)}"
    try:
        header, table = _run(request, alias)
    except SqlRefusedError as error:
        header, table = {"error": str(error), "quotes": False}, None
    except (duckdb.Error, MemoryError) as error:
        header, table = {"error": _sentence(error, alias), "quotes": not _is_of_memory(error)}, None
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n")
    if table is not None:
        with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as writer:
            writer.write_table(table)


def _limit_process() -> None:
    wanted = {
        resource.RLIMIT_AS: ADDRESS_SPACE_BYTES,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # macOS has no limit of the address space
            resource.setrlimit(limit, (value, value))


def _run(request: dict[str, Any], alias: str) -> tuple[dict[str, Any], pa.Table]:
    with duckdb.connect(":memory:") as empty:
        Guard(empty).check(request["sql"])
    with _open(request["file"], request["project_id"], alias) as connection:
        # From here on the query runs; the signal's default action ends the process at any point.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        found = connection.sql(request["sql"])
        if len(found.columns) > MAX_COLUMNS:
            raise SqlRefusedError(f"The result has {len(found.columns)} columns; allowed are {MAX_COLUMNS}.")
        columns = [(name, str(kind)) for name, kind in zip(found.columns, found.types, strict=True)]
        batches, n_rows, n_bytes = [], 0, 0
        reader = _without_lossy_types(found).to_arrow_reader(ROWS_AT_ONCE)
        for batch in reader:
            batches.append(batch)
            n_rows += batch.num_rows
            n_bytes += batch.nbytes
            if n_bytes > MAX_ANSWER_BYTES:
                raise SqlRefusedError(
                    f"The result has more than {MAX_ANSWER_BYTES >> 20} MB; select fewer rows or columns."
                )
            if n_rows > request["limit"]:
                break
        table = pa.Table.from_batches(batches, reader.schema).slice(0, request["limit"])
    return {"columns": columns, "is_cut": n_rows > request["limit"]}, table


def _open(file: str, project_id: str, alias: str) -> duckdb.DuckDBPyConnection:
    """Open an empty database whose views are one project's part of the marts."""
    if PROJECT_ID_PATTERN.fullmatch(project_id) is None:
        raise SqlRefusedError("There is no such project.")
    settings: dict[str, Any] = {"memory_limit": f"{MEMORY_BYTES >> 20}MB", "threads": THREADS, "temp_directory": ""}
    settings |= {"preserve_insertion_order": False, "python_enable_replacements": False}
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute(f"attach '{file.replace(chr(39), chr(39) * 2)}' as {alias} (read_only)")
    connection.execute(f"create schema {MARTS_SCHEMA}")
    found = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = $1 and schema_name = $2",
            [alias, MARTS_SCHEMA],
        ).fetchall()
    }
    for mart in MARTS:
        if mart.name in found:
            rows = f"select * from {alias}.{mart.qualified_name} where project_id = '{project_id}' limit {BARRIER}"  # noqa: S608  # ours
            connection.execute(f"create view {mart.qualified_name} as {rows}")
    connection.execute(f"set search_path = '{MARTS_SCHEMA}'")
    connection.execute("set TimeZone = 'UTC'")
    for setting, value in NARROW.items():
        connection.execute(f"set {setting} = {str(value).lower()}")
    return connection


def _without_lossy_types(found: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return the relation with values of the lossy types cast to text."""
    if not any(map(_is_lossy, found.types)):
        return found
    columns = (
        f"cast(#{place} as {_with_text(kind)})" if _is_lossy(kind) else f"#{place}"
        for place, kind in enumerate(found.types, 1)
    )
    return found.project(", ".join(columns))


def _is_lossy(kind: Any) -> bool:
    nested = {"list", "array", "struct", "map", "union"}
    return kind.id in LOSSY or (
        kind.id in nested and any(_is_lossy(one) for _, one in kind.children if not isinstance(one, int))
    )


def _with_text(kind: Any) -> str:
    """Return the same type with text in place of the lossy types."""
    if not _is_lossy(kind):
        return str(kind)
    match kind.id:
        case "list":
            return f"{_with_text(kind.children[0][1])}[]"
        case "array":
            return f"{_with_text(kind.children[0][1])}[{kind.children[1][1]}]"
        case "map":
            return f"map({', '.join(_with_text(one) for _, one in kind.children)})"
        case "struct" if all(name for name, _ in kind.children):
            fields = (f'"{name.replace(chr(34), chr(34) * 2)}" {_with_text(one)}' for name, one in kind.children)
            return f"struct({', '.join(fields)})"
    return "varchar"


def _is_of_memory(error: BaseException) -> bool:
    return isinstance(error, duckdb.OutOfMemoryException | MemoryError)


def _sentence(error: BaseException, alias: str) -> str:
    """Return DuckDB's message without its excerpt of the query and without this process's internal names."""
    words = " ".join(str(error).split("\nLINE ")[0].split()) or "There is not enough memory"
    words = re.sub(rf'"?{alias}"?\.', "", words).replace(alias, "the published file")
    if _is_of_memory(error):
        words = f"The query needs more than {MEMORY_BYTES >> 20} MB of memory"
    return words if words.endswith((".", "!", "?")) else f"{words}."


if __name__ == "__main__":
    main()
