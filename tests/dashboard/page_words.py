"""What a page says: the words of a tree of components, in order."""

from __future__ import annotations

from typing import Any


def words_of(page: Any) -> str:
    """All texts of a page, with a space between them."""
    return " ".join(_texts(page))


def _texts(part: Any) -> list[str]:
    if part is None:
        return []
    if isinstance(part, str | int | float):
        return [str(part)]
    if isinstance(part, list | tuple):
        return [text for child in part for text in _texts(child)]
    return _texts(getattr(part, "children", None))


def find_all(page: Any, kind: str) -> list[Any]:
    """Components of a kind, by the name of its class, in order."""
    if isinstance(page, list | tuple):
        return [found for child in page for found in find_all(child, kind)]
    if page is None or isinstance(page, str | int | float):
        return []
    here = [page] if type(page).__name__ == kind else []
    return here + find_all(getattr(page, "children", None), kind)
