"""Tables of the command line: nothing that people copy is ever cut."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli import printing
from cli.marts.rows import write_table
from cli.printing import print_table

ROWS = [
    {"project_id": "prj_0123456789abcdef", "name": "A support bot with a long name", "limit": None,
     "created_at": "2026-11-28T16:46:31Z"},
]  # fmt: skip


def test_print_table_piped_is_one_whole_line_for_each_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "60")
    print_table(ROWS)
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "prj_0123456789abcdef", *["A", "support", "bot", "with", "a", "long", "name"], "-", "2026-11-28T16:46:31Z"
    ]  # fmt: skip


def test_print_table_aligns_numbers_right_and_text_left(capsys: pytest.CaptureFixture[str]):
    print_table([{"name": "a", "n_events": 7}, {"name": "bcd", "n_events": 12_345}, {"name": "e", "n_events": None}])
    assert capsys.readouterr().out.splitlines()[1:] == ["a            7", "bcd      12345", "e            -"]


def test_print_table_narrow_terminal_wraps_words_and_keeps_ids_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    class Terminal(Console):
        def __init__(self, **options: object) -> None:
            super().__init__(force_terminal=True, width=60, no_color=True, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(printing, "Console", Terminal)
    print_table(ROWS)
    shown = capsys.readouterr().out
    assert "prj_0123456789abcdef" in shown
    assert "2026-11-28T16:46:31Z" in shown
    assert "…" not in shown
    assert len(shown.splitlines()) > 2


def test_write_table_narrow_terminal_keeps_ids_whole(monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO):
    monkeypatch.setenv("COLUMNS", "30")
    write_table([("topic_id", "VARCHAR"), ("label", "VARCHAR")], [[("top_0123456789abcdef", "a" * 60)]], terminal)
    row = terminal.getvalue().splitlines()[2]
    assert row == "top_0123456789abcdef  aaaaaaa…"


@pytest.fixture
def terminal() -> io.StringIO:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return Terminal()
