"""The true behaviour of users: a Markov chain over intents with START and END."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from contracts.tables import END, START
from demo.errors import GrammarError

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class TransitionMatrix:
    """The probabilities of the next intent, for START and each intent; every row sums to 1."""

    rows: dict[str, dict[str, float]]

    def walk(self, rng: random.Random, after: str = START) -> list[str]:
        """Return the intents of one session, in order, that come after an intent; no intent follows itself."""
        path: list[str] = []
        state = self._next(after, rng)
        while state != END:
            path.append(state)
            state = self._next(state, rng)
        return path

    def first(self, rng: random.Random) -> str:
        """Draw a first intent."""
        return self._next(START, rng)

    def _next(self, state: str, rng: random.Random) -> str:
        row = self.rows[state]
        return rng.choices(tuple(row), weights=tuple(row.values()))[0]


def load_matrix(intents: Collection[str]) -> TransitionMatrix:
    """Load the matrix of this package; it must cover exactly the given intents.

    Raises:
        GrammarError: a row is missing or unknown, leads to an unknown intent or to itself, or never ends.
    """
    return normalised(tomllib.loads(files("demo").joinpath("journeys.toml").read_text(encoding="utf-8")), intents)


def normalised(weights: Mapping[str, Mapping[str, float]], intents: Collection[str]) -> TransitionMatrix:
    """Check rows of weights against the intents, and scale each to sum to 1.

    Raises:
        GrammarError: as for `load_matrix`.
    """
    odd = {START, *intents} ^ set(weights)
    if odd:
        raise GrammarError(f"The transition matrix and the phrase files disagree about {', '.join(sorted(odd))}.")
    for state, row in weights.items():
        _check_row(state, row, intents)
    return TransitionMatrix({state: _scaled(row) for state, row in weights.items()})


def _check_row(state: str, row: Mapping[str, float], intents: Collection[str]) -> None:
    wrong = set(row) - set(intents) - {END} | set(row) & {state}
    if wrong:
        raise GrammarError(f"Row {state!r} of the transition matrix leads to {', '.join(sorted(wrong))}.")
    if min(row.values(), default=0) <= 0:
        raise GrammarError(f"Row {state!r} of the transition matrix is empty or has a weight that is not above 0.")
    if state != START and END not in row:
        raise GrammarError(f"Row {state!r} of the transition matrix has no way to {END}.")


def _scaled(row: Mapping[str, float]) -> dict[str, float]:
    total = sum(row.values())
    return {state: weight / total for state, weight in row.items()}
