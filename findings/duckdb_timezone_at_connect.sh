#!/usr/bin/env bash
# DuckDB's time zone cannot be given when a connection is opened, though it can be set on the open connection.
#
# Version: duckdb 1.5.6.
# Expected: duckdb.connect(config={"TimeZone": "UTC"}) opens a database whose sessions are in UTC, as `set TimeZone`
#   does; the icu extension, which the setting belongs to, is linked into the package.
# Seen: connecting raises an InvalidInputException, which asks for icu to be loaded, though duckdb_extensions() says of
#   the next connection that it is loaded and STATICALLY_LINKED. `set TimeZone = 'UTC'` works there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6 2>/dev/null
(cd "$folder" && venv/bin/python - <<'PYTHON') | tee "$folder/seen"
import duckdb

try:
    duckdb.connect(config={"TimeZone": "UTC"})
except duckdb.Error as error:
    print("at connect:", type(error).__name__)
connection = duckdb.connect()
icu = "select loaded, install_mode from duckdb_extensions() where extension_name = 'icu'"
print("icu:", *connection.execute(icu).fetchone())
connection.execute("set TimeZone = 'UTC'")
print("set afterwards:", *connection.execute("select current_setting('TimeZone')").fetchone())
PYTHON
diff "$folder/seen" - <<'SEEN'
at connect: InvalidInputException
icu: True STATICALLY_LINKED
set afterwards: UTC
SEEN
