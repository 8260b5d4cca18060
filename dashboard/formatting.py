"""Format numbers, shares, times and labels for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

NOTHING = "\N{EN DASH}"
"""Stands for a missing number."""

MINUS = "\N{MINUS SIGN}"
ISOLATE = "\u2068"
END_ISOLATE = "\u2069"
_DIRECTIONS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"))
_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400


def count(number: int) -> str:
    """12345 → 12,345."""
    return f"{number:,}"


def share(value: float | None) -> str:
    """Format a share in 0 to 1 as a percentage: 0.0312 → 3.1%; a positive share is never shown as 0%."""
    if value is None:
        return NOTHING
    if 0 < value < 0.001:  # noqa: PLR2004  # one decimal would round it to nothing
        return "<0.1%"
    return f"{value:.0%}" if value in {0, 1} else f"{value:.1%}"


def ties(numbers: list[int], quality: str = "frequent") -> str:
    """State how many others are as frequent as the first: [3, 3, 1] → "; 1 other is as frequent"; empty without any."""
    n_others = numbers.count(numbers[0]) - 1
    return f"; {plural(n_others, 'other')} {'is' if n_others == 1 else 'are'} as {quality}" if n_others else ""


def change(now: float, before: float) -> str:
    """Describe the change of a number: (110, 100) → +10%; (5, 0) → new; (3, 3) → no change."""
    if before == 0:
        return "new" if now else "no change"
    relative = now / before - 1
    if abs(relative) < 0.0005:  # noqa: PLR2004  # less than shows with one decimal
        return "no change"
    if relative >= 9:  # noqa: PLR2004  # in percent it would be hard to read
        return f"{now / before:.0f} times"
    digits = 0 if round(abs(relative), 3) >= 0.1 else 1  # noqa: PLR2004  # two figures that mean something
    return f"{relative:+.{digits}%}".replace("-", MINUS)


def points(now: float, before: float) -> str:
    """Describe the change of a share in percentage points: (0.031, 0.02) → +1.1 points."""
    return f"{(now - before) * 100:+.1f} points".replace("-", MINUS)


def difference(there: float, elsewhere: float) -> str:
    """Describe the difference of two shares: (0.16, 0.12) → +4.0 points, 12.0% → 16.0%."""
    return f"{points(there, elsewhere)}, {share(elsewhere)} → {share(there)}"


def measure(value: float | None) -> str:
    """Format a number with about three significant figures: 1234.5 → 1,234; 0.01234 → 0.0123."""
    if value is None or value != value:  # noqa: PLR0124  # NaN differs from itself
        return NOTHING
    if abs(value) == float("inf"):
        return f"{MINUS if value < 0 else ''}beyond 1.8e308"
    if abs(value) >= 1e15:  # noqa: PLR2004  # more digits than a double has are none
        return f"{value:.3g}".replace("-", MINUS)
    if abs(value) >= 100 or value == round(value):  # noqa: PLR2004  # three figures
        return f"{value:,.0f}".replace("-", MINUS)
    return f"{value:.3g}".replace("-", MINUS)


def ratio(number: float) -> str:
    """3.14159 → 3.1."""
    return f"{number:.1f}"


def plural(number: int, one: str, many: str = "") -> str:
    """(1, "session") → 1 session; (2, "session") → 2 sessions."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def rated_words(n_feedback: int, n_outcomes: int) -> str:
    """Tell ratings by people from outcomes in metadata: 12 ratings and 3 outcomes."""
    counts = ((n_feedback - n_outcomes, "rating"), (n_outcomes, "outcome"))
    return " and ".join(plural(number, word) for number, word in counts if number)


def all_of(number: int, one: str) -> str:
    """(1, "message") → The only message; (2, "message") → All 2 messages."""
    return f"The only {one}" if number == 1 else f"All {plural(number, one)}"


def day(moment: date) -> str:
    """5 April 2026."""
    return f"{moment.day} {moment:%B %Y}"


def bare_day(moment: date) -> str:
    """Format a day without its year: 5 April."""
    return f"{moment.day} {moment:%B}"


def period(first: date, last: date) -> str:
    """1 to 5 April 2026; 28 March to 5 April 2026; one day by itself."""
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def short_period(first: date, last: date) -> str:
    """9 to 15 Nov 2026; 28 Oct to 3 Nov 2026; one day by itself."""
    if (first.year, first.month) == (last.year, last.month):
        return short_day(last) if first.day == last.day else f"{first.day} to {short_day(last)}"
    start = f"{first.day} {first:%b}" if first.year == last.year else short_day(first)
    return f"{start} to {short_day(last)}"


def short_day(moment: date) -> str:
    """5 Apr 2026."""
    return f"{moment.day} {moment:%b %Y}"


def moment(value: datetime) -> str:
    """5 Apr 2026, 14:03."""
    return f"{value.day} {value:%b %Y, %H:%M}"


def duration(seconds: float | None) -> str:
    """Format seconds in the largest unit that fits: 75 → 1 min 15 s."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole / _DAY:.1f} days"


def shorten(text: str, most: int) -> str:
    """Return the text on one line with at most `most` characters, without characters that change the text direction."""
    line = " ".join(text.translate(_DIRECTIONS).split())
    return line if len(line) <= most else line[: most - 1].rstrip(" …") + "…"


def chart_label(text: str, most: int = 34) -> str:
    """Escape a label for a chart: Plotly reads some HTML and entities, and SVG has no text isolation."""
    short = shorten(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{ISOLATE}{short}{END_ISOLATE}"
