#!/usr/bin/env bash
# The sum of whole numbers loses digits on its way from DuckDB to Parquet, while the same query's own answer has them.
#
# Versions: duckdb 1.5.6, pyarrow 26.0.1.
# Expected: the sum of a BIGINT column written by COPY … TO … (FORMAT parquet) is read back as the number that the query
#   returns: as an integer, as a decimal, or not written at all but refused.
# Seen: sum(BIGINT) is a HUGEINT, for which Parquet has no type, and COPY writes it as DOUBLE. 9007199254740993 comes
#   back as 9007199254740992. Casting the sum to BIGINT keeps it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6 pyarrow==26.0.1 2>/dev/null
(cd "$folder" && venv/bin/python - <<'PYTHON') | tee "$folder/seen"
import duckdb
import pyarrow.parquet as parquet

duckdb.sql("create table tokens as select 9007199254740993::bigint as n")
for name, total in (("sum", "sum(n)"), ("cast", "sum(n)::bigint")):
    duckdb.sql(f"copy (select {total} as total from tokens) to '{name}.parquet' (format parquet)")
    written = parquet.read_table(f"{name}.parquet")
    (answered,) = duckdb.sql(f"select {total} from tokens").fetchone()
    print(total, "answers", answered, "and writes", int(written["total"][0].as_py()), "as", written.schema.field(0).type)
PYTHON
diff "$folder/seen" - <<'SEEN'
sum(n) answers 9007199254740993 and writes 9007199254740992 as double
sum(n)::bigint answers 9007199254740993 and writes 9007199254740993 as int64
SEEN
