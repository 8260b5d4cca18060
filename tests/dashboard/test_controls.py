"""Every control of every page is found by the DOM and pressed, as wide as a desk's screen and as a phone's."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Download, Error, Page, expect, sync_playwright

from contracts.settings import load_settings
from dashboard.journeys.page import PARTS
from dashboard.pages import MENU
from dashboard.sessions import page as sessions
from dashboard.settings import pages as settings_pages
from dashboard.topic import editing as topic_editing
from projects import open_projects
from tests.factories.browser import ARGUMENTS, CHROMIUM
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import SampleProject, publish
from tests.factories.published_vocabulary import NASTY_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projects import Projects

WIDTHS = {1440: 900, 390: 844}
FINDER = Path(__file__).with_name("controls.js").read_text(encoding="utf-8")
PASSWORD = "correct horse battery"  # noqa: S105  # of people who do not exist
THROWAWAY = "Throwaway"
PATIENCE_S = 15.0
"""How long a page may take to come to rest, on a machine that runs other tests too."""
REACTION_S = 4.0
CURRENT_REACTION_S = 0.2
"""How long something may take to come of a press; a link to the page one is on need not do anything."""
FORMS = re.compile(r"Sign out|Change password")
"""Controls that leave the dashboard's frame: the gate's tests, and the end of this one, press them."""
PATHS = {
    *(f"/{entry.part}" for entry in MENU),
    *(f"/{settings_pages.PART}/{tab}" for tab in settings_pages.TABS),
    *(f"/journeys/{part}" for part in PARTS if part not in {"", "flow"}),
    *(f"/{kind}/*" for kind in ("topics", "sessions", "users")),
}
ACTIONS = {*settings_pages.ACTIONS, *topic_editing.ACTIONS, *sessions.ACTIONS}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"Pages are clicked in Chromium, and {CHROMIUM} is not there."),
    pytest.mark.crawl,
]

Control = dict[str, Any]
"""What `controls.js` says of a control; those of one `kind` are alike, and `number` tells them apart."""


@dataclass
class Site:
    """A running dashboard whose projects, people and keys may be spoiled."""

    url: str
    projects: Projects
    main_id: str
    bare_ids: tuple[str, ...]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A project whose names and texts hold markup; one without texts, one without topics, and one without events."""
    home = tmp_path_factory.mktemp("controls") / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        names = ("<b>Größe</b> & Söhne", "Page views", "New texts", "No events")
        ids = [projects.create_project(name).project_id for name in names]
        projects.create_key(ids[0])
        projects.goals.set(ids[0], "Zufrieden", "event", "message")
        main = SampleProject(ids[0], 150, NASTY_SUBJECTS[:5], n_days=20)
        publish(home, (main, SampleProject(ids[1], 20, has_text=False), SampleProject(ids[2], 20)))
        with run_dashboard(home, dashboard_sign_in=True, dashboard_refresh_s=600) as url:
            yield Site(url, projects, ids[0], tuple(ids[1:]))


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """One profile, so that the second width takes the scripts from its cache."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = launched.new_context(reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])
        context.add_init_script(FINDER)
        yield context
        launched.close()


@pytest.fixture(scope="module")
def pressed() -> set[str]:
    """Actions that were pressed at any width: what one does may take the button of another away."""
    return set()


@dataclass
class Crawl:
    """A walk over the dashboard at one width.

    Attributes:
        problems: What a user would complain about, as sentences.
        pressed: The kinds of controls that were pressed.
        seen: Paths, and choices in the address, that were looked at or wait for it.
        landed: Kinds of addresses that a press has led to.
    """

    page: Page
    site: Site
    problems: list[str] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    landed: set[str | None] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    n_downloads: int = 0

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda said: self._complain(f"says {said.text}") if said.type in {"error", "warning"} else None
        )
        self.page.on("pageerror", lambda error: self._complain(f"breaks: {error}"))
        self.page.on(
            "response",
            lambda got: self._complain(f"got {got.status} of {got.url}") if got.status >= 400 else None,
        )
        self.page.on("download", self._check_download)

    def walk(self, href: str) -> None:
        """Look at every page that can be reached, one of each kind, and press every kind of control on it."""
        self._note(href)
        while self.waiting:
            self.look_at(self.waiting.pop(0))

    def look_at(self, href: str) -> None:
        """Hold all controls of a page against where they are, and press those of kinds that were not pressed yet."""
        self.page.goto(href)
        self._settle()
        here, controls = self.page.url, self._controls()
        for problem in self.page.evaluate("crawl.places()"):
            self._complain(problem)
        self._check_width("as it opens")
        for control in controls:
            if control["href"]:
                self._note(control["href"])
        while new := self._not_pressed(controls):
            for control in new:
                self._press(control, here)
            self._open(here)
            controls = self._controls()  # a press may have brought others, such as one that takes it back

    def _note(self, href: str) -> None:
        path = re.sub(r"^/(topics|sessions|users)/.+", r"/\1/*", urlsplit(href).path)
        if path not in self.seen and path.split("/")[1] not in {"download", "password", "change-password"}:
            self.seen.add(path)
            self.waiting.append(href)

    def _note_choice(self) -> None:
        """Look again at a page that a press has led to, where it has controls that no other had."""
        parts = urlsplit(self.page.url)
        chosen = sorted(parse_qs(parts.query))
        if chosen != ["project"] and (what := f"{parts.path.split('/')[1]} {chosen}") not in self.seen:
            self.seen.add(what)
            self.waiting.append(self.page.url)

    def _not_pressed(self, controls: list[Control]) -> list[Control]:
        """The last control of each kind: of a list that is the one at its bottom."""
        last = {control["kind"]: control for control in controls}
        return [each for kind, each in last.items() if kind not in self.pressed and not FORMS.search(kind)]

    def _press(self, control: Control, here: str) -> None:
        self.pressed.add(control["kind"])
        if not self._is_here(control) or (self.page.url != here and not control["isOfFrame"]):
            self._open(here)
            if not self._comes_back(control):
                self.page.goto(here)
                self._settle()
                if not self._comes_back(control):  # an earlier press has ended what it belonged to
                    return
        if control["leadsTo"] in self.landed:
            self._follow_held(control)
            return
        self.landed.add(control["leadsTo"] or None)
        before, known = self.page.url, {each["kind"] for each in self._controls()}
        if not self._click(control):
            return
        self._check_width(f"after {control['words']}")
        new = [each for each in self._controls() if each["kind"] not in known]
        if self.page.url == before:
            self._press_opened([control], new, before)
            return
        if self._not_pressed(new):
            self._note_choice()
        if not control["isOfFrame"]:  # what the frame leads to has the same frame: the next is pressed there
            self.page.go_back()
            self._settle()

    def _follow_held(self, control: Control) -> None:
        """Press a link to a kind of page that a press has led to before: the address changes, nothing is laid out."""
        before = self.page.url
        self.page.evaluate("crawl.isHeld = true")
        if self._click(control) and self.page.url != before:
            self.page.evaluate("history.back()")
            self.page.wait_for_url(before)
        self._settle()
        self.page.evaluate("crawl.isHeld = false")

    def _press_opened(self, openers: list[Control], opened: list[Control], here: str) -> None:
        """Press what the last opener has opened, and open it again as often as that closes it."""
        for problem in self.page.evaluate("kinds => crawl.places(kinds)", [each["kind"] for each in opened]):
            self._complain(problem)
        if any(each["isLaidOver"] for each in opened):
            self._cancel(openers[-1], opened)
        for inner in self._not_pressed(opened):
            self.pressed.add(inner["kind"])
            if not self._is_here(inner) and not self._reopen(openers, inner, here):
                self._complain(f"{inner['kind']} did not open again")
                continue
            known = {each["kind"] for each in self._controls()}
            if not self._click(inner):
                continue
            if inner["type"] == "text":
                self.page.keyboard.press("Control+a")
                self.page.keyboard.type(THROWAWAY)
            new = [each for each in self._controls() if each["kind"] not in known]
            if self.page.url == here and self._not_pressed(new):
                self._press_opened([*openers, inner], new, here)
        if any(each["isLaidOver"] for each in self._controls()):
            self.page.keyboard.press("Escape")

    def _reopen(self, openers: list[Control], inner: Control, here: str) -> bool:
        self._open(here)
        for opener, next_one in zip(openers, [*openers[1:], inner], strict=True):
            if not self._is_here(next_one) and not (self._comes_back(opener) and self._click(opener)):
                return False
        return self._comes_back(inner)

    def _cancel(self, opener: Control, opened: list[Control]) -> None:
        """Close what was opened without pressing anything in it: nothing may be asked of the server by that."""
        n_asked = self.page.evaluate("crawl.asked")
        if self.page.evaluate("innerWidth") == min(WIDTHS):  # a phone has no such key
            self.page.mouse.click(min(WIDTHS) - 3, WIDTHS[min(WIDTHS)] // 2)  # the margin of the page
        else:
            self.page.keyboard.press("Escape")
        until = time.monotonic() + REACTION_S
        while any(self._is_here(each) for each in opened):
            if time.monotonic() > until:
                self._complain(f"{opener['kind']} cannot be closed again")
                break
            self.page.wait_for_timeout(20)
        if self.page.evaluate("crawl.asked") != n_asked:
            self._complain(f"{opener['kind']} asks the server for something when it is closed")

    def _click(self, control: Control) -> bool:
        """Press a control at its middle; whether anything came of it."""
        at = [control["kind"], control["number"]]
        place = self.page.evaluate("at => crawl.place(...at)", at)
        if place["problem"] == "is gone" and self._comes_back(control):  # just rendered again
            self._settle()
            place = self.page.evaluate("at => crawl.place(...at)", at)
        if place["problem"]:
            self._complain(f"{control['kind']} {place['problem']}")
            return False
        self.page.mouse.move(place["x"], place["y"])
        n_downloads = self.n_downloads
        self.page.evaluate("crawl.before = crawl.state()")
        self.page.mouse.click(place["x"], place["y"])
        until = time.monotonic() + (CURRENT_REACTION_S if control["isCurrent"] else REACTION_S)
        while not self._has_changed() and n_downloads == self.n_downloads:
            if time.monotonic() > until:
                if not control["isCurrent"]:
                    self._complain(f"{control['kind']} «{control['words']}»: nothing happens")
                return False
            self.page.wait_for_timeout(10)
        self._settle()
        return True

    def _has_changed(self) -> bool:
        try:
            return bool(self.page.evaluate("crawl.before === undefined || crawl.hasChanged()"))
        except Error:  # another page is on its way
            return True

    def _open(self, here: str) -> None:
        self.page.keyboard.press("Escape")
        if self.page.url != here:
            self.page.evaluate("href => crawl.goTo(href)", here)
        self._settle()

    def _settle(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while not self._is_quiet():
            if time.monotonic() > until:
                self._complain("does not come to rest")
                return
            self.page.wait_for_timeout(10)

    def _is_quiet(self) -> bool:
        try:
            return bool(self.page.evaluate("window.crawl && crawl.isQuiet()"))
        except Error:  # another page is on its way
            return False

    def _controls(self) -> list[Control]:
        found: list[Control] = self.page.evaluate("crawl.find()")
        return found

    def _is_here(self, control: Control) -> bool:
        return any((each["kind"], each["number"]) == (control["kind"], control["number"]) for each in self._controls())

    def _comes_back(self, control: Control) -> bool:
        """Wait for a control of a part that is laid out after the rest of its page."""
        until = time.monotonic() + REACTION_S
        while not (is_here := self._is_here(control)) and time.monotonic() < until:
            self.page.wait_for_timeout(20)
        return is_here

    def _check_width(self, when: str) -> None:
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if too_wide > 0:
            self._complain(f"scrolls sideways by {too_wide} px {when}")

    def _check_download(self, download: Download) -> None:
        self.n_downloads += 1
        if Path(download.path()).stat().st_size == 0:
            self._complain(f"{download.suggested_filename} is empty")

    def _complain(self, words: str) -> None:
        self.problems.append(f"{self.page.url.removeprefix(self.site.url)}: {words}")


@pytest.mark.parametrize("width", WIDTHS)
def test_controls_pressed_on_every_page_answer(
    site: Site, browser: BrowserContext, pressed: set[str], width: int
) -> None:
    projects = site.projects
    link = projects.people.add(f"Ada {width}", "admin")
    projects.people.add(f"zoe {width}", "viewer")
    throwaway = projects.create_project(THROWAWAY)
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(f"{site.url}/password?link={link.secret}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat password").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()

    crawl = Crawl(page, site)
    crawl.walk(f"{site.url}/?project={site.main_id}")
    for project_id in site.bare_ids:
        for part in ("", "topics", "journeys"):
            crawl.look_at(f"{site.url}/{part}?project={project_id}")

    assert crawl.problems == []
    assert PATHS - crawl.seen == set()
    pressed.update(action for action in ACTIONS if any(action in kind for kind in crawl.pressed))
    assert throwaway.project_id in projects.list_deleted_ids()
    assert f"zoe {width}" not in {person.name for person in projects.people.list()}
    assert any(key.is_revoked for key in projects.list_keys(site.main_id))
    assert projects.deleted_events.list(site.main_id) == []  # deleted, and restored
    page.locator(".visitor").click()
    page.get_by_role("button", name="Sign out on all devices").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    page.close()


def test_controls_of_every_action_were_pressed(pressed: set[str]) -> None:
    """But the one that is there only once another of the same card was pressed."""
    assert pressed >= ACTIONS - {"step-auto"}
