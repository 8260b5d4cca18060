"""The part of docs/marts.md that follows from dbt's YAML; `python -m tests.factories.marts_page` rewrites it."""

from __future__ import annotations

from pathlib import Path

from contracts import tables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "marts.md"
MARK = "<!-- From here on the page follows from the dbt project's YAML: python -m tests.factories.marts_page -->\n"


def rendered_tables() -> str:
    """Every mart with its grain and its columns, as Markdown."""
    return "\n".join(_section(mart) for mart in tables.MARTS) + "\n"


def _section(mart: tables.Table) -> str:
    rows = [f"| `{column.name}` | {column.type} | {column.description} |" for column in mart.columns]
    head = [f"\n### {mart.name}", "", mart.grain, "", "| column | type | what it holds |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows])


def page_parts() -> tuple[str, str]:
    """What people wrote, and what follows from the YAML."""
    written, _, rendered = PAGE.read_text(encoding="utf-8").partition(MARK)
    return written, rendered


if __name__ == "__main__":
    PAGE.write_text(page_parts()[0] + MARK + rendered_tables(), encoding="utf-8")
