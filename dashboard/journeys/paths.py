"""The card of the most frequent paths, with their shares, loops and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.address import MAX_LISTED, Address
from dashboard.feedback.ratings import find_intervals, rating_cell
from dashboard.formatting import all_of, count, duration, plural, share
from dashboard.ui import controls
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.session_table import session_path
from dashboard.ui.tables.table import NUMBER, Column, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Row
    from dashboard.data.significance import Interval
    from dashboard.data.view import View

MORE = 35
WORDS = {"moving": "Two steps or more", "all": "All paths"}


def paths_card(view: View, summary: Row, labels: dict[str, str]) -> Any:
    """List the most frequent paths."""
    is_moving = view.address.paths == "moving"
    min_steps = 2 if is_moving else 0
    rows = view.rows("journey_variants", listed=view.address.listed, min_steps=min_steps)
    total = view.row("journey_variant_count", min_steps=min_steps)["n_variants"]
    return card(
        _of_all(view, _title(rows, total, is_moving=is_moving)),
        _table(view, rows, labels) if rows else None,
        more_paths(view.address, len(rows), total),
        source_links(view, "journey_variants"),
        note=_note(summary, is_moving=is_moving),
        tools=controls.segments(view.address, "paths", "Paths listed", WORDS, is_named=False),
    )


def _of_all(view: View, title: str) -> str:
    """State that the paths are of all journeys, where the flow above them is of fewer."""
    if not (view.address.from_topic or view.address.to_topic):
        return title
    return f"All journeys: {title[0].lower()}{title[1:]}"


def _title(rows: list[Row], total: int, *, is_moving: bool) -> str:
    kind = " of two steps or more" if is_moving else ""
    if not rows:
        return f"No path{kind} yet"
    paths = plural(total, "path")
    which = "The only path" if total == 1 else f"The {len(rows)} most frequent of {paths}"
    verb = "covers" if total == 1 else "cover"
    return f"{which}{kind} {verb} {share(rows[-1]['running_share'])} of sessions"


def _note(summary: Row, *, is_moving: bool) -> str:
    """State what is left out, so that the shares can be added up."""
    repeats = "Repeats of one topic next to each other are one step."
    sessions, single, without = summary["n_sessions"], summary["n_single"], summary["n_without"]
    overlong = summary["n_overlong"]
    apart = f" {plural(overlong, 'session')} over the maximum length are listed separately." if overlong else ""
    if not is_moving:
        return f"{all_of(sessions - overlong, 'session')}.{apart} {repeats}"
    return (
        f"Left out: {plural(single, 'session')} ({share(single / sessions)}) with a single step, "
        f"{count(without)} ({share(without / sessions)}) without a topic.{apart} {repeats}"
    )


def _table(view: View, rows: list[Row], labels: dict[str, str]) -> html.Div:
    """Make the table of paths; a column that would be empty on all rows is left out."""
    numbers: list[tuple[str, str, Callable[[Any], str]]] = [
        ("n_sessions", "Sessions", count),
        ("session_share", "Share", share),
        ("running_share", "Running share", share),
        ("n_loops", "Loops (A → B → A)", count),
        ("n_returns", "Returns", count),
        ("median_duration_s", "Median time", duration),
    ]
    has_feedback = any(row["n_feedback"] for row in rows)
    intervals = find_intervals(view, "path") if has_feedback else {}
    rating_columns = [Column("Negative feedback", NUMBER)] if has_feedback else []
    shown = [(key, name, word) for key, name, word in numbers if any(_has_value(row, key) for row in rows)]
    columns = [Column(style="rank"), Column("Path"), *[Column(name, NUMBER) for _, name, _ in shown], *rating_columns]
    body = [
        [
            count(row["place"]),
            session_path(view, row["path"], labels),
            *[_number(view, row, key, word) for key, _, word in shown],
            *([_rating(view, row, intervals)] if has_feedback else []),
        ]
        for row in rows
    ]
    return table(columns, body, "table paths")


def _has_value(row: Row, key: str) -> bool:
    """Return whether a number is informative: a path of one step takes no time, and most paths have no returns."""
    return bool(row[key]) and (key != "median_duration_s" or row["n_steps"] > 1)


def _number(view: View, row: Row, key: str, word: Callable[[Any], str]) -> Any:
    if key == "n_sessions":  # every count leads to the sessions that it counts
        behind_it = view.address.to("sessions").but(variant=row["variant_id"]).href
        return dcc.Link(word(row[key]), href=behind_it, className="text-link")
    if key == "median_duration_s" and row["n_steps"] < 2:  # noqa: PLR2004  # no time passes within one step
        return None
    return word(row[key]) if row[key] else html.Td(word(row[key]), className=f"{NUMBER} is-zero")


def _rating(view: View, row: Row, intervals: dict[str, Interval]) -> Any:
    sessions = view.address.to("sessions").but(variant=row["variant_id"])
    return rating_cell(row, intervals.get(row["variant_id"]), sessions)


def more_paths(address: Address, shown: int, total: int, words: str = "Show more paths") -> Any:
    """Link to a longer list, as long as there is more."""
    if shown >= min(total, MAX_LISTED):
        return None
    more = address.but(listed=min(shown + MORE, MAX_LISTED))
    return dcc.Link(words, href=more.href, className="text-link more")
