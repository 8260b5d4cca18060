"""Files of every format, good and bad: no good event is lost, every bad row is kept, nothing ends in a traceback."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.errors import ImportFileError
from collector.imports.importer import ImportReport, import_file
from collector.imports.options import ImportOptions
from collector.wal.recovery import recover
from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.landed_segments import landed_events
from tests.factories.turret_process import TURRET, process_environment, run_turret

if TYPE_CHECKING:
    from pathlib import Path

CSV_HEAD = b"name,metadata.prompt,metadata.plan,event_id\n"


class Imported:
    """One file, imported into a new home."""

    def __init__(self, folder: Path, file_name: str, data: bytes, /, **options: Any) -> None:
        self.options = ImportOptions.parse(**options)
        self.home = folder / "home"
        folder.mkdir(exist_ok=True)
        self.path = folder / file_name
        self.path.write_bytes(data)
        with open_projects(load_settings(home=self.home, database_url="")) as projects:
            found = projects.list_projects() or [projects.create_project("shop", "enterprise")]
        self.project_id = found[0].project_id
        self.report = self.again()

    def again(self) -> ImportReport:
        settings = load_settings(home=self.home, database_url="", collector_max_body_bytes=2048)
        with open_projects(settings) as projects:
            progress = lambda _done, _size: None  # noqa: E731  # what import_file asks for
            rule = projects.get(self.project_id).masking
            return import_file(
                self.path, self.project_id, settings, projects.ledger, progress, self.options, masking=rule
            )

    @property
    def events(self) -> list[dict[str, Any]]:
        return landed_events(self.home)

    @property
    def prompts(self) -> list[Any]:
        return [event["metadata"].get("prompt") for event in self.events]

    @property
    def rejected_lines(self) -> list[int]:
        assert self.report.quarantine is not None
        return [orjson.loads(line)["line_number"] for line in self.report.quarantine.read_bytes().splitlines()]

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.report.accepted, self.report.duplicates, self.report.rejected


def json_line(**fields: Any) -> bytes:
    return orjson.dumps({"name": "m", "metadata": {"prompt": "hi"}, **fields}) + b"\n"


# ---------------------------------------------------------------------------------------------------------- JSON lines


def test_json_lines_bad_lines_between_good_ones_cost_only_themselves(tmp_path: Path):
    lines = [
        b'\xef\xbb\xbf{"name":"m","metadata":{"prompt":"first"}}\r\n',
        b"\n",
        b"not json\n",
        b'{"name":"m","metadata":{"prompt":"bad \xff"}}\n',
        b"[]\n",
        b'{"metadata":{}}\n',
        b'{"name":"m","metadata":{"n":18446744073709551616}}\n',
        b'{"name":"m","metadata":{"prompt":"' + b"x" * 5000 + b'"}}\n',
        b'{"name":"m","metadata":{"prompt":"last"}}',
    ]
    done = Imported(tmp_path, "events.jsonl", b"".join(lines))

    assert done.counts == (2, 0, 6)
    assert done.prompts == ["first", "last"]
    assert done.rejected_lines == [3, 4, 5, 6, 7, 8]
    assert sum(done.report.reasons.values()) == 6
    assert done.report.reasons["Missing required field: name"] == 1
    assert done.report.is_success


def test_json_lines_repeated_event_id_counts_once(tmp_path: Path):
    done = Imported(
        tmp_path, "events.ndjson", json_line(event_id="a") + json_line(event_id="b") + json_line(event_id="a")
    )
    assert done.counts == (2, 1, 0)
    assert [event["event_id"] for event in done.events] == ["a", "b"]


def test_import_same_file_again_gives_the_same_event_ids(tmp_path: Path):
    done = Imported(tmp_path, "events.jsonl", json_line() + json_line() + json_line(event_id="mine"))
    done.again()

    ids = [event["event_id"] for event in done.events]
    assert len(ids) == 6
    assert len(set(ids)) == 3  # the pipeline counts each once


def test_import_other_file_with_the_same_line_gives_another_event_id(tmp_path: Path):
    one = Imported(tmp_path, "one.jsonl", json_line(user_id="ann") + json_line())
    two = Imported(tmp_path, "two.jsonl", json_line(user_id="bob") + json_line())
    assert one.home == two.home
    assert len({event["event_id"] for event in two.events}) == 4


@pytest.mark.parametrize("n_cut", [0, 9])
@pytest.mark.parametrize("name", ["e.jsonl", "e.csv"])
def test_import_half_a_file_and_then_the_whole_counts_no_row_twice(tmp_path: Path, name: str, n_cut: int):
    row = json_line() if name == "e.jsonl" else b'm,"hello, hi"\n'
    head = b"" if name == "e.jsonl" else b"name,metadata.prompt\n"
    half = (head + row * 20)[: -n_cut or None]
    first = Imported(tmp_path, name, half)
    assert first.counts == ((19, 0, 1) if n_cut else (20, 0, 0))
    assert not first.report.may_repeat
    whole = Imported(tmp_path, name, head + row * 30)
    assert whole.report.may_repeat
    assert len({event["event_id"] for event in whole.events}) == 30
    # Another file that goes on from the same half shares no row with the first beyond it.
    other = Imported(tmp_path, name, head + row * (20 if n_cut == 0 else 19) + row.replace(b"hi", b"ho") * 5)
    assert len({event["event_id"] for event in other.events}) == 35
    longest = Imported(tmp_path, name, head + row * 40)
    assert len({event["event_id"] for event in longest.events}) == 45


def test_only_what_may_have_been_imported_before_is_said_to_be(tmp_path: Path):
    file, other = tmp_path / "events.jsonl", tmp_path / "other.jsonl"
    file.write_bytes(json_line())
    other.write_bytes(json_line(user_id="ann"))
    home = tmp_path / "home"
    project_id, _ = make_project(home)
    (home / "landing" / f"project_id={project_id}").mkdir(parents=True)  # as events over HTTP leave it
    says = [run_turret(home, "import", one, "--project", "shop").stdout for one in (file, other, file)]
    assert ["imported before" in one for one in says] == [False, False, True]


def test_gzip_cut_off_keeps_what_could_be_read_and_says_so(tmp_path: Path):
    zipped = gzip.compress(b"".join(json_line(event_id=str(number)) for number in range(5000)))
    done = Imported(tmp_path, "events.jsonl.gz", zipped[: len(zipped) // 2])

    assert 0 < done.report.accepted < 5000
    assert len(done.events) == done.report.accepted
    assert done.report.stopped is not None
    assert "'events.jsonl.gz' cannot be read beyond line" in done.report.stopped
    assert not done.report.is_success


def test_gzip_whole_file_is_imported(tmp_path: Path):
    assert Imported(tmp_path, "events.csv.gz", gzip.compress(CSV_HEAD + b"m,hi,pro,e1\n")).counts == (1, 0, 0)


# ----------------------------------------------------------------------------------------------------------------- CSV


def test_csv_quotes_newlines_and_empty_cells_mean_what_they_should(tmp_path: Path):
    done = Imported(tmp_path, "events.csv", CSV_HEAD + b'm,"one, ""two""\nthree",,e1\r\nm,plain,pro,\n')

    assert done.counts == (2, 0, 0)
    assert [event["metadata"] for event in done.events] == [
        {"prompt": 'one, "two"\nthree'},
        {"prompt": "plain", "plan": "pro"},
    ]
    assert done.events[0]["event_id"] == "e1"


def test_csv_stray_quote_costs_its_own_line_and_no_other(tmp_path: Path):
    rows = [
        b'm,"stray,pro,e1',
        b"m,good,pro,e2",
        b'm,a "quoted" word,pro,e3',
        b'm,"never closed,pro,e4',
        b"m,last,pro,e5",
    ]
    done = Imported(tmp_path, "events.csv", CSV_HEAD + b"\n".join(rows))

    assert done.prompts == ["good", 'a "quoted" word', "last"]
    assert done.rejected_lines == [2, 5]


def test_csv_bad_rows_are_kept_as_they_stood(tmp_path: Path):
    rows = b"m,bad \xff,pro,e1\nm,too,few\nm,one,too,many,cells\n,no name,pro,e2\nm,good,pro,e3\n"
    done = Imported(tmp_path, "events.csv", CSV_HEAD + rows)

    assert done.prompts == ["good"]
    assert done.rejected_lines == [2, 3, 4, 5]
    assert done.report.quarantine is not None
    kept = [orjson.loads(line) for line in done.report.quarantine.read_bytes().splitlines()]
    assert kept[1]["line"] == "m,too,few"
    assert kept[0]["line_base64"] == "bSxiYWQg/yxwcm8sZTE="


def test_csv_metadata_column_with_json_joins_the_others(tmp_path: Path):
    rows = [b'm,"{""a"": {""b"": 1}}",pro', b"m,not json,pro", b"m,[],pro", b'm,"{""plan"": ""x""}",y']
    done = Imported(tmp_path, "events.csv", b"\n".join([b"name,metadata,metadata.plan", *rows]))

    assert done.counts == (1, 0, 3)
    assert done.events[0]["metadata"] == {"a": {"b": 1}, "plan": "pro"}
    assert "Two columns become 'plan' and differ; give one another target with --map." in done.report.reasons


# ------------------------------------------------------------------------------------------------------------- Parquet


def parquet(folder: Path, **columns: Any) -> bytes:
    path = folder / "made.parquet"
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def test_parquet_typed_values_land_as_json(tmp_path: Path):
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    data = parquet(
        tmp_path,
        name=["m", "m"],
        metadata=pa.array([{"n": 1.5, "tags": ["a", "b"]}, {"n": float("nan"), "tags": None}]),
        timestamp=pa.array([moment, None], pa.timestamp("us", "UTC")),
        **{"metadata.map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64()))},
    )
    done = Imported(tmp_path, "events.parquet", data)

    assert done.counts == (2, 0, 0)
    assert done.events[0]["metadata"] == {"n": 1.5, "tags": ["a", "b"], "map": {"k": 1}}
    assert done.events[0]["occurred_at"] == "2026-01-31T12:00:00.000000Z"
    assert done.events[1]["metadata"] == {"n": None, "map": {}}


def test_parquet_bad_rows_cost_only_themselves(tmp_path: Path):
    data = parquet(
        tmp_path,
        name=["m", None, "m", "m"],
        **{
            "metadata.n": [1.0, 2.0, float("inf"), 4.0],
            "metadata.raw": pa.array([None, None, None, b"\xff"], pa.binary()),
        },
    )
    done = Imported(tmp_path, "events.parquet", data)
    assert done.counts == (1, 0, 3)
    assert done.rejected_lines == [2, 3, 4]


# ------------------------------------------------------------------------------------ files that cannot be imported


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("events.txt", b"", r"'events\.txt' has no known file type; allowed are \.jsonl"),
        ("events.parquet.gz", b"", "has no known file type"),
        ("events.csv", b"name#metadata.prompt\nm#hi\n", r"nor metadata\.<key>: 'name#metadata\.prompt'\."),
        ("events.csv", b"metadata.a\nhi\n", r"has no column name; .* such as --name message; it has 'metadata\.a'\."),
        ("events.csv", b"name,user_id\nm,hi\n", r"columns metadata\.<key>; it has 'name', 'user_id'"),
        ("events.csv", b"name,metadata.a,metadata.a\n", r"the column 'metadata\.a' more than once"),
        ("events.csv", b"\x89PNG\r\n\x1a\n\xff\xfe", "The header of .* is not UTF-8"),
        ("events.csv.gz", b"not gzip", "cannot be read: Not a gzipped file"),
        ("events.parquet", b"not parquet", "cannot be read as Parquet"),
        ("events.parquet", b"", "cannot be read as Parquet"),
    ],
)
def test_import_file_that_cannot_hold_events_says_why(tmp_path: Path, name: str, data: bytes, says: str):
    with pytest.raises(ImportFileError, match=says):
        Imported(tmp_path, name, data)
    assert landed_events(tmp_path / "home") == []


@pytest.mark.parametrize("name", ["events.jsonl", "events.csv"])
def test_import_empty_file_takes_nothing_and_succeeds(tmp_path: Path, name: str):
    done = Imported(tmp_path, name, b"")
    assert done.counts == (0, 0, 0)
    assert done.report.is_success


def test_import_binary_file_named_jsonl_rejects_every_line(tmp_path: Path):
    done = Imported(tmp_path, "events.jsonl", bytes(range(256)) * 20)
    assert done.report.accepted == 0
    assert done.report.rejected > 0
    assert not done.report.is_success


# ---------------------------------------------------------------------------------------------------------- the command


def test_import_command_prints_counts_as_json_and_finds_the_project_by_name(tmp_path: Path):
    home = tmp_path / "home"
    project_id, _ = make_project(home, "my shop")
    file = tmp_path / "events.jsonl"
    file.write_bytes(json_line(event_id="a") + json_line(event_id="a") + b"broken\n")

    done = run_turret(home, "import", file, "--project", "my shop", "--json")

    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert [printed[name] for name in ("accepted", "duplicates", "rejected")] == [1, 1, 1]
    assert len(printed["reasons"]) == 1
    assert landed_events(home)[0]["project_id"] == project_id


def test_import_command_failures_are_one_sentence_and_status_1(tmp_path: Path):
    home = tmp_path / "home"
    make_project(home)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"broken\n")

    missing = run_turret(home, "import", tmp_path / "nothing.jsonl", "--project", "shop")
    stranger = run_turret(home, "import", file, "--project", "nobody")
    all_bad = run_turret(home, "import", file, "--project", "shop")

    assert [done.returncode for done in (missing, stranger, all_bad)] == [1, 1, 1]
    assert "nothing.jsonl' cannot be read: No such file or directory." in missing.stderr
    assert "There is no project 'nobody'" in stranger.stderr
    assert "rejected             1" in all_bad.stdout
    assert "Traceback" not in missing.stderr + stranger.stderr + all_bad.stderr


def test_import_killed_half_way_keeps_what_was_committed(tmp_path: Path):
    home = tmp_path / "home"
    make_project(home)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(json_line(event_id=str(number)) for number in range(30_000)))
    command = [*TURRET, "import", str(file), "--project", "shop"]
    process = subprocess.Popen(command, env=process_environment(home), stderr=subprocess.DEVNULL)
    while not any(path.stat().st_size for path in Home(home).wal.glob("*.wal")) and process.poll() is None:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)

    with open_projects(load_settings(home=home, database_url="")) as projects:
        recover(Home(home), projects.ledger)
    first = len(landed_events(home))
    assert 0 < first <= 30_000
    assert run_turret(home, "import", file, "--project", "shop").returncode == 0
    assert {event["event_id"] for event in landed_events(home)} == {str(number) for number in range(30_000)}


def test_import_beyond_the_limit_stops_there_and_says_why(tmp_path: Path):
    home = tmp_path / "home"
    settings = load_settings(home=home, database_url="")
    path = tmp_path / "events.jsonl"
    path.write_bytes(json_line() * 2500)
    with open_projects(settings) as projects:
        project = projects.create_project("shop", "pro", 1200)
        report = import_file(path, project.project_id, settings, projects.ledger, lambda _done, _size: None)
        again = import_file(path, project.project_id, settings, projects.ledger, lambda _done, _size: None)
        used = projects.ledger.usage("shop", datetime.now(UTC)).used
    assert (report.accepted, again.accepted, used, len(landed_events(home))) == (1200, 0, 1200, 1200)
    assert not report.is_success
    assert "1,200 events a month" in str(report.stopped)


# ------------------------------------------------------------------------------------------------------------ feedback

FEEDBACK_CSV = b"""event_id,score,scale,comment,timestamp,user_id
m-1,4,5,"Good, but slow",2026-01-31T12:00:00Z,7
m-2,six,5,,,
m-2,1,5,,2026-01-31T12:05:00Z,
"""


def test_import_table_of_feedback_is_feedback_and_the_same_again_adds_none(tmp_path: Path):
    imported = Imported(tmp_path, "feedback.csv", FEEDBACK_CSV)
    assert (imported.counts, imported.rejected_lines) == ((2, 0, 1), [3])
    assert imported.report.reasons == {"score is not a number from 1 to 5.": 1}
    assert imported.report.notes == ("Rows of feedback: 3.",)
    first, second = imported.events
    assert first["metadata"] == {"event_id": "m-1", "score": 4, "scale": 5, "comment": "Good, but slow"}
    assert (first["name"], first["user_id"], second["user_id_given"]) == ("turret.feedback", "7", False)
    imported.again()
    assert len({event["event_id"] for event in imported.events}) == 2


def test_import_lines_of_feedback_among_events_and_landed_lines_again(tmp_path: Path):
    lines = [
        json_line(event_id="m-1"),
        orjson.dumps({"type": "feedback", "event_id": "m-1", "score": -1, "feedback_id": "f"}) + b"\n",
        orjson.dumps({"type": "feedback", "event_id": "m-1", "score": -1, "mood": "bad"}) + b"\n",
    ]
    imported = Imported(tmp_path / "first", "mixed.jsonl", b"".join(lines))
    assert imported.counts == (2, 0, 1)
    (reason,) = imported.report.reasons
    assert reason.startswith("Feedback has no field 'mood'; it has event_id, session_id, score, ")
    event, feedback = imported.events
    assert (event["name"], feedback["event_id"]) == ("m", "turret.feedback:f")
    landed = b"".join(orjson.dumps(each) + b"\n" for each in imported.events)
    again = Imported(tmp_path / "second", "landed.jsonl", landed)
    assert again.counts == (2, 0, 0)
    sent = ("event_id", "name", "occurred_at", "metadata", "session_id_given", "user_id_given")
    assert [again.events[1][name] for name in sent] == [feedback[name] for name in sent]


def test_import_options_about_columns_make_rows_of_any_type_events(tmp_path: Path):
    row = orjson.dumps({"type": "feedback", "text": "too slow"}) + b"\n"
    mapping = ("text=metadata.text", "type=name")
    imported = Imported(tmp_path, "survey.jsonl", row, mapping=mapping)
    assert [(event["name"], event["metadata"]) for event in imported.events] == [("feedback", {"text": "too slow"})]
