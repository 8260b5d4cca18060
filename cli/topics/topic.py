"""`turret topic …`: edit topics: rename, merge, hide, keep, retire, and move texts."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from cli.errors import NothingPublishedError, TopicNameError
from cli.installation import login_name, open_projects
from cli.options import JsonOption, ProjectOption
from cli.printing import counted, print_json, print_table, say
from cli.topics import candidate as candidate_commands
from cli.topics.topic_rows import cut, edit_row, made_at, outvoted, short_row, shown, topic_row, undone, what_was_done
from contracts.events import COMMENT_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.topics.published_topics import MessageText, PublishedTopics
    from projects.records import TopicEdit
    from projects.repository import Projects
    from projects.topic_edits.history import TopicEdits

app = typer.Typer(
    help="Rename, merge, hide, keep and retire topics, and move messages. Edits take effect with the next run.",
    no_args_is_help=True,
)

TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC", help="The topic's id, or its label if it is unique.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Your name for the history. Default: your login name.")]

app.add_typer(candidate_commands.app, name="candidate")

N_EXAMPLES = 5


class StepOption(StrEnum):
    """Whether a topic is a step of journeys."""

    ALWAYS = "always"
    NEVER = "never"
    AUTO = "auto"


@app.command("list")
def list_topics(
    project: ProjectOption,
    field: Annotated[
        str | None,
        typer.Option("--field", help=f"Only this text field; {COMMENT_FIELD} for topics of comments of feedback."),
    ] = None,
    as_json: JsonOption = False,  # noqa: FBT002  # how Typer declares a flag
) -> None:
    """List a project's topics, those with most messages first, with their edits; those of comments only by --field.

    Example: `turret topic list --project "Support bot"`
    """
    with open_projects() as projects:
        found = _published(projects, project)
    topics = found.in_field(field)
    n_of_comments = 0 if field else len(found.in_field(COMMENT_FIELD))
    if as_json:
        print_json([topic_row(topic, found) for topic in topics])
        return
    if topics:
        print_table([short_row(topic, found) for topic in topics])
    else:
        say(f"Project {found.project.name} has no topics {f'in the field {field!r} ' if field else ''}yet.")
    if topics and field == COMMENT_FIELD:
        say("All comments count; on the dashboard, of a person's comments about one thing, only the latest.")
    if n_of_comments:
        say(f"{counted(n_of_comments, 'topic')} of comments not listed: --field {COMMENT_FIELD} lists them.")


@app.command("show")
def show(topic: TopicArgument, project: ProjectOption, as_json: JsonOption = False) -> None:  # noqa: FBT002
    """Show a topic: its messages, and all of its edits.

    Example: `turret topic show "Refund status" --project "Support bot"`
    """
    with open_projects() as projects:
        found = _published(projects, project)
        chosen = found.find(topic)
        history = projects.topic_edits.history(project)
    about = {**topic_row(chosen, found), **found.about(chosen, N_EXAMPLES)}
    edits = [edit for edit in history if chosen.topic_id in {edit.topic_id, edit.target_topic_id}]
    if as_json:
        print_json({**about, "edits": [edit_row(edit, {}) for edit in edits]})
        return
    for example, other in chosen.outvoted:
        say(outvoted(example, other, found))
    del about["outvoted_examples"]
    for name, value in about.items():
        for line in value if isinstance(value, list) and name == "examples" else [value]:
            say(f"{name:<18}  {shown(line)}")
    for edit in edits:
        say(f"{f'edit {edit.number}':<18}  {what_was_done(edit, {})} ({edit.made_by}, {made_at(edit)}){undone(edit)}")


@app.command("define")
def define(  # noqa: PLR0913  # one for each option
    name: Annotated[str, typer.Argument(metavar="NAME", help="The topic's name, 1 to 200 characters.")],
    *,
    project: ProjectOption,
    examples: Annotated[
        list[str], typer.Option("--example", help="What a user may say about it. Give it several times: three do well.")
    ],
    field: Annotated[
        str | None, typer.Option("--field", help="The text field. Default: the field of journeys.")
    ] = None,
    closest: Annotated[
        bool,
        typer.Option(
            "--closest", help="Take only the texts closest to the examples, not the whole topics around them."
        ),
    ] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Define a topic by examples, before or after messages about it have arrived.

    Example: `turret topic define "Late delivery" --example "my parcel has not come yet" --project "Support bot"`
    """
    with open_projects() as projects:
        owner = projects.get(project)
        try:
            found = _published(projects, project)
        except NothingPublishedError:
            found = None
        in_field = field or (found and found.journey_field()) or owner.journey_field
        if in_field is None:
            raise typer.BadParameter(f"project {owner.name!r} has no text field yet; name the field with --field")
        known, scope = found.as_known() if found else [], "closest" if closest else "topics"
        edit = projects.topic_edits.define(project, in_field, name, examples, scope, by or login_name(), known)
    _report(edit, f"Messages like these examples will count for {edit.label} from the next run on.", as_json)


@app.command("rename")
def rename(  # noqa: PLR0913  # one for each option
    topic: TopicArgument,
    label: Annotated[str | None, typer.Argument(metavar="LABEL", help="The new name, 1 to 200 characters.")] = None,
    *,
    project: ProjectOption,
    clear: Annotated[bool, typer.Option("--clear", help="Restore the automatic name.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rename a topic or area; the automatic name no longer replaces yours.

    Example: `turret topic rename "Get money back" "Refunds" --project "Support bot"`
    """
    if (label is None) is not clear:
        raise typer.BadParameter("give either a LABEL or --clear")
    with _open_edits(project) as (edits, found):
        edit = edits.rename(project, found.find(topic).topic_id, label, by or login_name(), found.as_known())
    if edit.label is None:
        _report(edit, f"The topic {edit.topic_label} gets its automatic name back with the next run.", as_json)
    else:
        _report(edit, f"The topic {edit.topic_label} will be called {edit.label} from the next run on.", as_json)


@app.command("merge")
def merge(
    topic: TopicArgument,
    into: Annotated[str, typer.Argument(metavar="INTO", help="Id or label of the topic to merge into.")],
    *,
    project: ProjectOption,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge a topic, with past and future messages, into another topic of the same field.

    Example: `turret topic merge "Refund status" "Refunds" --project "Support bot"`
    """
    with _open_edits(project) as (edits, found):
        source, target = found.find(topic).topic_id, found.find(into).topic_id
        edit = edits.merge(project, source, target, by or login_name(), found.as_known())
    _report(edit, f"Messages of {edit.topic_label} will count for {edit.target_label} from the next run on.", as_json)


@app.command("hide")
def hide(topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Hide a topic from lists and journeys; its messages count as filler.

    Example: `turret topic hide "Test messages" --project "Support bot"`
    """
    with _open_edits(project) as (edits, found):
        edit = edits.hide(project, found.find(topic).topic_id, by or login_name(), found.as_known())
    _report(edit, f"The topic {edit.topic_label} will be hidden from lists and journeys from the next run on.", as_json)


@app.command("show-again")
def show_again(
    topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """Show a hidden topic again.

    Example: `turret topic show-again "Test messages" --project "Support bot"`
    """
    with _open_edits(project) as (edits, found):
        edit = edits.show(project, found.find(topic).topic_id, by or login_name(), found.as_known())
    _report(edit, f"The topic {edit.topic_label} will be shown again from the next run on.", as_json)


@app.command("keep")
def keep(topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Keep a topic: refits leave it its texts and its name.

    Example: `turret topic keep "Refunds" --project "Support bot"`
    """
    with _open_edits(project) as (edits, found):
        edit = edits.keep(project, found.find(topic).topic_id, by or login_name(), found.as_known())
    _report(edit, f"The topic {edit.topic_label} is kept, with its texts and its name, from the next run on.", as_json)


@app.command("retire")
def retire(topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Retire a topic: its messages count for the next nearest topic or for none, and it is not offered again.

    Example: `turret topic retire "Test messages" --project "Support bot"`
    """
    with _open_edits(project) as (edits, found):
        edit = edits.retire(project, found.find(topic).topic_id, by or login_name(), found.as_known())
    _report(
        edit,
        f"The topic {edit.topic_label} is retired from the next run on: its messages count for the next nearest topic, "
        "or for none.",
        as_json,
    )


@app.command("propose")
def propose(topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Take back that a topic was kept or retired; refits may change it again.

    Example: `turret topic propose "Refunds" --project "Support bot"`
    """
    with _open_edits(project) as (edits, found):
        edit = edits.propose(project, found.find(topic).topic_id, by or login_name(), found.as_known())
    _report(edit, f"The topic {edit.topic_label} is neither kept nor retired from the next run on.", as_json)


@app.command("pin", deprecated=True, hidden=True)
def pin(topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Do the same as `turret topic keep`, its new name.

    Example: `turret topic pin "Refunds" --project "Support bot"`
    """
    keep(topic, project=project, by=by, as_json=as_json)


@app.command("unpin", deprecated=True, hidden=True)
def unpin(topic: TopicArgument, *, project: ProjectOption, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Do the same as `turret topic propose`, its new name.

    Example: `turret topic unpin "Refunds" --project "Support bot"`
    """
    propose(topic, project=project, by=by, as_json=as_json)


@app.command("refit")
def refit(  # one for each option
    *,
    project: ProjectOption,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="Keep the result beside today's topics, to be compared first.")
    ] = False,
    field: Annotated[
        str | None, typer.Option("--field", help="The text field. Default: the field of journeys.")
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refit a field's topics with the next run: at once, or as a candidate that changes nothing yet.

    Example: `turret topic refit --candidate --project "Support bot"`
    """
    from cli.marts.published_names import read_names  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        in_field = field or _published(projects, project).journey_field()
        if in_field is None:
            raise typer.BadParameter(f"project {project!r} has no journey field; name a text field with --field")
        names = read_names(projects, projects.get(project))
        made = projects.candidates.request(project, in_field, by or login_name(), names, is_promoted=not candidate)
    if as_json:
        print_json({"candidate": made.number, "field": made.field, "outcome": made.outcome})
    elif candidate:
        say(
            f"Candidate {made.number} of the field {made.field} will be made by the next run. Then "
            "`turret topic candidate show` compares it with today's topics."
        )
    else:
        say(f"The topics of the field {made.field} will be refitted by the next run.")


@app.command("step")
def step(
    topic: TopicArgument,
    choice: Annotated[StepOption, typer.Argument(help="auto decides by how the topic is used.")],
    *,
    project: ProjectOption,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose whether a topic is always or never a step of journeys; a message that is no step continues one.

    Example: `turret topic step "Phone number" never --project "Support bot"`
    """
    chosen = None if choice is StepOption.AUTO else cast("Literal['always', 'never']", choice.value)
    with _open_edits(project) as (edits, found):
        edit = edits.choose_step(project, found.find(topic).topic_id, chosen, by or login_name(), found.as_known())
    when = {"always": "will always be", "never": "will never be"}.get(
        choice.value, "will be, or not, depending on how people use it,"
    )
    _report(edit, f"The topic {edit.topic_label} {when} a step from the next run on.", as_json)


@app.command("move")
def move(  # noqa: PLR0913  # one for each option
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="Id or label of the topic to move to.")] = None,
    *,
    project: ProjectOption,
    event: Annotated[str | None, typer.Option(help="Move the message of this event.")] = None,
    text: Annotated[str | None, typer.Option(help="Move this text, exactly as it was written.")] = None,
    field: Annotated[str | None, typer.Option(help="The text field, if the text is in several.")] = None,
    back: Annotated[bool, typer.Option("--back", help="Let the topic model decide again.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move a message, and all others with the same text, to another topic; refits leave it there.

    Example: `turret topic move "Refunds" --event evt_0123 --project "Support bot"`
    """
    if (topic is None) is not back or (event is None) is (text is None):
        raise typer.BadParameter("give either a TOPIC or --back, and either --event or --text")
    with _open_edits(project) as (edits, found):
        target = found.find(topic) if topic is not None else None
        chosen = _one_text(found.message_texts(event, text), field or (target.field if target else None))
        topic_id = target.topic_id if target else None
        edit = edits.move_text(project, chosen.field, chosen.text_hash, topic_id, by or login_name(), found.as_known())
    messages = "1 message that says" if chosen.n_messages == 1 else f"{chosen.n_messages:,} messages that say"
    where = f"for {edit.target_label}" if edit.target_label else "where the topic model puts them"
    _report(edit, f"The {messages} {cut(chosen.text)} will count {where} from the next run on.", as_json)


@app.command("undo")
def undo(
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="The number of the edit. Default: the last one in force.")
    ] = None,
    *,
    project: ProjectOption,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo an edit; undoing an undo restores the edit.

    Example: `turret topic undo 3 --project "Support bot"`
    """
    with open_projects() as projects:
        if number is None:
            number = _last_in_force(projects.topic_edits.history(project), project)
        edit = projects.topic_edits.undo(project, number, by or login_name())
        undone = next(edit for edit in projects.topic_edits.history(project) if edit.number == number)
    _report(edit, f"Undone from the next run on: {what_was_done(undone, {})}.", as_json)


@app.command("history")
def history(project: ProjectOption, as_json: JsonOption = False) -> None:  # noqa: FBT002
    """List all edits of a project's topics: what was done, when and by whom.

    Example: `turret topic history --project "Support bot" --json`
    """
    with open_projects() as projects:
        edits = projects.topic_edits.history(project)
        texts = _published(projects, project).moved_texts() if any(edit.text_hash for edit in edits) else {}
    if as_json:
        print_json([edit_row(edit, texts) for edit in edits])
    elif not edits:
        say(f"Nobody has edited topics of project {project} yet.")
    else:
        print_table(
            [
                {
                    "edit": edit.number,
                    "at": made_at(edit),
                    "by": edit.made_by,
                    "what": what_was_done(edit, texts) + undone(edit),
                }
                for edit in edits
            ]
        )


@contextmanager
def _open_edits(project: str) -> Iterator[tuple[TopicEdits, PublishedTopics]]:
    """Open the editor, and the topics that edits name."""
    with open_projects() as projects:
        yield projects.topic_edits, _published(projects, project)


def _published(projects: Projects, project: str) -> PublishedTopics:
    from cli.topics.published_topics import PublishedTopics  # noqa: PLC0415 - `turret --help` need not load it

    return PublishedTopics(projects, project)


def _one_text(message_texts: list[MessageText], field: str | None) -> MessageText:
    """Find the text to move.

    Raises:
        TopicNameError: no message has it, or it is in several fields.
    """
    found = [text for text in message_texts if field in {None, text.field}]
    if not found:
        where = f" in the field {field!r}" if field else ""
        raise TopicNameError(f"No published message{where} has that event or text; list messages with `turret query`.")
    if len(found) > 1:
        raise TopicNameError(
            f"That text is in the fields {', '.join(repr(text.field) for text in found)}; choose one with --field."
        )
    return found[0]


def _last_in_force(history: list[TopicEdit], project: str) -> int:
    numbers = [edit.number for edit in history if edit.undone_by is None and edit.kind != "undo"]
    if not numbers:
        raise TopicNameError(f"Project {project} has no topic edit in force.")
    return numbers[-1]


def _report(edit: TopicEdit, sentence: str, as_json: bool) -> None:  # noqa: FBT001  # passed on from the flag
    if as_json:
        print_json(edit_row(edit, {}))
    else:
        say(f"{sentence} `turret topic undo {edit.number}` with the same `--project` undoes it.")
