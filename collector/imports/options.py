"""The options of an import, checked before the file is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.errors import ImportFileError
from contracts.events import MAX_KEY_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELDS = ("name", "session_id", "user_id", "timestamp", "event_id")
METADATA = "metadata"
METADATA_PREFIX = "metadata."

FORMATS = (
    *("auto", "langfuse", "langsmith", "phoenix", "posthog", "segment", "chatgpt", "claude", "sharegpt", "wildchat"),
    *("openai-jsonl", "rasa"),
)
"""Values of `--format`; `formats/` has a reader for each except `auto`."""

TimeUnit = Literal["s", "ms", "us", "ns", "excel"]
Others = Literal["refuse", "metadata", "skip"]


@dataclass(frozen=True)
class ImportOptions:
    """How to read a file.

    Args:
        mapping: For each renamed column a field of `/track` or `metadata.KEY`. A dotted one is a nested value.
        skip: Columns to skip.
        others: What to do with columns that have no meaning here.
        name: The name of events whose row has no name.
        time_unit: Unit of times that are numbers: since 1970 in UTC, or days as spreadsheets count them.
        time_zone: Time zone of times without an offset.
        time_format: Format of times as text, as for `strptime`; ISO 8601 if None.
        encoding: Encoding of text files; None for UTF-8, or what a byte order mark says.
        delimiter: Delimiter of CSV; None to detect it from the header.
        header: Column names of a CSV file without a header line; empty if it has one.
        escape: Escape character before a double quote within quotes in CSV; None if it is doubled.
        nulls: Cells of CSV that count as empty.
        format: The format of an archive; `auto` to detect it.
        start: Assumed start of conversations without times.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    skip: frozenset[str] = frozenset()
    others: Others = "refuse"
    name: str | None = None
    time_unit: TimeUnit | None = None
    time_zone: ZoneInfo | None = None
    time_format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: tuple[str, ...] = ()
    escape: str | None = None
    nulls: frozenset[str] = frozenset()
    format: str = "auto"
    start: datetime | None = None

    @property
    def says_columns(self) -> bool:
        """Whether an option describes columns, as for a file of events."""
        return bool(self.mapping or self.skip or self.name is not None or self.others != "refuse")

    @classmethod
    def parse(  # noqa: PLR0913  # one for each option
        cls,
        *,
        mapping: Iterable[str] = (),
        skip: Iterable[str] = (),
        others: str | None = None,
        name: str | None = None,
        time_unit: str | None = None,
        time_zone: str | None = None,
        time_format: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        header: str | None = None,
        escape: str | None = None,
        nulls: Iterable[str] = (),
        format: str = "auto",  # noqa: A002  # as the option is called
        start: str | None = None,
    ) -> Self:
        """Parse the options of the command; `mapping` are pairs `source=target`.

        Raises:
            ImportFileError: one of them is not allowed; the message names it, its value and what is allowed.
        """
        _check_choice("--others", others, Others)
        _check_choice("--time-unit", time_unit, TimeUnit)
        if format not in FORMATS:
            raise ImportFileError(f"--format is {format!r}; allowed are {', '.join(FORMATS)}.")
        return cls(
            mapping=_mapping(mapping),
            skip=frozenset(skip),
            others=cast("Others", "refuse" if others is None else others),
            name=name,
            time_unit=cast("TimeUnit | None", time_unit),
            time_zone=_zone(time_zone),
            time_format=time_format,
            encoding=_encoding(encoding),
            delimiter=_character("--delimiter", delimiter),
            header=_header(header),
            escape=_character("--escape", escape),
            nulls=frozenset(nulls),
            format=format,
            start=_start(start),
        )


def _mapping(pairs: Iterable[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        source, sign, target = pair.rpartition("=")
        if not sign or not source or not is_target(target):
            raise ImportFileError(
                f"--map {pair!r} is not SOURCE=TARGET; a target is {', '.join(FIELDS)}, or metadata.KEY with a key of "
                f"1 to {MAX_KEY_CHARACTERS} characters."
            )
        if source in mapping or target in mapping.values():
            raise ImportFileError(f"--map {pair!r} repeats a source or a target of another --map.")
        mapping[source] = target
    return mapping


def _header(text: str | None) -> tuple[str, ...]:
    names = () if text is None else tuple(name.strip() for name in text.split(","))
    if text is not None and not all(names):
        raise ImportFileError(f"--header is {text!r}; give a name for each column, separated by commas.")
    return names


def is_target(name: str) -> bool:
    """Say whether a column of this name is a field of `/track` or a key of metadata."""
    if name in FIELDS:
        return True
    return name.startswith(METADATA_PREFIX) and 1 <= len(name) - len(METADATA_PREFIX) <= MAX_KEY_CHARACTERS


def _check_choice(option: str, value: str | None, kind: object) -> None:
    if value is not None and value not in get_args(kind):
        raise ImportFileError(f"{option} is {value!r}; allowed are {', '.join(get_args(kind))}.")


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImportFileError(f"--time-zone is {name!r}; write UTC or a name such as Europe/Berlin.") from None


def _start(text: str | None) -> datetime | None:
    try:
        time = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise ImportFileError(f"--start is {text!r}; write a day or a time, such as 2026-01-31.") from None
    start = time.replace(tzinfo=UTC) if time and time.tzinfo is None else time
    if start is not None and start > datetime.now(UTC):
        raise ImportFileError(
            f"--start is {text!r}, which is in the future; give the time when the conversations began."
        )
    return start


def _encoding(name: str | None) -> str | None:
    try:
        _ = name and b"a".decode(name, errors="ignore")  # for no bytes, Python does not look up the name
    except (LookupError, UnicodeError):  # idna and undefined do not decode the text of files
        raise ImportFileError(f"--encoding is {name!r}; write a name such as cp1252, latin-1 or utf-16-le.") from None
    return name


def _character(option: str, text: str | None) -> str | None:
    character = "\t" if text in {"tab", r"\t"} else text
    if character is not None and (len(character) != 1 or character in '"\r\n'):
        raise ImportFileError(f"{option} is {text!r}; give one character other than a double quote, or tab.")
    return character
