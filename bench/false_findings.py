"""How often the dashboard's pages report a finding where there is none, and how often they find a planted effect.

It takes real conversations (Schema-Guided Dialogue dev and MultiDoGO fast food with their gold intents as topics, if
they are beside the project; and the demo, with the topics of the pipeline). In each round, it assigns irrelevant values
at random: a field of three values and one of two by session, a number that sessions share, the day of each session, a
goal that sessions reach or not, friction, and where journeys end. Every round is a published file, on which the pages'
own functions run. A page is false in a round in which it reports anything at all.

Then effects of known sizes are planted in the same way, for one topic each.

    python -m bench.false_findings --demo-home .turret
    python -m bench.false_findings --sets demo --labels 50 --power 20
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from contracts.home import Home
from contracts.tables import MARTS, MARTS_SCHEMA
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.journeys.cohorts import find_cohorts
from dashboard.journeys.compare import CompareCards
from dashboard.journeys.drop_off import find_differences as find_drop_off
from dashboard.journeys.friction.by_field import find_segments
from dashboard.journeys.friction.differences import find_differences as find_friction
from dashboard.journeys.friction.over_time import Halves, find_changes
from dashboard.journeys.goals import GoalCards
from dashboard.numbers import page as numbers
from dashboard.overview.topic_changes import clear_changes, find_topic_changes
from dashboard.segments import page as segments
from dashboard.topic.topic_segments import find_topic_segments
from tests.factories.dbt_factory import run_dbt
from tests.factories.gold_conversations import make_gold_warehouse, read_turns
from tests.factories.shared_data import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

GOLD = {"sgd": ("sgd_dev.jsonl", "dialogue_id"), "multidogo": ("multidogo_fastfood.jsonl", "conversation_id")}
N_DAYS = 14
GOAL = "random"
NUMBER = "number"
SESSION_SHARE = 0.5
"""Of the number's variance, what a session's events have in common."""
MAX_FALSE_SHARE = 0.07
FIRST_DAY = date(2026, 3, 1)
WEEKS = "period=dates&from=2026-03-08&to=2026-03-14&compare=before"

DEALT = """
delete from marts.fct_event_values;
insert into marts.fct_event_values by name
select events.project_id, events.event_id, 'label' as field, 1 as value_index, 'enum' as value_type,
    dealt.label as enum_value, events.session_id, events.occurred_at
from marts.fct_events as events inner join dealt using (session_id);
insert into marts.fct_event_values by name
select events.project_id, events.event_id, 'version' as field, 1 as value_index, 'enum' as value_type,
    dealt.version as enum_value, events.session_id, events.occurred_at
from marts.fct_events as events inner join dealt using (session_id);
insert into marts.fct_event_values by name
select events.project_id, events.event_id, 'number' as field, 1 as value_index, 'number' as value_type,
    exp(dealt.effect + measured.noise) as number_value, events.session_id, events.occurred_at
from marts.fct_events as events inner join dealt using (session_id) inner join measured using (event_id);
update marts.fct_messages as said set occurred_at = timestamp '2026-03-01' + to_days(dealt.day)
from dealt where said.session_id = dealt.session_id;
update marts.fct_events as said set occurred_at = timestamp '2026-03-01' + to_days(dealt.day)
from dealt where said.session_id = dealt.session_id;
delete from marts.dim_fields where effective_type != 'text';
insert into marts.dim_fields by name
select $project as project_id, unnest(['label', 'version', 'number']) as field,
    unnest(['enum', 'enum', 'number']) as effective_type, 1 as n_values;
delete from marts.fct_session_segments;
insert into marts.fct_session_segments by name
select project_id, session_id, 'label' as field, 'value' as segment_kind, dealt.label as segment,
    dealt.label as enum_value, session_date, is_overlong
from marts.fct_sessions inner join dealt using (session_id);
delete from marts.agg_segments;
insert into marts.agg_segments by name
select project_id, field, segment_kind, segment, count(*) as n_sessions, 1 as segment_rank
from marts.fct_session_segments group by all;
delete from marts.fct_goal_sessions;
insert into marts.fct_goal_sessions by name
select project_id, 'random' as goal, session_id, user_id, dealt.is_reached, 1 as n_steps_to_goal, session_date,
    is_overlong
from marts.fct_sessions inner join dealt using (session_id);
delete from marts.agg_goals;
insert into marts.agg_goals by name select $project as project_id, 'random' as goal, 'event' as kind, 'x' as value;
delete from marts.fct_topic_returns;
update marts.fct_session_topics as visits
set session_date = date '2026-03-01' + dealt.day::integer,
    is_loop = false,
    is_rephrased = (md5_number_lower(visits.topic_id || dealt.salt) % 1000000) / 1e6 < dealt.temper
from dealt where visits.session_id = dealt.session_id;
"""
PATHS = (
    "update marts.fct_session_paths as paths set path = dealt.path from dealt where paths.session_id = dealt.session_id"
)


@dataclass(frozen=True)
class Conversations:
    """A published file of real conversations: its sessions with their paths of topics, and its events."""

    file: Path
    project_id: str
    session_ids: list[str]
    paths: list[list[str]]
    event_ids: list[str]
    topic_ids: list[str]
    """Those of most messages first."""
    said: dict[str, set[str]]
    """Sessions by the topics that they speak of."""

    @classmethod
    def read(cls, file: Path) -> Conversations:
        """Read the largest project of a published file."""
        with duckdb.connect(str(file), read_only=True) as connection:

            def ask(sql: str, *values: object) -> list[Any]:
                return connection.execute(sql, values).fetchall()

            [[project_id]] = ask("select project_id from marts.fct_messages group by 1 order by count(*) desc limit 1")
            sessions = ask(
                "select session_id, path from marts.fct_session_paths where project_id = ? order by 1", project_id
            )
            events = ask("select event_id from marts.fct_events where project_id = ? order by 1", project_id)
            said = ask(
                "select topic_id, list(distinct session_id) from marts.fct_messages where project_id = ? "
                "and topic_id is not null group by 1 order by count(*) desc, 1",
                project_id,
            )
        return cls(
            file,
            project_id,
            [session_id for session_id, _ in sessions],
            [path for _, path in sessions],
            [event_id for (event_id,) in events],
            [topic_id for topic_id, _ in said],
            {topic_id: set(session_ids) for topic_id, session_ids in said},
        )


@dataclass
class Dealt:
    """The random values of one round; every list has one entry per session, in order."""

    label: list[str]
    version: list[str]
    day: list[int]
    is_reached: list[bool]
    effect: list[float]
    path: list[list[str]]
    temper: list[float]
    """How probable friction is in a session, whatever its topics; `salt` draws it for each topic."""
    salt: list[str]
    noise: list[float] = field(default_factory=list)

    @classmethod
    def by_chance(cls, data: Conversations, random: Generator) -> Dealt:
        """Assign values that have nothing to do with the messages."""
        n = len(data.session_ids)
        return cls(
            random.choice(["a", "b", "c"], n).tolist(),
            random.choice(["x", "y"], n).tolist(),
            random.integers(0, N_DAYS, n).tolist(),
            (random.random(n) < 0.3).tolist(),  # noqa: PLR2004  # three of ten reach the goal
            random.normal(0, math.sqrt(SESSION_SHARE), n).tolist(),
            _reassemble(data.paths, random),
            random.beta(0.5, 2.0, n).tolist(),
            [str(number) for number in random.integers(0, 1 << 32, n)],
            random.normal(0, math.sqrt(1 - SESSION_SHARE), len(data.event_ids)).tolist(),
        )


def _reassemble(paths: list[list[str]], random: Generator) -> list[list[str]]:
    """Cut one stream of topics into journeys of the same lengths, whose ends have nothing to do with their topics."""
    stream = [topic for place in random.permutation(len(paths)) for topic in paths[place]]
    start = int(random.integers(0, len(stream)))
    stream = stream[start:] + stream[:start]
    ends = np.cumsum([len(path) for path in paths]).tolist()
    return [stream[end - len(path) : end] for path, end in zip(paths, ends, strict=True)]


def publish(data: Conversations, dealt: Dealt, folder: Path) -> Published:
    """Publish the conversations with these values."""
    file = folder / "turret-round.duckdb"
    shutil.copyfile(data.file, file)
    sessions = {"session_id": data.session_ids} | {
        name: getattr(dealt, name)
        for name in ("label", "version", "day", "is_reached", "effect", "path", "temper", "salt")
    }
    with duckdb.connect(str(file)) as connection:
        connection.register("dealt", pa.table(sessions))
        connection.register("measured", pa.table({"event_id": data.event_ids, "noise": dealt.noise}))
        for statement in DEALT.split(";\n"):
            values = {"project": data.project_id} if "$project" in statement else {}
            connection.execute(statement, values)
    return Published(file)


def publish_paths(data: Conversations, dealt: Dealt, folder: Path) -> Published:
    """Publish the conversations with reassembled journeys."""
    file = folder / "turret-paths.duckdb"
    shutil.copyfile(data.file, file)
    with duckdb.connect(str(file)) as connection:
        connection.register("dealt", pa.table({"session_id": data.session_ids, "path": dealt.path}))
        connection.execute(PATHS)
    return Published(file)


def _view(data: Conversations, published: Published, address: str) -> View:
    path, _, search = address.partition("?")
    return View(Address.parse(path, search).but(project=data.project_id), published.snapshot(), data.project_id)


def on_segments(view: View) -> list[tuple[str, float]]:
    """Return the values and topics that the Segments page lists."""
    _, clear = segments.find_differences(view, "label")
    return [(f"{segment} {topic_id}", contrast.z) for ((_, segment), topic_id), contrast in clear.items()]


def on_topic(view: View) -> list[tuple[str, float]]:
    """Return the segments that a topic's page lists under "Who says this"."""
    [topic] = view.rows("topic", topic_id=view.address.parts[1])
    found, _ = find_topic_segments(view, topic)
    return [(one.value, one.contrast.z) for one in found]


def on_overview(view: View) -> list[tuple[str, float]]:
    """Return the topics that the Overview lists as changed."""
    if view.previous is None:
        message = "The overview compares nothing."
        raise SystemExit(message)
    return [(move.topic_id, move.delta) for move in clear_changes(find_topic_changes(view, view.previous))]


def on_numbers(view: View) -> list[tuple[str, float]]:
    """Return the values and topics that the Numbers page marks."""
    middle = view.row("number_summary", number=NUMBER)["median"]
    by_value = numbers.find_apart(view, "number_segment", number=NUMBER, middle=middle, by="version")
    by_topic = numbers.find_apart(view, "number_topic", number=NUMBER, middle=middle, field=view.field)
    return [(str(key), contrast.z) for found in (by_value, by_topic) for key, contrast in found.items()]


def on_goals(view: View) -> list[tuple[str, float]]:
    """Return the topics that the Goals tab lists as more or less frequent in journeys that reach the goal."""
    cards = GoalCards.of(view, view.labels)
    if cards is None:
        message = "No goal was judged."
        raise SystemExit(message)
    journeys = view.row("goal_journeys", goal=GOAL)
    found = cards.find_differences(journeys["n_reached"], journeys["n_unreached"]).differences
    return [(one.counted.key[0], one.share_a - one.share_b) for one in found]


def on_compare(view: View) -> list[tuple[str, float]]:
    """Return the topics, moves and paths that the Compare tab lists."""
    cohorts = find_cohorts(view)
    if cohorts is None:
        message = "Nothing is compared."
        raise SystemExit(message)
    return [
        (" ".join(one.counted.key), one.share_a - one.share_b)
        for _, finding in CompareCards(view, view.labels, cohorts).find()
        for one in finding.differences
    ]


def on_drop_off(view: View) -> list[tuple[str, float]]:
    """Return the topics that the Drop-off tab names."""
    _, clear = find_drop_off(view)
    return [(topic_id, contrast.z) for topic_id, contrast in clear.items()]


def on_friction(view: View) -> list[tuple[str, float]]:
    """Return the topics that the Friction tab names."""
    _, clear = find_friction(view)
    return [(topic_id, contrast.z) for topic_id, contrast in clear.items()]


def on_friction_over_time(view: View) -> list[tuple[str, float]]:
    """Return the topics that the Friction tab names as better or worse in the second week."""
    _, clear = find_changes(view, Halves(FIRST_DAY, FIRST_DAY + timedelta(N_DAYS // 2), FIRST_DAY + timedelta(N_DAYS)))
    return [(topic_id, contrast.z) for topic_id, contrast in clear.items()]


def on_friction_by_segment(view: View) -> list[tuple[str, float]]:
    """Return the topics and values that the Friction tab names."""
    _, clear = find_segments(view, "label")
    return [(f"{value} {topic_id}", contrast.z) for (topic_id, value), contrast in clear.items()]


PAGES: dict[str, tuple[str, Callable[[View], list[tuple[str, float]]]]] = {
    "Segments": ("/segments?by=label", on_segments),
    "Topic": ("/topics/TOPIC", on_topic),
    "Overview": (f"/?{WEEKS}", on_overview),
    "Numbers": (f"/numbers?number={NUMBER}&by=version", on_numbers),
    "Goals": (f"/journeys/goals?goal={GOAL}", on_goals),
    "Compare": ("/journeys/compare?by=label&a=a&b=b", on_compare),
    "Drop-off": ("/journeys/drop-off", on_drop_off),
    "Friction": ("/journeys/friction", on_friction),
    "Friction over time": ("/journeys/friction?split=time", on_friction_over_time),
    "Friction by segment": ("/journeys/friction?split=field&by=label", on_friction_by_segment),
}
UNPLANTED = {"Friction over time", "Friction by segment"}
"""Pages for which no effect is planted: friction is, in all sessions of a topic alike."""


def ask_pages(
    data: Conversations, dealt: Dealt, folder: Path, topic_id: str, pages: tuple[str, ...] = tuple(PAGES)
) -> dict[str, list[tuple[str, float]]]:
    """Return the findings of each page."""
    files: dict[bool, Published] = {}
    found = {}
    for page in pages:
        address, ask = PAGES[page]
        is_cut = page == "Drop-off"
        if is_cut not in files:
            files[is_cut] = (publish_paths if is_cut else publish)(data, dealt, folder)
        found[page] = ask(_view(data, files[is_cut], address.replace("TOPIC", topic_id)))
    for published in files.values():
        published.snapshot().connection.close()
    return found


def count_false(data: Conversations, n_rounds: int, seed: int, pages: tuple[str, ...] = tuple(PAGES)) -> Counter[str]:
    """Count the rounds in which each page names anything although nothing differs."""
    named: Counter[str] = Counter(dict.fromkeys(pages, 0))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(n_rounds):
            random = np.random.default_rng([seed, number])
            topic_id = data.topic_ids[number % min(20, len(data.topic_ids))]
            found = ask_pages(data, Dealt.by_chance(data, random), Path(folder), topic_id, pages)
            named.update({page: bool(findings) for page, findings in found.items()})
    return named


def plant(data: Conversations, random: Generator, topic_id: str, strength: float) -> Dealt:
    """Let sessions with a topic have the value a, be in the second week and reach the goal more often.

    Args:
        data: the conversations.
        random: assigns the rest.
        topic_id: the topic.
        strength: so much more probable than by chance, in 0 to 0.5; of numbers of version x, so many standard
            deviations more; of journeys with the topic, so many have it moved to their end.
    """
    dealt = Dealt.by_chance(data, random)
    for place, session_id in enumerate(data.session_ids):
        is_meant = random.random() < strength
        if session_id in data.said[topic_id] and is_meant:
            dealt.label[place], dealt.is_reached[place] = "a", True
            dealt.day[place] = N_DAYS // 2 + dealt.day[place] % (N_DAYS // 2)
        if session_id in data.said[topic_id]:
            dealt.temper[place] = min(1.0, dealt.temper[place] + strength)
        if dealt.version[place] == "x":
            dealt.effect[place] += strength
        path = dealt.path[place]
        if topic_id in path and is_meant:
            at = path.index(topic_id)
            dealt.path[place] = [*path[:at], *path[at + 1 :], topic_id]
    return dealt


def count_found(
    data: Conversations, topic_id: str, strength: float, n_rounds: int, seed: int
) -> tuple[Counter[str], dict[str, list[tuple[float, float]]]]:
    """Count the rounds in which each page finds the planted effect, in the right direction; with both shares."""
    wanted = {"Segments": f"a {topic_id}", "Topic": "a", "Numbers": "x"}
    pages = tuple(page for page in PAGES if page not in UNPLANTED)
    found: Counter[str] = Counter(dict.fromkeys(pages, 0))
    shares: dict[str, list[tuple[float, float]]] = {page: [] for page in pages}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(n_rounds):
            dealt = plant(data, np.random.default_rng([seed, number]), topic_id, strength)
            for page, findings in ask_pages(data, dealt, Path(folder), topic_id, pages).items():
                found[page] += any(key == wanted.get(page, topic_id) and z > 0 for key, z in findings)
            for page, pair in _shares(data, dealt, topic_id).items():
                shares[page].append(pair)
    return found, shares


def _shares(data: Conversations, dealt: Dealt, topic_id: str) -> dict[str, tuple[float, float]]:
    """Return the planted effects as the shares that the pages compare: elsewhere, and there."""
    passed = np.array([topic_id in path for path in data.paths])
    is_a = np.array([label == "a" for label in dealt.label])
    reached = np.array(dealt.is_reached)
    ends = [(topic == topic_id, place == len(path) - 1) for path in dealt.path for place, topic in enumerate(path)]
    at, is_end = np.array(ends).T
    of_sessions = (float(passed[~is_a].mean()), float(passed[is_a].mean()))
    second = np.array(dealt.day) >= N_DAYS // 2
    return {
        "Segments": of_sessions,
        "Topic": of_sessions,
        "Compare": of_sessions,
        "Overview": (float(passed[~second].mean()), float(passed[second].mean())),
        "Goals": (float(passed[~reached].mean()), float(passed[reached].mean())),
        "Drop-off": (float(is_end[~at].mean()), float(is_end[at].mean())),
    }


def gold_conversations(name: str, source: Path, folder: Path) -> Conversations:
    """Build the marts of labelled conversations with dbt, their labels in place of topics."""
    with source.open(encoding="utf-8") as lines:
        turns = read_turns("prj_0000000000000501", GOLD[name][1], [json.loads(line) for line in lines])
    warehouse = folder / name / "warehouse.duckdb"
    warehouse.parent.mkdir(parents=True)
    make_gold_warehouse(warehouse, turns)
    run_dbt(warehouse, "build", "--exclude-resource-type", "unit_test")
    file = warehouse.with_name("turret-1.duckdb")
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f"create schema {MARTS_SCHEMA}")
        for table in MARTS:
            connection.execute(f"create table {table.qualified_name} as from warehouse.{table.qualified_name}")
    return Conversations.read(file)


def demo_conversations(home: Path | None, folder: Path) -> Conversations:
    """Read the published file of the demo; without a home that has one, run it."""
    if home is None:
        home = folder / "demo"
        subprocess.run(
            [Path(sys.executable).parent / "turret", "demo"],
            env={"TURRET_HOME": str(home), "PATH": str(Path(sys.executable).parent)},
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return Conversations.read(Home(home).published.resolve())


def main() -> None:
    """Print both tables of each set; the exit status says whether every page keeps its level."""
    options = _parse_arguments()
    is_kept = True
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        for name in options.sets:
            source = options.data / GOLD[name][0] if name in GOLD else None
            if source is not None and not source.exists():
                print(f"{name}: left out, there is no {source}")
                continue
            if source is None:
                data = demo_conversations(options.demo_home, folder)
            else:
                data = gold_conversations(name, source, folder)
            is_kept &= _print_false(name, data, options.labels, options.seed, tuple(options.pages))
            _print_found(name, data, options.power, options.seed)
    raise SystemExit(0 if is_kept else 1)


def _print_false(name: str, data: Conversations, n_rounds: int, seed: int, pages: tuple[str, ...]) -> bool:
    if not n_rounds:
        return True
    began = time.process_time()
    named = count_false(data, n_rounds, seed, pages)
    taken = time.process_time() - began
    print(
        f"{name}: {len(data.session_ids):,} sessions, {len(data.event_ids):,} events, {len(data.topic_ids)} topics; "
        f"{n_rounds} rounds in {taken:.0f} CPU s\n"
    )
    print("| page | rounds with a false finding | share |\n| --- | ---: | ---: |")
    for page, n in named.items():
        print(f"| {page} | {n} | {n / n_rounds:.1%} |")
    print(flush=True)
    return all(n <= MAX_FALSE_SHARE * n_rounds for n in named.values())


def _print_found(name: str, data: Conversations, n_rounds: int, seed: int) -> None:
    if not n_rounds:
        return
    topic_id = data.topic_ids[min(4, len(data.topic_ids) - 1)]
    print(
        f"{name}: planted for the fifth topic ({len(data.said[topic_id]):,} sessions speak of it), {n_rounds} rounds\n"
    )
    print("| strength | page | shares | named |\n| ---: | --- | --- | ---: |")
    for strength in (0.1, 0.2, 0.4):
        found, shares = count_found(data, topic_id, strength, n_rounds, seed + 1)
        for page, n in found.items():
            words = ""
            if shares[page]:
                elsewhere, there = np.mean(shares[page], axis=0)
                words = f"{elsewhere:.1%} → {there:.1%}"
            print(f"| {strength} | {page} | {words} | {n / n_rounds:.0%} |")
    print(flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=300, help="rounds in which nothing differs; 0 for none")
    parser.add_argument("--power", type=int, default=50, help="rounds of each planted effect; 0 for none")
    parser.add_argument("--sets", nargs="+", default=[*GOLD, "demo"], choices=[*GOLD, "demo"])
    parser.add_argument("--pages", nargs="+", default=[*PAGES], choices=[*PAGES], help="pages of the first table")
    parser.add_argument("--demo-home", type=Path, default=None, help="a home in which `turret demo` has run")
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the labelled conversations")
    parser.add_argument("--folder", type=Path, default=None, help="where files are made; default a temporary folder")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
