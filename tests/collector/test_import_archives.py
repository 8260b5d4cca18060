"""Archives of other programs: each message of a user lands once, with its session, its time and what was answered."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.conversations import decode_leniently
from collector.errors import ImportFileError
from collector.imports.archives import ALL
from collector.imports.formats.files import find_files
from collector.imports.formats.reading import Reading
from collector.imports.formats.traces import Span, Traces
from collector.imports.importer import ImportReport, import_file
from collector.imports.options import FORMATS, ImportOptions
from contracts.settings import load_settings
from projects import open_projects
from tests.factories.archives import MAKERS, chatgpt_conversation, node
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

ORDER, ROUX = "Where is my order?", "What is roux?"
NOON = "2026-01-31T12:00:00"


class Archive:
    """One archive, imported into a new home."""

    def __init__(self, folder: Path, path: Path, **options: Any) -> None:
        self.options = ImportOptions.parse(**options)
        self.home = folder / "home"
        self.path = path
        with open_projects(load_settings(home=self.home, database_url="")) as projects:
            self.project_id = projects.create_project("shop", "enterprise").project_id
        self.report = self.again()

    def again(self, *, is_dry_run: bool = False) -> ImportReport:
        loaded = load_settings(home=self.home, database_url="", collector_max_body_bytes=2048)
        with open_projects(loaded) as projects:
            return import_file(
                *(self.path, self.project_id, loaded, projects.ledger, lambda _done, _size: None, self.options),
                is_dry_run=is_dry_run,
            )

    @property
    def events(self) -> list[dict[str, Any]]:
        return landed_events(self.home)


def made(folder: Path, name: str) -> Path:
    MAKERS[name](folder / name)
    return folder / name


def shown(event: dict[str, Any]) -> tuple[Any, ...]:
    """What an event is about: session, user, second, prompt, answer, and the rest of metadata but its source."""
    rest = {key: value for key, value in event["metadata"].items() if key not in {"prompt", "response", "source"}}
    session = event["session_id"] if event["session_id_given"] else None
    user = event["user_id"] if event["user_id_given"] else None
    texts = (event["metadata"].get("prompt"), event["metadata"].get("response"))
    return session, user, event["occurred_at"][:19], *texts, rest


def at(second: int) -> str:
    return f"2026-01-31T12:{second // 60:02}:{second % 60:02}"


CASES: dict[str, tuple[str, dict[str, str], list[tuple[Any, ...]], dict[str, int]]] = {
    "chatgpt-export.zip": (
        "chatgpt",
        {},
        [
            ("conv-1", "user-ann", at(60), ROUX, "Flour in fat.", {"model": "gpt-5"}),
            ("conv-1", "user-ann", at(71), "Is this one \ufffd?", "Yes.", {"model": "gpt-5"}),
        ],
        {
            "files without data, such as pages and pictures": 1,
            "records of other kinds": 1,
            "messages that ChatGPT adds by itself": 1,
            "messages of people without text, such as pictures": 1,
            "messages on branches that were edited or generated again": 1,
        },
    ),
    "claude-export.zip": (
        "claude",
        {},
        [
            ("c1", "ann", NOON, ROUX, "Flour in fat.", {"n_attachments": 0}),
            ("c1", "ann", NOON, "And stock?", None, {"n_attachments": 0}),
        ],
        {"messages on branches that were edited or generated again": 1, "records of other kinds": 1},
    ),
    "langfuse": (
        "langfuse",
        {},
        [
            (
                *("chat-1", "ann", NOON, ORDER, "On its way."),
                {
                    "model": "gpt-5",
                    "input_tokens": 40,
                    "output_tokens": 10,
                    "cost_usd": 0.5,
                    "latency_ms": 1250,
                    "plan": "pro",
                    "environment": "production",
                    "tools": ["track_order"],
                },
            )
        ],
        {"Langfuse's own calls, such as evaluations": 1, "scores": 1},
    ),
    "langsmith.parquet": (
        "langsmith",
        {},
        [
            (
                *("chat-1", "ann", NOON, ORDER, "On its way."),
                {
                    "model": "gpt-5",
                    "input_tokens": 20,
                    "output_tokens": 5,
                    "latency_ms": 0,
                    "plan": "pro",
                    "tags": ["beta"],
                },
            )
        ],
        {},
    ),
    "phoenix.parquet": (
        "phoenix",
        {},
        [("chat-1", "ann", NOON, ORDER, "On its way.", {"model": "gpt-5", "input_tokens": 20.0, "latency_ms": 0})],
        {},
    ),
    "posthog.jsonl": (
        "posthog",
        {},
        [
            ("web-1", "ann", at(5), None, None, {"reason": "too late"}),
            (
                *("chat-1", "ann", NOON, ORDER, "On its way."),
                {"model": "gpt-5", "input_tokens": 20, "output_tokens": 5, "latency_ms": 1500, "plan": "pro"},
            ),
        ],
        {"events that PostHog captures by itself, whose names begin with $": 1},
    ),
    "segment.jsonl.gz": (
        "segment",
        {},
        [
            ("chat-1", "anon-1", NOON, ORDER, None, {}),
            (None, "ann", NOON, "Hello?", None, {}),
        ],
        {"calls of identify, which say who somebody is": 1},
    ),
    "sharegpt.json": (
        "sharegpt",
        {"start": "2026-01-31T12:00:00Z"},
        [
            ("a_0", None, NOON, ROUX, "Flour in fat.", {}),
            ("a_0", None, at(2), "And stock?", "Juice.", {}),
            ("d8c0", None, at(60), ROUX, "Flour in fat.", {}),
        ],
        {},
    ),
    "wildchat.parquet": (
        "wildchat",
        {},
        [("h1-17", "ip-1", NOON, ROUX, "Flour in fat.", {"model": "gpt-4", "language": "English", "country": "Chile"})],
        {},
    ),
    "requests.jsonl": (
        "openai-jsonl",
        {},
        [
            (
                *("chat-1", "ann", NOON, ROUX, "Flour in fat."),
                {"model": "gpt-5", "finish_reason": "stop", "input_tokens": 9},
            ),
            ("chat-1", "ann", at(9), "And stock?", None, {"model": "gpt-5"}),
            ("97f0", None, at(1), ROUX, "Flour in fat.", {}),
        ],
        {"earlier messages of people in requests, taken as repeated from the requests before": 1},
    ),
    "rasa.json": (
        "rasa",
        {},
        [
            (
                *("ann-1769860799", "ann", NOON, ORDER, "Let me look.\n\nOn its way."),
                {"intent": "track_order", "intent_confidence": 0.75},
            )
        ],
        {
            "buttons and commands, whose text begins with /": 1,
            "events that are no messages of users, such as slots and actions": 2,
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_archive_lands_as_it_should_and_a_second_import_adds_nothing(tmp_path: Path, name: str):
    kind, options, expected, skipped = CASES[name]
    done = Archive(tmp_path, made(tmp_path, name), **options)
    assert (done.report.format, done.report.rejected, dict(done.report.skipped)) == (kind, 0, skipped)
    found = [shown(event) for event in done.events]
    # A session without an id in its source is named by a hash of its messages.
    hashed = {len(one[0]): one[0] for one in found if one[0] and len(one[0]) == 32}
    assert found == [
        (hashed.get(32) if one[0] and len(one[0]) == 4 and hashed else one[0], *one[1:]) for one in expected
    ]
    assert {event["metadata"].get("source", kind) for event in done.events} == {kind}

    done.again()
    ids = [event["event_id"] for event in done.events]
    assert (len(ids), len(set(ids))) == (2 * len(expected), len(expected))  # the pipeline counts each once


def test_every_format_is_shown_and_has_a_case():
    assert {"auto", *(one.name for one in ALL)} == {*FORMATS}
    assert CASES.keys() == MAKERS.keys()


def test_dry_run_shows_what_would_land_and_writes_nothing(tmp_path: Path):
    done = Archive(tmp_path, made(tmp_path, "posthog.jsonl"))
    n_files = len(list(done.home.rglob("*")))
    report = done.again(is_dry_run=True)
    assert [event["event_id"] for event in report.samples] == [event["event_id"] for event in done.events]
    assert report.names == {"order cancelled": 1, "message": 1}
    assert (report.accepted, len(done.events), len(list(done.home.rglob("*")))) == (2, 2, n_files)


# ------------------------------------------------------------------------------------------------------- odd archives


def conversations(folder: Path, *found: Any) -> Path:
    (folder / "conversations.json").write_text(json.dumps(found))
    return folder / "conversations.json"


def test_chatgpt_tree_with_a_circle_or_without_a_leaf_is_read_to_its_end(tmp_path: Path):
    circle = chatgpt_conversation(1)
    circle["mapping"]["root"]["parent"] = "q2"
    lost = {**chatgpt_conversation(2), "current_node": "gone"}
    for one in lost["mapping"].values():
        if one["message"]:
            one["message"]["id"] += "-2"
    done = Archive(tmp_path, conversations(tmp_path, circle, lost))
    assert (done.report.accepted, done.report.rejected) == (4, 0)


def test_chatgpt_conversation_of_many_nodes_is_read_whole(tmp_path: Path):
    nodes = [node("n0", None, "n1")]
    nodes += [node(f"n{n}", f"n{n - 1}", f"n{n + 1}", role="user", parts=[f"text {n}"]) for n in range(1, 501)]
    nodes[-1]["children"] = []
    mapping = {one["id"]: one for one in nodes}
    long = {"conversation_id": "c", "create_time": 1769860800, "mapping": mapping, "current_node": "n500"}
    done = Archive(tmp_path, conversations(tmp_path, long))
    assert [event["metadata"]["prompt"] for event in done.events] == [f"text {n}" for n in range(1, 501)]
    assert sorted(event["occurred_at"] for event in done.events) == [event["occurred_at"] for event in done.events]


def test_long_text_is_cut_and_its_length_is_kept(tmp_path: Path):
    long = [{"role": "user", "content": "x" * 10_001}]
    (tmp_path / "long.jsonl").write_text(json.dumps({"messages": long, "timestamp": "2026-01-31T12:00:00Z"}))
    done = Archive(tmp_path, tmp_path / "long.jsonl")
    assert len(done.events[0]["metadata"]["prompt"]) == 10_000
    assert done.events[0]["metadata"]["prompt_characters"] == 10_001
    assert "Texts cut to 10,000 characters: 1." in done.report.notes


def test_fields_of_an_archive_are_left_out_and_renamed(tmp_path: Path):
    rules = {"skip": ["metadata.response"], "mapping": ["metadata.plan=metadata.tier"], "format": "langfuse"}
    (event,) = Archive(tmp_path, made(tmp_path, "langfuse"), **rules).events
    assert event["metadata"]["tier"] == "pro"
    assert not {"response", "plan"} & event["metadata"].keys()


def test_conversations_without_times_need_a_start(tmp_path: Path):
    done = Archive(tmp_path, made(tmp_path, "sharegpt.json"))
    assert done.report.accepted == 0
    assert done.report.skipped == {
        "conversations without times; say when the first began, such as --start 2026-01-31": 2
    }
    assert not [note for note in done.report.notes if "no rows" in note]


def test_trace_and_its_root_and_its_calls_say_one_message_and_legacy_traces_give_session_and_user(tmp_path: Path):
    folder = tmp_path / "export"
    for name in ("traces", "observations"):
        (folder / name).mkdir(parents=True)
    shared = {"start_time": "2026-01-31 12:00:00", "type": "GENERATION", "trace_id": "t1"}
    said = [
        {"role": "user", "content": "yes"},
        {"role": "assistant", "content": "Sure?"},
        {"role": "user", "content": "yes"},
    ]
    calls = [
        {**shared, "id": "a", "parent_observation_id": "r", "input": json.dumps(said[:1])},
        {**shared, "id": "b", "parent_observation_id": "r", "input": json.dumps(said)},
        {**shared, "id": "c", "parent_observation_id": "b", "input": json.dumps(said)},
    ]
    trace = {"id": "t1", "timestamp": "2026-01-31 12:00:00.5", "session_id": "chat-1", "user_id": "ann", "input": None}
    (folder / "observations" / "1.json").write_text(json.dumps(calls))
    (folder / "traces" / "1.csv").write_text(
        "id,timestamp,session_id,user_id,input,output,public\n" + f"t1,{trace['timestamp']},chat-1,ann,,,false\n"
    )
    done = Archive(tmp_path, folder)
    assert [event["metadata"]["prompt"] for event in done.events] == ["yes", "yes"]
    assert {(event["session_id"], event["user_id"]) for event in done.events} == {("chat-1", "ann")}
    assert done.report.skipped == {"messages that the same trace holds again": 1}


def test_parquet_of_duckdb_with_uuids_and_integer_ids_is_read_as_events_and_as_runs(tmp_path: Path):
    path = tmp_path / "runs.parquet"
    inputs = "[{'role': 'user', 'content': 'Where is my order?'}]"
    duckdb.sql(
        f"copy (select uuid() as id, uuid() as trace_id, null::uuid as parent_run_id, 'llm' as run_type, "
        f"{{'messages': {inputs}}} as inputs, map {{'output': 'ok'}} as outputs, "
        f"timestamp '2026-01-31 12:00:00' as start_time) to '{path}' (format parquet)"
    )
    done = Archive(tmp_path, path)
    assert [shown(event)[2:5] for event in done.events] == [(NOON, ORDER, "ok")]
    zoned = Archive(tmp_path / "zoned", path, time_zone="Europe/Berlin")
    assert zoned.events[0]["occurred_at"].startswith("2026-01-31T11:00:00")

    duckdb.sql(f"copy (select uuid() as event_id, 42 as user_id, 'm' as name, 'hi' as \"metadata.prompt\") to '{path}'")
    events = Archive(tmp_path / "events", path)
    assert events.report.format is None
    assert [(event["user_id"], len(event["event_id"])) for event in events.events] == [("42", 36)]


def test_archive_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path):
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("notes.json", '[{"a": 1}]')
    (tmp_path / "folder").mkdir()
    for name, says in (
        ("bad.zip", "cannot be read as a zip"),
        ("other.zip", "no file of a known"),
        ("folder", "no file of"),
    ):
        with pytest.raises(ImportFileError, match=says):
            Archive(tmp_path / f"x{name}", tmp_path / name)


def test_zip_that_is_damaged_keeps_what_could_be_read_and_says_so(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("conversations.json", json.dumps([chatgpt_conversation()]) + " " * 100)
    data = (tmp_path / "export.zip").read_bytes().replace(b"Flour in fat.", b"Flour in pan.")
    (tmp_path / "export.zip").write_bytes(data)
    done = Archive(tmp_path, tmp_path / "export.zip", format="chatgpt")
    assert "Bad CRC-32" in (done.report.stopped or "")


def test_file_that_is_damaged_costs_itself_and_no_other(tmp_path: Path):
    folder = made(tmp_path, "langfuse")
    (folder / "observations_v2" / "0.parquet").write_bytes(b"PAR1")
    (folder / "observations_v2" / "1.jsonl").write_bytes(b"{}\n" * 3)
    done = Archive(tmp_path, folder)
    assert (done.report.accepted, done.report.skipped["records of other kinds"]) == (1, 3)
    assert "0.parquet' cannot be read as Parquet" in (done.report.stopped or "")
    assert not done.report.is_success


def test_format_that_the_file_is_not_of_is_said(tmp_path: Path):
    table = tmp_path / "table.csv"
    table.write_bytes(b"a,b\n1,2\n")
    for path in (made(tmp_path, "rasa.json"), table):
        with pytest.raises(ImportFileError, match=r"^No record has the format chatgpt; check --format\.$"):
            Archive(tmp_path / path.stem, path, format="chatgpt")


def test_dry_run_shows_no_session_or_user_that_nobody_gave(tmp_path: Path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"name":"m","metadata":{"prompt":"hi"},"user_id":"ann"}\n')
    (sample,) = Archive(tmp_path, file).again(is_dry_run=True).samples
    assert sample["user_id"] == "ann"
    assert "session_id" not in sample


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["\ud83d", "9999-12-31T23:59:59.999999", "0001-01-01", 9e10, "[[", '{"a": "\\ud83d"}', "nan"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*value}.union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A record of each archive, to be broken."""
    folder = tmp_path_factory.mktemp("archives")
    found: list[dict[str, Any]] = []
    for name in MAKERS:
        for file in find_files(made(folder, name))[0]:
            source = file.open(ImportOptions())
            found += [record.value for record in file.records(source) if record.value]
            source.close()
    return found


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_records_become_events_that_can_be_judged_or_nothing(records: list[dict[str, Any]], data: st.DataObject):
    """Any value of a real record may be anything: no format raises, and all that it gives can be encoded."""
    record = json.loads(json.dumps(data.draw(st.sampled_from(records))))
    # The last step is how files are read: any JSON, half characters and long integers among it.
    for _ in range(data.draw(st.integers(1, 4))):
        place: Any = record
        while isinstance(place, dict | list) and place:
            key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
            if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
                place[key] = data.draw(JSON)
                break
            place = place[key]
    record = decode_leniently(json.dumps(record))
    options = ImportOptions.parse(start=data.draw(st.sampled_from([None, "2026-01-31"])))
    for one in ALL:
        reading = Reading(one.name, options)
        traces = Traces(reading)
        one.looks(record)
        for found in one.read(record, reading):
            if isinstance(found, Span):
                traces.add(found)
            else:
                assert found["event_id"]
                orjson.dumps(found)
        for payload in traces.payloads():
            assert payload["event_id"]
            orjson.dumps(payload)
        traces.close()
