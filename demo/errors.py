"""The errors of the demo.

TurretError
└── DemoError
   ├── GrammarError    a phrase file or the transition matrix is not valid
   ├── TruthError      the simulated truth cannot be read
   └── SendError       the collector did not accept the events
       └── KeyRefusedError    the collector does not know the key, so it serves another home
"""

from __future__ import annotations

from contracts.errors import TurretError


class DemoError(TurretError):
    """The demo cannot continue."""


class GrammarError(DemoError, ValueError):
    """A phrase file or the transition matrix is not valid."""


class TruthError(DemoError, ValueError):
    """The simulated truth cannot be read."""


class SendError(DemoError):
    """The collector did not accept the events."""


class KeyRefusedError(SendError):
    """The collector does not know the key, so it serves another home."""
