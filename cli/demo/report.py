"""The report at the end of `turret demo`."""

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
from demo.evaluation.friction import compare_friction
from demo.evaluation.scores import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from cli.demo.marts import DemoMarts, Topic, TransitionCount
    from contracts.settings import Settings
    from demo.evaluation.friction import FrictionFound
    from demo.evaluation.scores import Evaluation, PathFound
    from demo.truth import Truth
    from projects.records import Project

N_TOPICS = 40
N_TOPICS_PER_AREA = 3
N_MOVES = 10
N_ENDS = 5
N_PATHS = 8
N_WORST = 3


def print_report(settings: Settings, project: Project, truth: Truth, console: Console) -> None:
    """Print topics, transitions, paths, the accuracy of the results, and what to do next."""
    marts = read_demo_marts(Home(settings.home), project.project_id, TEXT_FIELD)
    labels = {topic.topic_id: topic.label for topic in marts.topics}
    evaluation = evaluate(truth, marts.messages, marts.paths)
    friction = compare_friction(truth, marts.friction, evaluation.stands_for)
    for title, table in (
        (f"What users talk about: {_how_many(marts)}", _area_table(marts) if marts.areas else _topic_table(marts)),
        ("What they ask next: the most frequent moves", _move_table(marts.moves, labels)),
        ("Where sessions start and end", _end_table(marts.moves, labels)),
        ("The most frequent paths of at least two steps", _variant_table(marts, labels)),
        ("Planted effects, and what the marts show", _finding_table(marts, evaluation.stands_for, labels)),
        ("The intents with the worst answers, and the friction found", _friction_table(friction, marts, labels)),
        ("How well Turret found the simulated truth", _evaluation_table(evaluation, friction)),
        ("The most frequent simulated paths", _path_table(evaluation.paths)),
    ):
        console.print(Text(f"\n{title}", style="bold"))
        console.print(table)
    _print_next_steps(settings, project, console)


def _table(*columns: tuple[str, bool]) -> Table:
    """Make a plain table; each column is its heading and whether it holds numbers."""
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
    """Make a table of areas, the largest first, each followed by the topics of most of its messages."""
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
    """Add a last section: answers, choices and details, which continue a step."""
    details = [topic for topic in marts.topics if topic.is_detail]
    if details:
        named = ", ".join(f"“{topic.label}”" for topic in details[:N_TOPICS_PER_AREA])
        words = Text("Answers and details (not steps)", style="bold")
        table.add_row(words, *_counted(sum(topic.n_messages for topic in details), marts), Text(named, style="italic"))


def _counted(n_messages: int, marts: DemoMarts) -> tuple[str, str]:
    """Write a number of messages and its share of all messages, as the pages do."""
    return f"{n_messages:,}", f"{n_messages / len(marts.messages):.1%}"


def _example(topic: Topic) -> Text:
    return Text(" ".join(topic.example.split()), no_wrap=True, overflow="ellipsis", style="italic")


def _move_table(moves: Sequence[TransitionCount], labels: Mapping[str, str]) -> Table:
    between = [move for move in moves if move.origin != START and move.target != END][:N_MOVES]
    table = _table(
        ("From", False), ("", False), ("To", False), ("Times", True), ("Share", True),
    )  # fmt: skip
    for move in between:
        names = (Text(labels.get(topic, topic)) for topic in (move.origin, move.target))
        table.add_row(next(names), "→", next(names), f"{move.n_times:,}", f"{move.share:.0%}")
    return table


def _end_table(moves: Sequence[TransitionCount], labels: Mapping[str, str]) -> Table:
    table = _table(("Start with", False), ("", True), ("End with", False), ("", True))
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
    """Print the effects that the simulator planted besides topics and journeys, with the numbers that show them."""
    table = _table(("Planted", False), ("Topic", False), ("Seen", False))
    for finding in describe_findings(
        marts.facts, lambda intent: (topic for topic, its in stands_for.items() if its == intent)
    ):
        names = ", ".join(labels[topic_id] for topic_id in finding.topic_ids if topic_id in labels)
        table.add_row(*(Text(cell) for cell in (finding.planted, names or "-", finding.seen)))
    return table


def _friction_table(friction: FrictionFound, marts: DemoMarts, labels: Mapping[str, str]) -> Table:
    """Print the worst intents of the truth, and where their topics are among those that need attention."""
    table = _table(
        ("Intent", False), ("Answered badly", True), ("Friction", True), ("Topic", False), ("Needs attention", True)
    )  # fmt: skip
    ranks = {topic.topic_id: rank for rank, topic in enumerate(marts.friction, 1)}
    for one in friction.intents[:N_WORST]:
        table.add_row(
            Text(one.intent),
            f"{one.true_share:.0%}",
            f"{one.found_share:.0%}",
            Text(labels.get(one.topic_id, one.topic_id)),
            f"{ranks[one.topic_id]} of {len(ranks)}",
        )
    return table


def _evaluation_table(evaluation: Evaluation, friction: FrictionFound) -> Table:
    table = _table(("", False), ("", True), ("", False))
    rows = (
        ("Intents found", f"{evaluation.n_intents_found} of {evaluation.n_intents}", "have a topic of their own"),
        ("Topics and intents agree", f"{evaluation.agreement:.3f}", "adjusted mutual information; 1 is perfect"),
        ("Messages in a topic of their intent", f"{evaluation.majority_share:.1%}", f"of {evaluation.n_messages:,}"),
        (
            "Filler: precision",
            _percent(evaluation.filler_precision),
            "share of detected filler that is filler, such as thanks, ok",
        ),
        ("Filler: recall", _percent(evaluation.filler_recall), "share of all filler that was detected"),
        (
            "Journeys: similarity",
            f"{evaluation.similarity:.3f}",
            "edit similarity of the intents of a session; 1 is perfect",
        ),
        ("Journeys: exact matches", f"{evaluation.exact_share:.1%}", "share of sessions"),
        ("Moves: correlation", f"{evaluation.transition_correlation:.3f}", "between simulated and found; 1 is perfect"),
        (
            "Moves: distance",
            f"{evaluation.transition_distance:.3f}",
            "total variation from the simulated ones; 0 is perfect",
        ),
        (
            "Moves: distance to the matrix",
            f"{evaluation.matrix_distance:.3f}",
            f"total variation; chance and bad answers alone give {evaluation.sampling_distance:.3f}",
        ),
        (
            "Friction: rank correlation",
            "-" if friction.correlation is None else f"{friction.correlation:.3f}",
            f"Spearman, with the share of bad answers of {len(friction.intents)} intents; 1 is perfect",
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
    console.print(Text(f'Or query the marts: {turret} query "{query}"'), soft_wrap=True)


def _command() -> str:
    """Return how to type this `turret`: by its path where the shell would not find it."""
    own = Path(sys.executable).with_name("turret")
    if shutil.which("turret") or not own.exists():
        return "turret"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
