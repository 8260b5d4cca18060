"""The README: its pictures are small and made as `make pictures` makes them; links of all pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAX_PICTURE_BYTES = 150_000


@pytest.mark.parametrize("name", ["overview", "flow"])
def test_picture_is_shown_small_and_as_wide_as_the_page(name: str):
    file = ROOT / "docs/pictures" / f"{name}.png"
    assert f"](docs/pictures/{name}.png)" in README
    assert file.stat().st_size <= MAX_PICTURE_BYTES
    with Image.open(file) as picture:
        assert (picture.format, picture.mode, picture.width) == ("PNG", "P", 1280)
        assert len(picture.getcolors()) > 16, "a blank page has few colours"


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.name)
def test_links_of_a_page_lead_to_files_and_headings(page: Path):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_commands_of_the_readme_are_targets_of_make():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make (\w+)", README, re.MULTILINE)) == {"demo", "up"}
    assert set(re.findall(r"`make ([a-z-]+)`", README)) | {"demo", "up"} <= targets
