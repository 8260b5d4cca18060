"""Drift: when the topics of the last fit no longer suit the new texts, a refit is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_GROWTH: Final = 0.1
"""Share of new texts, relative to the texts of the last fit, from which a refit is due."""
MAX_PENDING_SHARE: Final = 0.1
"""Share of the texts since the last fit that suit no topic, from which a refit is due."""
MAX_CONFIDENCE_DROP: Final = 0.1
"""Drop of the mean confidence since the last fit from which a refit is due."""
_MIN_TEXTS: Final = 50
"""With fewer texts since the last fit, shares and means say nothing."""


@dataclass(frozen=True)
class Drift:
    """How far new texts have drifted from the last fit.

    Attributes:
        n_fitted: distinct texts of the last full fit.
        n_since: distinct texts that came since.
        n_waiting: those of them that suit no topic.
        fitted_confidence: mean confidence of the texts with a topic at that fit, 0 to 1.
        confidence: mean confidence of the texts assigned to existing topics since, 0 to 1.
    """

    n_fitted: int
    n_since: int
    n_waiting: int
    fitted_confidence: float
    confidence: float

    @property
    def reason(self) -> str | None:
        """Return why a refit is due; None if it is not."""
        growth = self.n_since / max(self.n_fitted, 1)
        if growth >= MAX_GROWTH:
            return f"{growth:.0%} more texts since the last full fit"
        if self.n_since < _MIN_TEXTS:
            return None
        if self.n_waiting >= MAX_PENDING_SHARE * self.n_since:
            return f"{self.n_waiting / self.n_since:.0%} of the texts since the last full fit suit no topic"
        if self.fitted_confidence - self.confidence >= MAX_CONFIDENCE_DROP:
            return f"neighbours agree less about new texts: {self.confidence:.2f}, was {self.fitted_confidence:.2f}"
        return None
