"""What friction, answers, feedback, outcomes and alerts add to a run from scratch, in CPU seconds.

    python bench/signals.py --folder NEW [--events 1000000] [--texts 20000] [--rounds 2]

The events are those of erasure.py, all with a time until the answer. Every twentieth says whether its session is
resolved, and another twentieth of the events has feedback. After `turret run` of everything, full refreshes of all dbt
models take turns with those of all models but the ones in `MODELS`, over the warehouse of the run, so a busy machine
affects both. A rule of each kind that the marts decide is judged by the published file.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, timedelta
from pathlib import Path

import duckdb
import erasure
from marts import build
from small_run import CIRCUMSTANCES, HERE, WISHES, run_turret

from contracts.home import Home
from dashboard.alerts.judgement import judge
from dashboard.data.published import Published
from projects.alerts.records import PUBLISHED_KINDS, THRESHOLDS, AlertRule
from projects.alerts.rules import DEFAULT_COOLDOWN_HOURS, DEFAULT_DAYS

MODELS = (
    "stg_raw__feedback",
    "stg_raw__field_outcomes",
    "int_outcomes__found",
    "int_feedback__linked",
    "fct_feedback",
    "fct_session_topics",
    "fct_topic_returns",
    "agg_topic_friction",
)
EVENTS = erasure.LAND.replace(
    "'latency_ms':",
    "'resolved': case when hash(n * 11) % 20 = 0 then hash(n * 13) % 3 > 0 end,\n            'latency_ms':",
)
FEEDBACK = """
copy (
    select
        'turret.feedback:rating-' || n as event_id,
        '{project}' as project_id,
        'turret.feedback' as name,
        'session_' || (n // 7) as session_id,
        true as session_id_given,
        'user_' || hash(n // 7) % {users} as user_id,
        true as user_id_given,
        strftime(timestamp '2026-01-01' + to_seconds(n * 2 + 60), '%Y-%m-%dT%H:%M:%S.%fZ') as occurred_at,
        strftime(timestamp '2026-01-01' + to_seconds(n * 2 + 60), '%Y-%m-%dT%H:%M:%S.%fZ') as received_at,
        {{
            'event_id': 'evt_' || lpad(n::varchar, 12, '0'),
            'score': if(hash(n * 17) % 4 = 0, -1, 1),
            'comment': if(hash(n * 19) % 5 = 0, 'It did not answer what I asked', null)
        }} as metadata
    from range({first}, {last}) as numbers (n)
    where hash(n * 23) % 20 = 0
) to '{path}' (format json, compression zstd)
"""


def land(home: Home, project_id: str, n_events: int, n_texts: int) -> None:
    """Write landed files of the events, and of feedback about some."""
    folder = home.landing / f"project_id={project_id}" / "date=2026-01-01" / "hour=00"
    folder.mkdir(parents=True)
    for first in range(0, n_events, erasure.EVENTS_PER_FILE):
        for kind, statement in (("events", EVENTS), ("feedback", FEEDBACK)):
            filled = statement.format(
                project=project_id,
                users=n_events // erasure.EVENTS_PER_USER,
                texts=n_texts,
                wishes=list(WISHES),
                n_wishes=len(WISHES),
                circumstances=list(CIRCUMSTANCES),
                n_circumstances=len(CIRCUMSTANCES),
                first=first,
                last=min(n_events, first + erasure.EVENTS_PER_FILE),
                path=folder / f"{first:012}-{kind}.ndjson.zst",
            )
            duckdb.connect().execute(filled)


def seconds_of_models(home: Home) -> str:
    """Return the wall seconds that each of `MODELS` took in the last build."""
    results = json.loads((home.root.parent / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = {result["unique_id"].split(".")[-1]: result["execution_time"] for result in results}
    return ", ".join(f"{model} {seconds[model]:.1f}" for model in MODELS)


def judge_alerts(home: Home, project_id: str) -> float:
    """Judge a rule of each kind on the day after the last event, and return the CPU seconds."""
    snapshot = Published(home.published).snapshot()
    [(last,)] = snapshot.connection.execute("select max(occurred_at) from marts.fct_events").fetchall()
    now = last.replace(tzinfo=UTC) + timedelta(days=1)
    began = time.process_time()
    for kind in sorted(PUBLISHED_KINDS):
        threshold = THRESHOLDS.get(kind)
        rule = AlertRule(
            "rul", project_id, kind, kind, "chn", threshold, DEFAULT_DAYS, None, DEFAULT_COOLDOWN_HOURS, False, now
        )
        judge(rule, snapshot, now, 5)
    return time.process_time() - began


def measure(home: Home, n_events: int, n_texts: int, n_rounds: int) -> None:
    """Print the cost of a run, of all models, of those without `MODELS`, and of judging alerts."""
    created = json.loads(run_turret(HERE, home.root, "project", "create", "Shop", "--plan", "enterprise", "--json"))
    land(home, created["project_id"], n_events, n_texts)
    run = erasure.measure(home)
    print(f"run: {run}", flush=True)
    build(home, "parse")
    costs: dict[str, list[float]] = {"all": [], "others": []}
    for _ in range(n_rounds):
        costs["all"].append(build(home, "run", "--full-refresh").cpu_s)
        print(f"all {costs['all'][-1]:.1f}; wall s of each: {seconds_of_models(home)}", flush=True)
        costs["others"].append(build(home, "run", "--full-refresh", "--exclude", *MODELS).cpu_s)
        print(f"others {costs['others'][-1]:.1f}", flush=True)
    alerts = judge_alerts(home, created["project_id"])
    whole, others = (statistics.median(costs[name]) for name in ("all", "others"))
    added = whole - others + alerts
    print(f"models {whole:.1f} CPU s, {others:.1f} without these; alerts {alerts:.1f}")
    of_run = added / (run["cpu_s"] - added)
    print(f"added: {added:.1f}, {added / others:.1%} of the models before, {of_run:.1%} of the run")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=20_000, help="number of different texts")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder, which needs about 3 KB an event")
    chosen = parser.parse_args()
    home = Home(chosen.folder.resolve() / "home")
    home.root.mkdir(parents=True)
    measure(home, chosen.events, chosen.texts, chosen.rounds)


if __name__ == "__main__":
    main()
