"""The dashboard in headless Chromium, against the real server and a real published file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from contracts.settings import load_settings
from projects import open_projects
from tests.factories.browser import CHROMIUM, Tabs, follow, go_to, run_browser
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import BARE, SAMPLE, SampleProject, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SESSIONS = 500
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason=f"The pages are clicked in Chromium, and {CHROMIUM} is not there."
    ),
    pytest.mark.xdist_group("browser"),
]


@dataclass
class Site:
    """A running dashboard and its projects."""

    url: str
    home: Path
    projects: tuple[SampleProject, ...]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("browser") / "home"
    with open_projects(load_settings(home=home, database_url="")) as database:
        names = ("Acme Assistant", "<b>Größe</b> & Söhne", "Page views", "New project")
        made = tuple(
            replace(
                sample, project_id=database.create_project(name).project_id, n_sessions=min(sample.n_sessions, SESSIONS)
            )
            for name, sample in zip(names, SAMPLE + BARE, strict=True)
        )
    publish(home, made)
    with run_dashboard(home, dashboard_refresh_s=0.5) as url:
        yield Site(url, home, made)


@pytest.fixture(scope="module")
def tabs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabs]:
    with run_browser(tmp_path_factory.mktemp("profile")) as running:
        yield Tabs(running)


@pytest.fixture
def page(tabs: Tabs, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails its test when it asked another machine for something, or when the console showed an error."""
    with tabs.lend(request) as page:
        yield page
        assert page.evaluate("window.turretWasHacked") is None


def address(site: Site, path: str, project: int = 0) -> str:
    return f"{site.url}{path}{'&' if '?' in path else '?'}project={site.projects[project].project_id}"


def open_page(page: Page, site: Site, path: str, heading: str, project: int = 0) -> None:
    go_to(page, address(site, path, project))
    expect(page.locator("h1").first).to_have_text(heading)


@pytest.mark.parametrize("project", [0, 1])
def test_pages_with_numbers_load_without_a_complaint(page: Page, site: Site, project: int):
    page.goto(address(site, "/", project))
    expect(page.locator("h1").first).to_have_text("Overview")
    for name, drawn in (("Overview", ".js-plotly-plot .main-svg"), ("Topics", ".ag-row"), ("Journeys", ".band")):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator(drawn).first).to_be_visible()
        expect(page).to_have_title(f"{name} · Turret")


@pytest.mark.parametrize("project", [2, 3])
def test_pages_without_topics_load_without_a_complaint(page: Page, site: Site, project: int):
    open_page(page, site, "/", "Overview", project)
    for name in ("Overview", "Topics", "Journeys"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(f"{name} · Turret")
        expect(page.locator(".notice, .card").first).to_be_visible()


def test_topic_in_the_table_leads_to_its_page_and_its_messages(page: Page, site: Site):
    open_page(page, site, "/topics", "Topics")
    page.get_by_role("link", name="Debug a Python error").click()
    expect(page.locator("h1")).to_have_text("Debug a Python error")
    expect(page).to_have_url(re.compile(rf"/topics/{topic_id(site.projects[0], 5)}\?project="))
    first = page.locator(".messages tbody tr").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"page=2"))
    expect(page.locator(".pager-place")).to_contain_text("Page 2 of")
    assert page.locator(".messages tbody tr").first.inner_text() != first
    page.go_back()
    expect(page.locator(".pager-place")).to_contain_text("Page 1 of")


def test_search_box_leaves_only_matching_topics(page: Page, site: Site):
    open_page(page, site, "/topics", "Topics")
    expect(page.locator(".ag-row")).to_have_count(25)
    page.get_by_label("Find a topic").fill("python")
    expect(page.locator(".ag-row")).to_have_count(1)


def test_point_of_the_map_says_its_message_and_leads_to_its_topic(page: Page, site: Site):
    open_page(page, site, "/topics", "Topics")
    point = page.locator("#message-map .scatterlayer .trace:has(.point)").last.locator(".point").first
    point.scroll_into_view_if_needed()
    place = point.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    hover = page.locator("#message-map .hoverlayer .hovertext tspan")
    expect(hover.last).to_be_visible()
    name = re.sub("[\u2066-\u2069]", "", hover.last.text_content() or "")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".topic-head h1")).to_have_text(name)


def test_project_switch_shows_the_other_project_under_its_own_address(page: Page, site: Site):
    open_page(page, site, "/topics", "Topics")
    page.get_by_role("textbox", name="Project").click()
    page.get_by_role("option", name="<b>Größe</b> & Söhne").click()
    expect(page.get_by_text("8 topics in")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/topics?project={site.projects[1].project_id}")
    page.reload()
    expect(page.get_by_text("8 topics in")).to_be_visible()


def test_journey_choices_go_into_the_address_and_survive_a_reload(page: Page, site: Site):
    open_page(page, site, "/journeys", "Journeys")
    expect(page.get_by_text("Step 3", exact=True)).to_be_visible()
    page.get_by_role("radiogroup", name="Steps").get_by_text("2", exact=True).click()
    expect(page.get_by_text("Step 3", exact=True)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"depth=2"))
    page.get_by_role("radiogroup", name="Paths listed").get_by_text("All paths").click()
    expect(page).to_have_url(re.compile(r"depth=2&paths=all"))
    page.reload()
    expect(page.get_by_text("Step 2", exact=True)).to_be_visible()
    expect(page.get_by_text("Step 3", exact=True)).to_have_count(0)
    expect(page.get_by_role("radio", name="All paths")).to_be_checked()


def test_box_of_the_flow_leads_to_its_topic_by_keyboard(page: Page, site: Site):
    open_page(page, site, "/journeys", "Journeys")
    box = page.locator(".flow-box.is-topic").first
    name = box.locator(".flow-name").inner_text()
    box.get_by_role("link", name=name).focus()
    expect(page.locator(".tip")).to_contain_text(" of all")
    assert page.locator(".band.is-lit").count() > 1
    page.keyboard.press("Enter")
    expect(page.locator(".topic-head h1")).to_have_text(name)


def test_band_of_the_flow_says_where_it_leads(page: Page, site: Site):
    open_page(page, site, "/journeys", "Journeys")
    band = page.locator(".band[data-from='0'][data-to='1']")
    place = band.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 3, place["y"] + 5)
    expect(page.locator(".tip")).to_contain_text(re.compile(r"Start.* → .+\s[\d,]+ journeys?, [\d.]+% of all"))
    page.mouse.move(place["x"] + 3, place["y"] - 5)
    expect(page.locator(".tip")).to_be_hidden()


def test_band_and_number_of_the_flow_open_the_sessions_behind_them(page: Page, site: Site):
    open_page(page, site, "/journeys?depth=2", "Journeys")
    number = page.locator(".flow-box.is-topic .flow-size").first
    n_sessions = number.inner_text().split()[-1]
    number.click()
    expect(page.locator("h1")).to_have_text("Sessions")
    expect(page.locator(".card-title").first).to_contain_text(
        re.compile(rf"^{n_sessions} sessions that came to .+ at step 1$")
    )
    page.go_back()
    expect(page.locator("h1")).to_have_text("Journeys")
    band = page.locator(".band[data-from='0'][data-to='1']")
    band.click(position={"x": 3, "y": 5})
    expect(page.locator(".card-title").first).to_contain_text(f"{n_sessions} sessions that went from start to ")


def test_flow_from_a_chosen_topic_goes_into_the_address_and_back(page: Page, site: Site):
    open_page(page, site, "/journeys", "Journeys")
    page.get_by_role("textbox", name="From").click()
    page.get_by_role("option", name="Translate to Spanish").click()
    expect(page.locator(".flow-card .card-title")).to_contain_text("From “Translate to Spanish” journeys most often")
    expect(page).to_have_url(re.compile(r"from_topic=top_"))
    page.get_by_role("textbox", name="Up to").click()
    page.get_by_role("option", name="Write a job posting").click()
    expect(page.locator(".flow-card .card-title")).to_contain_text("To “Write a job posting” journeys most often come")
    expect(page).to_have_url(re.compile(r"\?project=[^&]+&to_topic=top_[^&]+$"))


def test_two_values_are_chosen_to_be_compared(page: Page, site: Site):
    open_page(page, site, "/journeys", "Journeys")
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_role("textbox", name="Second").click()
    page.get_by_role("option", name="team").click()
    expect(page.locator(".card-title").first).to_contain_text(" against team")
    expect(page).to_have_url(re.compile(r"/journeys/compare\?.*b=team"))


COVERED = """() => {
    const places = (names) => [...document.querySelectorAll(names)].map((part) => part.getBoundingClientRect());
    const words = places(".flow-name, .flow-size");
    const others = [...words, ...places(".flow-bar")];
    return words.flatMap((one, number) => others.slice(number + 1).filter((two) =>
        one.left < two.right - 1 && two.left < one.right - 1
        && one.top < two.bottom - 1 && two.top < one.bottom - 1)).length;
}"""
"""How many words lie on something."""


def test_words_of_the_flow_lie_on_nothing(page: Page, site: Site):
    covered = {}
    for width in (390, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        open_page(page, site, "/journeys?depth=6&breadth=12", "Journeys", project=1)
        expect(page.locator(".flow-name").first).to_be_visible()
        covered[width] = page.evaluate(COVERED)
    assert covered == {390: 0, 1440: 0, 1920: 0}


def test_labels_with_html_are_text_in_the_flow_too(page: Page, site: Site):
    open_page(page, site, "/journeys", "Journeys", project=1)
    label = "<script>window.turretWasHacked=1</script>"
    box = page.locator(".flow-box", has_text=label).first
    expect(box.locator(".flow-name")).to_be_visible()
    assert page.locator(".flow-picture script, .flow-picture img").count() == 0
    box.locator(".flow-bar").hover()
    expect(page.locator(".tip")).to_contain_text(label)


def test_nasty_topics_page_shows_messages_as_text(page: Page, site: Site):
    open_page(
        page, site, f"/topics/{topic_id(site.projects[1], 0)}", "<script>window.turretWasHacked=1</script>", project=1
    )
    expect(page.locator(".messages").get_by_text("onerror='window.turretWasHacked=1'>").first).to_be_visible()
    assert page.locator("#page img").count() == 0


def test_new_version_shows_up_while_the_page_is_open(page: Page, site: Site):
    open_page(page, site, "/", "Overview")
    events = page.locator(".headline-value").first
    before = events.inner_text()
    publish(site.home, site.projects, version="2", seed=8)
    expect(events).not_to_have_text(before)


def test_address_of_nothing_says_so(page: Page, site: Site):
    open_page(page, site, "/topics/nothing", "This topic was not found")
    page.get_by_role("link", name="Go to the Overview").click()
    expect(page.locator("h1")).to_have_text("Overview")


def test_switch_to_dark_changes_ground_and_words(page: Page, site: Site):
    open_page(page, site, "/", "Overview")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    assert page.evaluate(ground) != light
    hint = "getComputedStyle(document.querySelector('.filter-values input'), '::placeholder').color"
    assert page.evaluate(hint) == "rgb(168, 177, 190)"  # the second ink, readable on either ground
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")


def test_pages_are_reached_by_keyboard_alone(page: Page, site: Site):
    page.goto(address(site, "/"))  # loaded, so that nothing has had the focus before
    expect(page.locator("h1").first).to_have_text("Overview")
    page.locator("body").press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Topics", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Topics")


def right_of(page: Page, part: str) -> float:
    """Where a part of the page ends, in pixels from the left."""
    place = page.locator(part).first.bounding_box()
    assert place is not None
    return place["x"] + place["width"]


PHONE = {"/": "Overview", "/topics": "Topics", "/journeys": "Journeys", "/sessions": "Sessions"}
PARTS = ("moves", "drop-off", "friction", "retention", "goals", "compare")


def test_pages_on_a_phone_do_not_scroll_sideways(page: Page, site: Site):
    page.set_viewport_size({"width": 390, "height": 844})
    for path, name in PHONE.items():
        open_page(page, site, path, name) if path == "/" else follow(page, address(site, path))
        expect(page.locator("h1").first).to_have_text(name)
        expect(page.locator(".card").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        expect(page.get_by_role("link", name=name, exact=True)).to_be_in_viewport(ratio=1)
        if path == "/topics":
            expect(page.locator(".ag-header-cell")).to_have_count(4)  # to tick, topic, messages, negative
            assert right_of(page, ".ag-paging-panel .ag-icon-last") <= 390
            assert right_of(page, ".ag-header-cell[col-id='negative_share']") <= right_of(page, ".ag-root")
        elif path == "/journeys":  # what scrolls says so, tables do not
            expect(page.locator(".flow-scroll")).to_have_class(re.compile("has-more"))
            expect(page.locator(".paths thead")).to_be_hidden()
            assert right_of(page, ".paths td[data-label='Median time']") <= 390
    for part in PARTS:
        follow(page, address(site, f"/journeys/{part}", project=1))
        expect(page.locator("h1").first).to_have_text("Journeys")
        expect(page.locator(".card").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, part


def test_overview_s_box_under_the_pointer_can_be_read(page: Page, site: Site):
    open_page(page, site, "/", "Overview")
    chart = page.locator(".js-plotly-plot").first
    chart.hover()
    box = page.locator(".hoverlayer .legend")
    expect(box).to_contain_text("All messages")
    assert box.locator(".bg").first.evaluate("ground => getComputedStyle(ground).fillOpacity") == "1"
    marks = box.locator(".legendpoints path").evaluate_all("marks => marks.map(mark => getComputedStyle(mark).fill)")
    assert len(set(marks)) == len(marks) - 1 > 3  # two greys differ in how much they let through


def test_search_finds_messages_and_keeps_words_out_of_the_address(page: Page, site: Site):
    open_page(page, site, "/search", "Search")
    box = page.get_by_label("Find messages, users and sessions")
    box.focus()
    page.keyboard.type('FIVE "bullet points"')
    expect(page.get_by_text("messages found")).to_be_visible()
    expect(page.locator(".message-text").first).to_contain_text("five bullet points")
    assert "bullet" not in page.url
    page.locator(".messages tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Summarise a document")
