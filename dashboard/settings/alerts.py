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
from projects.errors import InvalidValueError

if TYPE_CHECKING:
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
    cooldown, only = _number(request, "cooldown"), request.value("only") or None
    if only is not None and request.value("kind") != "goal-down" and only not in _topic_ids(request):
        raise InvalidValueError(f"The alert is limited to {only!r}, which is no topic; allowed is a topic, or all.")
    rule = request.projects.alerts.create(
        request.target,
        request.value("name"),
        request.value("kind"),
        request.value("channel"),
        threshold=_number(request, "threshold"),
        days=_whole(request, "days", DEFAULT_DAYS),
        only=only,
        cooldown_hours=DEFAULT_COOLDOWN_HOURS if cooldown is None else cooldown,
        has_texts=request.value("texts") == WITH_TEXTS,
    )
    return f"The alert {rule.name} is watched from now on."


def _topic_ids(request: ActionRequest) -> set[str]:
    project_id = request.projects.get(request.target).project_id
    try:
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
    columns = [Column(head) for head in ("Alert", "Watches", "Channel", "Texts", "")]
    return card(
        plural(len(rules), "alert") if rules else "No alert yet",
        table(columns, [_rule_cells(rule, names, labels) for rule in rules]) if rules else None,
        _rule_form(context, project_id, channels) if channels else html.P("Make a channel first.", className="quiet"),
        note="Numbers are judged once for each complete day, by the tests of the pages: a change has to be more than "
        "chance, and as large as the threshold. After a delivery, an alert is quiet about the same subject during its "
        "cooldown.",
    )


def _rule_cells(rule: AlertRule, names: dict[str, str], labels: dict[str, str]) -> list[Any]:
    sentence = "What has not arrived yet is not sent any more."
    return [
        html.Bdi(shorten(rule.name, 60)),
        [KIND_WORDS[rule.kind], html.Span(html.Bdi(_details(rule, labels)), className="under")],
        html.Bdi(shorten(names[rule.channel_id], 60)),
        "with examples" if rule.has_texts else "none",
        confirm_button("Delete", sentence, "delete-alert", f"{rule.project_id}/{rule.rule_id}"),
    ]


def _details(rule: AlertRule, labels: dict[str, str]) -> str:
    parts = []
    if rule.only:
        parts.append(f"only “{shorten(labels.get(rule.only, rule.only), 60)}”")
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


def _rule_form(context: SettingsContext, project_id: str, channels: list[AlertChannel]) -> Any:
    def control(kind: type, label: str, name: str, **options: Any) -> Any:
        return kind(label=label, id=field_id("create-alert", name, project_id), size="xs", **options)

    kinds = [{"value": kind, "label": words} for kind, words in KIND_WORDS.items()]
    listed = [{"value": one.channel_id, "label": shorten(one.name, 60)} for one in channels]
    texts = dmc.SegmentedControl(
        data=[{"value": WITHOUT_TEXTS, "label": "No texts"}, {"value": WITH_TEXTS, "label": "With examples"}],
        value=WITHOUT_TEXTS,
        size="xs",
        id=field_id("create-alert", "texts", project_id),
        **labelled("Messages of users"),
    )
    parts = [
        control(dmc.TextInput, "Alert", "name", w=180),
        control(dmc.Select, "Watches", "kind", data=kinds, value="spike", allowDeselect=False, w=190),
        control(dmc.Select, "Channel", "channel", data=listed, value=listed[0]["value"], allowDeselect=False, w=160),
        control(dmc.TextInput, "Threshold", "threshold", placeholder="default", w=90),
        control(dmc.TextInput, "Days", "days", placeholder="7", w=70),
        control(dmc.TextInput, "Cooldown in hours", "cooldown", placeholder="24", w=130),
        control(
            dmc.Select,
            "Only this topic or goal",
            "only",
            data=_subjects(context, project_id),
            placeholder="all",
            searchable=True,
            clearable=True,
            openOnFocus=False,
            nothingFoundMessage="No such topic or goal",
            w=260,
        ),
        html.Div([html.Span("Messages of users", className="form-label"), texts]),
        action_button("Create alert", "create-alert", project_id, variant="filled"),
    ]
    return html.Div(parts, className="form-line")


def _subjects(context: SettingsContext, project_id: str) -> list[dict[str, Any]]:
    """Return what alone an alert may judge: topics by their text field, and goals."""
    goals = [{"value": goal.name, "label": goal.name} for goal in context.projects.goals.list(project_id)]
    return [*topic_choices(context), *([{"group": "Goals", "items": goals}] if goals else [])]


def _channels(project_id: str, channels: list[AlertChannel]) -> Any:
    columns = [Column("Channel"), Column("Kind"), Column("Sends to"), Column()]
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
        table(columns, [_channel_cells(channel) for channel in channels]) if channels else None,
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
        table(columns, [_delivery_cells(delivery) for delivery in deliveries]),
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
