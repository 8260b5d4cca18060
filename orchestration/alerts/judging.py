"""Judge all rules: those about published numbers once per version, the others whenever somebody asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from alerts.sending import send_due
from contracts.home import Home
from orchestration.alerts.clock import hours_received, judge_quota, judge_run, judge_silence, read_silence
from projects import open_projects
from projects.alerts.records import CLOCK_KINDS, PUBLISHED_KINDS, RuleReading

if TYPE_CHECKING:
    from contracts.settings import Settings
    from orchestration.alerts.clock import FailedRun
    from projects import Projects
    from projects.alerts.records import AlertRule, Finding
    from projects.records import Project


def judge_published(settings: Settings, now: datetime | None = None) -> list[str]:
    """Judge the rules about published numbers by the newest version; return the ids of new deliveries.

    A rule judges a version once: the judgement and its deliveries are one transaction.

    Args:
        settings: the installation's settings.
        now: the time, for tests.
    """
    now = now or datetime.now(UTC)
    with open_projects(settings) as projects:
        rules = [rule for rule in projects.alerts.list() if rule.kind in PUBLISHED_KINDS]
        if not rules:
            return []
        # Only installations with such rules pay for these imports.
        from dashboard.alerts.judgement import find_lost, judge  # noqa: PLC0415 - see above
        from dashboard.data.published import Published  # noqa: PLC0415 - see above

        snapshot = Published(Home(settings.home).published).snapshot()
        added = []
        try:
            for rule in rules:
                if rule.judged_version == snapshot.version:
                    continue
                is_lost = rule.kind == "goal-down" and rule.only is not None and rule.only not in _goals(projects, rule)
                found = (
                    find_lost(rule, f"the goal “{rule.only}” was deleted")
                    if is_lost
                    else judge(rule, snapshot, now, settings.report_min_people)
                )
                about = about_rule(projects.get(rule.project_id), rule, settings, version=snapshot.version)
                findings = [_complete(finding, about, settings) for finding in found.findings]
                added += projects.outbox.commit(
                    rule, findings, now, version=snapshot.version, day=found.day, reading=found.reading
                )
        finally:
            snapshot.connection.close()
        return added


def judge_clock(projects: Projects, settings: Settings, run: FailedRun | None, now: datetime) -> list[str]:
    """Judge silence, quotas and the last run; return the ids of new deliveries.

    Args:
        projects: the projects database.
        settings: the installation's settings.
        run: the last run, if it failed.
        now: the time.
    """
    added, readings = [], {}
    for rule in projects.alerts.list():
        if rule.kind not in CLOCK_KINDS:
            continue
        project = projects.get(rule.project_id)
        about = about_rule(project, rule, settings)
        found, readings[rule.rule_id] = _find(projects, settings, rule, run, now)
        findings = [_complete(finding, about, settings) for finding in found]
        if findings:
            added += projects.outbox.commit(rule, findings, now)
    if readings:
        projects.outbox.note(readings, now)
    return added


def judge_and_send(settings: Settings, run: FailedRun | None) -> list[str]:
    """Judge by the clock, and send what is due; return the ids of the deliveries that arrived.

    Args:
        settings: the installation's settings.
        run: the last run, if it failed.
    """
    with open_projects(settings) as projects:
        judge_clock(projects, settings, run, datetime.now(UTC))
        return send_due(projects, settings)


def _find(
    projects: Projects, settings: Settings, rule: AlertRule, run: FailedRun | None, now: datetime
) -> tuple[list[Finding], RuleReading]:
    if rule.kind == "run-failed":
        return judge_run(run, rule.created_at), RuleReading(note="the last run failed" if run else "no failed run")
    threshold = rule.threshold or 0.0
    if rule.kind == "quota":
        usage = projects.ledger.usage(rule.project_id, now)
        limit = usage.allowance.limit
        reading = RuleReading(usage.used / limit) if limit else RuleReading(note="the plan has no limit")
        return judge_quota(usage, threshold), reading
    hours = hours_received(Home(settings.home).landing, rule.project_id, now)
    return judge_silence(hours, now, threshold), read_silence(hours, now)


def _goals(projects: Projects, rule: AlertRule) -> set[str]:
    return {goal.name for goal in projects.goals.list(rule.project_id)}


def about_rule(project: Project, rule: AlertRule, settings: Settings, **more: str) -> dict[str, Any]:
    """Return the facts about a project and a rule that each of its alerts has."""
    return {
        "project": {"id": project.project_id, "name": project.name},
        "rule": {"id": rule.rule_id, "name": rule.name, "kind": rule.kind},
        "link": f"{settings.dashboard_origin}/?project={project.project_id}",
        **more,
    }


def _complete(finding: Finding, about: dict[str, Any], settings: Settings) -> Finding:
    """Add to a finding what every alert says; its `href` becomes a link to the dashboard."""
    facts = dict(finding.facts)
    href = facts.pop("href")
    separator = "" if "project=" in href else f"?project={about['project']['id']}"
    return replace(finding, facts={**about, **facts, "link": f"{settings.dashboard_origin}{href}{separator}"})
