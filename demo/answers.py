"""How well the simulated assistant answers: by intent, how often it fails, and how often a feature is used again."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from demo.errors import GrammarError

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Quality:
    """Shares, 0 to 1: of answers that do not help, and of good answers after which users make another request."""

    fails: float
    used_again: float


def load_qualities(intents: Collection[str]) -> dict[str, Quality]:
    """Load the table of this package; it must cover exactly the given intents.

    Raises:
        GrammarError: an intent is missing or unknown.
    """
    rows = tomllib.loads(files("demo").joinpath("answers.toml").read_text(encoding="utf-8"))
    odd = set(intents) ^ set(rows)
    if odd:
        raise GrammarError(f"The table of answers and the phrase files disagree about {', '.join(sorted(odd))}.")
    return {intent: Quality(**row) for intent, row in rows.items()}
