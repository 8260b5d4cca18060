#!/usr/bin/env bash
# Messages per day in local time: DuckDB's time_bucket and date_trunc put the same moment on different days.
#
# Version: duckdb 1.5.6.
# Expected: with `set TimeZone` a TIMESTAMPTZ is shown, cast and truncated in that zone. So a bucket of one day begins
#   at the zone's midnight, as date_trunc('day', …) and a cast to DATE have it.
# Seen: time_bucket's days and weeks begin at midnight in UTC whatever the session's zone is, which it shows as 02:00 in
#   Berlin's summer. A message at half past midnight counts for the day before. The zone as a third argument of
#   time_bucket gives local days; six-hour buckets stand two hours off as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import duckdb

duckdb.sql("set TimeZone = 'Europe/Berlin'")
for expression in (
    "moment",
    "date_trunc('day', moment)",
    "moment::date",
    "time_bucket(interval '1 day', moment)",
    "time_bucket(interval '1 day', moment, 'Europe/Berlin')",
    "date_trunc('week', moment)",
    "time_bucket(interval '1 week', moment)",
    "time_bucket(interval '6 hours', moment)",
):
    query = f"select ({expression})::varchar from (select timestamptz '2026-07-06 00:30:00+02' as moment)"
    print(f"{expression}:", *duckdb.sql(query).fetchone())
PYTHON
diff "$folder/seen" - <<'SEEN'
moment: 2026-07-06 00:30:00+02
date_trunc('day', moment): 2026-07-06 00:00:00+02
moment::date: 2026-07-06
time_bucket(interval '1 day', moment): 2026-07-05 02:00:00+02
time_bucket(interval '1 day', moment, 'Europe/Berlin'): 2026-07-06 00:00:00+02
date_trunc('week', moment): 2026-07-06 00:00:00+02
time_bucket(interval '1 week', moment): 2026-06-29 02:00:00+02
time_bucket(interval '6 hours', moment): 2026-07-05 20:00:00+02
SEEN
