"""`turret topic candidate …`: compare a refit with today's topics, and promote or drop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import TopicNameError
from cli.installation import load_settings, login_name, open_projects
from cli.options import JsonOption, ProjectOption
from cli.printing import print_json, print_table, say
from contracts.home import Home

if TYPE_CHECKING:
    from dashboard.topics.comparison import Candidate
    from projects.records import TopicCandidate

app = typer.Typer(help="Compare a refit with today's topics, and promote or drop it.", no_args_is_help=True)

NumberArgument = Annotated[
    int | None, typer.Argument(metavar="NUMBER", help="The candidate's number. Default: the newest open one.")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Your name for the history. Default: your login name.")]
MAX_EXAMPLE_CHARACTERS = 50


@app.command("list")
def list_candidates(project: ProjectOption, as_json: JsonOption = False) -> None:  # noqa: FBT002  # how Typer declares a flag
    """List the refits that people asked for.

    Example: `turret topic candidate list --project "Support bot"`
    """
    with open_projects() as projects:
        found = projects.candidates.list(project)
    rows = [_row(each) for each in found]
    if as_json:
        print_json(rows)
    elif not rows:
        say(f"Nobody has asked for a refit of project {project} yet.")
    else:
        print_table(rows)


@app.command("show")
def show(
    number: NumberArgument = None,
    *,
    project: ProjectOption,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number of moves to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Compare a candidate with today's topics: what splits, merges, appears, vanishes and moves.

    Example: `turret topic candidate show --project "Support bot"`
    """
    chosen, candidate = _find(project, number)
    row = candidate.row
    topics = [
        {
            "topic": each.label,
            "messages_before": each.n_before,
            "messages_after": each.n_after,
            "what": each.what or None,
        }
        for each in candidate.topics()
    ]
    moves = [
        {
            "from": move["from_label"],
            "to": move["to_label"],
            "change": move["change"],
            "messages": move["n_messages"],
            "share": round(move["n_messages"] / row["n_messages"], 4),
            "example": move["example"],
        }
        for move in candidate.flow[:limit]
    ]
    if as_json:
        about = {name: row[name] for name in ("status", "n_messages", "n_staying", "n_later")}
        print_json({**_row(chosen), **about, "topics": topics, "moves": moves})
        return
    say(
        f"Candidate {chosen.number} of the field {chosen.field}: {row['n_staying']:,} of {row['n_messages']:,} "
        f"messages ({row['n_staying'] / row['n_messages']:.1%}) keep their topic; {row['n_later']:,} arrived since."
    )
    if row["status"] == "outdated":
        say("The topics have been refitted since: this candidate cannot be promoted any more.")
    changed = [topic for topic in topics if topic["what"] or topic["messages_before"] != topic["messages_after"]]
    if changed:
        print_table(changed)
    else:
        say("Each topic would keep as many messages as today.")
    if moves:
        print_table([{**move, "example": (move["example"] or "")[:MAX_EXAMPLE_CHARACTERS]} for move in moves])


@app.command("promote")
def promote(
    number: NumberArgument = None, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """Make a candidate live with the next run.

    Example: `turret topic candidate promote --project "Support bot"`
    """
    chosen, candidate = _find(project, number)
    if candidate.row["status"] == "outdated":
        raise TopicNameError(
            f"Candidate {chosen.number} cannot be promoted: the topics have been refitted since. Drop it, or ask for "
            "another one with `turret topic refit --candidate`."
        )
    with open_projects() as projects:
        decided = projects.candidates.decide(project, chosen.number, "promoted", by or login_name())
    _report(decided, f"Candidate {decided.number} will be live from the next run on.", as_json)


@app.command("drop")
def drop(
    number: NumberArgument = None, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """Drop a candidate; today's topics stay.

    Example: `turret topic candidate drop 1 --project "Support bot"`
    """
    with open_projects() as projects:
        chosen = _chosen(projects.candidates.list(project), project, number)
        decided = projects.candidates.decide(project, chosen.number, "dropped", by or login_name())
    _report(decided, f"Candidate {decided.number} is dropped. Today's topics stay.", as_json)


def _find(project: str, number: int | None) -> tuple[TopicCandidate, Candidate]:
    """Return a candidate and its comparison with today's topics.

    Raises:
        TopicNameError: there is none, or no run has made it yet, or it has nothing to compare any more.
    """
    from dashboard.data.published import Published  # noqa: PLC0415 - `turret --help` need not load it
    from dashboard.topics.comparison import find_candidate  # noqa: PLC0415 - the same

    with open_projects() as projects:
        chosen = _chosen(projects.candidates.list(project), project, number)
    snapshot = Published(Home(load_settings().home).published).snapshot()
    found = find_candidate(snapshot, chosen.project_id, chosen.field, chosen.number)
    if found is None and chosen.outcome is None:
        raise TopicNameError(f"Candidate {chosen.number} is not made yet; the next run makes it.")
    if found is None or not found.moves:
        raise TopicNameError(f"Candidate {chosen.number} has nothing to compare: it is live, dropped or expired.")
    return chosen, found


def _chosen(candidates: list[TopicCandidate], project: str, number: int | None) -> TopicCandidate:
    found = [each for each in candidates if each.number == number or (number is None and each.outcome is None)]
    if not found:
        which = "open candidate" if number is None else f"candidate {number}"
        raise TopicNameError(
            f"Project {project} has no {which}; `turret topic refit --candidate` asks for one, and "
            "`turret topic candidate list` lists them."
        )
    return found[-1]


def _row(candidate: TopicCandidate) -> dict[str, Any]:
    return {
        "candidate": candidate.number,
        "field": candidate.field,
        "asked_for_at": candidate.requested_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": candidate.requested_by,
        "outcome": candidate.outcome,
        "decided_by": candidate.decided_by,
    }


def _report(candidate: TopicCandidate, sentence: str, as_json: bool) -> None:  # noqa: FBT001  # passed on from the flag
    if as_json:
        print_json(_row(candidate))
    else:
        say(sentence)
