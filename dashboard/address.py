"""The address bar: everything that decides what a page shows, so that a link shows the same to everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

DEPTHS = (2, 3, 4, 5, 6)
BREADTHS = (3, 5, 8, 12)
PATHS = ("moving", "all")
MOVES = ("topics", "all")
MESSAGES_PER_PAGE = 25
MAX_LISTED = 500


@dataclass(frozen=True)
class Address:
    """A path and what was chosen on it; None means that nothing was chosen."""

    path: str = "/"
    project: str | None = None
    field: str | None = None
    depth: int = 4
    breadth: int = 5
    page: int = 1
    listed: int = 15
    paths: str = "moving"
    moves: str = "topics"

    @classmethod
    def parse(cls, pathname: str | None, search: str | None) -> Address:
        """Read an address; what is not allowed counts as not chosen."""
        chosen = {key: values[0] for key, values in parse_qs((search or "").lstrip("?")).items()}
        return cls(
            path="/" + (pathname or "/").strip("/"),
            project=chosen.get("project"),
            field=chosen.get("field"),
            depth=int(_one_of(chosen.get("depth"), DEPTHS, cls.depth)),
            breadth=int(_one_of(chosen.get("breadth"), BREADTHS, cls.breadth)),
            page=_number(chosen.get("page"), cls.page, 1_000_000),
            listed=_number(chosen.get("listed"), cls.listed, MAX_LISTED),
            paths=_one_of(chosen.get("paths"), PATHS, cls.paths),
            moves=_one_of(chosen.get("moves"), MOVES, cls.moves),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's parts, decoded: `/topics/top%201` is ("topics", "top 1")."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def to(self, *parts: str) -> Address:
        """Another page of the same project; choices made on this page stay behind."""
        return Address(path="/" + "/".join(quote(part, safe="") for part in parts), project=self.project)

    def but(self, **choices: Any) -> Address:
        """The same page with other choices."""
        return replace(self, **choices)

    @property
    def search(self) -> str:
        """The choices that differ from the defaults, as the address bar's `?…`, or empty."""
        keys = ("project", "field", "depth", "breadth", "page", "listed", "paths", "moves")
        chosen = {key: getattr(self, key) for key in keys if getattr(self, key) != getattr(type(self), key)}
        return f"?{urlencode(chosen)}" if chosen else ""

    @property
    def href(self) -> str:
        """The address as a link."""
        return self.path + self.search


def _one_of(text: str | None, allowed: tuple[object, ...], default: object) -> str:
    return text if text is not None and text in {str(value) for value in allowed} else str(default)


def _number(text: str | None, default: int, most: int) -> int:
    """A whole number from 1 to `most`; the length is looked at first, because huge digits are slow to read."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len(str(most)):
        return default
    return min(max(int(text), 1), most)
