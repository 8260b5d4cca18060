"""The summary at the end of `turret demo`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from cli.demo.marts import read_demo_marts
from cli.serve.probes import address, answers
from contracts.home import Home
from contracts.tables import END, START
from demo.conversation import TEXT_FIELD
from demo.evaluation.findings import describe_findings
from demo.evaluation.scores import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from cli.demo.marts import DemoMarts, Topic, TransitionCount
    from contracts.settings import Settings
    from demo.evaluation.scores import Evaluation, PathFound
    from demo.truth import Truth
    from projects.records import Project

N_TOPICS = 40
N_TOPICS_PER_AREA = 3
N_MOVES = 10
N_ENDS = 5
N_PATHS = 8


def print_report(settings: Settings, project: Project, truth: Truth, console: Console) -> None:
    """Print topics, moves, paths, how well the truth was recovered, and where to look next."""
    marts = read_demo_marts(Home(settings.home), project.project_id, TEXT_FIELD)
    labels = {topic.topic_id: topic.label for topic in marts.topics}
    evaluation = evaluate(truth, marts.messages, marts.paths)
    for title, table in (
        (f"What users talk about: {_how_many(marts)}", _area_table(marts) if marts.areas else _topic_table(marts)),
        ("Where they go next, most frequent moves", _move_table(marts.moves, labels)),
        ("Where sessions begin and end", _end_table(marts.moves, labels)),
        ("Most frequent paths of more than one step", _variant_table(marts, labels)),
        ("What was planted, and what the marts say", _finding_table(marts, evaluation.stands_for, labels)),
        ("How well the simulated truth came out", _evaluation_table(evaluation)),
        ("The most frequent simulated paths", _path_table(evaluation.paths)),
    ):
        console.print(Text(f"\n{title}", style="bold"))
        console.print(table)
    _print_next_steps(settings, project, console)


def _table(*columns: tuple[str, bool]) -> Table:
    """A plain table; each column is its heading and whether it holds numbers."""
    table = Table(box=None, pad_edge=False, show_header=any(heading for heading, _ in columns))
    for heading, is_number in columns:
        if is_number:
            table.add_column(heading, justify="right", header_style="dim", no_wrap=True)
        else:
            table.add_column(heading, header_style="dim", overflow="fold")
    return table


def _how_many(marts: DemoMarts) -> str:
    if marts.areas:
        return f"{len(marts.topics)} topics in {len(marts.areas)} areas, the largest {N_TOPICS_PER_AREA} of each"
    return f"{len(marts.topics)} topics" + (f", the largest {N_TOPICS}" if len(marts.topics) > N_TOPICS else "")


def _topic_table(marts: DemoMarts) -> Table:
    table = _table(("Topic", False), ("Messages", True), ("Share", True), ("For example", False))
    for topic in [topic for topic in marts.topics if not topic.is_detail][:N_TOPICS]:
        table.add_row(Text(topic.label), *_counted(topic.n_messages, marts), _example(topic))
    _add_details(table, marts)
    return table


def _area_table(marts: DemoMarts) -> Table:
    """Areas, the largest first, and below each the topics that most of its messages are in."""
    wants = [topic for topic in marts.topics if not topic.is_detail]
    members = {area_id: [topic for topic in wants if topic.area_id == area_id] for area_id in marts.areas}
    members = {area_id: topics for area_id, topics in members.items() if topics}
    sizes = {area_id: sum(topic.n_messages for topic in topics) for area_id, topics in members.items()}
    table = _table(("Area, topic", False), ("Messages", True), ("Share", True), ("For example", False))
    for area_id in sorted(members, key=lambda area_id: (-sizes[area_id], area_id)):
        topics = members[area_id]
        n_more = len(topics) - N_TOPICS_PER_AREA
        more = f"and {n_more} more topic{'s' if n_more > 1 else ''}" if n_more > 0 else ""
        example = Text(more, style="dim") if len(topics) > 1 else _example(topics[0])
        table.add_row(Text(marts.areas[area_id], style="bold"), *_counted(sizes[area_id], marts), example)
        for topic in topics[:N_TOPICS_PER_AREA] if len(topics) > 1 else ():
            table.add_row(Text(f"  {topic.label}"), *_counted(topic.n_messages, marts), _example(topic))
    _add_details(table, marts)
    return table


def _add_details(table: Table, marts: DemoMarts) -> None:
    """End with what continues a step: answers, choices and details."""
    details = [topic for topic in marts.topics if topic.is_detail]
    if details:
        named = ", ".join(f"“{topic.label}”" for topic in details[:N_TOPICS_PER_AREA])
        words = Text("Answers and details on the way, no steps", style="bold")
        table.add_row(words, *_counted(sum(topic.n_messages for topic in details), marts), Text(named, style="italic"))


def _counted(n_messages: int, marts: DemoMarts) -> tuple[str, str]:
    """Return a number of messages, and its share of all messages, as the pages show it."""
    return f"{n_messages:,}", f"{n_messages / len(marts.messages):.1%}"


def _example(topic: Topic) -> Text:
    return Text(" ".join(topic.example.split()), no_wrap=True, overflow="ellipsis", style="italic")


def _move_table(moves: Sequence[TransitionCount], labels: Mapping[str, str]) -> Table:
    between = [move for move in moves if move.origin != START and move.target != END][:N_MOVES]
    table = _table(
        ("From", False), ("", False), ("To", False), ("Times", True), ("Of all that leave", True),
    )  # fmt: skip
    for move in between:
        names = (Text(labels.get(topic, topic)) for topic in (move.origin, move.target))
        table.add_row(next(names), "→", next(names), f"{move.n_times:,}", f"{move.share:.0%}")
    return table


def _end_table(moves: Sequence[TransitionCount], labels: Mapping[str, str]) -> Table:
    table = _table(("Begin with", False), ("", True), ("End with", False), ("", True))
    starts = [(labels.get(move.target, move.target), move.n_times) for move in moves if move.origin == START]
    ends = [(labels.get(move.origin, move.origin), move.n_times) for move in moves if move.target == END]
    for (first, n_first), (last, n_last) in zip(starts[:N_ENDS], ends[:N_ENDS], strict=False):
        table.add_row(Text(first), f"{n_first:,}", Text(last), f"{n_last:,}")
    return table


def _variant_table(marts: DemoMarts, labels: Mapping[str, str]) -> Table:
    several = [(path, n) for path, n in marts.variants if len(path) > 1][:N_PATHS]
    table = _table(("Path", False), ("Sessions", True))
    for path, n_sessions in several:
        table.add_row(Text(" → ".join(labels.get(topic, topic) for topic in path)), f"{n_sessions:,}")
    return table


def _finding_table(marts: DemoMarts, stands_for: Mapping[str, str], labels: Mapping[str, str]) -> Table:
    """Print what the simulator planted besides topics and journeys, and the numbers in which it shows."""
    table = _table(("Planted", False), ("Topic", False), ("Seen", False))
    for finding in describe_findings(
        marts.facts, lambda intent: (topic for topic, its in stands_for.items() if its == intent)
    ):
        names = ", ".join(labels[topic_id] for topic_id in finding.topic_ids if topic_id in labels)
        table.add_row(*(Text(cell) for cell in (finding.planted, names or "-", finding.seen)))
    return table


def _evaluation_table(evaluation: Evaluation) -> Table:
    table = _table(("", False), ("", True), ("", False))
    rows = (
        ("Intents found", f"{evaluation.n_intents_found} of {evaluation.n_intents}", "a topic stands for them"),
        ("Topics and intents agree", f"{evaluation.agreement:.3f}", "adjusted mutual information; 1 is perfect"),
        ("Messages in a topic of their intent", f"{evaluation.majority_share:.1%}", f"of {evaluation.n_messages:,}"),
        ("Filler: right when said", _percent(evaluation.filler_precision), "thanks, ok, yes: no topic of their own"),
        ("Filler: found", _percent(evaluation.filler_recall), "of all filler sent"),
        ("Journeys: similarity", f"{evaluation.similarity:.3f}", "of the wants of a session, in order; 1 is perfect"),
        ("Journeys: exactly right", f"{evaluation.exact_share:.1%}", "of the sessions"),
        ("Moves: correlation", f"{evaluation.transition_correlation:.3f}", "simulated and found; 1 is perfect"),
        (
            "Moves: distance",
            f"{evaluation.transition_distance:.3f}",
            "total variation from what was simulated; 0 is perfect",
        ),
        (
            "Moves: distance to the matrix",
            f"{evaluation.matrix_distance:.3f}",
            f"total variation; chance alone gives {evaluation.sampling_distance:.3f}",
        ),
    )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _path_table(paths: Sequence[PathFound]) -> Table:
    table = _table(("Intents", False), ("Simulated", True), ("Found", True))
    for found in paths:
        table.add_row(Text(" → ".join(found.path)), f"{found.n_simulated:,}", f"{found.n_found:,}")
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _print_next_steps(settings: Settings, project: Project, console: Console) -> None:
    base = address(settings.dashboard_host, settings.dashboard_port)
    page = f"{base}/?project={project.project_id}"
    turret = _command()
    first = "Open" if answers(base) else f"Start the dashboard with `make up` (or `{turret} up`), then open"
    console.print()
    console.print(Text(f"{first} {page}"), soft_wrap=True)
    query = "select * from agg_transitions limit 10"
    console.print(Text(f'Or ask yourself: {turret} query "{query}"'), soft_wrap=True)


def _command() -> str:
    """How this `turret` is typed here: by its path, where the shell would not find it."""
    own = Path(sys.executable).with_name("turret")
    if shutil.which("turret") or not own.exists():
        return "turret"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
