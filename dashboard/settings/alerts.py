"""The Alerts tab: what is watched, the channels with their test buttons, and the last deliveries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from alerts.sending import send_test
from dashboard.actions import action_button, confirm_button, field_id
from dashboard.errors import NothingPublishedError
from dashboard.formatting import moment, plural, shorten
from dashboard.settings.goals import topic_choices
from dashboard.ui.aria import labelled
from dashboard.ui.card import card
from dashboard.ui.tables.table import NUMBER, Column, table
from projects.alerts.outbox import N_SHOWN
from projects.alerts.records import TREND_KINDS
from projects.alerts.rules import DEFAULT_COOLDOWN_HOURS, DEFAULT_DAYS
from projects.alerts.validation import parse_segment
from projects.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.alerts.records import AlertChannel, AlertDelivery, AlertRule, RuleKind

KIND_WORDS: dict[RuleKind, str] = {
    "new-topic": "A new topic",
    "spike": "A topic grows",
    "fall": "A topic falls",
    "friction": "Friction grows",
    "drop-off": "Drop-off grows",
    "goal-down": "A goal is reached less",
    "feedback-down": "Feedback gets worse",
    "silence": "No events arrive",
    "run-failed": "A run fails",
    "quota": "The quota is nearly used",
    "report": "Weekly report",
}
CHANNEL_WORDS = {"webhook": "Webhook", "slack": "Slack", "email": "E-mail"}
STATE_WORDS = {"pending": "on its way", "arrived": "arrived", "failed": "failed"}
MAX_DIGITS = 9
WITH_TEXTS, WITHOUT_TEXTS = "texts", "none"


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    if context.project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    project_id = context.project.project_id
    channels = context.projects.alerts.list_channels(project_id)
    rules = context.projects.alerts.list(project_id)
    deliveries = context.projects.outbox.list(project_id)
    return [_rules(context, project_id, rules, channels), _channels(project_id, channels), _deliveries(deliveries)]


def create_alert(request: ActionRequest) -> str:
    """Create an alert.

    Raises:
        InvalidValueError: a value is not allowed, or the topic is none of the project.
    """
    kind = request.value("kind")
    rule = request.projects.alerts.create(
        request.target, request.value("name"), kind, request.value("channel"), **_chosen(request, request.target, kind)
    )
    return f"The alert {rule.name} is watched from now on."


def change_alert(request: ActionRequest) -> str:
    """Change an alert, except what it watches.

    Raises:
        InvalidValueError: a value is not allowed, or the topic is none of the project.
    """
    project_id, _, rule_id = request.target.partition("/")
    current = request.projects.alerts.find(project_id, rule_id)
    rule = request.projects.alerts.change(
        project_id,
        rule_id,
        name=request.value("name"),
        channel=request.value("channel"),
        **_chosen(request, project_id, current.kind, current),
    )
    done = "stays as it was" if rule == current else "is changed"
    return f"The alert {shorten(rule.name, 60)} {done}."


def _chosen(request: ActionRequest, project_id: str, kind: str, current: AlertRule | None = None) -> dict[str, Any]:
    """Return the optional parts of an alert; a topic or segment that it had before is not checked again.

    Raises:
        InvalidValueError: a value is no number, the topic is none of the project, or the segment has another form.
        UnknownNameError: no published event has the segment's field or value.
    """
    cooldown, only = _number(request, "cooldown"), request.value("only") or None
    segment = parse_segment(request.value("segment"))
    if segment is not None and (current is None or segment != current.segment):
        names = request.known_names(project_id, segment[0])
        if names is not None:
            names.check_segment(*segment)
    if (
        only not in {None, current and current.only}
        and kind != "goal-down"
        and only not in _topic_ids(request, project_id)
    ):
        raise InvalidValueError(f"The alert is limited to {only!r}, which is no topic; allowed is a topic, or all.")
    return {
        "threshold": _number(request, "threshold"),
        "days": _whole(request, "days", DEFAULT_DAYS),
        "only": only,
        "segment": segment,
        "cooldown_hours": DEFAULT_COOLDOWN_HOURS if cooldown is None else cooldown,
        "has_texts": request.value("texts") == WITH_TEXTS,
    }


def _topic_ids(request: ActionRequest, project: str) -> set[str]:
    try:
        project_id = request.projects.get(project).project_id
        rows = request.published.snapshot().rows("topic_labels", project_id=project_id)
    except NothingPublishedError:
        return set()
    return {row["topic_id"] for row in rows}


def delete_alert(request: ActionRequest) -> str:
    """Delete an alert."""
    project_id, _, rule_id = request.target.partition("/")
    rule = request.projects.alerts.delete(project_id, rule_id)
    return f"The alert {shorten(rule.name, 60)} is deleted."


def create_channel(request: ActionRequest) -> Any:
    """Create a channel, and show its secret this once."""
    channel = request.projects.alerts.create_channel(
        request.target, request.value("name"), request.value("kind"), request.value("address")
    )
    if not channel.secret:
        return f"The channel {channel.name} is ready. Send a test."
    return html.Div(
        [
            html.P(
                ["Signing secret of ", html.Bdi(html.Strong(channel.name)), ". Copy it now: it is not shown again."]
            ),
            html.Div(
                [
                    html.Code(channel.secret, id="new-secret", className="secret"),
                    dcc.Clipboard(target_id="new-secret", title="Copy the secret", className="copy"),
                ],
                className="secret-line",
            ),
        ]
    )


def delete_channel(request: ActionRequest) -> str:
    """Delete a channel."""
    project_id, _, channel_id = request.target.partition("/")
    channel = request.projects.alerts.delete_channel(project_id, channel_id)
    return f"The channel {shorten(channel.name, 60)} is deleted."


def test_channel(request: ActionRequest) -> str:
    """Send a test through a channel, and show the answer."""
    project_id, _, channel_id = request.target.partition("/")
    project = request.projects.get(project_id)
    channel = request.projects.alerts.find_channel(project_id, channel_id)
    delivery = send_test(request.projects, request.settings, project, channel)
    outcome = "arrived" if delivery.state == "arrived" else "did not arrive"
    return f"The test of {shorten(channel.name, 60)} {outcome}: {delivery.answer}"


def _number(request: ActionRequest, name: str) -> float | None:
    """Return a number that was typed; None where nothing was.

    Raises:
        InvalidValueError: it is not a number.
    """
    typed = request.value(name)
    try:
        return float(typed) if typed else None
    except ValueError:
        raise InvalidValueError(f"The {name} is {typed!r}; allowed is a number.") from None


def _whole(request: ActionRequest, name: str, default: int) -> int:
    """Return a whole number that was typed, or the default.

    Raises:
        InvalidValueError: it is not a whole number.
    """
    typed = request.value(name)
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < MAX_DIGITS):
        raise InvalidValueError(f"The {name} is {typed!r}; allowed is a whole number.")
    return int(typed or default)


def _rules(context: SettingsContext, project_id: str, rules: list[AlertRule], channels: list[AlertChannel]) -> Any:
    names = {channel.channel_id: channel.name for channel in channels}
    labels = {row["topic_id"]: row["label"] for row in context.rows("topic_labels")}
    columns = [Column(head) for head in ("Alert", "Judged last (UTC)", "Sent to", "")]
    lines = [
        [*_rule_cells(rule, names, labels), _rule_buttons(rule, _rule_form(context, project_id, channels, rule))]
        for rule in rules
    ]
    return card(
        plural(len(rules), "alert") if rules else "No alert yet",
        table(columns, lines, "table alerts") if rules else None,
        _rule_form(context, project_id, channels) if channels else html.P("Make a channel first.", className="quiet"),
        note="Numbers are judged once for each complete day, by the tests of the pages: a change has to be more than "
        "chance, and as large as the threshold. After a delivery, an alert is quiet about the same subject during its "
        "cooldown.",
    )


def _rule_cells(rule: AlertRule, names: dict[str, str], labels: dict[str, str]) -> list[Any]:
    return [
        [html.Bdi(html.Strong(shorten(rule.name, 60))), _under(f"{KIND_WORDS[rule.kind]}, {_details(rule, labels)}")],
        [moment(rule.judged_at) if rule.judged_at else "not yet", _under(_reading_words(rule))],
        [
            html.Bdi(shorten(names[rule.channel_id], 60)),
            _under("with example messages" if rule.has_texts else "without messages"),
        ],
    ]


def _under(words: str) -> Any:
    return html.Span(html.Bdi(words), className="under wraps") if words else None


def _reading_words(rule: AlertRule) -> str:
    """Say how near the last judgement came to the threshold."""
    seen, parts = rule.reading, []
    if seen.value is not None and rule.threshold is not None:
        value, threshold = seen.value, rule.threshold
        parts.append(
            f"{value:.0%} of the limit, alerts from {threshold:.0%}"
            if rule.kind == "quota"
            else f"{value:.1f} of {threshold:g} hours"
            if rule.kind == "silence"
            else f"{value:.2f} of {threshold:g} times"
        )
    if seen.about:
        parts.append(f"“{shorten(seen.about, 60)}”")
    if seen.note:
        parts.append(seen.note)
    return ", ".join(parts)


def _rule_buttons(rule: AlertRule, form: Any) -> Any:
    sentence = "What has not arrived yet is not sent any more."
    delete = confirm_button("Delete", sentence, "delete-alert", f"{rule.project_id}/{rule.rule_id}")
    return [html.Details([html.Summary("Change"), form]), delete]


def _details(rule: AlertRule, labels: dict[str, str]) -> str:
    parts = []
    if rule.only:
        parts.append(f"only “{shorten(labels.get(rule.only, rule.only), 60)}”")
    if rule.segment:
        parts.append(f"only {shorten('='.join(rule.segment), 60)}")
    if rule.kind in TREND_KINDS:
        parts.append(f"by {rule.threshold:g} times or more in {plural(rule.days, 'day')}")
    elif rule.kind == "new-topic":
        parts.append(f"in {plural(rule.days, 'day')}")
    elif rule.kind == "silence":
        parts.append(f"for {rule.threshold:g} hours")
    elif rule.kind == "quota":
        parts.append(f"{rule.threshold:.0%} of it")
    if rule.kind == "report":
        return "once a week"
    return ", ".join([*parts, f"cooldown {rule.cooldown_hours:g} hours"])


def _rule_form(
    context: SettingsContext, project_id: str, channels: list[AlertChannel], rule: AlertRule | None = None
) -> Any:
    """Lay out the form of a new alert, or of one to change, whose kind stays."""
    action, target = ("change-alert", f"{project_id}/{rule.rule_id}") if rule else ("create-alert", project_id)

    def control(kind: type, label: str, name: str, **options: Any) -> Any:
        return kind(label=label, id=field_id(action, name, target), size="xs", **options)

    is_limited = rule is None or rule.kind in TREND_KINDS
    kinds = [{"value": kind, "label": words} for kind, words in KIND_WORDS.items()]
    listed = [{"value": one.channel_id, "label": shorten(one.name, 60)} for one in channels]
    texts = dmc.SegmentedControl(
        data=[{"value": WITHOUT_TEXTS, "label": "No texts"}, {"value": WITH_TEXTS, "label": "With examples"}],
        value=WITH_TEXTS if rule and rule.has_texts else WITHOUT_TEXTS,
        size="xs",
        id=field_id(action, "texts", target),
        **labelled("Messages of users"),
    )
    parts = [
        control(dmc.TextInput, "Alert", "name", value=rule.name if rule else "", w=180),
        None if rule else control(dmc.Select, "Watches", "kind", data=kinds, value="spike", allowDeselect=False, w=190),
        control(
            dmc.Select,
            "Channel",
            "channel",
            data=listed,
            value=rule.channel_id if rule else listed[0]["value"],
            allowDeselect=False,
            w=160,
        ),
        *_rule_numbers(control, rule),
        *(_rule_limits(control, _subjects(context, project_id, rule), rule) if is_limited else []),
        html.Div([html.Span("Messages of users", className="form-label"), texts]),
        action_button("Save" if rule else "Create alert", action, target, variant="filled"),
    ]
    return html.Div(parts, className="form-line")


def _rule_numbers(control: Callable[..., Any], rule: AlertRule | None) -> list[Any]:
    """Lay out when an alert is given, and how often."""
    threshold = f"{rule.threshold:g}" if rule and rule.threshold is not None else ""
    cooldown = f"{rule.cooldown_hours:g}" if rule else ""
    return [
        None
        if rule and rule.threshold is None
        else control(dmc.TextInput, "Threshold", "threshold", value=threshold, placeholder="default", w=90),
        control(dmc.TextInput, "Days", "days", value=str(rule.days) if rule else "", placeholder="7", w=70),
        control(dmc.TextInput, "Cooldown in hours", "cooldown", value=cooldown, placeholder="24", w=130),
    ]


def _rule_limits(control: Callable[..., Any], subjects: list[dict[str, Any]], rule: AlertRule | None) -> list[Any]:
    """Lay out to what an alert may be limited."""
    only = control(
        dmc.Select,
        "Only this topic or goal",
        "only",
        data=subjects,
        value=rule.only if rule else None,
        placeholder="all",
        searchable=True,
        clearable=True,
        openOnFocus=False,
        nothingFoundMessage="No such topic or goal",
        w=260,
    )
    segment = "=".join(rule.segment) if rule and rule.segment else ""
    label = "Only this value of a field"
    return [only, control(dmc.TextInput, label, "segment", value=segment, placeholder="plan=pro", w=180)]


def _subjects(context: SettingsContext, project_id: str, rule: AlertRule | None) -> list[dict[str, Any]]:
    """Return what alone an alert may judge: topics by their text field, goals, and what a rule has, even if gone."""
    topics = [] if rule and rule.kind == "goal-down" else topic_choices(context)
    goals = [{"value": goal.name, "label": goal.name} for goal in context.projects.goals.list(project_id)]
    listed = {item["value"] for group in topics for item in group["items"]} | {goal["value"] for goal in goals}
    gone = [{"value": rule.only, "label": f"gone: {shorten(rule.only, 60)}"}] if rule and rule.only else []
    shown_goals = goals if rule is None or rule.kind == "goal-down" else []
    return [
        *topics,
        *([{"group": "Goals", "items": shown_goals}] if shown_goals else []),
        *(choice for choice in gone if choice["value"] not in listed),
    ]


def _channels(project_id: str, channels: list[AlertChannel]) -> Any:
    columns = [Column("Channel"), Column("Kind", "nowrap"), Column("Sends to"), Column()]
    name, kind, address = (field_id("create-channel", part, project_id) for part in ("name", "kind", "address"))
    kinds = [{"value": value, "label": words} for value, words in CHANNEL_WORDS.items()]
    form = [
        dmc.TextInput(label="Channel", id=name, size="xs", w=180),
        dmc.Select(label="Kind", id=kind, data=kinds, value="webhook", allowDeselect=False, size="xs", w=120),
        dmc.TextInput(label="Web address, or e-mail addresses", id=address, size="xs", w=320),
        action_button("Create channel", "create-channel", project_id, variant="filled"),
    ]
    return card(
        plural(len(channels), "channel") if channels else "No channel yet",
        table(columns, [_channel_cells(channel) for channel in channels], "table alerts") if channels else None,
        html.Div(form, className="form-line"),
        note="A webhook's calls are signed with a secret that is shown once. E-mails need TURRET_SMTP_HOST. Private "
        "addresses are refused unless TURRET_ALERTS_ALLOW_PRIVATE_ADDRESSES is true.",
    )


def _channel_cells(channel: AlertChannel) -> list[Any]:
    target = f"{channel.project_id}/{channel.channel_id}"
    sentence = "Alerts that use it have to be deleted first."
    buttons = [
        action_button("Send a test", "test-channel", target),
        confirm_button("Delete", sentence, "delete-channel", target),
    ]
    return [
        html.Bdi(shorten(channel.name, 60)),
        CHANNEL_WORDS[channel.kind],
        html.Bdi(shorten(channel.shown_address, 80)),
        html.Div(buttons, className="buttons"),
    ]


def _deliveries(deliveries: list[AlertDelivery]) -> Any:
    if not deliveries:
        return card("No delivery yet", html.P("Alerts and tests are listed here.", className="quiet"))
    columns = [
        Column("Judged (UTC)", "quiet nowrap"),
        Column("Alert"),
        Column("Channel"),
        Column("State"),
        Column("Attempts", NUMBER),
        Column("Answer"),
    ]
    return card(
        f"The last {N_SHOWN} deliveries"
        if len(deliveries) >= N_SHOWN
        else plural(len(deliveries), "delivery", "deliveries"),
        table(columns, [_delivery_cells(delivery) for delivery in deliveries], "table alerts"),
    )


def _delivery_cells(delivery: AlertDelivery) -> list[Any]:
    sentence = str(json.loads(delivery.body)["sentence"])
    state: Any = STATE_WORDS[delivery.state]
    if delivery.state == "failed":
        state = html.Span(state, className="danger")
    elif delivery.state == "pending" and delivery.n_attempts:
        state = [state, html.Span(f"again at {moment(delivery.next_attempt_at)}", className="under")]
    return [
        moment(delivery.created_at),
        [html.Bdi(shorten(delivery.rule_name, 60)), html.Div(html.Bdi(shorten(sentence, 240)), className="quiet")],
        html.Bdi(shorten(delivery.channel_name, 60)),
        state,
        delivery.n_attempts,
        html.Bdi(shorten(delivery.answer, 200)),
    ]
