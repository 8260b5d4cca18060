"""Opening, migrating and sharing the projects database."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, select, text

import projects.migrations
from contracts.settings import load_settings
from projects import open_projects
from projects.access.api_keys import hash_key
from projects.database import NEWEST_REVISION
from projects.errors import DatabaseError, NameTakenError
from projects.models import Base
from projects.records import PublishedTopic, TopicOverride

if TYPE_CHECKING:
    from contracts.settings import Settings
    from projects import Projects

OPEN_AND_CREATE = """
import sys
from contracts.settings import load_settings
from projects import open_projects
with open_projects(load_settings()) as projects:
    projects.create_project(sys.argv[1])
"""


def test_migrations_give_the_tables_of_the_models(settings: Settings):
    open_projects(settings).close()
    engine = create_engine(settings.database_url or f"sqlite:///{settings.home / 'turret.sqlite'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []


def test_newest_revision_is_the_head_of_the_migrations():
    folder = Path(projects.migrations.__path__[0])
    assert ScriptDirectory(str(folder)).get_current_head() == NEWEST_REVISION


def test_pinned_topics_of_an_older_home_are_kept(settings: Settings):
    with open_projects(settings) as first:
        shop = first.create_project("shop").project_id
        topic = PublishedTopic("top_a", "prompt", "A")
        first.topic_edits.keep("shop", topic.topic_id, "ada", [topic])
    _downgrade(settings, "0013")
    with open_projects(settings) as second:
        assert second.topic_edits.topic_choices() == [TopicOverride(shop, "prompt", "top_a", state="kept")]
        assert [edit.kind for edit in second.topic_edits.history("shop")] == ["keep"]


def test_home_of_every_older_version_keeps_all_that_it_has(settings: Settings):
    with open_projects(settings) as made:
        secret = _make_something_of_every_kind(made)
    step = -4 if settings.database_url else -1  # PostgreSQL takes twice the time
    for revision in range(int(NEWEST_REVISION) - 1, 0, step):
        _downgrade(settings, f"{revision:04}")
        before = _tables(settings)
        with open_projects(settings) as opened:
            assert [project.name for project in opened.list_projects()] == ["shop"]
            assert opened.find_key(hash_key(secret)) is not None
        after = _tables(settings)
        for name, rows in before.items():
            kept = [{column: row[column] for column in rows[0]} for row in after[name]] if rows else after[name]
            assert sorted(map(str, kept)) == sorted(map(str, map(_renamed, rows))), f"{name} of {revision}"


def _make_something_of_every_kind(projects: Projects) -> str:
    """Fill the tables that older versions have; return an API key."""
    projects.create_project("shop", "pro")
    secret = projects.create_key("shop", "app").secret
    projects.set_field_override("shop", "plan", "enum")
    projects.set_field_outcome("shop", "solved", "positive")
    projects.set_first_day("shop", date(2025, 1, 1))
    projects.goals.set("shop", "paid", "event", "purchase")
    published = [PublishedTopic(topic_id, "prompt", topic_id.upper()) for topic_id in ("top_a", "top_b", "top_c")]
    projects.topic_edits.rename("shop", "top_a", "Prices", "ada", published)
    projects.topic_edits.keep("shop", "top_a", "ada", published)
    projects.topic_edits.propose("shop", "top_a", "ada", published)
    projects.topic_edits.retire("shop", "top_b", "ada", published)
    projects.topic_edits.define(
        "shop", "prompt", "Refunds", ["my money back", "refund me"], "closest", "ada", published
    )
    projects.people.choose_password(projects.people.add("ada", "admin").secret, "a long password")
    projects.deleted_events.add("shop", ["e1"])
    projects.erasures.add("shop", "user", "mallory", "ada")
    projects.alerts.create_channel("shop", "ops", "webhook", "https://hooks.example/T0")
    projects.alerts.create("shop", "more", "spike", "ops")
    return secret


def _tables(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    engine = create_engine(settings.database_url or f"sqlite:///{settings.home / 'turret.sqlite'}")
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        found = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in metadata.tables.values()
            if table.name != "alembic_version"
        }
    engine.dispose()
    return found


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    """What a migration makes of an edit of a topic."""
    return row | {"kind": {"pin": "keep", "unpin": "propose"}.get(row["kind"], row["kind"])} if "kind" in row else row


def _downgrade(settings: Settings, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(projects.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(settings.database_url or f"sqlite:///{settings.home / 'turret.sqlite'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def test_open_projects_again_finds_what_was_there(settings: Settings):
    with open_projects(settings) as first:
        made = first.create_project("shop")
    with open_projects(settings) as second:
        assert second.list_projects() == [made]


def test_open_projects_made_by_a_newer_version_is_refused_with_a_sentence_and_left_alone(settings: Settings):
    open_projects(settings).close()
    engine = create_engine(settings.database_url or f"sqlite:///{settings.home / 'turret.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        DatabaseError, match=rf"created by a newer Turret \(its migration is 9999.*{NEWEST_REVISION} at most"
    ):
        open_projects(settings)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_open_projects_several_processes_at_once_all_get_through(tmp_path: Path):
    environment = {"TURRET_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN_AND_CREATE, f"project {number}"], env=environment, cwd=Path.cwd())
        for number in range(4)
    ]
    assert [process.wait(timeout=60) for process in started] == [0] * 4
    with open_projects(load_settings(home=tmp_path)) as opened:
        assert len(opened.list_projects()) == 4


def test_create_project_many_threads_with_one_name_makes_one(projects: Projects):
    def create(_: int) -> bool:
        try:
            projects.create_project("shop")
        except NameTakenError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(create, range(12)))
    assert made.count(True) == 1
    assert len(projects.list_projects()) == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "TURRET_DATABASE_URL is not a valid address"),
        ("postgresql+psycopg://user:hush@127.0.0.1:port/none", r"\(its port is not a number\)"),
        ("sqlite://", "SQLite in memory"),
        ("postgresql+psycopg://user:hush@127.0.0.1:1/none", "cannot be opened"),
    ],
)
def test_open_projects_bad_address_says_what_is_wrong_without_the_password(tmp_path: Path, url: str, says: str):
    with pytest.raises(DatabaseError, match=says) as caught:
        open_projects(load_settings(home=tmp_path, database_url=url))
    assert "hush" not in str(caught.value)


def test_open_projects_file_that_is_no_database_says_so(tmp_path: Path):
    (tmp_path / "turret.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DatabaseError, match="file is not a database"):
        open_projects(load_settings(home=tmp_path, database_url=""))


def test_clock_offset_is_what_the_databases_clock_is_ahead_of_this_machines(
    settings: Settings, projects: Projects, monkeypatch: pytest.MonkeyPatch
):
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() - 300)
    expected = 300 if settings.database_url else 0  # SQLite has this machine's clock
    assert projects.clock_offset_s() == pytest.approx(expected, abs=5)
