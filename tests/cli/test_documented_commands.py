"""Commands that `--help` and the guides show are run, in one home and in an order in which they make sense together."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import version
from typing import TYPE_CHECKING

import duckdb
import pytest
from typer.main import get_command

from cli.main import app
from contracts.settings import load_settings
from projects import open_projects
from tests.factories.archives import chatgpt
from tests.factories.published_factory import SAMPLE, SampleProject, publish
from tests.factories.turret_process import ROOT
from tests.factories.webhook_receiver import receive_webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABELS = ("Refund status", "Get money back", "Test messages", "Phone number")
FIELDS = """
insert into marts.dim_fields by name select project_id, unnest(['order.code', 'feedback', 'escalated']) as field,
'enum' as effective_type, 1 as n_values from marts.dim_fields limit 3;
insert into marts.fct_event_values by name select project_id, event_id, 'feedback' as field, 1 as value_index,
'enum' as value_type, 'thumbs_up' as enum_value from marts.fct_events limit 1;
"""

RUN = (
    "project list --json",
    'project usage "Support bot" --json',
    'project plan "Support bot" business',
    'project key create "Support bot" --name "Mobile app" --expires-days 90',
    'project key list "Support bot"',
    "audit --since 2026-11-01 --json",
    'audit --project "Support bot" --since 2026-11-01',
    "audit --json",
    "doctor --json",
    'project key revoke "Support bot" key_0123456789abcdef',
    'project journey-field "Support bot" prompt',
    'project first-day "Support bot" 2026-01-31',
    'project late-after "Support bot" 5',
    'project placeholder-ids "Support bot" missing',
    'project field set "Support bot" order.code enum',
    'project field outcome "Support bot" escalated negative',
    'project field list "Support bot"',
    'project field clear "Support bot" order.code',
    'project mask set "Support bot"',
    'project mask set "Support bot" email phone',
    r'project mask add "Support bot" contract "\bC-[0-9]{6}\b"',
    'project mask show "Support bot" --json',
    'project mask try "Support bot" "write to ada@example.com"',
    'project mask remove "Support bot" contract',
    'project mask off "Support bot"',
    'project retention "Support bot" --events-days 365 --yes',
    'project retention "Support bot" --texts-days 90 --yes',
    'project retention "Support bot" --cancel',
    'project retention "Support bot" --forever',
    'project retention "Support bot" --json',
    'project goal set "Support bot" solved --field feedback --value thumbs_up',
    'project goal list "Support bot" --json',
    'project goal clear "Support bot" solved',
    'topic list --project "Support bot"',
    'topic list --field turret.feedback.comment --project "Support bot"',
    'topic show "Refund status" --project "Support bot"',
    'topic define "Late delivery" --example "my parcel has not come yet" --project "Support bot"',
    'topic define "Cancellation" --example "cancel my plan" --example "how do I stop paying" --project "Support bot"',
    'topic rename "Get money back" "Refunds" --project "Support bot"',
    'topic merge "Refund status" "Refunds" --project "Support bot"',
    'topic hide "Test messages" --project "Support bot"',
    'topic show-again "Test messages" --project "Support bot"',
    'topic keep "Refunds" --project "Support bot"',
    'topic propose "Refunds" --project "Support bot"',
    'topic retire "Test messages" --project "Support bot"',
    'topic refit --candidate --project "Support bot"',
    'topic candidate list --project "Support bot"',
    'topic candidate drop 1 --project "Support bot"',
    'project refits "Support bot" manual',
    'topic pin "Refunds" --project "Support bot"',
    'topic unpin "Refunds" --project "Support bot"',
    'topic move "Refunds" --event evt_0123 --project "Support bot"',
    'topic undo 3 --project "Support bot"',
    'topic step "Phone number" never --project "Support bot"',
    'topic history --project "Support bot" --json',
    'topic history --project "Support bot"',
    'alert channel create "Support bot" ops --webhook https://ops.example.com/turret',
    'alert channel list "Support bot" --json',
    'alert channel create "Support bot" team --email "ada@example.com, bob@example.com"',
    'alert create "Support bot" "Weekly report" --when report --channel team',
    'alert test "Support bot" ops',
    'alert create "Support bot" "Topics that grow" --when spike --channel ops',
    'alert create "Support bot" "Goals of pro" --when goal-down --segment plan=pro --channel ops',
    'alert create "Support bot" "Silence" --when silence --threshold 6 --channel ops',
    'alert change "Support bot" "Topics that grow" --threshold 2',
    'alert list "Support bot"',
    'alert list "Support bot" --json',
    'alert deliveries "Support bot"',
    'alert deliveries "Support bot" --json',
    'alert delete "Support bot" "Topics that grow"',
    'alert delete "Support bot" "Silence"',
    'alert delete "Support bot" "Goals of pro"',
    'alert channel delete "Support bot" ops',
    'event delete evt_0123456789abcdef --project "Support bot"',
    'event list --project "Support bot"',
    'event restore evt_0123456789abcdef --project "Support bot"',
    "person add ada@example.com --role admin",
    "person list --json",
    "person link ada@example.com",
    "person role ada@example.com viewer",
    "person remove ada@example.com",
    'person erase user-42 --project "Support bot" --yes',
    'person erase --session chat-7 --project "Support bot" --yes',
    'person erase --event message-2001 --project "Support bot" --yes',
    'person erasures --project "Support bot"',
    'person cancel-erasure ers_0123456789abcdef --project "Support bot"',
    'project key create "Support bot" --scope erase',
    'import chats.jsonl --project "Support bot"',
    'import chats.csv --project "Support bot" --map question=metadata.prompt --name message',
    'import chatgpt-export.zip --project "Support bot" --dry-run',
    'query "select label, n_messages from dim_topics where level = 0" --format csv',
    'export /data/turret --project "Support bot"',
    'report --project "Support bot" --format html --output week.html',
    "status --json",
    "release --yes",
    'project rename "Support bot" "Help desk"',
)
"""In the order in which they are run, after the project was made."""

CREATE = 'project create "Support bot" --plan pro'
CREATE_AGAIN = 'project create "Support bot"'
DELETE = 'project delete "Support bot"'

ASSISTANTS = "tests/dashboard/test_agents_page.py::test_settings_of_an_assistant_start_the_tools"
COLLECTOR = "tests/collector/test_operation.py::test_address_is_announced_once_all_workers_take_requests"
CANDIDATE = "tests/pipeline/test_several_runs.py::test_promoted_candidate_gives_the_messages_that_it_announced"
DEMO = "tests/packaging/test_wheel.py::test_wheel_installed_elsewhere_runs_the_demo_which_shows_the_truth"
BACKUP = "tests/pipeline/test_backup.py::test_restored_home_has_every_event_that_was_acknowledged_before"
ELSEWHERE = {
    "up": "tests/cli/test_up_command.py::test_up_serves_everything_and_stops_without_a_trace",
    "collector": COLLECTOR,
    "collector --port 8000 --workers 2": COLLECTOR,
    'mcp --project "Support bot" --no-texts': ASSISTANTS,
    "dashboard --port 8050": "tests/dashboard/test_server.py::test_health_answers",
    "demo --users 200": DEMO,
    "demo --users 500 --seed 7 --days 14": DEMO,
    "run": "tests/pipeline/test_several_runs.py::test_run_with_nothing_new_changes_nothing",
    "backup turret.backup": BACKUP,
    "restore turret.backup": BACKUP,
    'topic candidate show --project "Support bot"': CANDIDATE,
    'topic candidate promote --project "Support bot"': CANDIDATE,
    "docs": "tests/expectations/test_data_docs.py::test_pages_built_again_replace_the_old_ones",
}
"""Servers, and what takes a run of the pipeline: here their options are read, and the tests named run them."""

GUIDES = {
    "docs/alerts.md",
    "docs/collector.md",
    "docs/demo.md",
    "docs/erasure.md",
    "docs/masking.md",
    "docs/retention.md",
    "docs/security.md",
    "docs/topics.md",
}
INLINE = re.compile(r"`(?:\w+=\S+ )*(?:sudo -u turret \S+ )?(?:\S*/)?turret ([^`]+)`")
COMMANDS = get_command(app)
PACKAGES = ("alerts", "cli", "collector", "contracts", "dashboard", "demo", "expectations", "orchestration", "projects")


def commands() -> Iterator[tuple[str, object]]:
    """Every command by the words that call it."""
    waiting = [("", COMMANDS)]
    while waiting:
        words, command = waiting.pop()
        children = getattr(command, "commands", {})
        waiting.extend((f"{words} {name}".strip(), child) for name, child in children.items())
        if not children:
            yield words, command


def examples() -> list[tuple[str, str]]:
    """The words of each command with each of its examples, without `turret` and the settings before it."""
    return [
        (words, match[1])
        for words, command in commands()
        for match in re.finditer(r"^Example: `(?:\w+=\S+ )?turret (.+)`$", command.help or "", flags=re.MULTILINE)
    ]


def lines_of_guides() -> set[str]:
    """The `turret` commands in the blocks of the guides, without `turret` and the comments behind them."""
    return {
        match[1]
        for guide in GUIDES
        for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / guide).read_text(), flags=re.DOTALL | re.MULTILINE)
        for match in re.finditer(r"^turret (.+?)(?:\s+#.*)?$", block, flags=re.MULTILINE)
    }


def test_each_command_has_an_example_and_all_that_are_shown_are_run():
    found = examples()
    assert {words for words, _ in found} == {words for words, _ in commands()}
    assert {*(example for _, example in found), *lines_of_guides()} == {*RUN, CREATE, CREATE_AGAIN, DELETE, *ELSEWHERE}


def test_every_command_named_in_a_page_or_a_message_exists_with_its_options():
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    files += [file for package in PACKAGES for file in ROOT.glob(f"{package}/**/*.py")]
    named = {(file, match[1]) for file in files for match in INLINE.finditer(file.read_text())}
    assert len(named) > 100
    assert [f"{file}: {words}" for file, words in named if not exists(words)] == []


def exists(words: str) -> bool:
    """Whether there is such a command; placeholders for arguments and values are ignored."""
    command = COMMANDS
    for word in words.split():
        children = getattr(command, "commands", {})
        if word in children:
            command = children[word]
        elif children and word != "…" and not word.startswith("-"):
            return False
        elif word.startswith("--"):
            options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            if word.strip("[],.").split("=")[0] not in options:
                return False
    return True


@pytest.mark.parametrize("example", ELSEWHERE)
def test_example_of_a_server_has_options_that_are_read(example: str):
    name, command, rest, context = "turret", COMMANDS, shlex.split(example), None
    file, test = ELSEWHERE[example].split("::")
    assert f"def {test}(" in (ROOT / file).read_text()
    while hasattr(command, "commands"):
        context = command.make_context(name, rest, parent=context)
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    assert command.make_context(name, rest, parent=context).args == []


def test_examples_run_as_they_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("TURRET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TURRET_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chats.jsonl").write_text('{"name": "message", "metadata": {"prompt": "hi"}}\n')
    (tmp_path / "chats.csv").write_text("question\nhi\n")
    chatgpt(tmp_path / "chatgpt-export.zip")

    def run(example: str) -> str:
        for printed, here in stand_ins.items():
            example = example.replace(printed, here)
        app(shlex.split(example), standalone_mode=False)
        return capsys.readouterr().out

    stand_ins = {"/data/turret": str(tmp_path / "data")}
    assert "Project Support bot is ready" in run(CREATE)
    with open_projects(load_settings()) as projects:
        project_id = projects.get("Support bot").project_id
        (key,) = projects.list_keys(project_id)
    subjects = tuple(subject._replace(label=label) for subject, label in zip(SAMPLE[0].subjects, LABELS, strict=False))
    with duckdb.connect(publish(tmp_path / "home", (SampleProject(project_id, 20, subjects),))) as marts:
        marts.execute(FIELDS)
        (event,) = marts.execute("select event_id from marts.fct_messages where topic_id is not null").fetchone()
    stand_ins |= {"key_0123456789abcdef": key.key_id, "evt_0123456789abcdef": event, "evt_0123": event}

    with open_projects(load_settings()) as projects:
        stand_ins["ers_0123456789abcdef"] = projects.erasures.add(project_id, "user", "nobody", "a test").erasure_id

    with receive_webhooks() as receiver:
        monkeypatch.setenv("TURRET_ALERTS_ALLOW_PRIVATE_ADDRESSES", "true")
        stand_ins["https://ops.example.com/turret"] = receiver.url
        printed = {example: run(example) for example in RUN}
    assert [example for example, said in printed.items() if not said.strip()] == []
    assert "Help desk" in printed['project rename "Support bot" "Help desk"']
    assert (tmp_path / "data" / "fct_events.parquet").exists()

    run(CREATE_AGAIN)
    with monkeypatch.context() as typed:
        typed.setattr("typer.prompt", lambda *_: "Support bot")
        assert "is deleted" in run(DELETE)


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]):
    app(["--version"], standalone_mode=False)
    assert capsys.readouterr().out == f"turret {version('turret')}\n"
