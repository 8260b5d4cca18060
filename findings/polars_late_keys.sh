#!/usr/bin/env bash
# A key that first appears after line 100 of a JSON Lines file: polars drops it, though it refuses other late changes.
#
# Versions: polars 2.1.0, pyarrow 26.0.1, duckdb 1.5.6.
# Expected: read_ndjson infers types from the first 100 lines. A line that does not fit is an error, as it is where a
#   whole number becomes a fraction or a text; so a key that is new there is an error too, or a column.
# Seen: the new key vanishes, at the top level and inside an object, without error or warning. An event's property that
#   was introduced during the day is missing from the whole file. pyarrow and DuckDB give it a column.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1 \
  duckdb==1.5.6 2>/dev/null
(cd "$folder" && venv/bin/python - <<'PYTHON') | tee "$folder/seen"
import json

import duckdb
import polars
import pyarrow.json


def write(name, late):
    with open(name, "w") as file:
        for number in range(150):
            file.write(json.dumps({"n": number, "metadata": {"plan": "pro"}} if number < 120 else late) + "\n")


write("type.jsonl", {"n": 0.5, "metadata": {"plan": "pro"}})
try:
    polars.read_ndjson("type.jsonl")
except polars.exceptions.ComputeError as error:
    print("polars, a fraction in line 121:", type(error).__name__)
write("key.jsonl", {"n": 1, "model": "small", "metadata": {"plan": "pro", "city": "Rome"}})
print("polars, new keys in line 121:", polars.read_ndjson("key.jsonl").row(-1, named=True))
print("pyarrow:", pyarrow.json.read_json("key.jsonl").to_pylist()[-1])
print("duckdb:", duckdb.sql("select * from 'key.jsonl' where model is not null limit 1").fetchone())
PYTHON
diff "$folder/seen" - <<'SEEN'
polars, a fraction in line 121: ComputeError
polars, new keys in line 121: {'n': 1, 'metadata': {'plan': 'pro'}}
pyarrow: {'n': 1, 'metadata': {'plan': 'pro', 'city': 'Rome'}, 'model': 'small'}
duckdb: (1, {'plan': 'pro', 'city': 'Rome'}, 'small')
SEEN
