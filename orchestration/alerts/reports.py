"""Write the report of each project's last complete week, and put it into the outbox of those who want it.

No postponed annotations here: Dagster reads them when it decorates.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from contracts.durable_files import write_file
from contracts.home import Home
from contracts.settings import Settings
from orchestration.alerts.judging import about_rule
from projects import Projects, open_projects
from projects.alerts.records import Finding
from projects.records import Project

REPORT_JOB_NAME = "report"
REPORT_CRON = "10 6 * * *"
"""Daily, after the full run: a week that was missed while nothing ran is reported on the next day."""
REPORTS_KEY = dg.AssetKey(["published", "reports"])
WEEK = timedelta(days=7)
MAX_AGE = timedelta(days=14)
"""A week that ended earlier is not reported: its events were imported."""


@dg.multi_asset(
    name="write_reports",
    outs={
        "reports": dg.AssetOut(
            key=REPORTS_KEY,
            description="The last complete week of each project as Markdown and HTML, also sent by alerts of the kind "
            "report.",
            dagster_type=dg.Nothing,  # the files are the value
            group_name="published",
            kinds={"python"},
        )
    },
    deps=[dg.AssetKey(["published", "turret"])],
)
def write_reports(settings: dg.ResourceParam[Settings]) -> dg.Output[None]:
    """Write what is missing, and send it."""
    from alerts.sending import send_due  # noqa: PLC0415 - only the report pays for it

    with open_projects(settings) as projects:
        written = write_missing(projects, settings, datetime.now(UTC))
        arrived = send_due(projects, settings)
    return dg.Output(None, metadata={"dagster/row_count": len(written), "arrived": len(arrived)})


def build_report_schedule(job: Any) -> dg.ScheduleDefinition:
    """Return the schedule that writes reports once a week is over."""

    @dg.schedule(
        name="weekly_report",
        job=job,
        cron_schedule=REPORT_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Writes and sends the report of the last complete week, once for each project.",
    )
    def weekly_report(settings: dg.ResourceParam[Settings]) -> dg.RunRequest | dg.SkipReason:
        home = Home(settings.home)
        if not home.published.exists():
            return dg.SkipReason("Nothing is published yet.")
        monday = last_week(datetime.now(UTC))
        with open_projects(settings) as projects:
            missing = [one for one in projects.list_projects() if not _has_report(home, one, monday)]
        return dg.RunRequest() if missing else dg.SkipReason(f"The week {monday:%G-W%V} is reported.")

    return weekly_report


def write_missing(projects: Projects, settings: Settings, now: datetime) -> list[str]:
    """Write the reports that do not exist yet; return the names of the files, Markdown only.

    The file and the deliveries are not one transaction: the deliveries come first, each occasion only once.

    Args:
        projects: the projects database.
        settings: the installation's settings.
        now: the time.
    """
    from contracts.trouble import find_trouble  # noqa: PLC0415 - only a report pays for these
    from dashboard.data.published import Published  # noqa: PLC0415 - the same
    from dashboard.errors import NoSuchWeekError  # noqa: PLC0415 - the same
    from dashboard.report.document import write_html, write_markdown  # noqa: PLC0415 - the same
    from dashboard.report.week import find_week  # noqa: PLC0415 - the same

    home = Home(settings.home)
    found = projects.list_projects()
    trouble = find_trouble(home, {one.project_id: one.name for one in found}, now)
    problems = [one.sentence for one in trouble]
    snapshot = Published(home.published).snapshot()
    written = []
    try:
        for project in found:
            try:
                week = find_week(
                    snapshot,
                    project.project_id,
                    project.name,
                    min_people=settings.report_min_people,
                    problems=problems,
                )
            except NoSuchWeekError:
                continue  # it has no events, or only those of an unfinished week
            if not week.is_over or now.date() - week.last > MAX_AGE or _has_report(home, project, week.first):
                continue
            text, html = write_markdown(week), write_html(week)
            counted = ", ".join(f"{n:,} {name.lower()}" for name, n, _ in week.numbers)
            facts = {
                "sentence": f"The week {week.iso} of {project.name}: {counted}.",
                "subject": f"{project.name}: report of the week {week.iso}",
                "text": text,
                "html": html,
            }
            _commit(projects, settings, project, Finding("report", f"report {week.iso}", facts), now)
            folder = home.reports / f"project_id={project.project_id}"
            folder.mkdir(parents=True, exist_ok=True)
            write_file(folder / f"{week.iso}.html", html.encode())
            write_file(folder / f"{week.iso}.md", text.encode())
            written.append(f"{project.project_id}/{week.iso}.md")
    finally:
        snapshot.connection.close()
    return written


def last_week(now: datetime) -> date:
    """Return the Monday of the last week (UTC) that is over."""
    return now.date() - timedelta(days=now.weekday()) - WEEK


def _has_report(home: Home, project: Project, monday: date) -> bool:
    return (home.reports / f"project_id={project.project_id}" / f"{monday:%G-W%V}.md").exists()


def _commit(projects: Projects, settings: Settings, project: Project, finding: Finding, now: datetime) -> None:
    for rule in projects.alerts.list(project.project_id):
        if rule.kind == "report":
            facts = {**about_rule(project, rule, settings), **finding.facts}
            projects.outbox.commit(rule, [Finding(finding.subject, finding.occasion, facts)], now)
