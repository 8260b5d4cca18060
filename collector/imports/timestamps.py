"""Convert times of imported rows to ISO 8601 with an offset, by the user's `ImportOptions`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from collector.errors import RowError
from collector.validation import names_no_day

if TYPE_CHECKING:
    from collector.imports.options import ImportOptions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # cells have no zone
EXCEL_DAYS = range(1, 2_958_466)
"""Day numbers of spreadsheets, to the end of the year 9999."""
LIKELY_EXCEL_DAYS = range(25_569, 73_051)
"""Day numbers of 1970 to 2099. As seconds since 1970, they would all be in the first day."""
US_PER_UNIT = {"s": Decimal(1_000_000), "ms": Decimal(1_000), "us": Decimal(1), "ns": Decimal("0.001")}
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_NUMBERED_DAY = re.compile(
    r"\d{1,2}(?P<sign>[/.-])\d{1,2}(?P=sign)(?P<year>\d{4}|\d\d)(?P<gap>,? )?"
    r"(?P<time>\d{1,2}:\d\d)?(?P<seconds>:\d\d)?(?P<half> ?[AP]M)?",
    re.ASCII | re.IGNORECASE,
)
EXAMPLE_FORM = "%m/%d/%Y %H:%M"
_UTC_NAME = re.compile(r" ?(UTC|GMT)$")  # as BigQuery writes times


class TimeReader:
    """Reads the times of one file.

    `n_repeated` counts times in an hour that clocks showed twice; each is taken as the first occurrence.
    """

    def __init__(self, options: ImportOptions) -> None:
        self.n_repeated = 0
        self._options = options

    def read(self, value: Any) -> Any:
        """Return a time as ISO 8601 with its offset; other values than text and numbers are returned unchanged.

        Raises:
            RowError: the time is ambiguous; the message names the option that resolves it.
        """
        if (
            value is None
            or self._is_settled(value)
            or isinstance(value, bool)
            or not isinstance(value, str | int | float)
        ):
            return value
        is_number = not isinstance(value, str) or _NUMBER.fullmatch(value.strip())
        if is_number and (self._options.time_format is None or not isinstance(value, str)):
            return self._from_number(value)
        time = self._parse(str(value).strip())
        if time.utcoffset() is None:
            time = self._in_zone(time, value)
        return time.isoformat()

    def _is_settled(self, value: Any) -> bool:
        """Say whether a time is already ISO 8601 with its offset, as most are; `validate` reads it again."""
        try:
            return self._options.time_format is None and datetime.fromisoformat(value).tzinfo is not None
        except (TypeError, ValueError):
            return False

    def _from_number(self, value: str | float) -> str:
        unit = self._options.time_unit
        if unit is None:
            _refuse(_unit_advice(value), value)
        if unit == "excel":
            return self._in_zone(_excel_time(value), value).isoformat()
        try:
            time = EPOCH + timedelta(microseconds=int(Decimal(str(value)) * US_PER_UNIT[unit]))
        except (OverflowError, InvalidOperation, ValueError):
            _refuse(f"timestamp is out of range in {unit}; check --time-unit.", value)
        # A number read in a unit a thousand times too small is always in the first weeks of 1970.
        if time.year == EPOCH.year:
            _refuse(f"timestamp is in 1970 in {unit}; check --time-unit.", value)
        return time.isoformat()

    def _parse(self, text: str) -> datetime:
        form = self._options.time_format
        try:
            if form is not None:
                return datetime.strptime(text, form)  # noqa: DTZ007  # the zone is set by the caller
            return datetime.fromisoformat(_UTC_NAME.sub("+00:00", text))
        except ValueError:
            if names_no_day(text):
                _refuse("timestamp is on a day that does not exist.", text)
            if form is not None:
                _refuse(f"timestamp does not match --time-format {form!r}.{_other_order(text, form)}", text)
            _refuse(f"timestamp is not ISO 8601; {_form_advice(text)}", text)

    def _in_zone(self, time: datetime, value: Any) -> datetime:
        zone = self._options.time_zone
        if zone is None:
            _refuse("timestamp has no offset from UTC; add the time zone, such as --time-zone UTC.", value)
        first, second = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        try:
            shown = first.astimezone(UTC).astimezone(zone)
        except OverflowError:
            _refuse("timestamp is out of range; allowed are the years 1 to 9999 in UTC.", value)
        if shown.replace(tzinfo=None, fold=0) != time.replace(fold=0):
            _refuse(
                f"timestamp does not exist in {zone.key}, because clocks went forward; write it with its offset.", value
            )
        self.n_repeated += first.utcoffset() != second.utcoffset()
        return first


def _excel_time(value: str | float) -> datetime:
    days = float(value)
    if not EXCEL_DAYS.start <= days < EXCEL_DAYS.stop:
        _refuse("timestamp is no day of a spreadsheet, which count from 1899-12-30; check --time-unit.", value)
    # The fraction of a cell cannot hold a day's 86,400,000 ms; people wrote whole seconds.
    return EXCEL_EPOCH + timedelta(seconds=round(days * 86_400))


def _unit_advice(value: str | float) -> str:
    if LIKELY_EXCEL_DAYS.start <= float(value) < LIKELY_EXCEL_DAYS.stop:
        return (
            "timestamp is a number, as spreadsheets count days; add --time-unit excel and the time zone, such "
            "as --time-zone UTC."
        )
    return "timestamp is a number; add its unit with --time-unit s, ms, us or ns, or excel for days of a spreadsheet."


def _form_advice(text: str) -> str:
    """Name the format of a time; for 3/4/2026, only the user knows whether the day or the month comes first."""
    fits = [form for form in _numbered_forms(text) if _has_form(text, form)]
    if len(fits) > 1:
        return f"add --time-format {fits[0]!r} if the month comes first, or {fits[1]!r} if the day does."
    return f"add its format, such as --time-format {(fits or [EXAMPLE_FORM])[0]!r}."


def _numbered_forms(text: str) -> list[str]:
    """Return the possible formats of a numeric day, month first and then day first; none if it is not such a day."""
    found = _NUMBERED_DAY.fullmatch(text)
    if found is None:
        return []
    half = found["half"] or ""
    clock = ("%I:%M" if half else "%H:%M") if found["time"] else ""
    clock += ":%S" if found["seconds"] else ""
    clock += half.upper().replace("AM", "%p").replace("PM", "%p")
    year = "%Y" if len(found["year"]) == len("2026") else "%y"
    return [found["sign"].join((*order, year)) + (found["gap"] or "") + clock for order in (("%m", "%d"), ("%d", "%m"))]


def _other_order(text: str, form: str) -> str:
    """Warn if a time fits only with day and month swapped: ambiguous times were read by the given format."""
    other = form.replace("%m", "\0").replace("%d", "%m").replace("\0", "%d")
    if other == form or not _has_form(text, other):
        return ""
    return f" It has {other!r}: if all have, day and month of the rows taken have changed places."


def _has_form(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007  # only to see whether it can be parsed
    except ValueError:
        return False
    return True


def _refuse(sentence: str, value: object) -> NoReturn:
    raise RowError(sentence, value)
