"""A process for each query of a client: it sees one project, and the operating system limits it.

DuckDB looks at an interrupt only between chunks of rows: a single call that builds a long text can run for most of a
minute. A process can be killed at any moment without harm, and holds no key and no other open file.

Loading DuckDB and Arrow costs ten times what a small query does. So a template process loads them once, runs no query
of a client, and forks a process for each. It gets requests over a socket, as the descriptor of another socket. There
the request is JSON up to the end of the stream; the answer is a line of JSON, Arrow on success, and a last byte that
says how the process ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import secrets
import signal
import socket
import sys
from typing import Any, NoReturn

import duckdb
import pyarrow as pa

from contracts.home import PROJECT_ID_PATTERN
from contracts.tables import MARTS, MARTS_SCHEMA, NARROW
from dashboard.api.sql_guard import Guard, SqlRefusedError

MEMORY_BYTES = 512 << 20
ADDRESS_SPACE_BYTES = 4 << 30
"""Limit of the whole process: DuckDB's memory, its allocations outside that account, and libraries."""
CPU_SECONDS = 30
IDLE_S = 600.0
"""Seconds without a request after which the template ends; the next request starts another."""
START_S = 30.0
"""Seconds until a process is ready; a busy machine may need several."""
DONE, TIMED_OUT, DIED = b"\0", b"\1", b"\2"
"""How a process ended; the last byte of each answer."""
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
    """Be the template: fork for each request that comes over the socket whose descriptor is the argument."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    requests.settimeout(IDLE_S)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; it ends with the dashboard
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    _load_modules()
    while True:
        try:
            _, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
        except TimeoutError:
            return
        if not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as asker:
            if os.fork() == 0:
                requests.close()
                _answer(asker)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _load_modules() -> None:
    """Let DuckDB load what it needs for a bound value, pandas among it; no thread of it is left for a fork to lose."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("select $1", ["loaded"]).fetchall()


def _answer(asker: socket.socket) -> NoReturn:
    """Answer one request in a process of its own, watch it, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end = DIED
    try:
        worker = os.fork()
        if worker == 0:
            _work(asker)
        _, status = os.waitpid(worker, 0)
        if status == 0:
            end = DONE
        elif os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
            end = TIMED_OUT
    finally:
        with contextlib.suppress(OSError):  # whoever asked may be gone
            asker.sendall(end)
        os._exit(0)


def _work(asker: socket.socket) -> NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, START_S)
        _limit_process()
        with asker.makefile("rb") as asked:
            request = json.loads(asked.read())
        header, table = _outcome(request)
        with asker.makefile("wb") as out:
            out.write(json.dumps(header).encode() + b"\n")
            if table is not None:
                with pa.ipc.new_stream(out, table.schema) as writer:
                    writer.write_table(table)
        status = 0
    finally:
        os._exit(status)


def _outcome(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table | None]:
    alias = f"published_{secrets.token_hex(8)}"
    try:
        return _run(request, alias)
    except SqlRefusedError as error:
        return {"error": str(error), "quotes": False}, None
    except (duckdb.Error, MemoryError) as error:
        return {"error": _sentence(error, alias), "quotes": not _is_of_memory(error)}, None


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
