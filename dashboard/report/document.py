"""Write a week as Markdown, or as one HTML page without other files: to read, print or send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dashboard.formatting import change, count, day, difference, period, plural, rated_words, share, short_day, shorten

if TYPE_CHECKING:
    from dashboard.report.week import Week

MAX_NAME = 120
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
WIDTH, HEIGHT, GAP, HEAD, FOOT = 720, 150, 8, 18, 22
"""Pixels of the picture, between its bars, and above and below them."""


def write_markdown(week: Week) -> str:
    """Write the report as Markdown (GitHub's tables)."""
    text: str = _template("report.md", is_html=False).render(week=week, **_words(week))
    return text.rstrip() + "\n"


def write_html(week: Week) -> str:
    """Write the report as a page of HTML with its style and its picture."""
    bars = _bars(week)
    text: str = _template("report.html", is_html=True).render(week=week, bars=bars, **_words(week))
    return text


def _template(name: str, *, is_html: bool) -> Any:
    environment = Environment(
        loader=PackageLoader("dashboard.report"),
        autoescape=is_html,  # noqa: S701 - Markdown has an escape of its own
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"count": count, "share": share, "plain": _plain_markdown}
    environment.globals |= {"change": change, "difference": difference, "plural": plural, "rated_words": rated_words}
    return environment.get_template(name)


def _words(week: Week) -> dict[str, Any]:
    left_out = (
        f"{plural(week.n_left_out, 'topic')} of fewer than {plural(week.min_people, 'person', 'people')} "
        f"{'is' if week.n_left_out == 1 else 'are'} left out of the lists."
    )
    goals_left_out = (
        f"{plural(week.n_goals_left_out, 'goal')} that fewer than {plural(week.min_people, 'person', 'people')} "
        f"reached {'is' if week.n_goals_left_out == 1 else 'are'} left out."
    )
    n_more = week.n_new - len(week.new)
    return {
        "days": period(week.first, week.last),
        "left_out": left_out if week.n_left_out else "",
        "goals_left_out": goals_left_out if week.n_goals_left_out else "",
        "more_new": f"{plural(n_more, 'more topic')} {'is' if n_more == 1 else 'are'} new." if n_more else "",
        "begins": f" The first events are from {day(week.begins)}." if week.begins else "",
        "so_far": "" if week.is_over else " The week is not over yet, so it is counted so far.",
        "is_drawn": any(n for _, n in week.days),
    }


def _plain_markdown(text: str) -> str:
    """Escape a text that people wrote, on one line: it is not markup."""
    return _MARKDOWN.sub(r"\\\1", shorten(text, MAX_NAME))


def _bars(week: Week) -> list[dict[str, Any]]:
    """Lay out a bar for each day of both weeks."""
    most = max(n for _, n in week.days) or 1
    step = WIDTH / len(week.days)
    bars = []
    for place, (date, n) in enumerate(week.days):
        height = round((HEIGHT - HEAD - FOOT) * n / most, 1)
        bars.append(
            {
                "style": "before" if date < week.first else "now",
                "x": round(place * step + GAP / 2, 1),
                "middle": round((place + 0.5) * step, 1),
                "y": round(HEIGHT - FOOT - height, 1),
                "width": round(step - GAP, 1),
                "height": height,
                "n": n,
                "day": f"{date:%a} {date.day}",
                "words": f"{short_day(date)}: {plural(n, 'message')}",
            }
        )
    return bars
