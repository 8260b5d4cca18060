"""`turret topic`: topics by id or label, edits in words, and refusals that say what is meant."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import typer

from cli.errors import NothingPublishedError, TopicNameError
from cli.main import app
from contracts.settings import load_settings
from projects import open_projects
from projects.errors import EditRefusedError, NotFoundError, UnknownNameError
from tests.factories.published_factory import SAMPLE, SampleProject, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from projects import Projects

SUBJECTS = SAMPLE[0].subjects[:4]
FIRST, SECOND, THIRD, FOURTH = (subject.label for subject in SUBJECTS)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A project `shop` whose four topics are published."""
    monkeypatch.setenv("TURRET_HOME", str(tmp_path))
    monkeypatch.delenv("TURRET_DATABASE_URL", raising=False)
    with open_projects(load_settings()) as projects:
        made = projects.create_project("shop")
    shop = SampleProject(made.project_id, 30, SUBJECTS)
    publish(tmp_path, (shop,))
    return shop


@pytest.fixture
def projects(shop: SampleProject) -> Iterator[Projects]:
    del shop
    with open_projects(load_settings()) as opened:
        yield opened


@pytest.fixture
def turret(shop: SampleProject, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`turret topic` on the project."""
    del shop

    def run(*words: str) -> str:
        app(["topic", *words, "--project", "shop"], standalone_mode=False)
        return " ".join(capsys.readouterr().out.split())

    return run


def parsed(turret: Callable[..., str], *words: str) -> Any:
    return json.loads(turret(*words, "--json"))


def test_edits_are_told_in_words_and_kept_under_the_name_of_who_made_them(
    shop: SampleProject, turret: Callable[..., str]
):
    said = turret("rename", FIRST, "Ours [b]", "--by", "Ada")
    assert (
        said == f"The topic {FIRST} will be called Ours [b] from the next run on. "
        "`turret topic undo 1` with the same `--project` undoes it."
    )
    assert "will count for Ours [b] from the next run on" in turret("merge", SECOND.upper(), "ours [B]")
    assert "will be hidden from lists and journeys from the next run on" in turret("hide", topic_id(shop, 2))
    assert "will be shown again from the next run on" in turret("show-again", THIRD)
    assert "is kept, with its texts and its name, from the next run on" in turret("keep", FOURTH)
    assert "is retired from the next run on: its messages count for the next nearest" in turret("retire", FOURTH)
    assert "is neither kept nor retired from the next run on" in turret("propose", FOURTH)
    assert "will never be a step from the next run on" in turret("step", FOURTH, "never")
    assert (
        turret("undo", "1") == f"Undone from the next run on: renamed '{FIRST}' to 'Ours [b]'. "
        "`turret topic undo 9` with the same `--project` undoes it."
    )
    history = parsed(turret, "history")
    assert [edit["kind"] for edit in history] == [
        *("rename", "merge", "hide", "show", "keep", "retire", "propose", "step", "undo")
    ]
    assert (history[0]["by"], history[0]["undone_by"]) == ("Ada", 9)
    assert history[1]["by"]
    assert f"merged '{SECOND}' into 'Ours [b]'" in turret("history")


def test_list_shows_what_the_next_run_will_change(shop: SampleProject, turret: Callable[..., str]):
    before = parsed(turret, "list")
    assert {topic["label"] for topic in before} == {FIRST, SECOND, THIRD, FOURTH}
    assert not any(topic["waits_for_next_run"] for topic in before)
    assert [topic["n_messages"] for topic in before] == sorted((t["n_messages"] for t in before), reverse=True)
    turret("rename", FIRST, "Ours")
    turret("merge", SECOND, THIRD)
    after = {topic["topic_id"]: topic for topic in parsed(turret, "list")}
    first, second = after[topic_id(shop, 0)], after[topic_id(shop, 1)]
    assert (first["label"], first["own_label"], first["waits_for_next_run"]) == ("Ours", FIRST, True)
    assert (second["merged_into"], second["waits_for_next_run"]) == (topic_id(shop, 2), True)
    assert "from the next run on" in turret("list")


def test_step_of_a_topic_is_chosen_and_left_to_use_again(shop: SampleProject, turret: Callable[..., str]):
    turret("step", FIRST, "always")
    chosen = {topic["topic_id"]: topic for topic in parsed(turret, "list")}[topic_id(shop, 0)]
    assert (chosen["step"], chosen["waits_for_next_run"]) == ("always", True)
    assert "always a step" in turret("list")
    with pytest.raises(EditRefusedError, match="is already always a step"):
        turret("step", FIRST, "always")
    assert "depending on how people use it" in turret("step", FIRST, "auto")
    assert parsed(turret, "show", FIRST)["step"] is None
    assert f"made '{FIRST}' a step depending on its use" in turret("history")


def test_list_names_what_came_out_of_a_merged_topic(tmp_path: Path, shop: SampleProject, turret: Callable[..., str]):
    turret("merge", FIRST, SECOND)
    with duckdb.connect(str((tmp_path / "published" / "turret.duckdb").resolve())) as marts:
        for heir, at in ((2, "2999-01-01"), (3, "2001-01-01")):
            marts.execute(
                "insert into marts.fct_topic_lineage by name select ? as project_id, ? as from_topic_id,"
                " ? as to_topic_id, 'split' as change, ?::timestamp as recorded_at",
                [shop.project_id, topic_id(shop, 0), topic_id(shop, heir), at],
            )
    out_of = {topic["topic_id"]: topic["came_out_of"] for topic in parsed(turret, "list")}
    assert out_of[topic_id(shop, 2)] == [topic_id(shop, 0)]
    assert out_of[topic_id(shop, 3)] == []
    assert f"came out of '{FIRST}', which is merged" in turret("list")
    turret("merge", THIRD, SECOND)
    assert all(not topic["came_out_of"] for topic in parsed(turret, "list"))


def test_show_tells_what_is_inside_a_topic_and_who_edited_it(turret: Callable[..., str]):
    turret("keep", FIRST, "--by", "Ada")
    about = parsed(turret, "show", FIRST)
    assert about["label"] == FIRST
    assert about["description"]
    assert about["examples"]
    assert [edit["kind"] for edit in about["edits"]] == ["keep"]
    assert about["state"] == "kept"
    assert f"kept '{FIRST}' (Ada" in turret("show", FIRST)


def test_move_takes_a_text_by_event_or_by_its_words(
    tmp_path: Path, shop: SampleProject, projects: Projects, turret: Callable[..., str]
):
    with duckdb.connect(str((tmp_path / "published" / "turret.duckdb").resolve()), read_only=True) as marts:
        sql = "select event_id, text from marts.fct_messages where topic_id = ? limit 1"
        event_id, text = marts.execute(sql, [topic_id(shop, 0)]).fetchall()[0]
    text_hash = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert f"count for {SECOND} from the next run on" in turret("move", SECOND, "--event", event_id)
    turret("move", THIRD, "--text", text)
    (choice,) = projects.topic_edits.text_choices()
    assert (choice.text_hash, choice.topic_id) == (text_hash, topic_id(shop, 2))
    assert parsed(turret, "history")[0]["text"] == text
    assert "where the topic model puts" in turret("move", "--back", "--text", text)
    assert projects.topic_edits.text_choices() == []
    with pytest.raises(TopicNameError, match="No published message"):
        turret("move", SECOND, "--text", "nobody said that")


def test_undo_without_a_number_takes_back_the_last_edit_in_force(projects: Projects, turret: Callable[..., str]):
    turret("keep", FIRST)
    turret("retire", SECOND)
    states = {topic["label"]: topic["state"] for topic in parsed(turret, "list")}
    assert states == {FIRST: "kept", SECOND: "retired", THIRD: "proposed", FOURTH: "proposed"}
    turret("undo")
    turret("undo")
    assert projects.topic_edits.topic_choices() == []
    with pytest.raises(TopicNameError, match="Project shop has no topic edit in force"):
        turret("undo")


REFUSED = {
    "unknown topic": (["hide", "No such topic at all"], UnknownNameError, "There is no topic 'No such topic at all'"),
    "nearly a label": (["hide", FIRST[:-1]], UnknownNameError, "did you mean top_"),
    "sibling's name": (["rename", FIRST, SECOND], EditRefusedError, "has the name"),
    "itself": (["merge", FIRST, FIRST], EditRefusedError, "cannot be merged into itself"),
    "unknown edit": (["undo", "9"], NotFoundError, "has no edit 9"),
    "no name and no --clear": (["rename", FIRST], typer.BadParameter, "LABEL or --clear"),
    "refit of an unknown field": (
        ["refit", "--field", "prompts", "--candidate"],
        UnknownNameError,
        "No field 'prompts' was seen in project 'shop'; did you mean 'prompt'",
    ),
    "refit of a field that is no text": (
        ["refit", "--field", "plan"],
        UnknownNameError,
        "'plan' of project 'shop' is of type enum, but topics need a text field: it has 'prompt'",
    ),
    "nothing to move": (["move", FIRST], typer.BadParameter, "--event or --text"),
}


@pytest.mark.parametrize(("words", "error", "sentence"), REFUSED.values(), ids=REFUSED)
def test_command_that_cannot_be_done_is_refused_with_a_sentence(
    projects: Projects, turret: Callable[..., str], words: list[str], error: type[Exception], sentence: str
):
    with pytest.raises(error, match=sentence):
        turret(*words)
    assert projects.topic_edits.history("shop") == []
    assert projects.candidates.list("shop") == []


def test_label_of_two_topics_asks_for_an_id(tmp_path: Path, shop: SampleProject, turret: Callable[..., str]):
    with duckdb.connect(str((tmp_path / "published" / "turret.duckdb").resolve())) as marts:
        marts.execute(
            "update marts.dim_topics set label = ?, field = 'note' where topic_id = ?", [FIRST, topic_id(shop, 1)]
        )
    with pytest.raises(TopicNameError, match=r"2 topics are called .*field 'prompt'.*field 'note'.*use an id"):
        turret("keep", FIRST)
    assert "is kept" in turret("pin", topic_id(shop, 1))  # by its old name


def test_topic_commands_before_the_first_run_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TURRET_HOME", str(tmp_path))
    with open_projects(load_settings()) as projects:
        projects.create_project("shop")
    with pytest.raises(NothingPublishedError, match="run `turret run` first"):
        app(["topic", "list", "--project", "shop"], standalone_mode=False)


def test_define_says_what_happens_and_lists_the_topic_at_once(shop: SampleProject, turret: Callable[..., str]):
    del shop
    said = turret("define", "Late parcels", "--example", "where is my parcel", "--example", "it is late")
    assert "Messages like these examples will count for Late parcels from the next run on" in said
    (defined,) = [topic for topic in parsed(turret, "list") if topic["label"] == "Late parcels"]
    assert (defined["n_messages"], defined["state"], defined["is_found"]) == (0, "kept", False)
    assert defined["examples"] == ["where is my parcel", "it is late"]
    assert "defined; from the next run on" in turret("list")
    assert "defined 'Late parcels' by 2 examples" in turret("history")


def test_list_and_show_name_the_examples_that_are_outvoted(
    tmp_path: Path, shop: SampleProject, turret: Callable[..., str]
):
    examples = [word for text in ("like ours", "like theirs", "like nothing") for word in ("--example", text)]
    edit = parsed(turret, "define", "Ours", *examples)
    with duckdb.connect(str((tmp_path / "published" / "turret.duckdb").resolve())) as marts:
        marts.execute(
            "insert into marts.dim_topic_edits by name select ? as project_id, ? as topic_id, 'prompt' as field,"
            " 'Ours' as own_label, 'Ours' as chosen_label, ? as shown_topic_id, false as is_hidden, true as is_found,"
            " 3 as n_messages, 'kept' as state, ? as example_topic_ids",
            [shop.project_id, edit["topic_id"], edit["topic_id"], [edit["topic_id"], topic_id(shop, 0), None]],
        )
    for said in (turret("list"), turret("show", "Ours")):
        assert "like ours”" not in said
        assert f"outvoted: messages like “like theirs” count for '{FIRST}'" in said
        assert "outvoted: messages like “like nothing” count for no topic" in said
    assert parsed(turret, "show", "Ours")["outvoted_examples"] == [
        {"example": "like theirs", "topic_id": topic_id(shop, 0)},
        {"example": "like nothing", "topic_id": None},
    ]


def test_define_before_any_data_needs_a_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("TURRET_HOME", str(tmp_path))
    monkeypatch.delenv("TURRET_DATABASE_URL", raising=False)
    with open_projects(load_settings()) as projects:
        projects.create_project("new")
    words = ["topic", "define", "Refunds", "--example", "money back", "--project", "new"]
    with pytest.raises(typer.BadParameter, match="has no text field yet; name the field with --field"):
        app(words, standalone_mode=False)
    app([*words, "--field", "prompt"], standalone_mode=False)
    assert "will count for Refunds from the next run on" in " ".join(capsys.readouterr().out.split())
