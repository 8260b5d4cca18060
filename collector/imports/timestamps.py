"""Times of imported rows to ISO 8601 with an offset; see `ImportOptions` for what the user says about them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from collector.errors import RowError

if TYPE_CHECKING:
    from collector.imports.options import ImportOptions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US_PER_UNIT = {"s": Decimal(1_000_000), "ms": Decimal(1_000), "us": Decimal(1), "ns": Decimal("0.001")}
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>\d\d)(?!\d)", re.ASCII)
_UTC_NAME = re.compile(r" ?(UTC|GMT)$")  # as BigQuery writes times


class TimeReader:
    """Reads the times of one file.

    `n_repeated` counts the times in an hour that clocks showed twice; each is taken as the first of the two.
    """

    def __init__(self, options: ImportOptions) -> None:
        self.n_repeated = 0
        self._options = options

    def read(self, value: Any) -> Any:
        """Return a time as ISO 8601 with its offset; what is neither text nor number comes back as it is.

        Raises:
            RowError: it cannot be told which time is meant; the sentence names the option that says it.
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
        """Say whether a time is ISO 8601 with its offset already, as most are; the judge reads it again."""
        try:
            return self._options.time_format is None and datetime.fromisoformat(value).tzinfo is not None
        except (TypeError, ValueError):
            return False

    def _from_number(self, value: str | float) -> str:
        unit = self._options.time_unit
        if unit is None:
            _refuse("timestamp is a number; say its unit with --time-unit s, ms, us or ns.", value)
        try:
            time = EPOCH + timedelta(microseconds=int(Decimal(str(value)) * US_PER_UNIT[unit]))
        except (OverflowError, InvalidOperation, ValueError):
            _refuse(f"timestamp is out of range in {unit}; is --time-unit another?", value)
        # A number read in a unit a thousand times too small always comes to lie in the first weeks of 1970.
        if time.year == EPOCH.year:
            _refuse(f"timestamp lies in 1970 in {unit}; is --time-unit another?", value)
        return time.isoformat()

    def _parse(self, text: str) -> datetime:
        form = self._options.time_format
        try:
            if form is not None:
                return datetime.strptime(text, form)  # noqa: DTZ007  # the zone is set by the caller
            return datetime.fromisoformat(_UTC_NAME.sub("+00:00", text))
        except ValueError:
            if _names_no_day(text):
                _refuse("timestamp is on a day that does not exist.", text)
            if form is not None:
                _refuse(f"timestamp does not have the form --time-format {form!r}.", text)
            _refuse("timestamp is not ISO 8601; say its form, such as --time-format '%m/%d/%Y %H:%M'.", text)

    def _in_zone(self, time: datetime, value: Any) -> datetime:
        zone = self._options.time_zone
        if zone is None:
            _refuse("timestamp has no offset from UTC; say where it was, such as --time-zone UTC.", value)
        first, second = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        try:
            shown = first.astimezone(UTC).astimezone(zone)
        except OverflowError:
            _refuse("timestamp is out of range; allowed are the years 1 to 9999 in UTC.", value)
        if shown.replace(tzinfo=None, fold=0) != time.replace(fold=0):
            _refuse(
                f"timestamp was never on a clock in {zone.key}: clocks went forward; write it with its offset.", value
            )
        self.n_repeated += first.utcoffset() != second.utcoffset()
        return first


def _names_no_day(text: str) -> bool:
    """Say whether a text begins as a day of ISO 8601 does, but with one that no calendar has, such as 2026-02-30."""
    found = _ISO_DAY.match(text)
    return found is not None and not 1 <= int(found["day"]) <= monthrange(int(found["year"]), int(found["month"]))[1]


def _refuse(sentence: str, value: object) -> NoReturn:
    raise RowError(sentence, value)
