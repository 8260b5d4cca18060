"""When what is known does not do any more: whether everything should be looked at anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GROWTH: Final = 0.1
"""New texts since the last full fit, as a share of those that were fitted, from which a fit is due."""
WAITING: Final = 0.1
"""Share of the texts since the last full fit that no topic fits, from which a fit is due."""
CONFIDENCE_FALL: Final = 0.1
"""By how much neighbours may agree less about new texts than they did at the last full fit."""
_MIN_TEXTS: Final = 50
"""With fewer texts since the last full fit, shares and means are chance."""


@dataclass(frozen=True)
class Drift:
    """How far texts have moved away from what was fitted.

    Attributes:
        n_fitted: distinct texts of the last full fit.
        n_since: distinct texts that came since.
        n_waiting: of these, texts that no topic fits.
        fitted_confidence: mean confidence of the texts with a topic at that fit, 0 to 1.
        confidence: mean confidence of the texts that were given known topics since, 0 to 1.
    """

    n_fitted: int
    n_since: int
    n_waiting: int
    fitted_confidence: float
    confidence: float

    @property
    def reason(self) -> str | None:
        """Why everything should be fitted anew; None while known topics will do."""
        growth = self.n_since / max(self.n_fitted, 1)
        if growth >= GROWTH:
            return f"{growth:.0%} more texts since the last full fit"
        if self.n_since < _MIN_TEXTS:
            return None
        if self.n_waiting >= WAITING * self.n_since:
            return f"{self.n_waiting / self.n_since:.0%} of the texts since the last full fit suit no topic"
        if self.fitted_confidence - self.confidence >= CONFIDENCE_FALL:
            return f"neighbours agree less about new texts: {self.confidence:.2f}, was {self.fitted_confidence:.2f}"
        return None
