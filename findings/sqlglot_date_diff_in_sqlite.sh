#!/usr/bin/env bash
# DuckDB's date_diff, turned into SQLite by sqlglot: ten years have 121 months, and yesterday evening is 0 days ago.
#
# Versions: sqlglot 30.30.0, duckdb 1.5.6; SQLite as Python brings it.
# Expected: transpile(…, read="duckdb", write="sqlite") gives a query with the same answer, or says that it cannot, as
#   it does for weeks. date_diff counts the calendar's boundaries between two times.
# Seen: no warning, also with unsupported_level=RAISE. Months are divided out as 30 days and years as 365. Days, hours
#   and minutes are whole ones that passed instead of boundaries. Retention by month is wrong without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlglot==30.30.0 duckdb==1.5.6 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import sqlite3

import duckdb
import sqlglot

SPANS = [
    ("year", "2025-12-31 00:00:00", "2026-01-01 00:00:00"),
    ("month", "2016-01-01 00:00:00", "2026-01-01 00:00:00"),
    ("month", "2026-01-31 00:00:00", "2026-02-01 00:00:00"),
    ("day", "2026-01-01 23:00:00", "2026-01-02 01:00:00"),
    ("hour", "2026-01-01 09:59:00", "2026-01-01 10:01:00"),
    ("minute", "2026-01-01 09:59:00", "2026-01-01 10:01:00"),
]
sqlite = sqlite3.connect(":memory:")
for unit, start, end in SPANS:
    query = f"select date_diff('{unit}', timestamp '{start}', timestamp '{end}')"
    (written,) = sqlglot.transpile(query, read="duckdb", write="sqlite", unsupported_level=sqlglot.ErrorLevel.RAISE)
    (by_duckdb,), (by_sqlite,) = duckdb.sql(query).fetchone(), sqlite.execute(written).fetchone()
    print(f"{unit}s from {start} to {end}: duckdb {by_duckdb}, sqlite {by_sqlite}")
PYTHON
diff "$folder/seen" - <<'SEEN'
years from 2025-12-31 00:00:00 to 2026-01-01 00:00:00: duckdb 1, sqlite 0
months from 2016-01-01 00:00:00 to 2026-01-01 00:00:00: duckdb 120, sqlite 121
months from 2026-01-31 00:00:00 to 2026-02-01 00:00:00: duckdb 1, sqlite 0
days from 2026-01-01 23:00:00 to 2026-01-02 01:00:00: duckdb 1, sqlite 0
hours from 2026-01-01 09:59:00 to 2026-01-01 10:01:00: duckdb 1, sqlite 0
minutes from 2026-01-01 09:59:00 to 2026-01-01 10:01:00: duckdb 2, sqlite 1
SEEN
