"""`make docs-site`: one page about every table, which a browser shows without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from contracts import tables
from tests.factories.browser import CHROMIUM
from tests.factories.dbt_factory import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

MART = tables.AGG_GOALS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Path:
    folder = tmp_path_factory.mktemp("site")
    script = [sys.executable, REPOSITORY / "docs" / "build_site.py", folder]
    environment = {**os.environ, "DBT_PARTIAL_PARSE_FILE_PATH": str(parsed_project / "partial_parse.msgpack")}
    done = subprocess.run(script, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"Open {folder / 'index.html'} in a browser.\n"
    return folder / "index.html"


def test_docs_site_is_one_file_with_every_table_and_description(site: Path):
    assert [path.name for path in site.parent.iterdir()] == ["index.html"]
    page = site.read_text(encoding="utf-8")
    for table in (*tables.RAW, *tables.ML, *tables.OPS, *tables.MARTS):
        assert table.grain in page, table.name
        assert all(column.description.replace('"', '\\"') in page for column in table.columns), table.name


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
def test_docs_site_opened_without_a_network_shows_a_mart(site: Path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site.as_uri()}#!/model/model.turret.{MART.name}")
        expect(page.locator("body")).to_contain_text(MART.grain)
        expect(page.locator("body")).to_contain_text("reached_share")
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
