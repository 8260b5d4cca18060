"""Adjusted mutual information of two partitions (Vinh, Epps and Bailey, JMLR 2010), arithmetic mean as normaliser."""

from __future__ import annotations

from math import lgamma
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray


def adjusted_mutual_information(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """How far two labellings of the same things agree: 1 for the same partition, about 0 for chance.

    Args:
        first: one label per thing.
        second: one label per thing, in the same order.

    Raises:
        ValueError: the two differ in length.
    """
    if len(first) != len(second):
        raise ValueError(f"expected two labellings of the same length, got {len(first)} and {len(second)}")
    table = _contingency(first, second)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if len(rows) == len(columns) and len(rows) in {0, 1, len(first)}:
        return 1.0
    expected = _expected_information(rows, columns)
    mean_entropy = (_entropy(rows) + _entropy(columns)) / 2
    return (_information(table) - expected) / _away_from_zero(mean_entropy - expected)


def _contingency(first: Sequence[Hashable], second: Sequence[Hashable]) -> NDArray[np.int64]:
    """How many things have each pair of labels, shape (labels of first, labels of second)."""
    rows = {label: place for place, label in enumerate(dict.fromkeys(first))}
    columns = {label: place for place, label in enumerate(dict.fromkeys(second))}
    table = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for one, two in zip(first, second, strict=True):
        table[rows[one], columns[two]] += 1
    return table


def _entropy(counts: NDArray[np.int64]) -> float:
    """In nats."""
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _information(table: NDArray[np.int64]) -> float:
    """Mutual information in nats."""
    shares = table / table.sum()
    by_chance = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    there = table > 0
    return float((shares[there] * np.log(shares[there] / by_chance[there])).sum())


def _expected_information(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> float:
    """Mean mutual information, in nats, over all tables with these margins (hypergeometric)."""
    n = int(rows.sum())
    log_factorial = np.array([lgamma(number + 1) for number in range(n + 1)])
    total = 0.0
    for a in rows.tolist():
        for b in columns.tolist():
            both = np.arange(max(1, a + b - n), min(a, b) + 1)
            log_probability = (
                log_factorial[a]
                + log_factorial[b]
                + log_factorial[n - a]
                + log_factorial[n - b]
                - log_factorial[n]
                - log_factorial[both]
                - log_factorial[a - both]
                - log_factorial[b - both]
                - log_factorial[n - a - b + both]
            )
            total += float((both / n * np.log(n * both / (a * b)) * np.exp(log_probability)).sum())
    return total


def _away_from_zero(number: float) -> float:
    """The number, but never nearer to 0 than a double can tell."""
    least = float(np.finfo(np.float64).eps)
    return min(number, -least) if number < 0 else max(number, least)
