"""The settings pages: tabs by the second part of the address, and all actions that they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.settings import alerts, audit, fields, goals, installation, keys, people, plan
from dashboard.settings.privacy import masking, retention
from dashboard.sign_in import current_visitor
from dashboard.ui.aria import labelled
from dashboard.ui.notices import not_found, notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.actions import ActionRequest
    from dashboard.data.address import Address
    from dashboard.settings.context import SettingsContext

PART = "settings"
TABS: dict[str, tuple[str, Callable[[SettingsContext], Any]]] = {
    "keys": ("API keys", keys.render),
    "plan": ("Plan and usage", plan.render),
    "fields": ("Metadata", fields.render),
    "masking": ("Masking", masking.render),
    "retention": ("Retention", retention.render),
    "goals": ("Goals", goals.render),
    "alerts": ("Alerts", alerts.render),
    "team": ("Team", people.render),
    "projects": ("Projects", installation.render),
    "audit": ("Audit log", audit.render),
}
"""Tabs in their order: the second part of the address, the name, and the layout function."""

ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {
    "create-key": keys.create_key,
    "revoke-key": keys.revoke_key,
    "set-plan": plan.set_plan,
    "set-field": fields.set_field,
    "set-journey-field": fields.set_journey_field,
    "set-late-after": fields.set_late_after,
    "set-masked-kinds": masking.set_kinds,
    "set-mask-pattern": masking.set_pattern,
    "remove-mask-pattern": masking.remove_pattern,
    **retention.ACTIONS,
    "set-goal": goals.set_goal,
    "clear-goal": goals.clear_goal,
    "create-alert": alerts.create_alert,
    "change-alert": alerts.change_alert,
    "delete-alert": alerts.delete_alert,
    "create-channel": alerts.create_channel,
    "delete-channel": alerts.delete_channel,
    "test-channel": alerts.test_channel,
    "add-person": people.add_person,
    "new-link": people.new_link,
    "set-role": people.set_role,
    "remove-person": people.remove,
    "create-project": installation.create_project,
    "run-now": installation.run_now,
    "rename-project": installation.rename_project,
    "delete-project": installation.delete_project,
}


def name_of(address: Address) -> str | None:
    """Return the name of an address's tab; None for an unknown one."""
    return TABS[address.parts[1]][0] if len(address.parts) > 1 and address.parts[1] in TABS else None


def render(context: SettingsContext) -> Any:
    """Lay out the tab of the address, for admins only."""
    title = html.H1("Settings", className="page-title")
    if not current_visitor().is_admin:
        return notice("Settings are for admins", "You can see every other page. Ask an admin to change settings.")
    chosen = (*context.address.parts[1:], "keys")[0]
    if chosen not in TABS:
        return not_found(context.address, "This page")
    tabs = [
        dcc.Link(
            name,
            href=context.address.to(PART, part).href,
            className="tab is-current" if part == chosen else "tab",
        )
        for part, (name, _) in TABS.items()
    ]
    body = TABS[chosen][1](context)
    return [
        title,
        html.Nav(tabs, className="tabs", **labelled("Settings")),
        *(body if isinstance(body, list) else [body]),
    ]
