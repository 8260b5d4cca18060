"""How long the dashboard's pages take on the server: all queries and the layout, over 1,000,000 events and 300 topics.

Makes a published file of that size (random walks of sessions over topics; no pipeline needed), then requests every page
in turn, with and without filters, and prints the median, the 95th percentile and the slowest, by the clock and in CPU
time, which other load affects less. Then 20 people click at once. Memory is the process's own peak. Finally, headless
Chromium opens pages of a dashboard in a separate process, with a cold cache, and changes filters. It measures the time
until the first paint, until the numbers are shown, and from a click on a filter until the page shows it.

    python bench/dashboard_pages.py --rounds 5
    python bench/dashboard_pages.py --events 100000
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
from playwright.sync_api import sync_playwright

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import MARTS, MARTS_SCHEMA
from dashboard.data.published import Published
from dashboard.deferred_cards import CARDS_OF, card_at
from dashboard.router import Router
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SUMMARIES = Path(__file__).parents[1] / "tests" / "factories" / "published_summaries.sql"
N_TOPICS = 300
EVENTS_A_SESSION = 6.67
PEOPLE = 20
PAGES = (
    "/",
    "/topics",
    "/topics/TOPIC",
    "/journeys",
    "/segments",
    "/numbers",
    "/sessions",
    "/sessions/SESSION",
    "/users/USER",
)
JOIN = """
select messages.topic_id, count(*) from marts.fct_messages as messages
inner join marts.fct_event_values as numbers on messages.event_id = numbers.event_id and numbers.field = 'latency_ms'
group by messages.topic_id
"""
"""The join that every page about numbers by topic needs, in plain DuckDB: the floor for comparing times."""
CHROMIUM = "/usr/bin/chromium"
OPENED = ("", "topics", "journeys", "segments", "numbers")
CHANGES = ("Last 30 days", "Last 7 days", "Last 90 days")
FILTERS = {
    "all": "",
    "30 days": "period=30d",
    "30 days, compared": "period=30d&compare=before",
    "one plan": "is.plan=pro",
    "30 days, one plan, one event": "period=30d&is.plan=pro&event=message",
}

EVENTS = """
create temp table drawn as
select
    i,
    'ses_' || lpad(cast(i / $per_session as bigint)::varchar, 7, '0') as session_id,
    'user-' || lpad((hash(cast(i / $per_session as bigint)) % 40000)::varchar, 5, '0') as user_id,
    timestamp '2026-01-01' + interval (cast(i / $per_session as bigint) * $seconds) second
    + interval (i % 20 * 40) second as occurred_at,
    cast(floor($topics * pow(random(), 2)) as int) as topic,
    random() as luck,
    ['free', 'pro', 'team', 'enterprise'][1 + cast(hash(cast(i / $per_session as bigint), 7) % 4 as int)] as plan,
    cast(-800 * ln(1 - random()) as int) as latency
from range($events) as t (i)
"""
TABLES = {
    "fct_events": """
        select $project as project_id, 'evt_' || lpad(i::varchar, 9, '0') as event_id,
            if(luck < 0.9, 'message', 'feedback') as name, session_id, user_id, true as is_user_id_given, occurred_at,
            occurred_at as received_at,
            '{"prompt": "What people said", "plan": "' || plan || '", "latency_ms": ' || latency || '}' as metadata,
            (row_number() over (partition by session_id order by i))::integer as event_index_in_session
        from drawn""",
    "fct_messages": """
        select $project as project_id, 'evt_' || lpad(i::varchar, 9, '0') as event_id, 'prompt' as field,
            'What people said about topic ' || topic || ', number ' || i as text, session_id, user_id, occurred_at,
            if(luck < 0.82, 'top_' || lpad(topic::varchar, 16, '0'), null) as topic_id,
            if(luck < 0.82, 'assigned', if(luck < 0.95, 'filler', 'noise')) as topic_status,
            if(luck < 0.82, luck, null) as topic_confidence, true as is_journey_field
        from drawn""",
    "fct_event_values": """
        select $project as project_id, 'evt_' || lpad(i::varchar, 9, '0') as event_id, 'plan' as field,
            1 as value_index, 'enum' as value_type, plan as enum_value, null::double as number_value, session_id,
            occurred_at
        from drawn
        union all
        select $project, 'evt_' || lpad(i::varchar, 9, '0'), 'latency_ms', 1, 'number', null, latency, session_id,
            occurred_at
        from drawn""",
    "dim_topics": """
        select $project as project_id, 'top_' || lpad(n::varchar, 16, '0') as topic_id, 'prompt' as field,
            'Topic number ' || n as label, 'People ask about topic ' || n || '.' as description,
            ['topic', n::varchar] as keywords,
            0 as level, 'messages' as label_source, 1 as n_messages,
            (
                select list_slice(list('evt_' || lpad(i::varchar, 9, '0')), 1, 5) from drawn
                where topic = n and luck < 0.82
            ) as example_event_ids
        from range($topics) as t (n)""",
    "dim_fields": """
        select $project as project_id, field, type as detected_type, type as effective_type,
            'Made for the trial.' as reason,
            $events as n_values, 4 as n_distinct_values, field = 'prompt' as is_journey_field
        from (values ('prompt', 'text'), ('plan', 'enum'), ('latency_ms', 'number')) as t (field, type)""",
    "agg_pipeline_runs": """
        select $project as project_id, 'run-1' as run_id, max(occurred_at) as started_at,
            max(occurred_at) as fresh_until,
            $events as n_rows_in, $events as n_rows_out, 0 as n_duplicates, 0 as n_rejected, 1.0 as load_s
        from drawn""",
}


class Time(NamedTuple):
    """Seconds by the clock, and of CPU in all threads of the process."""

    clock: float
    cpu: float

    def since(self, began: Time) -> Time:
        """Return the time passed since another one."""
        return Time(self.clock - began.clock, self.cpu - began.cpu)


def main() -> None:
    """Make the file, ask for the pages, print the table."""
    options = _parse_arguments()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        home = Path(folder) / "home"
        settings = load_settings(home=home, database_url="")
        with open_projects(settings) as projects:
            project_id = projects.create_project("Trial", plan="enterprise").project_id
            megabytes = publish(home, project_id, options.events)
            print(f"{options.events:,} events, {N_TOPICS} topics, published file of {megabytes:,.0f} MB\n")
            published = Published(Home(home).published)
            router = Router(published, projects, settings)
            _print_pages(router, published, _addresses(home, project_id), options.rounds)
            _print_crowd(router, project_id)
        with _dashboard(home) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            _print_browser(browser, f"{url}/{{}}?project={project_id}")
            browser.close()
        print(f"load average {os.getloadavg()[0]:.1f} (1 minute), {os.getloadavg()[1]:.1f} (5 minutes)")


def publish(home: Path, project_id: str, n_events: int) -> float:
    """Publish events of one project; gives the size of the file in MB."""
    file = Home(home).published_folder / "turret-1.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set threads = 2")
        connection.execute("select setseed(0.5)")
        connection.execute(f"create schema {MARTS_SCHEMA}")
        for table in MARTS:
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            connection.execute(f"create table {table.qualified_name} ({columns})")
        days_s = 90 * 86_400
        values = {
            "events": n_events,
            "topics": N_TOPICS,
            "per_session": EVENTS_A_SESSION,
            "seconds": days_s * EVENTS_A_SESSION / n_events,
            "project": project_id,
        }
        connection.execute(EVENTS, {key: values[key] for key in ("events", "topics", "per_session", "seconds")})
        for table, sql in TABLES.items():
            named = {key: value for key, value in values.items() if f"${key}" in sql}
            connection.execute(f"insert into {MARTS_SCHEMA}.{table} by name {sql}", named)  # texts of ours
        for statement in SUMMARIES.read_text(encoding="utf-8").split(";\n"):
            connection.execute(statement)
        connection.execute("drop table drawn")
    Home(home).published.symlink_to(file.name)
    return file.stat().st_size / 1e6


def _addresses(home: Path, project_id: str) -> dict[str, str]:
    with duckdb.connect(str(Home(home).published.resolve()), read_only=True) as connection:
        [[session_id, user_id]] = connection.execute(
            "select session_id, user_id from marts.fct_sessions order by n_events desc limit 1"
        ).fetchall()
    named = {"TOPIC": "top_" + "0" * 16, "SESSION": session_id, "USER": user_id}
    addresses = {}
    for page in PAGES:
        path = page
        for word, value in named.items():
            path = path.replace(word, value)
        for name, search in FILTERS.items():
            addresses[f"{page}, {name}"] = f"{path}?project={project_id}&{search}"
    return addresses


def _print_pages(router: Router, published: Published, addresses: dict[str, str], rounds: int) -> None:
    """Request each page with a cold cache."""
    times: dict[str, list[Time]] = {name: [] for name in addresses}
    cards: dict[str, list[Time]] = {}
    floors: list[Time] = []
    for round_number in range(rounds + 1):
        floors.append(_time_join(published))
        for name, address in addresses.items():
            published.snapshot().clear()
            taken = _ask(router, address)
            if round_number:  # the first request reads from disk
                times[name].append(taken)
                for card, taken in _ask_cards(published, address).items():
                    cards.setdefault(f"{name}: {card}", []).append(taken)
    print("| page and filter | median ms | slowest ms | median CPU ms |\n| --- | ---: | ---: | ---: |")
    for name, taken in (times | cards).items():
        clock, cpu = zip(*taken, strict=True)
        middle, slowest = statistics.median(clock), max(clock)
        print(f"| {name} | {middle * 1e3:.0f} | {slowest * 1e3:.0f} | {statistics.median(cpu) * 1e3:.0f} |")
    for place, what in enumerate(("by the clock", "of CPU")):
        every = sorted(one[place] for taken in times.values() for one in taken)
        p95, floor = every[int(len(every) * 0.95)], statistics.median(one[place] for one in floors)
        late = max(statistics.median(one[place] for one in taken) for taken in cards.values())
        print(
            f"\nall pages, {what}: median {statistics.median(every) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms; "
            f"one bare join of all events in the same run: {floor * 1e3:.0f} ms; p95 is {p95 / floor:.1f} of it "
            f"(goal: at most 1.5 by the clock); the slowest card after a page {late * 1e3:.0f} ms"
        )


def _now() -> Time:
    return Time(time.perf_counter(), time.process_time())


def _time_join(published: Published) -> Time:
    with published.snapshot().connection.cursor() as cursor:
        began = _now()
        cursor.execute(JOIN).fetchall()
        return _now().since(began)


def _ask(router: Router, address: str) -> Time:
    path, _, search = address.partition("?")
    began = _now()
    screen = router.screen(path, f"?{search}")
    taken = _now().since(began)
    if screen.fresh_until is None:
        message = f"{address} showed no numbers."
        raise SystemExit(message)
    return taken


def _ask_cards(published: Published, address: str) -> dict[str, Time]:
    """Request the cards that load after a page, which is in the cache; return their times by name."""
    times = {}
    for card in CARDS_OF.get(address.partition("?")[0].strip("/"), []):
        began = _now()
        card_at(published, address, card)
        times[f"card {card}"] = _now().since(began)
    return times


def _print_crowd(router: Router, project_id: str) -> None:
    """Let people click at once, each through the pages of numbers."""
    times: list[float] = []

    def click() -> None:
        pages = ("/", "/topics", "/journeys", "/segments")
        times.extend(_ask(router, f"{page}?project={project_id}&period=30d").clock for page in pages)

    people = [threading.Thread(target=click) for _ in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    times.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{PEOPLE} people at once: {len(times)} of {PEOPLE * 4} pages answered, median "
        f"{statistics.median(times) * 1e3:.0f} ms, slowest {times[-1] * 1e3:.0f} ms; peak memory {peak:.0f} MiB"
    )


@contextmanager
def _dashboard(home: Path) -> Iterator[str]:
    """Run a dashboard without sign-in in a process of its own; yield its address."""
    environment = {**os.environ, "TURRET_HOME": str(home), "TURRET_DASHBOARD_SIGN_IN": "false"}
    process = subprocess.Popen(
        [Path(sys.executable).parent / "turret", "dashboard", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        announced = re.search(r"http://[0-9.:]+", line)
        if announced is None:
            message = f"The dashboard did not start: {line!r}"
            raise SystemExit(message)
        yield announced[0]
    finally:
        process.terminate()
        process.wait(timeout=30)


def _print_browser(browser: Browser, address: str) -> None:
    paints, numbers, changes = [], [], []
    for name in OPENED:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        began = time.perf_counter()
        page.goto(address.format(name))
        page.locator("#page .card").first.wait_for()
        numbers.append(time.perf_counter() - began)
        paints.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0]")
            / 1e3
        )
        changes += [_change_period(page, words) for words in CHANGES]
        context.close()
    for what, taken, goal in (
        ("first paint, nothing in the cache", paints, "at most 2,000"),
        ("until the numbers stand, nothing in the cache", numbers, "-"),
        ("change of the period until the page shows it", changes, "at most 700"),
    ):
        print(
            f"{what}: median {statistics.median(taken) * 1e3:.0f} ms, slowest {max(taken) * 1e3:.0f} ms "
            f"of {len(taken)} (goal: {goal})"
        )


def _change_period(page: Page, words: str) -> float:
    """Choose a period that nobody chose on the page before; from the click until what was chosen is told above it."""
    page.get_by_role("textbox", name="Period").click()
    option = page.get_by_role("option", name=words)
    option.wait_for()
    before = page.evaluate("document.querySelector('.filters-summary')?.textContent ?? ''")
    began = time.perf_counter()
    option.click()
    page.wait_for_function(
        "before => (document.querySelector('.filters-summary')?.textContent ?? before) !== before", arg=before
    )
    return time.perf_counter() - began


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="events in the published file")
    parser.add_argument("--rounds", type=int, default=5, help="looks at each page and filter")
    parser.add_argument("--folder", type=Path, default=None, help="where the file is made; default a temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
