"""SQL over one project's part of the marts; each query runs in a process of its own, see `sql_process.py`."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.api.formats import MEDIA_TYPES
from dashboard.api.problems import ApiProblem, retry_later
from dashboard.api.sql_process import DIED, DONE, START_S, TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.requests import Request

TIMEOUT_S = 10.0
"""Seconds for the query alone; the process then ends itself."""
PATIENCE_S = 5.0
AT_ONCE = 2
"""Maximum number of queries at the same time; each has threads of its own."""
MAX_ROWS = 10_000
USUAL_ROWS = 100
MAX_BODY_BYTES = 100_000
_SAFE_INTEGER = 2**53


class SqlQuestion(BaseModel):
    """A query in SQL."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, description="One SELECT over the marts, in DuckDB's SQL.")
    limit: int = Field(USUAL_ROWS, ge=1, le=MAX_ROWS, description="Maximum number of rows.")


class SqlColumn(BaseModel):
    """A column of a result."""

    name: str
    type: str = Field(description="DuckDB type.")


class SqlAnswer(BaseModel):
    """The rows of a SQL query."""

    version: str = Field(description="The published version that the rows come from.")
    details_from: date | None = Field(
        description="Marts with a row for each session or part of one have those that began on this day or later; null "
        "if they have all."
    )
    columns: list[SqlColumn]
    data: list[dict[str, Any]]
    is_cut: bool = Field(description="Whether there are more rows than `limit`.")


@dataclass(frozen=True)
class SqlResult:
    """The result of a SQL query.

    Attributes:
        columns: unique names, with DuckDB types.
        table: the rows, with the same names.
        is_cut: whether the result has more rows.
    """

    columns: list[tuple[str, str]]
    table: pa.Table
    is_cut: bool

    def document(self, version: str, details_from: date | None) -> dict[str, Any]:
        """Return the result as a JSON object."""
        columns = [{"name": name, "type": kind} for name, kind in self.columns]
        about = {"version": version, "details_from": details_from}
        return about | {"columns": columns, "data": self.rows, "is_cut": self.is_cut}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as plain values: whole decimals become integers, other decimals floats.

        Raises:
            ApiProblem: 422: a value cannot be represented in JSON.
        """
        names = self.table.column_names
        columns = [_plain_values(name, column) for name, column in zip(names, self.table.columns, strict=True)]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


async def sql_question(request: Request) -> tuple[SqlQuestion, str | None]:
    """Parse a request's query and the format that it names.

    Raises:
        ApiProblem: 400: a parameter is unknown, missing or not allowed; 413: the body is too long.
    """
    given: dict[str, Any] = dict(request.query_params)
    format_ = given.pop("format", None)
    if format_ not in {None, *MEDIA_TYPES}:
        raise ApiProblem(400, f"format is {format_[:100]!r}; allowed are {', '.join(MEDIA_TYPES)}.")
    if request.method == "POST":
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise ApiProblem(413, f"The body has more than {MAX_BODY_BYTES} bytes.")
        try:
            read = json.loads(body)
        except (ValueError, RecursionError):
            raise ApiProblem(400, 'The body is not JSON; send an object such as {"query": "select 1"}.') from None
        given |= read if isinstance(read, dict) else {"body": read}
    try:
        return SqlQuestion.model_validate(given), format_
    except ValidationError as error:
        detail = error.errors()[0]
        name, reason = str(detail["loc"][0])[:100], detail["msg"].removeprefix("Input should be ")
        sentence = {
            "missing": "The query is missing; give one SELECT.",
            "extra_forbidden": f"Unknown parameter {name!r}; allowed are format, limit and query.",
        }.get(detail["type"], f"{name} is {str(detail['input'])[:100]!r}; allowed is {reason}.")
        raise ApiProblem(400, sentence) from None


class SqlFailedError(ApiProblem):
    """The SQL failed. The message is DuckDB's and may quote values of rows."""


class SqlRunner:
    """Runs queries in processes of their own, a few at a time."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._places = threading.Semaphore(AT_ONCE)
        self._template = _Template()

    def run(self, file: Path, project_id: str, question: SqlQuestion) -> SqlResult:
        """Run SQL over a project's part of a published file.

        Raises:
            SqlFailedError: 422: the SQL fails.
            ApiProblem: 422: the SQL is refused or takes too long; 503: too many queries are running.
        """
        if not self._places.acquire(timeout=PATIENCE_S):
            raise retry_later(503, "Too many queries are running; try again later.", int(PATIENCE_S))
        try:
            answer = self._ask(
                {"file": str(file), "project_id": project_id, "sql": question.query, "limit": question.limit}
            )
        finally:
            self._places.release()
        header, _, arrow = answer.partition(b"\n")
        if not header:
            raise ApiProblem(422, "The query needs more memory or time than one query may use.")
        told = json.loads(header)
        if "error" in told:
            raise (SqlFailedError if told["quotes"] else ApiProblem)(422, told["error"])
        names = unique_names([name for name, _ in told["columns"]])
        table = pa.ipc.open_stream(io.BytesIO(arrow)).read_all().rename_columns(names)
        return SqlResult(
            [(name, kind) for name, (_, kind) in zip(names, told["columns"], strict=True)], table, told["is_cut"]
        )

    def _ask(self, request: dict[str, Any]) -> bytes:
        asked = json.dumps(request | {"seconds": self._timeout_s}).encode()
        patience_s = self._timeout_s + 2 * START_S
        # A template that was about to end takes a request with it; a new one does not.
        answer = self._template.ask(asked, patience_s) or self._template.ask(asked, patience_s)
        said, end = answer[:-1], answer[-1:]
        if end == TIMED_OUT:
            raise ApiProblem(422, f"The query took longer than {self._timeout_s:g} s and was ended.")
        return said if end == DONE else b""


class _Template:
    """The process that forks one for each request; it is started when it is first needed, or has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._end: Callable[[], object] = lambda: None

    def ask(self, request: bytes, patience_s: float) -> bytes:
        """Return the whole answer to a request, how it ended as its last byte; empty where there was no answer."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._hand_over(theirs)
            ours.settimeout(patience_s)
            try:
                ours.sendall(request)
                ours.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: ours.recv(1 << 16), b""))
            except TimeoutError:
                return DIED
            except OSError:
                return b""

    def _hand_over(self, asker: socket.socket) -> None:
        with self._lock:
            if self._process is not None and self._requests is not None and self._process.poll() is None:
                with suppress(OSError):  # it has ended meanwhile
                    socket.send_fds(self._requests, [b"\n"], [asker.fileno()])
                    return
            self._end()
            self._requests, theirs = socket.socketpair()
            # -P: modules come from where Turret is installed, never from the folder it was started in.
            command = [sys.executable, "-P", "-m", "dashboard.api.sql_process", str(theirs.fileno())]
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603  # ours
                    command,
                    env={"OPENBLAS_NUM_THREADS": "1"},  # a thread of numpy's would be lost in a fork
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            self._end = weakref.finalize(self, _end_template, self._process, self._requests)
            socket.send_fds(self._requests, [b"\n"], [asker.fileno()])


def _end_template(process: subprocess.Popen[bytes], requests: socket.socket) -> None:
    requests.close()
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:  # it is still starting
        process.kill()
        process.wait()


def unique_names(names: list[str]) -> list[str]:
    """Number repeated names, because the keys of a JSON object are unique."""
    unique: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for name in names:
        number, candidate = numbers.get(name, 0), name
        while candidate in unique:
            number += 1
            candidate = f"{name}_{number}"
        unique[candidate] = None
        numbers[name] = number
    return list(unique)


def _plain_values(name: str, column: pa.ChunkedArray) -> list[Any]:
    try:
        return [_plain(value) for value in column.to_pylist()]
    except (ValueError, OverflowError):  # such as a date after the year 9999, or a row type without field names
        raise ApiProblem(
            422, f"A value of column {name[:100]!r} cannot be written as JSON; cast it to varchar."
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value) if abs(value) < _SAFE_INTEGER else str(value)
        return float(value)
    return value
