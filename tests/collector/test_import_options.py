"""Files as other programs write them: taken right, taken with an option, or refused by a sentence that names it."""

from __future__ import annotations

import gzip
import re
import shlex
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import orjson
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from collector.errors import ImportFileError
from collector.imports.saved_maps import save_map, with_map
from contracts.home import Home
from tests.collector.conftest import make_project
from tests.collector.test_import_file import Imported, json_line
from tests.factories.archives import MAKERS
from tests.factories.landed_segments import landed_events
from tests.factories.turret_process import run_turret

GUIDE = Path(__file__).parents[2] / "docs" / "import.md"
NOON = "2026-01-31T12:00:00.000000Z"
CHAT = b"user,said,id\nann,where is my parcel,7\nbob,,8\n"


def times(done: Imported) -> list[str]:
    return [event["occurred_at"] for event in done.events]


def refusal(folder: Path, file_name: str, data: bytes, /, **options: Any) -> str:
    """The sentence that refuses a file; nothing of it has landed."""
    with pytest.raises(ImportFileError) as refused:
        Imported(folder, file_name, data, **options)
    assert landed_events(folder / "home") == []
    return str(refused.value)


# ------------------------------------------------------------------------------------------------------ columns


def test_import_unknown_columns_are_refused_with_options_to_paste(tmp_path: Path):
    says = refusal(tmp_path, "chat.csv", b"conversationId,Created At,said\ns1,2026-01-31T12:00:00Z,hi\n")
    assert "these columns are neither fields of /track nor metadata.<key>: 'conversationId', 'Created At', 's" in says
    options = "--map conversationId=session_id --map 'Created At=timestamp' --map said=metadata.said --name message"
    assert f"this is a guess to correct: {options}. No column looks like a user_id (their users are unknown" in says
    assert "what people said" not in says

    pasted = ["conversationId=session_id", "Created At=timestamp", "said=metadata.said"]
    done = Imported(
        tmp_path,
        "chat.csv",
        b"conversationId,Created At,said\ns1,2026-01-31T12:00:00Z,hi\n",
        mapping=pasted,
        name="message",
    )
    event = done.events[0]
    assert (event["name"], event["session_id"], event["occurred_at"]) == ("message", "s1", NOON)
    assert event["metadata"] == {"said": "hi"}


def test_import_column_without_a_name_is_left_out_as_the_refusal_says(tmp_path: Path):
    table = b"name,metadata.prompt,\nmessage,hello there,\n"  # a comma at the end of each line
    assert "this is a guess to correct: --skip ''." in refusal(tmp_path, "chat.csv", table)
    done = Imported(tmp_path / "pasted", "chat.csv", table, skip=[""])
    assert [event["metadata"] for event in done.events] == [{"prompt": "hello there"}]
    assert not [note for note in done.report.notes if "which --map or --skip names" in note]


def test_import_others_are_taken_into_metadata_or_left_out_as_said(tmp_path: Path):
    rules = {"mapping": ["user=user_id"], "name": "message"}
    taken = Imported(tmp_path, "chat.csv", CHAT, others="metadata", **rules)
    assert [event["metadata"] for event in taken.events] == [{"said": "where is my parcel", "id": "7"}, {"id": "8"}]
    assert [event["user_id"] for event in taken.events] == ["ann", "bob"]

    left = Imported(tmp_path / "x", "chat.csv", CHAT, others="skip", mapping=["said=metadata.prompt"], name="message")
    assert left.report.ignored_columns == ("user", "id")
    assert left.prompts == ["where is my parcel", None]


@pytest.mark.parametrize("others", ["metadata", "skip"])
def test_import_feedback_stays_feedback_whatever_the_options_say_of_events(tmp_path: Path, others: str):
    feedback = orjson.dumps({"type": "feedback", "event_id": "e1", "score": -1, "comment": "bad bot"}) + b"\n"
    done = Imported(
        tmp_path, "mixed.jsonl", json_line(event_id="e1", extra=1) + feedback, others=others, name="message"
    )
    assert [event["name"] for event in done.events] == ["m", "turret.feedback"]
    assert done.events[1]["metadata"] == {"event_id": "e1", "score": -1, "comment": "bad bot"}


def test_import_json_lines_with_unknown_fields_are_refused_by_all_their_names(tmp_path: Path):
    lines = json_line() + json_line(text="lost?") + json_line(chat={"lang": "en"}, note=None)
    says = refusal(tmp_path, "events.jsonl", lines)
    assert (
        "nor metadata.<key>: 'text' (text), 'chat' ({lang}). Map them; this is a guess to correct: "
        "--map text=metadata.text" in says
    )


def test_import_text_that_holds_a_time_is_the_timestamp_whatever_its_name(tmp_path: Path):
    says = refusal(tmp_path, "events.jsonl", json_line(said="2 days late", when="2026-01-31T12:00:00+01:00"))
    assert "'said' (text), 'when' (time as text). Map" in says
    assert "--map said=metadata.said --map when=timestamp" in says


def test_import_list_of_turns_is_text_whatever_its_name_and_missing_fields_are_named(tmp_path: Path):
    turns = [{"role": "user", "content": "hello"}]
    table = pa.table({"conversation": [turns], "k": pa.array([7], pa.int16()), "date": [datetime(2026, 1, 31)]})  # noqa: DTZ001
    pq.write_table(table, tmp_path / "chats.parquet")
    says = refusal(tmp_path, "chats.parquet", (tmp_path / "chats.parquet").read_bytes())
    assert "'conversation' (list of {role, content}), 'k' (int16), 'date' (timestamp[us]). Map" in says
    assert "--map conversation=metadata.conversation --map k=metadata.k --map date=timestamp --name message." in says
    assert "No column looks like a session_id or a user_id (each becomes a session of its own; their users" in says
    assert "what people said" not in says
    assert "--map b=metadata.b --map answered_at=timestamp" in refusal(
        tmp_path, "t.csv", b"b,answered_at,format\n1,2,3\n"
    )
    assert "None looks like what people said" in refusal(tmp_path, "k.csv", b"k\n7\n")
    assert "what people said" not in refusal(tmp_path, "caps.csv", b"Metadata.Prompt\nhello\n")


def test_import_json_row_with_unknown_field_far_down_costs_itself_and_is_kept(tmp_path: Path):
    done = Imported(tmp_path, "events.jsonl", json_line() * 150 + json_line(text="late"))
    assert done.counts == (150, 0, 1)
    assert done.rejected_lines == [151]
    again = Imported(tmp_path, "events.jsonl", done.path.read_bytes(), mapping=["text=metadata.late"])
    assert again.counts == (151, 0, 0)
    assert len({event["event_id"] for event in again.events}) == 151  # the pipeline counts each once


def test_import_dotted_source_reaches_into_objects_and_json_text(tmp_path: Path):
    rules = {"mapping": ["input.question=metadata.prompt", "meta.who.id=user_id"], "name": "chat"}
    nested = {"input": {"question": "why?"}, "meta": {"who": {"id": 7}}}
    as_text = {"input": '{"question": "how?"}', "meta": None}
    done = Imported(tmp_path, "events.jsonl", orjson.dumps(nested) + b"\n" + orjson.dumps(as_text), **rules)
    assert done.prompts == ["why?", "how?"]
    assert done.events[0]["user_id"] == "7"

    nested["input"]["lang"] = "en"  # type: ignore[index]  # what is left of an object is not dropped either
    assert "'input.lang'" in refusal(tmp_path / "x", "events.jsonl", orjson.dumps(nested), **rules)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mapping": ["text"]}, "--map 'text' is not SOURCE=TARGET"),
        ({"mapping": ["text=metadata."]}, "a target is name, session_id"),
        ({"mapping": ["a=name", "b=name"]}, "'b=name' repeats a source or a target of another --map"),
        ({"mapping": ["nothing=name"]}, "has no column 'nothing'; it has 'user', 'said', 'id'"),
        ({"mapping": ["user=metadata.id"], "others": "metadata"}, "two columns that become 'metadata.id'"),
        ({"encoding": "idna"}, "--encoding is 'idna'; write a name such as"),
        ({"encoding": "undefined"}, "--encoding is 'undefined'; write a name such as"),
        ({"others": "keep"}, "--others is 'keep'; allowed are refuse, metadata, skip"),
        ({"time_unit": "h"}, "--time-unit is 'h'; allowed are s, ms, us, ns"),
        ({"time_zone": "Berlin"}, "--time-zone is 'Berlin'; write UTC or a name such as Europe/Berlin"),
        ({"encoding": "ansi"}, "--encoding is 'ansi'; write a name such as cp1252"),
        ({"delimiter": "::"}, "--delimiter is '::'; give one character"),
    ],
)
def test_import_option_that_cannot_be_is_refused_by_its_name(tmp_path: Path, options: dict[str, Any], says: str):
    assert says in refusal(tmp_path, "chat.csv", CHAT, **options)


# -------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_import_numeric_times_need_a_unit_and_are_exact_in_it(tmp_path: Path, unit: str, factor: int):
    moment = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()) * factor
    assert "timestamp is a number; add its unit with --time-unit" in refusal(
        tmp_path / "x", "events.jsonl", json_line(timestamp=moment)
    )
    wrong = 1_000_000 if unit == "s" else 10**9  # in another unit: 1970
    lines = json_line(timestamp=moment) + json_line(timestamp=str(moment)) + json_line(timestamp=wrong)
    done = Imported(tmp_path, "events.jsonl", lines, time_unit=unit)
    assert times(done) == [NOON, NOON]
    assert done.counts == (2, 0, 1)
    assert done.report.firsts == {f"timestamp is in 1970 in {unit}; check --time-unit.": f"line 3, {wrong}"}


def test_import_times_without_offset_need_a_zone_and_clock_changes_are_said(tmp_path: Path):
    rows = [
        "2026-01-31 13:00:00",
        "2026-10-25 02:30:00",
        "2026-03-29 02:30:00",
        "2026-01-31T12:00:00 UTC",
        "2026-01-31",
    ]
    data = "name,metadata.p,timestamp\n" + "".join(f"m,x,{row}\n" for row in rows)
    says = refusal(tmp_path / "x", "events.csv", data[: data.index("2026-10")].rsplit("\n", 1)[0].encode())
    assert says.startswith("Nothing was imported. In line 2, '2026-01-31 13:00:00': timestamp has no offset from UTC;")
    assert "--time-zone UTC" in says

    done = Imported(tmp_path, "events.csv", data.encode(), time_zone="Europe/Berlin")
    assert times(done) == [NOON, "2026-10-25T00:30:00.000000Z", NOON, "2026-01-30T23:00:00.000000Z"]
    assert done.rejected_lines == [4]
    assert "does not exist in Europe/Berlin" in next(iter(done.report.reasons))
    assert "the hour that occurs twice when clocks go back: 1;" in done.report.notes[0]


@pytest.mark.parametrize("nulls", [[], ["NaN", "null"]])
def test_import_ids_that_mean_none_are_said_with_what_takes_them_for_empty(tmp_path: Path, nulls: list[str]):
    head = b"name,session_id,user_id,timestamp,metadata.prompt\n"
    rows = head + b"m,NaN,ada,2026-11-01T10:00:00Z,one\nm,s1,null,2026-11-01T10:00:00Z,two\n"
    done = Imported(tmp_path, "cells.csv", rows, nulls=nulls)
    said = [note for note in done.report.notes if "Ids such as" in note]
    assert len(done.events) == 2
    if nulls:
        assert said == []
        assert {event["session_id_given"] for event in done.events} == {True, False}
    else:
        [note] = said
        assert "'NaN', 'null'" in note
        assert "--null NaN --null null" in note


def test_import_rows_without_sessions_users_and_times_are_taken_and_it_is_said(tmp_path: Path):
    done = Imported(tmp_path, "events.csv", b"name,metadata.prompt\nm,hello\nm,bye\n")
    assert done.report.accepted == 2
    [note] = done.report.notes
    assert note.startswith("No row has a session_id or a user_id or a timestamp: each becomes a session of its own;")


def test_import_times_of_spreadsheets_need_their_form(tmp_path: Path):
    data = b"name,metadata.p,timestamp\nm,x,1/31/2026 13:00\n"
    assert "'1/31/2026 13:00': timestamp is not ISO 8601; add its format" in refusal(tmp_path / "x", "events.csv", data)
    done = Imported(tmp_path, "events.csv", data, time_format="%m/%d/%Y %H:%M", time_zone="Europe/Berlin")
    assert times(done) == [NOON]


@pytest.mark.parametrize(
    ("value", "options", "says"),
    [
        ("03/04/2026", {}, "add --time-format '%m/%d/%Y' if the month comes first, or '%d/%m/%Y' if the day does."),
        (
            "3.4.26 9:05:00",
            {},
            "add --time-format '%m.%d.%y %H:%M:%S' if the month comes first, or '%d.%m.%y %H:%M:%S'",
        ),
        ("31/01/2026 1:00 PM", {}, "add its format, such as --time-format '%d/%m/%Y %I:%M %p'."),
        ("yesterday", {}, "add its format, such as --time-format '%m/%d/%Y %H:%M'."),
        (
            "45322.5",
            {},
            "as spreadsheets count days; add --time-unit excel and the time zone, such as --time-zone UTC.",
        ),
        ("1790000000", {}, "add its unit with --time-unit s, ms, us or ns, or excel for days of a spreadsheet."),
        ("1790000000", {"time_unit": "excel", "time_zone": "UTC"}, "timestamp is no day of a spreadsheet"),
        ("45322.5", {"time_unit": "excel"}, "timestamp has no offset from UTC; add the time zone"),
    ],
)
def test_import_times_of_spreadsheets_get_advice_that_fits(
    tmp_path: Path, value: str, options: dict[str, Any], says: str
):
    assert says in refusal(tmp_path, "e.csv", f"name,metadata.p,timestamp\nm,x,{value}\n".encode(), **options)


def test_import_days_of_a_spreadsheet_are_times_in_their_zone(tmp_path: Path):
    data = b"name,metadata.p,timestamp\nm,x,46053.5416666667\nm,y,46053\n"
    done = Imported(tmp_path, "e.csv", data, time_unit="excel", time_zone="Europe/Berlin")
    assert times(done) == ["2026-01-31T12:00:00.000000Z", "2026-01-30T23:00:00.000000Z"]


def test_import_day_and_month_in_the_wrong_order_are_said_where_a_row_shows_it(tmp_path: Path):
    data = b"name,metadata.p,timestamp\nm,x,03/04/2026\nm,y,31/03/2026\n"
    done = Imported(tmp_path, "e.csv", data, time_format="%m/%d/%Y", time_zone="UTC")
    [reason] = done.report.reasons
    assert reason.endswith("It has '%d/%m/%Y': if all have, day and month of the rows taken have changed places.")


@pytest.mark.parametrize("row", ["m,chat-1,2026-01-31T12:00:00Z,hello", "17,chat-1,ben@example.org,hello"])
def test_import_csv_without_a_header_is_refused_and_taken_with_its_names(tmp_path: Path, row: str):
    data = f"{row}\n{row}\n".encode()
    says = refusal(tmp_path / "x", "e.csv", data, others="metadata", name="m")
    assert "begins with a row instead of column names" in says
    assert "--header session_id,timestamp,metadata.prompt" in says
    done = Imported(tmp_path, "e.csv", data, header="metadata.a, session_id,metadata.b,metadata.prompt", name="m")
    assert done.prompts == ["hello", "hello"]
    assert {event["session_id"] for event in done.events} == {"chat-1"}


# --------------------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("e.csv", "name;metadata.prompt\r\nm;où, là\r\n".encode(), {}),
        ("e.tsv", "name\tmetadata.prompt\nm\toù, là\n".encode(), {}),
        ("e.csv", "name:metadata.prompt\nm:où, là\n".encode(), {"delimiter": ":"}),
        ("e.csv", ' name , metadata.prompt\rm,"où, là"\r'.encode(), {}),
        ("e.csv", 'name,metadata.prompt\nm,"où, là"\n'.encode("utf-16"), {}),
        ("e.csv", 'name,metadata.prompt\nm,"où, là"\n'.encode("cp1252"), {"encoding": "cp1252"}),
        ("e.csv", 'name,metadata.prompt,metadata.x\nm,"où, là",NULL\n'.encode(), {"nulls": ["NULL"]}),
        ("e.jsonl", '{"name":"m","metadata":{"prompt":"où, là"}}\r\n'.encode("utf-16"), {}),
        ("e.jsonl", '{"name":"m","metadata":{"prompt":"où, là"}}\r'.encode("cp1252"), {"encoding": "cp1252"}),
        ("e.jsonl", '[{"name":"m","metadata":{"prompt":"où, là"}}]'.encode(), {}),
        ("e.json", '\ufeff[\n {"name":"m",\n  "metadata":{"prompt":"où, là"}}\n]\n'.encode(), {}),
        ("e.json", '{"name":"m",\n  "metadata":{"prompt":"où, là"}}\n'.encode(), {}),
        ("e.json", '{"name":"m","metadata.prompt":"où, là"}\n'.encode(), {}),
    ],
)
def test_import_text_of_other_programs_is_taken_right(tmp_path: Path, name: str, data: bytes, options: dict[str, Any]):
    done = Imported(tmp_path, name, data, **options)
    assert done.counts == (1, 0, 0)
    assert done.events[0]["metadata"] == {"prompt": "où, là"}


def test_import_csv_with_backslashes_before_quotes_needs_the_escape(tmp_path: Path):
    data = b'name,metadata.prompt\nm,"he said \\"hi\\", twice"\n'
    assert "or see --escape." in next(iter(Imported(tmp_path / "x", "e.csv", data).report.reasons))
    assert Imported(tmp_path, "e.csv", data, escape="\\").prompts == ['he said "hi", twice']


def test_import_bytes_of_another_encoding_name_the_line_and_the_remedy(tmp_path: Path):
    says = refusal(tmp_path / "x", "e.csv", "name,metadata.prompt\nm,où\n".encode("cp1252"))
    assert says == (
        "Nothing was imported. In line 2: The row is not UTF-8; add the encoding, such as --encoding cp1252."
    )
    mixed = Imported(tmp_path, "e.csv", b"name,metadata.prompt\nm,fine\nm,\x81\n", encoding="cp1252")
    assert mixed.prompts == ["fine"]
    assert mixed.report.firsts == {"The row is not CP1252; check --encoding.": "line 3"}
    assert "--encoding utf-16-le" in refusal(tmp_path / "y", "e.csv", "name,metadata.a\n".encode("utf-16-le"))


def test_import_json_numbers_that_json_does_not_have_are_named(tmp_path: Path):
    done = Imported(tmp_path, "e.jsonl", b'{"name":"m","metadata":{"a":{"score":NaN}}}\n')
    assert list(done.report.reasons) == [
        "metadata.a.score is NaN, which JSON does not have; write null or leave it out."
    ]


def test_import_json_array_broken_in_the_middle_keeps_what_came_before(tmp_path: Path):
    done = Imported(tmp_path, "e.json", b'[{"name":"m","metadata":{}}, {"name":"m","metadata":{"a":1]')
    assert done.report.accepted == 1
    assert "cannot be read beyond row 1: what follows is not JSON, or is cut off" in str(done.report.stopped)


# ------------------------------------------------------------------------------------------- files that break off


def pack_zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(("name", "pack"), [("e.jsonl.gz", gzip.compress), ("e.jsonl.zst", pack_zstd)])
def test_import_of_the_whole_file_after_a_part_of_it_counts_each_row_once(tmp_path: Path, name: str, pack: Any):
    whole = pack(b"".join(json_line(metadata={"prompt": f"{n} {hash(str(n))}"}) for n in range(4000)))
    part = Imported(tmp_path, name, whole[: len(whole) * 2 // 3])
    n_first = part.report.accepted
    assert 0 < n_first < 4000
    assert f"cannot be read beyond line {n_first}: " in str(part.report.stopped)
    assert "Import the complete file when you have it" in str(part.report.stopped)

    rest = Imported(tmp_path, name, whole)
    assert rest.counts == (4000, 0, 0)
    assert len({event["event_id"] for event in rest.events}) == 4000
    stranger = Imported(tmp_path, name, pack(json_line() * 5))
    assert len({event["event_id"] for event in stranger.events}) == 4005


def test_import_landed_segment_keeps_times_and_ids(tmp_path: Path):
    first = Imported(tmp_path, "e.jsonl", json_line(user_id="ann", timestamp="2026-01-31T12:00:00Z"))
    segment = next((tmp_path / "home" / "landing").rglob("*.zst"))
    copy = Imported(tmp_path / "copy", segment.name, segment.read_bytes())
    kept = ("event_id", "user_id", "user_id_given", "session_id_given", "occurred_at", "metadata")
    assert [copy.events[0][key] for key in kept] == [first.events[0][key] for key in kept]


# ------------------------------------------------------------------------------------------------------ Parquet


def written(table: pa.Table, folder: Path) -> bytes:
    pq.write_table(table, folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


def test_import_parquet_of_duckdb_keeps_every_value(tmp_path: Path):
    made = tmp_path / "made.parquet"
    uuid = "5a2c4a66-6e5a-4d6e-9f0e-2f3f7f0b9d11"
    duckdb.execute(
        f"copy (select 'm' as name, uuid '{uuid}' as session_id, 9007199254740993 as user_id, "
        "timestamptz '2026-01-31 13:00:00+01' as timestamp, {'a': [1, 2], 'u': uuid '" + uuid + '\'} as "metadata.s", '
        "map {'k': date '2026-01-31'} as \"metadata.m\", '1.10'::decimal(9,2) as \"metadata.d\", "
        "'12345678901234567890.12'::decimal(38,2) as \"metadata.long\", 'hi'::blob as \"metadata.text\", "
        'json(\'{"a":1}\') as "metadata.j", null::int as "metadata.none", '
        f"timestamp_ns '2026-01-31 12:00:00.123456789' as \"metadata.ns\") to '{made}'"
    )
    done = Imported(tmp_path, "e.parquet", made.read_bytes())
    event = done.events[0]
    assert (event["session_id"], event["user_id"], event["occurred_at"]) == (uuid, "9007199254740993", NOON)
    assert event["metadata"] == {
        "s": {"a": [1, 2], "u": uuid},
        "m": {"k": "2026-01-31"},
        "d": 1.1,
        "long": "12345678901234567890.12",
        "text": "hi",
        "j": '{"a":1}',
        "ns": "2026-01-31T12:00:00.123456789",
    }


def test_import_parquet_of_pandas_and_polars_takes_ids_durations_and_naive_times(tmp_path: Path):
    moment = datetime(2026, 1, 31, 12)  # noqa: DTZ001  # naive, as these programs have them
    columns = {"name": ["m", "m"], "metadata.took": [timedelta(seconds=1.5), None], "timestamp": [moment, moment]}
    pandas = pd.DataFrame({**columns, "user_id": [7, None], "metadata.kind": pd.Categorical(["a", None])})
    assert pandas["user_id"].dtype == float  # as pandas makes of integers where one is missing
    pandas.to_parquet(tmp_path / "pandas.parquet")
    pl.DataFrame({**columns, "user_id": [7, None], "metadata.kind": ["a", None]}).write_parquet(tmp_path / "p.parquet")
    for place in (tmp_path / "pandas.parquet", tmp_path / "p.parquet"):
        assert "--time-zone UTC" in refusal(tmp_path / f"x{place.stem}", "e.parquet", place.read_bytes())
        done = Imported(tmp_path / place.stem, "e.parquet", place.read_bytes(), time_zone="UTC")
        assert times(done) == [NOON, NOON]
        assert [event["user_id_given"] for event in done.events] == [True, False]
        assert done.events[0]["user_id"] == "7"
        assert [event["metadata"] for event in done.events] == [{"took": 1.5, "kind": "a"}, {}]


@pytest.mark.parametrize("version", ["1.0", "2.6"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_import_parquet_times_of_every_unit(tmp_path: Path, unit: str, version: Any):
    stamp = pa.array([datetime(2026, 1, 31, 12, tzinfo=UTC)], pa.timestamp(unit, "UTC"))
    table = pa.table({"name": ["m"], "metadata.a": ["x"], "timestamp": stamp})
    pq.write_table(table, tmp_path / "made.parquet", version=version)
    assert times(Imported(tmp_path, "e.parquet", (tmp_path / "made.parquet").read_bytes())) == [NOON]


def test_import_parquet_of_spark_with_int96_times_and_epochs(tmp_path: Path):
    stamp = pa.array([datetime(2026, 1, 31, 12), datetime(2500, 1, 1)], pa.timestamp("us"))  # noqa: DTZ001
    table = pa.table({"name": ["m", "m"], "metadata.until": stamp, "timestamp": pa.array([1769860800000] * 2)})
    pq.write_table(table, tmp_path / "made.parquet", use_deprecated_int96_timestamps=True)
    done = Imported(tmp_path, "e.parquet", (tmp_path / "made.parquet").read_bytes(), time_unit="ms")
    assert times(done) == [NOON, NOON]
    assert done.events[1]["metadata"] == {"until": "2500-01-01T00:00:00"}


def test_import_parquet_value_that_json_does_not_have_is_named_and_its_row_kept(tmp_path: Path):
    until = pa.array([0, 2**60], pa.timestamp("ms"))
    table = pa.table({"name": ["m", "m"], "metadata.a": ["one", "two"], "metadata.until": until})
    done = Imported(tmp_path, "e.parquet", written(table, tmp_path))
    assert done.counts == (1, 0, 1)
    reason = "metadata.until has a value that JSON cannot represent; leave the column out with --skip metadata.until."
    assert list(done.report.reasons) == [reason]
    assert done.report.quarantine is not None
    assert b"two" in done.report.quarantine.read_bytes()

    raw = pa.table({"name": ["m"], "metadata.a": ["one"], "metadata.raw": pa.array([b"\xff"])})
    assert "metadata.raw has" in refusal(tmp_path / "x", "e.parquet", written(raw, tmp_path))
    skipped = Imported(tmp_path / "y", "e.parquet", written(raw, tmp_path), skip=["metadata.raw"])
    assert skipped.events[0]["metadata"] == {"a": "one"}
    assert skipped.report.ignored_columns == ("metadata.raw",)


def test_import_csv_ids_that_pandas_wrote_as_decimals_are_whole_numbers_and_said(tmp_path: Path):
    rows = "name,user_id,metadata.a\nm,7.0,x\nm,,y\nm,v1.0,z\nm,1.23457E+11,z\n"
    done = Imported(tmp_path, "e.csv", rows.encode())
    assert done.counts == (3, 0, 1)
    assert [event["user_id"] for event in done.events if event["user_id_given"]] == ["7", "v1.0"]
    assert any("Ids such as '7.0' were read as '7'" in note for note in done.report.notes)
    assert list(done.report.reasons) == [
        "user_id is a number that is not whole or may have lost digits; write it as text."
    ]


def test_import_object_around_the_rows_is_refused_with_the_command_that_takes_them_out(tmp_path: Path):
    rows = [orjson.loads(json_line(n=number)) for number in range(3)]
    says = refusal(tmp_path, "my export.json", orjson.dumps({"count": 3, "data": rows}, option=orjson.OPT_INDENT_2))
    keys = ", ".join(rows[0])
    assert f"is one object; its rows seem to be in 'data' (list of {{{keys}}})." in says
    assert says.endswith("Import that list alone: jq .data 'my export.json' > rows.json")


def test_import_ids_that_may_have_lost_digits_are_refused(tmp_path: Path):
    says = refusal(tmp_path, "e.jsonl", json_line(user_id=2.0**60))
    assert (
        "1.152921504606847e+18: user_id is a number that is not whole or may have lost digits; write it as text."
        in says
    )


def test_import_parquet_decimal_and_date_of_bigquery(tmp_path: Path):
    table = pa.table(
        {
            "name": ["m"],
            "timestamp": pa.array([date(2026, 1, 31)]),
            "metadata.cost": pa.array([Decimal("2.500000000")], pa.decimal128(38, 9)),
            "metadata.big": pa.array([Decimal(10**30)], pa.decimal256(76, 38)),
            "metadata.u": pa.array([UUID(int=1).bytes], pa.uuid()),
            "metadata.parts": pa.array([[{"role": "user", "text": "hi"}]]),
        }
    )
    done = Imported(tmp_path, "e.parquet", written(table, tmp_path), time_zone="UTC")
    assert times(done) == ["2026-01-31T00:00:00.000000Z"]
    assert done.events[0]["metadata"] == {
        "cost": 2.5,
        "big": "1" + "0" * 30,
        "u": str(UUID(int=1)),
        "parts": [{"role": "user", "text": "hi"}],
    }


# --------------------------------------------------------------------------------------------------- the documents

N_EVENTS = {
    "chatgpt-export.zip": 2,
    "claude-export.zip": 2,
    "posthog.jsonl": 2,
    "segment.jsonl.gz": 2,
    "sharegpt.json": 3,
    "requests.jsonl": 3,
}
"""Events of the archives that hold more than one."""

DOCUMENTED = {
    "chats.jsonl": json_line(),
    "export.csv": b"conversationId,author,said,internal_note\nc1,ann,hello,x\n",
    "traces.jsonl": b'{"input": {"question": "why?", "language": "en"}, "thread": {"id": "t1"}, "cost": 2}\n',
    "spreadsheet.csv": b"name;timestamp;metadata.prompt\nm;1/31/2026 07:00;hello\n",
    "clicks.jsonl": json_line(timestamp=1_769_860_800_000),
    "excel.csv": "name;metadata.prompt\nm;où\n".encode("cp1252"),
    "february.csv": b"conversationId,author,said,internal_note\nc2,ann,again,x\n",
    "raw.csv": b"chat-9,ada,2026-01-31T12:00:00Z,hello\n",
    "spark.csv": b'name|metadata.prompt|user_id\nm|"say \\"hi\\""|NULL\n',
}


def test_documented_imports_take_every_row_of_their_file(tmp_path: Path):
    make_project(tmp_path / "home", "Support bot")
    for name, data in DOCUMENTED.items():
        (tmp_path / name).write_bytes(data)
    for name, make in MAKERS.items():
        make(tmp_path / name)
    script = "".join(re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE))
    commands = [shlex.split(line)[1:] for line in script.replace("\\\n", " ").splitlines()]
    for command in commands:
        done = run_turret(tmp_path / "home", *command)
        lines = [line.split() for line in done.stdout.splitlines()]
        n_events = 1 if command[1] in DOCUMENTED else N_EVENTS.get(command[1], 1)
        assert (done.returncode, ["accepted", str(n_events)] in lines) == (0, True), done.stdout + done.stderr
    assert {command[1] for command in commands} == {*DOCUMENTED, *MAKERS}
    landed = {event["event_id"]: event for event in landed_events(tmp_path / "home")}.values()
    events = [event for event in landed if "source" not in event["metadata"] and event["event_id"].startswith("evt_")]
    assert len(landed) - len(events) == sum(N_EVENTS.get(name, 1) for name in MAKERS)
    assert len(events) == len(DOCUMENTED)  # export.csv, imported in two ways, counts once
    prompts = sorted(event["metadata"]["prompt"] for event in events)
    assert prompts == ["again", "hello", "hello", "hello", "hi", "hi", "où", 'say "hi"', "why?"]
    assert sum(event["occurred_at"] == NOON for event in events) == 3


def test_import_csv_with_the_separator_line_of_excel(tmp_path: Path):
    done = Imported(tmp_path, "e.csv", b"\xef\xbb\xbfsep=;\r\nname;metadata.a\r\nm;1,5\r\nm;\r\n")
    assert [event["metadata"] for event in done.events] == [{"a": "1,5"}, {}]


def test_import_day_that_does_not_exist_is_said(tmp_path: Path):
    says = refusal(tmp_path, "e.jsonl", json_line(timestamp="2026-02-30T10:00:00Z"))
    assert "'2026-02-30T10:00:00Z': timestamp is on a day that does not exist." in says


def test_saved_map_that_is_not_there_is_named(tmp_path: Path):
    home = Home(tmp_path)
    save_map("helpdesk", {"mapping": ["a=name"], "others": "skip", "name": None}, home)
    merged = with_map("helpdesk", {"mapping": ["b=user_id"], "others": None, "name": "m"}, home)
    assert merged == {"mapping": ["a=name", "b=user_id"], "others": "skip", "name": "m"}
    with pytest.raises(ImportFileError, match="--use-map is 'other'; there are helpdesk"):
        with_map("other", {}, home)
    assert with_map("helpdesk", {"others": "refuse"}, home)["others"] == "refuse"  # what is given wins


@pytest.mark.parametrize("name", ["", "x" * 300])
def test_saved_map_has_a_name_of_1_to_100_characters(tmp_path: Path, name: str):
    make_project(tmp_path)
    (tmp_path / "e.jsonl").write_bytes(json_line())
    done = run_turret(tmp_path, "import", tmp_path / "e.jsonl", "--project", "shop", "--save-map", name)
    assert done.returncode == 1
    assert f"has {len(name)} characters; allowed are 1 to 100." in done.stderr
    assert landed_events(tmp_path) == []


def test_import_refusal_in_the_guide_is_what_the_command_says(tmp_path: Path):
    says = refusal(tmp_path, "export.csv", DOCUMENTED["export.csv"])
    printed = " ".join(
        re.findall(r"^Error: (.*?) …\n```", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE)[0].split()
    )
    assert says.startswith(printed)
