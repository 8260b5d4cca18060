"""Find the boilerplate of each field once, and strip it from every text from then on.

Boilerplate is only ever added, so that a text's vector does not depend on later texts. A field is searched again once
enough new texts have arrived, and only these are searched: boilerplate is kept if it changes enough of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from ml.messages.boilerplate import MIN_TEXTS, Boilerplate, find_boilerplate
from orchestration.embedding.vectors import list_text_fields
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from ml.embedding.embedders import Embedder
    from orchestration.embedding.vectors import TextField

MAX_SAMPLE: Final = 2_000
"""Maximum number of texts in one search."""
_MIN_CHANGED: Final = 0.1
"""Minimum share of the texts that must lose something for boilerplate to be kept."""
_MIN_CHARACTERS: Final = 40
"""Minimum number of characters that texts must lose, once boilerplate is known already."""
_TEXTS_PER_CHUNK: Final = 10_000


def separate_boilerplate(
    connection: duckdb.DuckDBPyConnection, embedder: Embedder, say: Callable[[str], None] = lambda _text: None
) -> None:
    """Search the fields that are due for boilerplate, and store their stripped texts.

    Args:
        connection: a connection to the warehouse.
        embedder: counts the field's texts that are longer than it reads.
        say: receives a sentence about each field with boilerplate.
    """
    connection.execute(read_sql("drop_vanished_boilerplate"))
    connection.execute(read_sql("drop_vanished_own_texts"))
    for text_field in list_text_fields(connection):
        known, n_searched = _read(connection, text_field)
        if text_field.n_texts - n_searched >= _n_due(n_searched):
            known = _search(connection, text_field, known, n_searched, embedder, say)
        if known:
            _store_stripped_texts(connection, text_field, known)


def _n_due(n_searched: int) -> int:
    """Return how many new texts make a search due: half as many as before, within limits."""
    return min(max(MIN_TEXTS, n_searched // 2), MAX_SAMPLE)


def _read(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> tuple[Boilerplate, int]:
    """Return the boilerplate of a field, and its number of texts at the last search."""
    place = {"project_id": text_field.project_id, "field": text_field.field}
    for ngrams, slots, n_texts in connection.execute(read_sql("read_boilerplate"), place).fetchall():
        return Boilerplate(frozenset(ngrams), frozenset(slots)), n_texts
    return Boilerplate(), 0


def _search(  # noqa: PLR0913, PLR0917  # the state of one search
    connection: duckdb.DuckDBPyConnection,
    text_field: TextField,
    known: Boilerplate,
    n_searched: int,
    embedder: Embedder,
    say: Callable[[str], None],
) -> Boilerplate:
    """Search the texts since the last search; keep what is found if it changes enough of them."""
    place = {"project_id": text_field.project_id, "field": text_field.field}
    values = {**place, "n_new": text_field.n_texts - n_searched, "most": MAX_SAMPLE}
    texts = [text for (text,) in connection.execute(read_sql("read_newest_texts"), values).fetchall()]
    grown = known | find_boilerplate(texts)
    least = _MIN_CHARACTERS if known else 1
    n_changed = sum(len(known.strip(text)) - len(grown.strip(text)) >= least for text in texts)
    is_other = n_changed >= max(_MIN_CHANGED * len(texts), 1)
    found = grown if is_other else known
    connection.begin()
    if is_other:
        connection.execute("delete from ml.own_texts where project_id = $project_id and field = $field", place)
        n_left = sum(len(found.strip(text)) for text in texts)
        say(
            f"{text_field.project_id}: nearly all texts in {text_field.field!r} share "
            f"{1 - n_left / sum(map(len, texts)):.0%} of their characters, which topics ignore"
        )
    _write(connection, text_field, found, embedder.count_long(texts) / len(texts), is_other=is_other)
    connection.commit()
    return found


def _write(
    connection: duckdb.DuckDBPyConnection,
    text_field: TextField,
    found: Boilerplate,
    long_share: float,
    *,
    is_other: bool,
) -> None:
    place = {"project_id": text_field.project_id, "field": text_field.field}
    former = connection.execute(
        "delete from ml.boilerplate where project_id = $project_id and field = $field returning found_at", place
    ).fetchall()
    now = datetime.now(UTC).replace(tzinfo=None)
    searched = {
        "ngrams": sorted(found.ngrams),
        "slots": sorted(found.slots),
        "n_texts": text_field.n_texts,
        "long_share": long_share,
        "found_at": now if is_other or not former else former[0][0],
    }
    connection.execute(read_sql("insert_boilerplate"), {**place, **searched})


def _store_stripped_texts(connection: duckdb.DuckDBPyConnection, text_field: TextField, known: Boilerplate) -> None:
    """Strip and store the field's new texts."""
    place = {"project_id": text_field.project_id, "field": text_field.field}
    connection.execute(read_sql("stage_new_texts"), place)
    done = 0
    statement = "select text_hash, text from new_texts where place between ? and ? order by place"
    while rows := connection.execute(statement, [done + 1, done + _TEXTS_PER_CHUNK]).fetchall():
        hashes, texts = zip(*rows, strict=True)
        done += len(rows)
        stripped = pa.table({"text_hash": hashes, "own_text": [known.strip(text) for text in texts]})
        connection.register("stripped", stripped)
        connection.execute(read_sql("insert_own_texts"), place)
        connection.unregister("stripped")
    connection.execute("drop table new_texts")
