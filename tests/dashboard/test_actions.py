"""What the dashboard changes: by admins only, through one callback, in the real databases."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import httpx
import pytest

from contracts.errors import TurretError
from contracts.home import Home
from contracts.settings import load_settings
from dashboard.actions import ActionRequest, ActionResult
from dashboard.data.address import Address
from dashboard.data.published import Published, load_query
from dashboard.sessions import page as sessions
from dashboard.settings import alerts, plan
from dashboard.settings import pages as settings_pages
from dashboard.settings.context import SettingsContext
from dashboard.settings.privacy import retention
from dashboard.sign_in.visitor import EVERYBODY, NOBODY, set_visitor
from dashboard.topic import editing as topic_editing
from dashboard.topic.editing import EFFECT, effect_after
from dashboard.topics import candidate, definitions, states
from projects import open_projects
from projects.access.api_keys import hash_key
from projects.alerts.records import RuleReading
from projects.errors import EditRefusedError, InvalidValueError, UnknownNameError
from projects.records import TopicDefinition
from tests.dashboard.page_words import words_of
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import SampleProject, publish, topic_id
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS
from tests.factories.webhook_receiver import receive_webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from projects import Projects
    from projects.records import Project

PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist
ACTIONS = {
    **candidate.ACTIONS,
    **settings_pages.ACTIONS,
    **topic_editing.ACTIONS,
    **definitions.ACTIONS,
    **states.ACTIONS,
    **sessions.ACTIONS,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("actions") / "home"


@pytest.fixture(scope="module")
def projects(home: Path) -> Iterator[Projects]:
    with open_projects(load_settings(home=home, database_url="")) as opened:
        yield opened


@pytest.fixture(scope="module")
def project(projects: Projects, home: Path) -> Project:
    made = projects.create_project("Acme <b>Bot</b>", plan="pro")
    publish(home, (SampleProject(made.project_id, 60, ASSISTANT_SUBJECTS[:4]),))
    return made


@pytest.fixture
def do(projects: Projects, home: Path, project: Project) -> Callable[..., str]:
    """Do an action as an admin and give its words."""

    def run(action: str, target: str = "", **values: str) -> str:
        published = Published(Home(home).published)
        address = Address(project=project.project_id)
        own = load_settings(home=home, database_url="", alerts_allow_private_addresses=True)
        places = ("https://turret.test", "http://collector.test", Home(home), own)
        wish = ActionRequest(projects, published, address, target, values, EVERYBODY, *places)
        said = ACTIONS[action](wish)
        return words_of(said.words if isinstance(said, ActionResult) else said)

    return run


def test_run_now_asks_the_sensor_for_a_run(do: Callable[..., str], home: Path):
    assert "it starts within seconds" in do("run-now")
    assert Home(home).run_request.exists()


def test_create_key_shows_a_key_that_works_and_revoke_ends_it(
    do: Callable[..., str], projects: Projects, project: Project
):
    words = do("create-key", project.project_id, name="Mobile app")
    secret = next(word for word in words.split() if word.startswith("tk_") and len(word) == 46)
    assert projects.find_key(hash_key(secret)) == project.project_id
    assert "http://collector.test/track" in words
    [key] = [key for key in projects.list_keys(project.project_id) if secret.startswith(key.prefix)]
    assert key.name == "Mobile app"
    words = do("create-key", project.project_id, scope="read")
    read_secret = re.search(r"tkr_[\w-]{43}", words)[0]
    assert projects.find_key(hash_key(read_secret), "read") == project.project_id
    assert "/api/v1/topics" in words
    assert "is revoked" in do("revoke-key", f"{project.project_id}/{key.key_id}")
    assert projects.find_key(hash_key(secret)) is None


def test_type_of_a_field_is_chosen_and_left_to_detection_again(
    do: Callable[..., str], projects: Projects, project: Project
):
    do("set-field", f"{project.project_id}/a/b.c", type="text")
    assert [(found.field, found.type) for found in projects.list_overrides(project.project_id)] == [("a/b.c", "text")]
    do("set-field", f"{project.project_id}/a/b.c", type="detected")
    assert projects.list_overrides(project.project_id) == []


def test_outcome_of_a_field_is_chosen_and_left_to_its_name_again(
    do: Callable[..., str], projects: Projects, project: Project
):
    plan = f"{project.project_id}/plan"
    assert "true is a bad outcome" in do("set-field", plan, type="detected", outcome="negative")
    assert [choice.outcome for choice in projects.list_field_outcomes(project.project_id)] == ["negative"]
    assert do("set-field", plan, type="detected", outcome="negative") == "plan stays as it was."
    assert "The name of plan decides" in do("set-field", plan, type="detected", outcome="by-name")
    assert projects.list_field_outcomes(project.project_id) == []


def test_masking_is_set_by_kinds_and_patterns(do: Callable[..., str], projects: Projects, project: Project):
    assert "2 of 6 kinds" in do("set-masked-kinds", project.project_id, kinds="email\nphone")
    assert "‹contract›" in do("set-mask-pattern", project.project_id, name="contract", pattern="C-[0-9]{6}")
    assert projects.get(project.project_id).masking.names == ["email", "phone", "contract"]
    with pytest.raises(TurretError, match="no lookaround"):
        do("set-mask-pattern", project.project_id, name="other", pattern="(?=C)")
    do("remove-mask-pattern", f"{project.project_id}/contract")
    assert "Nothing is masked" in do("set-masked-kinds", project.project_id)


def test_shorter_retention_is_previewed_then_confirmed_waits_and_can_be_cancelled(
    do: Callable[..., str], projects: Projects, project: Project, home: Path
):
    def page(keep: str) -> str:
        snapshot = Published(Home(home).published).snapshot()
        address, own = Address(project=project.project_id, keep=keep), load_settings(home=home, database_url="")
        return words_of(
            retention.render(SettingsContext(address, projects, own, snapshot, projects.get("Acme <b>Bot</b>")))
        )

    assert "Nothing has changed yet" in do("set-retention", project.project_id, days="30")
    assert projects.get(project.project_id).retention.next_days is None
    assert "Keep events for 30 days only? Of today's," in page("events.30")
    assert "would be removed" in page("events.30")
    assert "the texts of" in page("texts.30")
    assert not [keep for keep in ("", "events.0", "events.x", "events", "x.30", "events.30.1") if "only?" in page(keep)]
    assert "In 24 hours" in do("shorten-retention", f"{project.project_id}/30")
    waiting = projects.get(project.project_id).retention
    assert (waiting.days, waiting.next_days) == (None, 30)
    assert "for ever" in do("cancel-retention", project.project_id)
    for days in ("0", "1.5", "many", ""):
        with pytest.raises(TurretError, match="days"):
            do("set-retention", project.project_id, days=days)
        with pytest.raises(TurretError, match="days"):
            do("shorten-retention", f"{project.project_id}/{days}")
    assert "for ever" in do("keep-events", project.project_id)


def test_goal_plan_and_journey_field_are_set(do: Callable[..., str], projects: Projects, project: Project):
    topic = topic_id(SampleProject(project.project_id, 0), 3)
    do("set-goal", project.project_id, name="bought", kind="field", field="plan", value="pro")
    do("set-goal", project.project_id, name="asked", kind="event", field="left over", value="question", names="any")
    do("set-goal", project.project_id, name="helped", kind="topic", topic=topic, event="left over", value="left over")
    do("set-goal", project.project_id, name="liked", kind="feedback", feedback="positive", event="left over")
    assert [(goal.name, goal.field, goal.value) for goal in projects.goals.list(project.project_id)] == [
        ("asked", None, "question"),
        ("bought", "plan", "pro"),
        ("helped", None, topic),
        ("liked", None, "positive"),
    ]
    do("clear-goal", f"{project.project_id}/asked")
    do("set-plan", project.project_id, plan="business", limit="1,500")
    do("set-journey-field", project.project_id, field="prompt")
    assert "late after 5 seconds" in do("set-late-after", project.project_id, seconds=" 5 ")
    changed = projects.get(project.project_id)
    assert changed.late_after_s == 5
    for seconds in ("0", "3601", "5.5", "soon"):
        with pytest.raises(
            InvalidValueError, match=f"late after {seconds!r}; enter 1 to 3600|after {seconds} seconds; all"
        ):
            do("set-late-after", project.project_id, seconds=seconds)
    assert "late after 10 seconds" in do("set-late-after", project.project_id, seconds="")
    assert (changed.plan, changed.event_limit, changed.journey_field) == ("business", 1_500, "prompt")


def test_event_is_deleted_as_by_the_command_and_restored(do: Callable[..., str], projects: Projects, project: Project):
    assert "will be deleted by the next run" in do("delete-event", f"{project.project_id}/a/b")
    assert [found.event_id for found in projects.deleted_events.list(project.project_id)] == ["a/b"]
    assert "will count again after the next run" in do("restore-event", f"{project.project_id}/a/b")
    assert projects.deleted_events.list(project.project_id) == []


def test_user_is_erased_as_by_the_command_until_that_is_cancelled(
    do: Callable[..., str], projects: Projects, project: Project
):
    assert "next run erases this user" in do("erase", f"{project.project_id}/user/a/b")
    (erasure,) = projects.erasures.list(project.project_id)
    assert (erasure.kind, erasure.target, erasure.later_events) == ("user", "a/b", "drop")
    assert do("cancel-erasure", f"{project.project_id}/{erasure.erasure_id}") == "Nothing is erased."
    assert projects.erasures.list(project.project_id) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "event", "event": "usermessage"}, "did you mean 'user_message'"),
        ({"kind": "field", "field": "plans", "value": "pro"}, "did you mean 'plan'"),
        ({"kind": "field", "field": "plan", "value": "Pro"}, "No value 'Pro' was seen.*did you mean 'pro'"),
        ({"kind": "topic", "topic": ASSISTANT_SUBJECTS[0].label}, "did you mean top_"),
    ],
)
def test_goal_that_no_event_can_have_reached_is_refused_until_any_name_is_allowed(
    do: Callable[..., str], projects: Projects, project: Project, values: dict[str, str], sentence: str
):
    before = projects.goals.list(project.project_id)
    with pytest.raises(UnknownNameError, match=f"{sentence}.*Choose names “Any” to set it anyway\\."):
        do("set-goal", project.project_id, name="typo", names="seen", **values)
    assert projects.goals.list(project.project_id) == before

    assert "counts from the next run on" in do("set-goal", project.project_id, name="typo", names="any", **values)
    do("clear-goal", f"{project.project_id}/typo")


def test_edit_says_in_how_long_it_shows_only_by_a_recent_run_that_was_not_the_first():
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        stages = ", ".join(f"{name}_s double" for name in ("load", "model", "embed", "topics", "label", "journeys"))
        columns = f"project_id varchar, started_at timestamp, {stages}, publish_s double"
        connection.execute(f"create table marts.agg_pipeline_runs ({columns})")

        def said(now: datetime) -> str:
            found = connection.execute(load_query("seconds_of_run"), {"project_id": "p"})
            names = [column[0] for column in found.description]
            return effect_after(dict(zip(names, found.fetchone(), strict=True)), now)

        assert said(now) == EFFECT
        for hour, seconds in ((9, 200), (11, 20)):
            values = ["p", f"2026-01-05 {hour:02}:00:00", 1, 1, 1, seconds, 1, 1, 1]
            connection.execute("insert into marts.agg_pipeline_runs values (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            assert said(now) == (EFFECT if hour == 9 else f"{EFFECT}, in about 31 s")
        assert said(now + timedelta(days=2)) == EFFECT


def test_topic_is_renamed_merged_hidden_kept_retired_and_each_is_undone(
    do: Callable[..., str], projects: Projects, project: Project
):
    sample = SampleProject(project.project_id, 0)
    first, second = (f"{project.project_id}/{topic_id(sample, number)}" for number in (0, 1))
    said = do("rename-topic", first, label="My <i>name</i>")
    assert "will be called “My <i>name</i>” with the next run of the pipeline" in said
    assert "will be retired" in do("retire-topic", first)
    assert "will be proposed again" in do("propose-topic", first)
    assert "is kept" in do("keep-topic", first)
    assert "hidden from lists" in do("hide-topic", second)
    assert "shown again" in do("show-topic", second)
    assert "never a step" in do("step-never", second)
    assert "depending on how people use it" in do("step-auto", second)
    assert "always a step" in do("step-always", first)
    do("merge-topic", second, into=topic_id(sample, 0))
    history = projects.topic_edits.history(project.project_id)
    assert {edit.made_by for edit in history} == {EVERYBODY.name}
    for edit in reversed(
        [edit for edit in history if edit.kind in {"rename", "merge", "keep", "retire", "propose", "step"}]
    ):
        do("undo-edit", f"{project.project_id}/{edit.number}")
    choices = projects.topic_edits.topic_choices(project.project_id)
    assert not any(
        choice.label or choice.state != "proposed" or choice.merged_into or choice.step for choice in choices
    )


def test_several_topics_get_a_state_all_or_none(do: Callable[..., str], projects: Projects, project: Project):
    sample, target = SampleProject(project.project_id, 0), f"{project.project_id}/message/text"
    first, second, third = (topic_id(sample, number) for number in range(3))

    def states() -> dict[str, str]:
        choices = projects.topic_edits.topic_choices(project.project_id)
        return {choice.topic_id: choice.state for choice in choices if choice.state != "proposed"}

    assert do("choose-states", target, topics=f"{first}\n{second}", state="kept").startswith("2 topics will be kept")
    assert do("choose-states", target, topics=f"{first}\n{third}", state="kept").startswith("1 topic will be kept")
    with pytest.raises(EditRefusedError, match=r"^None of the 2 topics would change: choose topics that are not kept"):
        do("choose-states", target, topics=f"{first}\n{third}", state="kept")
    projects.goals.set(project.project_id, "there", "topic", second)
    with pytest.raises(EditRefusedError, match="would be retired; delete the goal first"):
        do("choose-states", target, topics=f"{first}\n{second}", state="retired")
    projects.goals.clear(project.project_id, "there")
    assert states() == {first: "kept", second: "kept", third: "kept"}
    do("choose-states", target, topics=f"{first}\n{second}\n{third}", state="proposed")
    assert states() == {}


def test_candidate_is_asked_for_promoted_or_dropped_and_refits_are_left_to_people(
    do: Callable[..., str], projects: Projects, project: Project
):
    target = f"{project.project_id}/prompt"
    assert "Candidate 1 will be made with the next run" in do("request-candidate", target)
    assert "Candidate 2 will be made" in do("request-candidate", target)
    assert "Candidate 2 will be live with the next run" in do("promote-candidate", f"{project.project_id}/2")
    with pytest.raises(EditRefusedError, match=r"^Candidate 2 is already promoted, by "):
        do("drop-candidate", f"{project.project_id}/2")
    do("request-candidate", target)
    assert "Today's topics stay" in do("drop-candidate", f"{project.project_id}/3")
    found = projects.candidates.list(project.project_id)
    assert [(each.number, each.outcome) for each in found] == [(1, "dropped"), (2, "promoted"), (3, "dropped")]
    assert "only by hand" in do("choose-refits", project.project_id, mode="manual")
    assert not projects.get(project.project_id).are_refits_automatic
    assert "automatically" in do("choose-refits", project.project_id, mode="automatic")
    assert projects.get(project.project_id).are_refits_automatic


def test_topic_is_defined_by_lines_and_undone(do: Callable[..., str], projects: Projects, project: Project):
    target = f"{project.project_id}/message/text"  # a field may hold a slash
    said = do("define-topic", target, name="Late <b>", examples="where is it\n\n it is late \n", scope="closest")
    assert "Messages like your 2 examples will count for “Late <b>” with the next run" in said
    (choice,) = [each for each in projects.topic_edits.topic_choices(project.project_id) if each.definition]
    assert choice.definition == TopicDefinition("Late <b>", ("where is it", "it is late"), "closest")
    assert (choice.field, choice.state) == ("message/text", "kept")
    (edit,) = [each for each in projects.topic_edits.history(project.project_id) if each.topic_id == choice.topic_id]
    do("undo-edit", f"{project.project_id}/{edit.number}")
    assert not [each for each in projects.topic_edits.topic_choices(project.project_id) if each.definition]
    many = "\n".join(f"{number} {'x' * 200}" for number in range(20))
    assert "Messages like your 20 examples" in do("define-topic", target, name="Many", examples=many)
    do("undo-edit", f"{project.project_id}/{projects.topic_edits.history(project.project_id)[-1].number}")


def test_person_is_added_with_a_link_of_this_address(do: Callable[..., str], projects: Projects):
    words = do("add-person", name="ada@example.com", role="viewer")
    assert "https://turret.test/password?link=" in words
    do("set-role", projects.people.find("ada@example.com").person_id, role="admin")
    do("remove-person", projects.people.find("ada@example.com").person_id)
    assert "ada@example.com" not in {person.name for person in projects.people.list()}


def test_new_project_comes_with_a_key(do: Callable[..., str], projects: Projects):
    words = do("create-project", name="Second bot")
    assert "tk_" in words
    assert "Second bot" in {project.name for project in projects.list_projects()}


def test_project_is_renamed_and_deleted_only_when_its_name_is_typed(do: Callable[..., str], projects: Projects):
    made = projects.create_project("Third bot")
    secret = projects.create_key(made.project_id).secret
    assert "'Fourth bot'" in do("rename-project", made.project_id, name="Fourth bot")
    assert projects.get(made.project_id).name == "Fourth bot"
    with pytest.raises(TurretError, match="but you typed 'Third bot'"):
        do("delete-project", made.project_id, name="Third bot")
    assert projects.find_key(hash_key(secret)) == made.project_id
    assert "is deleted" in do("delete-project", made.project_id, name="Fourth bot")
    assert made.project_id not in {project.project_id for project in projects.list_projects()}
    assert projects.find_key(hash_key(secret)) is None


@pytest.mark.parametrize(
    ("action", "target", "values", "sentence"),
    [
        ("create-key", "prj_0000000000000000", {}, "There is no project"),
        ("revoke-key", "prj_0000000000000000/key_1", {}, "There is no project"),
        ("set-plan", "Acme <b>Bot</b>", {"plan": "gold"}, "'gold'"),
        ("set-plan", "Acme <b>Bot</b>", {"plan": "pro", "limit": "many"}, "The limit 'many' is not valid"),
        ("set-goal", "Acme <b>Bot</b>", {"kind": "event", "name": "", "value": "x"}, "name"),
        ("request-candidate", "{project_id}/prompts", {}, "No field 'prompts' was seen in .*did you mean 'prompt'?"),
        ("rename-topic", "{project_id}/top_nothing", {"label": "x"}, "top_nothing"),
        ("add-person", "", {"name": "", "role": "viewer"}, "The name has 0 characters"),
        ("remove-person", "usr_nobody", {}, "does not exist any more"),
    ],
)
def test_bad_wishes_get_one_sentence(  # noqa: PLR0913, PLR0917  # one for each part
    do: Callable[..., str], project: Project, action: str, target: str, values: dict[str, str], sentence: str
):
    target = target.format(project_id=project.project_id)
    with pytest.raises(TurretError, match=sentence.replace("(", r"\(")):
        do(action, target, **values)


def test_settings_are_laid_out_for_admins_only(projects: Projects, home: Path, project: Project):
    from dashboard.router import Router  # noqa: PLC0415  # Dash is slow to import

    router = Router(Published(Home(home).published), projects, load_settings(home=home, database_url=""))
    set_visitor(NOBODY)
    for tab in settings_pages.TABS:
        assert "Settings are for admins" in words_of(router.screen(f"/settings/{tab}", "").page)
    set_visitor(EVERYBODY)
    for tab, (name, _) in settings_pages.TABS.items():
        words = words_of(router.screen(f"/settings/{tab}", f"?project={project.project_id}").page)
        assert name in words
        assert "could not be made" not in words
    topic = topic_id(SampleProject(project.project_id, 0), 0)
    words = words_of(router.screen(f"/topics/{topic}", f"?project={project.project_id}").page)
    assert "Edit this topic" in words
    set_visitor(NOBODY)


@pytest.fixture(scope="module")
def url(home: Path, project: Project) -> Iterator[str]:
    del project
    with run_dashboard(home, dashboard_sign_in=True) as started:
        yield started


def _press(client: httpx.Client, action: str, target: str, values: dict[str, str] | None = None) -> httpx.Response:
    """Send what a browser sends when the button of an action is pressed."""
    dependencies = client.get("/_dash-dependencies").json()
    [callback] = [found for found in dependencies if found["output"].startswith("..said.children...")]
    button = {"type": "do", "action": action, "target": target}
    fields = [{"type": "with", "action": action, "target": target, "name": name} for name in values or {}]
    key = json.dumps(button, separators=(",", ":"), sort_keys=True)
    body: dict[str, Any] = {
        "output": callback["output"],
        "outputs": [
            {"id": "said", "property": "children"},
            {"id": "newer", "property": "data"},
            {"id": "address", "property": "href"},
        ],
        "inputs": [[{"id": button, "property": "n_clicks", "value": 1}]],
        "changedPropIds": [f"{key}.n_clicks"],
        "state": [
            [{"id": field, "property": "value", "value": (values or {})[field["name"]]} for field in fields],
            [{"id": field, "property": "id", "value": field} for field in fields],
            {"id": "address", "property": "pathname", "value": "/settings"},
            {"id": "address", "property": "search", "value": ""},
            {"id": "address", "property": "href", "value": "http://127.0.0.1/settings"},
        ],
    }
    return client.post("/_dash-update-component", json=body)


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_button_acts_for_an_admin_and_never_for_a_viewer(url: str, projects: Projects, project: Project, role: str):
    projects.people.choose_password(projects.people.add(f"a {role}", role).secret, PASSWORD)
    with httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as client:
        client.post("/sign-in", data={"name": f"a {role}", "password": PASSWORD})
        before = len(projects.list_keys(project.project_id))
        answer = _press(client, "create-key", project.project_id)
        assert answer.status_code == 200, answer.text
        made = len(projects.list_keys(project.project_id)) - before
        if role == "admin":
            assert made == 1
            assert "tk_" in answer.text
        else:
            assert made == 0
            assert "is not an admin and cannot change anything" in answer.text
            assert "tk_" not in answer.text
        unknown = _press(client, "drop-everything", "x")
        assert "nothing called" in unknown.text or "cannot change anything" in unknown.text


def test_viewer_sees_no_key_and_no_edit(url: str, projects: Projects, project: Project):
    projects.create_key(project.project_id)
    projects.people.choose_password(projects.people.add("only looks", "viewer").secret, PASSWORD)
    with httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as client:
        client.post("/sign-in", data={"name": "only looks", "password": PASSWORD})
        dependencies = client.get("/_dash-dependencies").json()
        [callback] = [found for found in dependencies if "page.children" in found["output"]]
        outputs = [part.rsplit(".", 1) for part in callback["output"].strip(".").split("...")]
        topic = topic_id(SampleProject(project.project_id, 0), 0)
        for path in ("/settings", "/settings/team", f"/topics/{topic}"):
            body = {
                "output": callback["output"],
                "outputs": [{"id": part, "property": name} for part, name in outputs],
                "inputs": [
                    {"id": "address", "property": "pathname", "value": path},
                    {"id": "address", "property": "search", "value": ""},
                    {"id": "newer", "property": "data", "value": None},
                ],
                "changedPropIds": ["address.pathname"],
            }
            text = client.post("/_dash-update-component", json=body).text
            assert "tk_" not in text
            assert "Edit this topic" not in text
            assert path.startswith("/topics") or "Settings are for admins" in text


def test_plan_page_of_a_trial_says_its_limit_and_its_end(projects: Projects, home: Path):
    trial = projects.create_project("Tried out", plan="trial")
    settings = load_settings(home=home, database_url="")
    words = words_of(plan.render(SettingsContext(Address(project=trial.project_id), projects, settings, None, trial)))
    ends_at = projects.ledger.usage(trial.project_id, trial.created_at).allowance.ends_at
    assert f"Trial: 250,000 events in all; new events are refused from {ends_at:%Y-%m-%d %H:%M} UTC." in words


def test_alerts_and_channels_are_made_tested_and_deleted(
    do: Callable[..., str], projects: Projects, project: Project, home: Path
):
    with receive_webhooks() as receiver:
        said = do("create-channel", project.project_id, name="ops <b>", kind="webhook", address=receiver.url)
        (channel,) = projects.alerts.list_channels(project.project_id)
        assert channel.secret in said
        target = f"{project.project_id}/{channel.channel_id}"
        assert do("test-channel", target) == "The test of ops <b> arrived: 200 OK: thanks"
        receiver.answer = lambda _call: (500, {}, b"no")
        assert "did not arrive: 500 Internal Server Error: no" in do("test-channel", target)
    chosen = {"kind": "spike", "channel": channel.channel_id, "texts": "none"}
    do("create-alert", project.project_id, name="growth", threshold="2", days="", cooldown="0", only="", **chosen)
    (rule,) = projects.alerts.list(project.project_id)
    assert (rule.threshold, rule.days, rule.cooldown_hours, rule.only, rule.has_texts) == (2.0, 7, 0.0, None, False)
    with pytest.raises(InvalidValueError, match="limited to 'nothing', which is no topic"):
        do("create-alert", project.project_id, name="more", only="nothing", **chosen)
    with pytest.raises(InvalidValueError, match="limited to 'nothing', which is no goal of project"):
        do("create-alert", project.project_id, name="more", only="nothing", **(chosen | {"kind": "goal-down"}))
    with pytest.raises(InvalidValueError, match="The days is 'x'; allowed is a whole number"):
        do("create-alert", project.project_id, name="more", days="x", **chosen)
    with pytest.raises(InvalidValueError, match="is used by 'growth'"):
        do("delete-channel", target)
    context = SettingsContext(
        Address(project=project.project_id), projects, load_settings(home=home, database_url=""), None, project
    )
    page = words_of(alerts.render(context))
    for shown in ("A topic grows", "by 2 times or more in 7 days", "not yet", "ops <b>", "http://127.0.0.1", "failed"):
        assert shown in page
    assert channel.secret not in page
    assert "secret-part" not in page
    whole = {"name": "growth", "channel": channel.channel_id, "texts": "texts", "cooldown": "0", "only": ""}
    assert "is changed" in do("change-alert", f"{project.project_id}/{rule.rule_id}", threshold="3", days="14", **whole)
    same = do("change-alert", f"{project.project_id}/{rule.rule_id}", threshold="3", days="14", **whole)
    assert same == "The alert growth stays as it was."
    for segment, sentence in (("plan:pro", "allowed is field=value"), ("prompt=x", "of type text")):
        with pytest.raises(TurretError, match=sentence):
            do("change-alert", f"{project.project_id}/{rule.rule_id}", **(whole | {"segment": segment}))
    (changed,) = projects.alerts.list(project.project_id)
    assert (changed.threshold, changed.days, changed.has_texts, changed.only) == (3.0, 14, True, None)
    projects.outbox.commit(
        changed, [], datetime.now(UTC), version="v", reading=RuleReading(1.25, "Refunds", "not more than chance")
    )
    assert "1.25 of 3 times, “Refunds”, not more than chance" in words_of(alerts.render(context))
    with pytest.raises(InvalidValueError, match="limited to 'nothing', which is no topic"):
        do("change-alert", f"{project.project_id}/{rule.rule_id}", **(whole | {"only": "nothing"}))
    assert do("delete-alert", f"{project.project_id}/{rule.rule_id}") == "The alert growth is deleted."
    assert "is deleted" in do("delete-channel", target)
