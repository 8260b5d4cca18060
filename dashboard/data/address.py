"""Parse and build addresses. An address holds all choices of a page, so a link shows the same to everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from dashboard.data.period import ALL, PERIODS, parse_day

if TYPE_CHECKING:
    from datetime import date

DEPTHS = (2, 3, 4, 5, 6)
BREADTHS = (3, 5, 8, 12)
MIN_SHARE_OPTIONS = (0, 1, 2, 5, 10)
"""Choices for the percent of all journeys that a topic needs at a step of the flow to have a box of its own."""
TOPS = (6, 10, 15, 20)
REACHED = ("yes", "no")
PATHS = ("moving", "all")
MOVES = ("topics", "all")
ORDERS = ("attention", "share", "sessions")
"""Orders of topics by friction."""
SPLITS = ("topics", "time", "field")
"""What friction is compared by: topics, halves of the days, or values of a field."""
SIGNS = ("any", "friction", "again", "circles", "back", "last", "late", "missing")
"""Signs of friction that a session may have about a topic; `any` is every session with the topic as a step."""
FEEDBACK = ("any", "negative")
"""Which feedback a session must have."""
RATED = ("all", "ratings", "outcomes")
"""Which feedback counts: ratings are what people gave, outcomes are what the app sent in metadata."""
COMMENT_ORDERS = ("newest", "lowest", "highest")
"""Orders of the comments in a topic of comments: by time, or by score."""
MESSAGES_PER_PAGE = 10
COMPARE = ("none", "before")
MACHINES = ("hidden", "shown")
"""Whether automated sessions are left out."""
STATES = ("proposed", "kept", "retired")
"""States of topics."""
STEPS = ("wants", "all")
"""Whether a step of a journey is a message that opens a topic, or every message with a topic."""
MAX_LISTED = 500
MAX_CHOSEN_VALUES = 20
MAX_NAME_CHARACTERS = 300
VALUE_PREFIX = "is."
"""The prefix of a parameter that filters by a value of a field: `is.plan=pro`."""
FILTERS = (
    "project", "period", "first", "last", "compare", "event", "values", "machines", "steps", "rated", "by", "number",
)  # fmt: skip
"""Parameters that stay when the visitor goes to another page."""
_KEYS = {"first": "from", "last": "to"}
"""Parameters that the address bar calls by another name."""


@dataclass(frozen=True)
class Address:
    """A path and its parameters; None where nothing was chosen."""

    path: str = "/"
    project: str | None = None
    period: str = ALL
    first: date | None = None
    last: date | None = None
    compare: str = "none"
    event: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    machines: str = "hidden"
    steps: str = "wants"
    rated: str = "all"
    field: str | None = None
    state: str | None = None
    depth: int = 3
    breadth: int = 8
    page: int = 1
    listed: int = 15
    paths: str = "moving"
    moves: str = "topics"
    source: str | None = None
    target: str | None = None
    step: int | None = None
    topic: str | None = None
    sign: str | None = None
    feedback: str | None = None
    order: str = "attention"
    comments: str = "newest"
    split: str = "topics"
    variant: str | None = None
    visited: str | None = None
    least: int = 0
    from_topic: str | None = None
    to_topic: str | None = None
    top: int = 10
    goal: str | None = None
    reached: str = "yes"
    a: str | None = None
    b: str | None = None
    by: str | None = None
    number: str | None = None
    keep: str | None = None

    @classmethod
    def parse(cls, pathname: str | None, search: str | None) -> Address:
        """Parse an address; values that are not allowed are ignored."""
        given = parse_qs((search or "").lstrip("?"))
        chosen = {key: values[0] for key, values in given.items()}
        return cls(
            path="/" + (pathname or "/").strip("/"),
            project=chosen.get("project"),
            period=_one_of(chosen.get("period"), PERIODS, cls.period),
            first=parse_day(chosen.get("from")),
            last=parse_day(chosen.get("to")),
            compare=_one_of(chosen.get("compare"), COMPARE, cls.compare),
            event=_name(chosen.get("event")),
            values=_values(given),
            machines=_one_of(chosen.get("machines"), MACHINES, cls.machines),
            steps=_one_of(chosen.get("steps"), STEPS, cls.steps),
            rated=_one_of(chosen.get("rated"), RATED, cls.rated),
            field=chosen.get("field"),
            state=chosen["state"] if chosen.get("state") in STATES else None,
            depth=int(_one_of(chosen.get("depth"), DEPTHS, cls.depth)),
            breadth=int(_one_of(chosen.get("breadth"), BREADTHS, cls.breadth)),
            page=_number(chosen.get("page"), cls.page, 1_000_000),
            listed=_number(chosen.get("listed"), cls.listed, MAX_LISTED),
            paths=_one_of(chosen.get("paths"), PATHS, cls.paths),
            moves=_one_of(chosen.get("moves"), MOVES, cls.moves),
            source=_name(chosen.get("source")),
            target=_name(chosen.get("target")),
            step=_number(chosen["step"], 1, 10_000) if "step" in chosen else None,
            topic=_name(chosen.get("topic")),
            sign=chosen["sign"] if chosen.get("sign") in SIGNS and chosen.get("topic") else None,
            feedback=chosen["feedback"] if chosen.get("feedback") in FEEDBACK else None,
            order=_one_of(chosen.get("order"), ORDERS, cls.order),
            comments=_one_of(chosen.get("comments"), COMMENT_ORDERS, cls.comments),
            split=_one_of(chosen.get("split"), SPLITS, cls.split),
            variant=_name(chosen.get("variant")),
            visited=_name(chosen.get("visited")),
            least=int(_one_of(chosen.get("least"), MIN_SHARE_OPTIONS, cls.least)),
            from_topic=_name(chosen.get("from_topic")),
            to_topic=None if chosen.get("from_topic") else _name(chosen.get("to_topic")),
            top=int(_one_of(chosen.get("top"), TOPS, cls.top)),
            goal=_name(chosen.get("goal")),
            reached=_one_of(chosen.get("reached"), REACHED, cls.reached),
            a=_name(chosen.get("a")),
            b=_name(chosen.get("b")),
            by=_name(chosen.get("by")),
            number=_name(chosen.get("number")),
            keep=_name(chosen.get("keep")),
        )

    @classmethod
    def of_link(cls, href: str) -> Address | None:
        """Parse a link to a page, as `href` returns it; None if it is no address, such as `http://[`."""
        try:
            link = urlsplit(href)
        except ValueError:
            return None
        return cls.parse(link.path, link.query)

    @property
    def parts(self) -> tuple[str, ...]:
        """The decoded parts of the path: `/topics/top%201` is ("topics", "top 1")."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def to(self, *parts: str) -> Address:
        """Return another page of the same project with the same filters."""
        kept = {key: getattr(self, key) for key in FILTERS}
        return Address(path="/" + "/".join(quote(part, safe="") for part in parts), **kept)

    def but(self, **choices: Any) -> Address:
        """Return the same page with other parameters."""
        return replace(self, **choices)

    @property
    def search(self) -> str:
        """The parameters that differ from the defaults as `?…`, or an empty string."""
        chosen = {
            _KEYS.get(key, key): getattr(self, key)
            for key in self.__dataclass_fields__
            if key not in {"path", "values"} and getattr(self, key) != getattr(type(self), key)
        }
        pairs = [*chosen.items(), *((VALUE_PREFIX + field, value) for field, value in self.values)]
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def href(self) -> str:
        """The address as a link."""
        return self.path + self.search


def _values(given: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """Return the chosen values of enum fields in a canonical order."""
    pairs = {
        (key.removeprefix(VALUE_PREFIX), value)
        for key, values in given.items()
        if key.startswith(VALUE_PREFIX)
        for value in values
        if max(len(key), len(value)) <= MAX_NAME_CHARACTERS
    }
    return tuple(sorted(pairs)[:MAX_CHOSEN_VALUES])


def _name(text: str | None) -> str | None:
    return text if text and len(text) <= MAX_NAME_CHARACTERS else None


def _one_of(text: str | None, allowed: tuple[object, ...], default: object) -> str:
    return text if text is not None and text in {str(value) for value in allowed} else str(default)


def _number(text: str | None, default: int, most: int) -> int:
    """Parse a whole number from 1 to `most`; check the length first, because huge numbers are slow to parse."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len(str(most)):
        return default
    return min(max(int(text), 1), most)
