#!/usr/bin/env bash
# One user, two files, two ids: read_json rewrites ids in capitals in one file and leaves them alone in the other.
#
# Version: duckdb 1.5.6.
# Expected: a string in JSON is read as it is written, whatever else the file holds. iOS writes UUIDs in capitals.
# Seen: where all ids of a file are UUIDs, read_json takes the column for UUID, which prints in small letters and with
#   hyphens. One guest id in the file, and all ids there stay text in capitals. Loading a day of each into one table of
#   texts counts a user twice and joins with nothing. `columns` or `auto_detect=false` keeps the text.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6 2>/dev/null
(cd "$folder" && venv/bin/python - <<'PYTHON') | tee "$folder/seen"
import duckdb

DAYS = {
    "monday": '{"user_id": "6F1C0B5E-8D1A-4C55-9E0B-2A7D3C4E5F60"}\n',
    "tuesday": '{"user_id": "6F1C0B5E-8D1A-4C55-9E0B-2A7D3C4E5F60"}\n{"user_id": "guest-1"}\n',
}
duckdb.sql("create table users (user_id varchar)")
for day, lines in DAYS.items():
    with open(f"{day}.jsonl", "w") as file:
        file.write(lines)
    duckdb.sql(f"insert into users select user_id from read_json('{day}.jsonl')")
    first = duckdb.sql(f"select typeof(user_id), user_id::varchar from read_json('{day}.jsonl') limit 1").fetchall()[0]
    print(f"{day}:", *first)
counted = "select count(distinct user_id) from users where user_id not like 'guest%'"
print("users counted, guest apart:", *duckdb.sql(counted).fetchall()[0])
texts = "select user_id from read_json('monday.jsonl', columns = {user_id: 'varchar'})"
print("monday with a declared type:", *duckdb.sql(texts).fetchall()[0])
PYTHON
diff "$folder/seen" - <<'SEEN'
monday: UUID 6f1c0b5e-8d1a-4c55-9e0b-2a7d3c4e5f60
tuesday: VARCHAR 6F1C0B5E-8D1A-4C55-9E0B-2A7D3C4E5F60
users counted, guest apart: 2
monday with a declared type: 6F1C0B5E-8D1A-4C55-9E0B-2A7D3C4E5F60
SEEN
