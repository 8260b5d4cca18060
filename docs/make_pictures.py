"""Make the README's pictures from the demo's data with headless Chromium: `make pictures`, after `make demo`.

    .venv/bin/python docs/make_pictures.py docs/pictures

A dashboard of its own serves TURRET_HOME on a free port of this machine, without signing in, and is stopped in the end.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from cli.serve.probes import free_port
from contracts.settings import child_environment, load_settings
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.settings import Settings

PROJECT = "Demo"
PICTURES = {"overview": "/", "flow": "/journeys"}
"""Name of the picture, and the page it shows."""
WIDTH, HEIGHT = 1280, 800
MAX_BYTES = 150_000
START_S = 120.0
PAGE_MS = 60_000


def make_pictures(settings: Settings, folder: Path) -> list[Path]:
    """Write one PNG for each entry of PICTURES into `folder`; gives their paths.

    Raises:
        SystemExit: the home has no project of the demo, or a picture would be larger than MAX_BYTES.
    """
    with open_projects(settings) as projects:
        ids = [project.project_id for project in projects.list_projects() if project.name == PROJECT]
    if not ids:
        sys.exit(f"{settings.home} holds no project named {PROJECT}: make it with `make demo`.")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with _dashboard(settings) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(PAGE_MS)
        for name, path in PICTURES.items():
            page.goto(f"{url}{path}?project={ids[0]}")
            made.append(_take(page, folder / f"{name}.png"))
        browser.close()
    return made


def _take(page: Page, file: Path) -> Path:
    """Wait until the page stands, and keep what the window shows in the colours of a palette."""
    page.locator(
        "#page .card"
    ).first.wait_for()  # the dashboard keeps asking for newer numbers: the network is never idle
    page.evaluate("document.fonts.ready")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    small = io.BytesIO()
    picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    if small.tell() > MAX_BYTES:
        sys.exit(f"{file} would have {small.tell():,} bytes; {MAX_BYTES:,} are allowed.")
    file.write_bytes(small.getvalue())
    return file


@contextmanager
def _dashboard(settings: Settings) -> Iterator[str]:
    """A dashboard over the home of `settings`, on a free port; gives its address."""
    port = free_port("127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    given = {"TURRET_DASHBOARD_PORT": str(port), "TURRET_DASHBOARD_SIGN_IN": "false"}
    environment = child_environment(settings, **given)
    with subprocess.Popen([sys.executable, "-m", "cli.main", "dashboard"], env=environment) as process:
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    sys.exit(f"The dashboard did not answer at {url} within {START_S:.0f} s.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    for picture_file in make_pictures(load_settings(), parser.parse_args().folder):
        print(f"{picture_file}: {picture_file.stat().st_size:,} bytes")
