"""`turret alert …`: channels, rules and deliveries of alerts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import NotDeliveredError
from cli.installation import load_settings, open_projects
from cli.options import JsonOption, ProjectArgument
from cli.printing import Row, print_json, print_rows, say

if TYPE_CHECKING:
    from projects import Projects
    from projects.alerts.records import AlertChannel, AlertDelivery, AlertRule

app = typer.Typer(
    help="Manage alerts: what they watch, where they are sent, and what was delivered.", no_args_is_help=True
)
channel_app = typer.Typer(help="Manage channels: webhooks, Slack and e-mail.", no_args_is_help=True)
app.add_typer(channel_app, name="channel")

KINDS = "new-topic, spike, fall, friction, drop-off, goal-down, feedback-down, silence, run-failed, quota or report"
ChannelArgument = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's id or name.")]
AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id or name.")]


@channel_app.command("create")
def create_channel(  # noqa: PLR0913 - one for each option
    project: ProjectArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of 1 to 100 characters.")],
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Send signed JSON to this address.")] = None,
    slack: Annotated[str | None, typer.Option(metavar="URL", help="Send texts to this incoming webhook.")] = None,
    email: Annotated[
        str | None, typer.Option(metavar="ADDRESSES", help="Send e-mails to these comma-separated addresses.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create a channel. A webhook's signing secret is shown only once.

    Example: `turret alert channel create "Support bot" ops --webhook https://ops.example.com/turret`
    """
    given = {"webhook": webhook, "slack": slack, "email": email}
    chosen = [(kind, address) for kind, address in given.items() if address is not None]
    if len(chosen) != 1:
        raise typer.BadParameter("give one of --webhook, --slack and --email")
    with open_projects() as projects:
        channel = projects.alerts.create_channel(project, name, *chosen[0])
    if as_json:
        print_json(_channel_row(channel) | ({"secret": channel.secret} if channel.secret else {}))
        return
    say(f"The channel {channel.name} ({channel.channel_id}) sends to {channel.shown_address}.")
    if channel.secret:
        say(f"  Signing secret  {channel.secret}")
        say("Save the secret now: it is not shown again.")


@channel_app.command("list")
def list_channels(
    project: ProjectArgument,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """List a project's channels. Secrets and paths of web addresses are not shown.

    Example: `turret alert channel list "Support bot" --json`
    """
    with open_projects() as projects:
        rows = [_channel_row(channel) for channel in projects.alerts.list_channels(project)]
    print_rows(rows, f"Project {project} has no channel; `turret alert channel create` makes one.", as_json=as_json)


@channel_app.command("delete")
def delete_channel(project: ProjectArgument, channel: ChannelArgument) -> None:
    """Delete a channel that no alert uses.

    Example: `turret alert channel delete "Support bot" ops`
    """
    with open_projects() as projects:
        deleted = projects.alerts.delete_channel(project, channel)
    say(f"The channel {deleted.name} is deleted.")


@app.command("create")
def create(  # noqa: PLR0913, PLR0917  # one for each option
    project: ProjectArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of 1 to 100 characters.")],
    when: Annotated[str, typer.Option(metavar="KIND", help=f"What it watches: {KINDS}.")],
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="The channel's id or name.")],
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Least ratio of both shares (spike, fall, friction, drop-off, feedback-down: 1.5; goal-down: 1.2), "
            "hours (silence: 24), or share of the limit (quota: 0.8)."
        ),
    ] = None,
    days: Annotated[int, typer.Option(help="Number of days that are compared with those before, 1 to 28.")] = 7,
    only: Annotated[
        str | None, typer.Option(metavar="TOPIC_OR_GOAL", help="Watch only this topic_id, or this goal.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option(metavar="FIELD=VALUE", help="Compare only what has this value, such as plan=pro.")
    ] = None,
    cooldown: Annotated[
        float, typer.Option(metavar="HOURS", help="Hours of quiet about the same subject after a delivery arrived.")
    ] = 24.0,
    *,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Create it even if no published event has the topic or the value.")
    ] = False,
    with_texts: Annotated[
        bool, typer.Option("--with-texts", help="Let alerts contain up to three example messages of users.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Create an alert.

    Example: `turret alert create "Support bot" "Topics that grow" --when spike --channel ops`
    """
    with open_projects() as projects:
        within = _parse_segment(segment)
        if not anyway:
            _refuse_typos(projects, project, only if when != "goal-down" else None, within)
        rule = projects.alerts.create(
            project,
            name,
            when,
            channel,
            threshold=threshold,
            days=days,
            only=only,
            segment=within,
            cooldown_hours=cooldown,
            has_texts=with_texts,
        )
        channels = {one.channel_id: one.name for one in projects.alerts.list_channels(project)}
    if as_json:
        print_json(_rule_row(rule, channels))
        return
    say(f"The alert {rule.name} ({rule.rule_id}) is sent to {channels[rule.channel_id]}.")


@app.command("change")
def change(  # noqa: PLR0913, PLR0917  # one for each option
    project: ProjectArgument,
    alert: AlertArgument,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    channel: Annotated[str | None, typer.Option(metavar="CHANNEL", help="Another channel.")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Another threshold; `turret alert create` has the units.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="Another number of days that are compared, 1 to 28.")] = None,
    only: Annotated[
        str | None, typer.Option(metavar="TOPIC_OR_GOAL", help='Watch only this topic_id, or this goal; "" for all.')
    ] = None,
    segment: Annotated[
        str | None, typer.Option(metavar="FIELD=VALUE", help='Compare only what has this value; "" for all.')
    ] = None,
    cooldown: Annotated[float | None, typer.Option(metavar="HOURS", help="Another cooldown.")] = None,
    *,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Change it even if no published event has the topic or the value.")
    ] = False,
    with_texts: Annotated[
        bool | None,
        typer.Option("--with-texts/--without-texts", help="Whether alerts may contain messages of users."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change an alert; what is not given stays. What it watches cannot be changed.

    If it compares something else from now on, the next version is judged as by a new alert.

    Example: `turret alert change "Support bot" "Topics that grow" --threshold 2`
    """
    if all(given is None for given in (name, channel, threshold, days, only, segment, cooldown, with_texts)):
        raise typer.BadParameter("give what changes, such as --threshold; `turret alert change --help` has all options")
    with open_projects() as projects:
        current = projects.alerts.find(project, alert)
        within = _parse_segment(segment)
        if not anyway:
            _refuse_typos(projects, project, only if current.kind != "goal-down" else None, within)
        rule = projects.alerts.change(
            project,
            current.rule_id,
            name=current.name if name is None else name,
            channel=current.channel_id if channel is None else channel,
            threshold=current.threshold if threshold is None else threshold,
            days=current.days if days is None else days,
            only=current.only if only is None else only or None,
            segment=current.segment if segment is None else within,
            cooldown_hours=current.cooldown_hours if cooldown is None else cooldown,
            has_texts=current.has_texts if with_texts is None else with_texts,
        )
        channels = {one.channel_id: one.name for one in projects.alerts.list_channels(project)}
    if as_json:
        print_json(_rule_row(rule, channels))
        return
    done = "stays as it was" if rule == current else "is changed"
    say(f"The alert {rule.name} ({rule.rule_id}) {done}.")


@app.command("list")
def list_(
    project: ProjectArgument,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """List a project's alerts, with when each was judged last, and how near it came to its threshold.

    Example: `turret alert list "Support bot" --json`
    """
    with open_projects() as projects:
        channels = {one.channel_id: one.name for one in projects.alerts.list_channels(project)}
        rows = [_rule_row(rule, channels) for rule in projects.alerts.list(project)]
    print_rows(rows, f"Project {project} has no alert; `turret alert create` makes one.", as_json=as_json)


@app.command("delete")
def delete(project: ProjectArgument, alert: AlertArgument) -> None:
    """Delete an alert. What has not arrived yet is not sent any more.

    Example: `turret alert delete "Support bot" "Topics that grow"`
    """
    with open_projects() as projects:
        deleted = projects.alerts.delete(project, alert)
    say(f"The alert {deleted.name} is deleted.")


@app.command("test")
def try_channel(
    project: ProjectArgument,
    channel: ChannelArgument,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """Send a test through a channel, and print the answer; fail if it has not arrived.

    Example: `turret alert test "Support bot" ops`
    """
    from alerts.sending import send_test  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        found = projects.get(project)
        delivery = send_test(projects, load_settings(), found, projects.alerts.find_channel(project, channel))
    if as_json:
        print_json(_delivery_row(delivery))
    if delivery.state != "arrived":
        raise NotDeliveredError(f"The test did not arrive: {delivery.answer}")
    if not as_json:
        say(f"The test arrived: {delivery.answer}")


@app.command("deliveries")
def deliveries(
    project: ProjectArgument,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """List the last 50 deliveries with the receivers' answers, the newest first.

    Example: `turret alert deliveries "Support bot" --json`
    """
    with open_projects() as projects:
        rows = [_delivery_row(delivery) for delivery in projects.outbox.list(project)]
    print_rows(rows, f"Project {project} has no delivery yet.", as_json=as_json)


def _refuse_typos(projects: Projects, project: str, topic_id: str | None, segment: tuple[str, str] | None) -> None:
    from cli.marts.published_names import refuse_typos  # noqa: PLC0415 - `turret --help` need not load it

    if topic_id:
        refuse_typos(projects, project, lambda names: names.check_goal("topic", None, topic_id))
    if segment:
        refuse_typos(projects, project, lambda names: names.check_segment(*segment), values_of=segment[0])


def _parse_segment(text: str | None) -> tuple[str, str] | None:
    from projects.alerts.validation import parse_segment  # noqa: PLC0415 - `turret --help` need not load it

    return parse_segment(text)


def _channel_row(channel: AlertChannel) -> Row:
    return {
        "channel_id": channel.channel_id,
        "name": channel.name,
        "kind": channel.kind,
        "address": channel.shown_address,
    }


def _rule_row(rule: AlertRule, channels: dict[str, str]) -> Row:
    return {
        "alert_id": rule.rule_id,
        "name": rule.name,
        "when": rule.kind,
        "channel": channels[rule.channel_id],
        "threshold": None if rule.threshold is None else f"{rule.threshold:g}",
        "days": rule.days,
        "only": rule.only,
        "segment": "=".join(rule.segment) if rule.segment else None,
        "cooldown_hours": f"{rule.cooldown_hours:g}",
        "with_texts": rule.has_texts,
        "judged_at": None if rule.judged_at is None else f"{rule.judged_at:%Y-%m-%d %H:%M:%S}",
        "value": None if rule.reading.value is None else f"{rule.reading.value:.3g}",
        "about": rule.reading.about,
        "note": rule.reading.note,
    }


def _delivery_row(delivery: AlertDelivery) -> Row:
    return {
        "delivery_id": delivery.delivery_id,
        "created_at": f"{delivery.created_at:%Y-%m-%d %H:%M:%S}",
        "alert": delivery.rule_name,
        "channel": delivery.channel_name,
        "state": delivery.state,
        "attempts": delivery.n_attempts,
        "answer": delivery.answer,
        "sentence": json.loads(delivery.body)["sentence"],
    }
