"""What people do once they have signed in, in headless Chromium against the real server; and axe-core on every page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from contracts.settings import load_settings
from projects import open_projects
from projects.access.api_keys import hash_key
from projects.alerts.records import Finding, RuleReading
from projects.plans import month_of
from tests.factories.browser import CHROMIUM, Tabs, follow, go_to, run_browser
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import SampleProject, publish, topic_id
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects

PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist
PAGES = ("/", "/topics", "/journeys", "/segments", "/numbers", "/sessions")
TABS = ("keys", "plan", "fields", "masking", "retention", "goals", "alerts", "team", "projects")
EXAMINED = [
    *PAGES,
    "/topics/TOPIC",
    "/topics?state=retired",
    "/candidate",
    *(f"/settings/{tab}" for tab in TABS),
    *(f"/journeys/friction?split={split}&by=plan" for split in ("time", "field")),
    *(f"/journeys/{tab}?by=plan" for tab in ("moves", "drop-off", "friction", "retention", "goals", "compare")),
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"Pages are clicked in Chromium, and {CHROMIUM} is not there."),
    pytest.mark.xdist_group("browser"),
]


@dataclass
class Site:
    """A running dashboard with one project, its database, and what its published file was made from."""

    url: str
    project_id: str
    projects: Projects
    home: Path
    made: tuple[SampleProject, ...]

    @property
    def topic(self) -> str:
        """Its largest topic."""
        return topic_id(SampleProject(self.project_id, 0), 0)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("signed_in") / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        project_id = projects.create_project("Acme Assistant", plan="pro").project_id
        made = (SampleProject(project_id, 150, ASSISTANT_SUBJECTS[:8], flag="escalated"),)
        publish(home, made)
        with run_dashboard(home, dashboard_sign_in=True, dashboard_refresh_s=0.5) as url:
            yield Site(url, project_id, projects, home, made)


@pytest.fixture(scope="module")
def tabs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabs]:
    with run_browser(tmp_path_factory.mktemp("profile")) as running:
        yield Tabs(running)


@pytest.fixture
def browser(tabs: Tabs) -> BrowserContext:
    """The browser of nobody yet."""
    tabs.close()
    tabs.browser.clear_cookies()
    return tabs.browser


def _sign_in(browser: BrowserContext, site: Site, name: str, role: str) -> list[Any]:
    """Sign in a new person instead of the current one; return the cookies that restore the current one."""
    link = site.projects.people.add(name, role)
    browser.clear_cookies()
    page = browser.new_page()
    page.goto(f"{site.url}/password?link={link.secret}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat password").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.locator("h1").first).to_have_text("Overview")
    page.close()
    return browser.cookies()


@pytest.fixture(scope="module")
def cookies_of_admin(tabs: Tabs, site: Site) -> list[Any]:
    return _sign_in(tabs.browser, site, "Ada <b>Admin</b>", "admin")


@pytest.fixture
def admin(tabs: Tabs, cookies_of_admin: list[Any]) -> BrowserContext:
    """The browser of an admin."""
    if not tabs.kept:  # which are the admin's: a heartbeat without the cookies would lead them to the sign-in
        tabs.browser.clear_cookies()
        tabs.browser.add_cookies(cookies_of_admin)
    return tabs.browser


@pytest.fixture
def page(admin: BrowserContext, tabs: Tabs, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An admin's page that fails its test when the console showed an error."""
    with tabs.lend(request) as page:
        yield page


def test_sign_in_leads_to_the_page_that_was_asked_for(browser: BrowserContext, site: Site):
    link = site.projects.people.add("ben", "viewer")
    site.projects.people.choose_password(link.secret, PASSWORD)
    page = browser.new_page()
    page.goto(f"{site.url}/topics?period=30d")
    expect(page.locator("h1")).to_have_text("Sign in")
    page.get_by_label("Name").fill("ben")
    page.get_by_label("Password", exact=True).fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/topics\?period=30d$"))
    expect(page.locator("h1")).to_have_text("Topics")
    page.locator("summary.visitor").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("h1")).to_have_text("Sign in")
    page.close()


def test_page_whose_sign_in_ended_asks_again(browser: BrowserContext, site: Site):
    _sign_in(browser, site, "carl", "viewer")
    page = browser.new_page()
    page.goto(f"{site.url}/topics")
    expect(page.locator("h1")).to_have_text("Topics")
    site.projects.people.end_sign_ins(site.projects.people.find("carl").person_id)
    expect(page.locator("h1")).to_have_text("Sign in")
    page.close()


def test_key_is_made_shown_once_and_revoked(page: Page, site: Site):
    go_to(page, f"{site.url}/settings?project={site.project_id}")
    page.get_by_role("button", name="Create key").click()
    secret = page.locator("#new-key").inner_text()
    assert site.projects.find_key(hash_key(secret)) == site.project_id
    page.reload()
    expect(page.get_by_text(f"{secret[:10]}…")).to_be_visible()
    expect(page.locator("#new-key")).to_have_count(0)
    page.get_by_role("button", name="Revoke").first.click()
    page.get_by_role("button", name="Yes, revoke").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert site.projects.find_key(hash_key(secret)) is None


def test_type_of_a_field_is_chosen(page: Page, site: Site):
    go_to(page, f"{site.url}/settings/fields?project={site.project_id}")
    page.get_by_role("textbox", name="Type of plan").click()
    page.get_by_role("option", name="Text").click()
    page.get_by_role("row", name="plan").get_by_role("button", name="Set").click()
    expect(page.get_by_text("plan will be a text field from the next run on.")).to_be_visible()
    assert [found.field for found in site.projects.list_overrides(site.project_id)] == ["plan"]


def test_field_of_true_and_false_is_chosen_as_an_outcome(page: Page, site: Site):
    go_to(page, f"{site.url}/settings/fields?project={site.project_id}")
    expect(page.get_by_role("textbox", name="Outcome of plan")).to_have_count(0)
    page.get_by_role("textbox", name="Outcome of escalated").click()
    page.get_by_role("option", name="True is a bad outcome").click()
    page.get_by_role("row", name="escalated").get_by_role("button", name="Set").click()
    expect(page.get_by_text("escalated counts from the next run on: true is a bad outcome.")).to_be_visible()
    assert [(made.field, made.outcome) for made in site.projects.list_field_outcomes(site.project_id)] == [
        ("escalated", "negative")
    ]


def test_alert_with_long_names_is_changed_on_a_phone(page: Page, site: Site):
    long = "everybody_who_is_responsible_for_the_assistant_in_all_of_our_countries"
    site.projects.alerts.create_channel(
        site.project_id, long, "email", ", ".join(f"ada{n}@example.com" for n in range(12))
    )
    rule = site.projects.alerts.create(site.project_id, f"Feedback of {long}", "feedback-down", long)
    facts = {"sentence": f"“{long}” has more negative feedback: 40% of 50 ratings, from 20% of 200 ratings."}
    seen = RuleReading(1.3, long, "not more than chance")
    found = Finding("project", "feedback-down project", facts)
    site.projects.outbox.commit(rule, [found], datetime.now(UTC), version="1", reading=seen)
    page.set_viewport_size({"width": 390, "height": 844})
    go_to(page, f"{site.url}/settings/alerts?project={site.project_id}")
    expect(page.get_by_text("1.30 of 1.5 times")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("row").get_by_role("textbox", name="Threshold").fill("2.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is changed.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    changed = site.projects.alerts.find(site.project_id, rule.rule_id)
    assert (changed.threshold, changed.judged_version) == (2.5, None)
    site.projects.alerts.delete(site.project_id, rule.rule_id)


def test_goal_is_a_topic_chosen_by_its_name(page: Page, site: Site):
    go_to(page, f"{site.url}/settings/goals?project={site.project_id}")
    page.get_by_label("Goal", exact=True).fill("Got help")
    expect(page.get_by_role("textbox", name="Name of the event")).to_be_visible()
    page.get_by_role("radiogroup", name="Reached by").get_by_text("Topic").click()
    expect(page.get_by_role("textbox", name="Name of the event")).to_be_hidden()
    page.get_by_role("textbox", name="Topic").fill("python")
    page.get_by_role("option", name="Debug a Python error").click()
    page.get_by_role("button", name="Set goal").click()
    expect(page.get_by_text("The goal Got help counts from the next run on.")).to_be_visible()
    [goal] = site.projects.goals.list(site.project_id)
    assert (goal.kind, goal.value) == ("topic", topic_id(SampleProject(site.project_id, 0), 5))
    expect(page.get_by_text("topic “Debug a Python error”")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_question_of_the_last_row_is_seen_and_answered(page: Page, site: Site, width: int):
    page.set_viewport_size({"width": width, "height": 700})
    left = site.projects.people.add(f"zoe {width}", "viewer").person
    go_to(page, f"{site.url}/settings/team?project={site.project_id}")
    row = page.get_by_role("row").filter(has_text=left.name)
    row.get_by_role("button", name="Remove").click()
    yes = page.get_by_role("button", name="Yes, remove")
    expect(yes).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(yes).to_have_count(0)
    row.get_by_role("button", name="Remove").click()
    yes.click()
    said = page.locator("#said").get_by_text("They can no longer sign in.")
    expect(said).to_be_in_viewport(ratio=1)
    expect(row).to_have_count(0)
    expect(yes).to_have_count(0)
    page.get_by_role("link", name="Topics", exact=True).click()
    expect(said).to_have_count(0)


def test_new_project_is_selected_and_shows_its_call(page: Page, site: Site):
    go_to(page, f"{site.url}/settings/projects?project={site.project_id}")
    page.get_by_label("Name of a new project").fill("Newcomer & Co")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The first numbers of Newcomer & Co")).to_be_visible()
    expect(page.get_by_role("textbox", name="Project", exact=True)).to_have_value("Newcomer & Co")
    secret = page.locator("#new-key").inner_text()
    expect(page.locator("#snippet-curl")).to_contain_text(secret)
    expect(page.get_by_text("Waiting for the first event.")).to_be_visible()
    made = site.projects.get("Newcomer & Co")
    assert site.projects.find_key(hash_key(secret)) == made.project_id
    month = month_of(datetime.now(UTC))
    site.projects.ledger.settle("worker", 1, {(made.project_id, month): 524})
    expect(page.get_by_text("524 events arrived")).to_be_visible()


def test_topic_is_renamed_and_that_is_undone(page: Page, site: Site):
    go_to(page, f"{site.url}/topics/{site.topic}?project={site.project_id}")
    page.get_by_text("Edit this topic").click()
    page.get_by_label("Name (leave empty for the automatic one)").fill("<img src=x onerror=alert(1)>")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("will be called “<img src=x onerror=alert(1)>”")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text(" will be undone")).to_be_visible()
    [edit, undo] = site.projects.topic_edits.history(site.project_id)[-2:]
    assert (edit.made_by, undo.undoes) == ("Ada <b>Admin</b>", edit.number)


def test_topics_ticked_in_the_table_are_kept_and_one_is_retired(page: Page, site: Site):
    go_to(page, f"{site.url}/topics?project={site.project_id}")
    for row in (0, 2):
        page.locator(f".ag-row[row-index='{row}'] input[type=checkbox]").check()
    page.get_by_text("Keep or retire topics").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("2 topics will be kept with the next run")).to_be_visible()
    page.get_by_role("link", name="Kept 2").click()
    expect(page.get_by_role("heading", name="2 kept topics in")).to_be_visible()
    expect(page.locator(".ag-row")).to_have_count(2)
    page.locator(".ag-row[row-index='0'] input[type=checkbox]").check()
    page.get_by_text("Keep or retire topics").click()
    page.get_by_label("Will be", exact=True).first.click()
    page.get_by_role("option", name="retired").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("1 topic will be retired with the next run")).to_be_visible()
    page.get_by_role("link", name="Retired 1").click()
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("will be proposed again")).to_be_visible()
    expect(page.get_by_role("heading", name="No topic is retired")).to_be_visible()
    states = sorted(choice.state for choice in site.projects.topic_edits.topic_choices(site.project_id))
    assert states == ["kept"]


def test_candidate_is_asked_for_compared_and_dropped(page: Page, site: Site):
    go_to(page, f"{site.url}/topics?project={site.project_id}")
    page.get_by_text("Refit topics").click()
    page.get_by_role("button", name="Make a candidate").click()
    expect(page.get_by_text("Candidate 1 will be made with the next run")).to_be_visible()
    page.get_by_role("link", name="Compare it with today's topics").click()
    expect(page.get_by_role("heading", name="3 topics would split, merge, appear or vanish")).to_be_visible()
    page.get_by_role("button", name="Promote").click()
    expect(page.get_by_text("The candidate replaces today's topics.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Drop").click()
    expect(page.get_by_text("Candidate 1 is dropped. Today's topics stay.")).to_be_visible()
    expect(page.get_by_text("dropped it; the next run deletes it")).to_be_visible()
    assert [each.outcome for each in site.projects.candidates.list(site.project_id)] == ["dropped"]


def test_publish_while_a_form_is_filled_in_leaves_what_was_typed(admin: BrowserContext, page: Page, site: Site):
    beside = admin.new_page()
    for opened, path in ((beside, ""), (page, f"topics/{site.topic}")):
        opened.goto(f"{site.url}/{path}?project={site.project_id}")
        expect(opened.locator("h1")).to_be_visible()
    page.get_by_text("Edit this topic").click()
    name = page.get_by_label("Name (leave empty for the automatic one)")
    name.fill("Half a na")
    publish(site.home, site.made, version="2")
    for _ in range(3):  # heartbeats, as many as the page with the form would have had
        with beside.expect_request(lambda asked: "newer.data" in (asked.post_data or "")):
            pass
    expect(name).to_have_value("Half a na")
    beside.close()


def test_filters_go_into_the_address_and_from_page_to_page(page: Page, site: Site):
    go_to(page, f"{site.url}/?project={site.project_id}")
    page.get_by_role("textbox", name="Period").click()
    page.get_by_role("option", name="Last 30 days").click()
    expect(page).to_have_url(re.compile(r"period=30d"))
    expect(page.locator(".filters-summary")).to_contain_text("events")
    page.get_by_role("textbox", name="Event name").click()
    page.get_by_role("option", name="follow_up").click()
    expect(page).to_have_url(re.compile(r"event=follow_up"))
    journeys = page.get_by_role("link", name="Journeys", exact=True)
    expect(journeys).to_have_attribute("href", re.compile("event=follow_up"))
    journeys.click()
    expect(page).to_have_url(re.compile(r"/journeys\?.*period=30d.*event=follow_up"))
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(page).not_to_have_url(re.compile(r"period="))


def test_values_days_and_comparison_go_into_the_address_and_out_again(page: Page, site: Site):
    go_to(page, f"{site.url}/sessions?project={site.project_id}&period=dates&from=2026-04-20&to=2026-05-03&page=2")
    compared = page.get_by_role("switch", name="Compare with 6 to 19 Apr 2026")
    with page.expect_response(lambda answer: "page.children" in (answer.request.post_data or "")):
        compared.click()
    expect(page).to_have_url(re.compile(r"&from=2026-04-20&to=2026-05-03&compare=before$"))
    expect(page.locator("[data-dash-is-loading]")).to_have_count(0)
    values = page.get_by_role("textbox", name="Values of fields")
    compared.focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(values).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(0)
    for value in ("pro", "team"):
        values.fill(value)
        with page.expect_response(lambda answer: "page.children" in (answer.request.post_data or "")):
            page.get_by_role("option", name=f"plan: {value}").click()
        expect(page.locator("[data-dash-is-loading]")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"compare=before&is\.plan=pro&is\.plan=team$"))
    with page.expect_response(lambda answer: "page.children" in (answer.request.post_data or "")):
        compared.click()
    expect(page).to_have_url(re.compile(r"&to=2026-05-03&is\.plan=pro&is\.plan=team$"))
    expect(page.locator("[data-dash-is-loading]")).to_have_count(0)  # a bar that is rendered again closes its calendar
    page.get_by_role("button", name="Select start and end date").click()
    for day in ("27 April 2026", "29 April 2026"):
        page.get_by_role("button", name=day, exact=True).click()
    expect(page).to_have_url(re.compile(r"is\.plan=team&period=dates&from=2026-04-27&to=2026-04-29$"))
    expect(page.locator(".filters-summary")).to_contain_text("29 Apr")


def test_change_of_a_filter_asks_the_server_for_one_page(page: Page, site: Site):
    go_to(page, f"{site.url}/journeys?project={site.project_id}")
    expect(page.locator(".flow-card")).to_be_visible()
    await_heartbeat(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if "_dash-update" in request.url else None)
    page.get_by_role("textbox", name="Period").click()
    page.get_by_role("option", name="Last 30 days").click()
    expect(page.locator(".filters-summary")).to_contain_text("events")
    await_heartbeat(page)
    assert ["page.children" in text for text in asked if "heartbeat" not in text] == [True]


def await_heartbeat(page: Page) -> None:
    """Wait for two of them, so that whatever the page had to ask before was asked."""
    for _ in range(2):
        with page.expect_request(lambda asked: "newer.data" in (asked.post_data or "")):
            pass


def test_session_behind_a_move_is_reached(page: Page, site: Site):
    go_to(page, f"{site.url}/sessions?project={site.project_id}")
    page.locator(".sessions tbody a").first.click()
    expect(page.locator("h1")).to_contain_text("Session ses_")
    expect(page.locator(".events > li").first).to_be_visible()


def test_viewer_sees_pages_but_neither_settings_nor_edits(browser: BrowserContext, site: Site):
    _sign_in(browser, site, "vera", "viewer")
    page = browser.new_page()
    page.goto(f"{site.url}/settings?project={site.project_id}")
    expect(page.locator("h1")).to_have_text("Settings are for admins")
    page.goto(f"{site.url}/topics/{site.topic}?project={site.project_id}")
    expect(page.locator(".messages")).to_be_visible()
    expect(page.get_by_text("Edit this topic")).to_have_count(0)
    page.close()


def test_axe_finds_nothing_serious(admin: BrowserContext, site: Site):
    """On each kind of page, reached as by a link; in light, and in dark what depends on colours.

    What stands around the pages is the same on all: it is examined with the first.
    """
    page = admin.new_page()
    # The pages' own policy would not let axe-core in.
    admin.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.goto(f"{site.url}/search?project={site.project_id}")
    expect(page.locator("#page h1").first).to_be_visible()
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    page.add_style_tag(content="* { transition: none !important; }")  # a colour halfway to the other is neither
    serious = {}
    part = "document"
    for path in EXAMINED:
        joint = "&" if "?" in path else "?"
        follow(page, f"{site.url}{path.replace('TOPIC', site.topic)}{joint}project={site.project_id}")
        expect(page.locator("#page h1").first).to_be_visible()
        found = [_serious(page, part, "{resultTypes: ['violations']}")]
        page.evaluate("document.documentElement.setAttribute('data-mantine-color-scheme', 'dark')")
        of_colours = "{resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']}"
        found += [_serious(page, part, of_colours)]
        page.evaluate("document.documentElement.setAttribute('data-mantine-color-scheme', 'light')")
        serious[path] = found
        part = "'#page'"
    page.evaluate("document.querySelector('#page').append(document.createElement('img'))")
    control = [violation for violation, _ in _serious(page, part, "{resultTypes: ['violations']}")]
    page.close()
    assert control == ["image-alt"]
    assert serious == {path: [[], []] for path in EXAMINED}


def _serious(page: Page, part: str, options: str) -> list[tuple[str, list[Any]]]:
    found = page.evaluate(f"axe.run({part}, {options})")
    return [
        (violation["id"], [node["target"] for node in violation["nodes"][:4]])
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
