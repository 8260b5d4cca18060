"""Compare the marts' transitions with the directly-follows graph that pm4py finds in the same messages.

pm4py has the AGPL licence and is not part of Turret: run this script in a separate environment that has it.

    python -m venv pm4py-env && pm4py-env/bin/pip install pm4py duckdb
    pm4py-env/bin/python bench/journeys_pm4py.py .turret/published/turret.duckdb
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pm4py

if TYPE_CHECKING:
    import pandas as pd

Moves = dict[tuple[str, str], int]

MESSAGES = """
select messages.session_id, messages.topic_id,
    timestamp '2026-01-01' + to_seconds(events.event_index_in_session) as at
from marts.fct_messages as messages
inner join marts.fct_events as events using (project_id, event_id)
inner join marts.fct_sessions as sessions
    on messages.project_id = sessions.project_id and messages.session_id = sessions.session_id
where messages.project_id = ? and messages.is_journey_field and messages.topic_status = 'assigned'
    and not sessions.is_overlong
order by messages.session_id, events.event_index_in_session
"""
"""The position in the session replaces the time: pm4py sorts by time, and events may have the same one."""

TRANSITIONS = "select from_topic_id, to_topic_id, n_transitions from marts.agg_transitions where project_id = ?"


def follow(messages: pd.DataFrame) -> Moves:
    """Return the moves that pm4py finds, START and END included; neighbours of one topic are one step."""
    is_repeat = (messages["topic_id"] == messages["topic_id"].shift()) & (
        messages["session_id"] == messages["session_id"].shift()
    )
    follows, starts, ends = pm4py.discover_dfg(
        messages[~is_repeat], activity_key="topic_id", timestamp_key="at", case_id_key="session_id"
    )
    into = {("START", topic): n for topic, n in starts.items()}
    out = {(topic, "END"): n for topic, n in ends.items()}
    return {**follows, **into, **out}


def main() -> int:
    """Compare each project; 0 where all agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="a published file, or the warehouse")
    connection = duckdb.connect(str(parser.parse_args().file.resolve()), read_only=True)
    n_differing = 0
    for (project_id,) in connection.execute("select distinct project_id from marts.agg_transitions").fetchall():
        theirs = follow(connection.execute(MESSAGES, [project_id]).df())
        ours = {row[:2]: row[2] for row in connection.execute(TRANSITIONS, [project_id]).fetchall()}
        differing = {move for move in theirs.keys() | ours.keys() if theirs.get(move, 0) != ours.get(move, 0)}
        n_differing += len(differing)
        print(f"{project_id}: {len(ours)} pairs, {sum(ours.values())} moves, {len(differing)} pairs differ")
    return int(n_differing > 0)


if __name__ == "__main__":
    sys.exit(main())
