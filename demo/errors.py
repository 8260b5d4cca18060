"""What can go wrong in the demo.

TurretError
└── DemoError
    ├── GrammarError    a phrase file or the transition matrix cannot be used
    ├── TruthError      what the simulator knew cannot be read back
    └── SendError       the collector did not take the events
        └── KeyRefusedError    the collector does not know the key, so it serves another home
"""

from __future__ import annotations

from contracts.errors import TurretError


class DemoError(TurretError):
    """The demo cannot go on."""


class GrammarError(DemoError, ValueError):
    """A phrase file or the transition matrix cannot be used."""


class TruthError(DemoError, ValueError):
    """What the simulator knew cannot be read back."""


class SendError(DemoError):
    """The collector did not take the events."""


class KeyRefusedError(SendError):
    """The collector does not know the key, so it serves another home."""
