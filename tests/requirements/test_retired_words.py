"""`make check` refuses words that the glossary has replaced, also as parts of names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = [line.partition("->")[0] for line in (ROOT / "requirements/retired_words.txt").read_text().splitlines()]


def _check(file: Path) -> subprocess.CompletedProcess[str]:
    """Run codespell as the Makefile does."""
    parts = re.search(r"^WORD_PARTS := '(.+)'$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert parts
    command = [sys.executable, "-m", "codespell_lib", "--builtin", "", "--dictionary", "requirements/retired_words.txt"]
    return subprocess.run([*command, "--regex", parts[1], file], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize("word", WORDS)
def test_retired_word_is_refused_as_part_of_a_name(tmp_path: Path, word: str):
    file = tmp_path / "module.py"
    file.write_text(f"{word.upper()}ROWS = 3\n" if word.endswith("_") else f"own_{word} = None\n")
    done = _check(file)
    assert done.returncode != 0
    assert "==>" in done.stdout


def test_words_in_use_pass(tmp_path: Path):
    file = tmp_path / "module.py"
    file.write_text("MAX_ROWS = 3  # at most, at least\nfilters = Counter().most_common()\n")
    assert (_check(file).returncode, _check(file).stdout) == (0, "")
