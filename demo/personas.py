"""The simulated users: their names, plans, countries and devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.wording import Style, invent_style

if TYPE_CHECKING:
    import random

PLANS = {"free": 38, "team": 36, "business": 19, "enterprise": 7}
PLATFORMS = {"web": 52, "desktop": 20, "ios": 13, "android": 10, "slack": 5}
COUNTRIES = {"US": 30, "GB": 14, "DE": 12, "IN": 11, "CA": 8, "FR": 7, "NL": 6, "BR": 5, "AU": 4, "JP": 3}
"""Shares in percent."""

LOCALES = {
    "US": "en-US",
    "GB": "en-GB",
    "DE": "de-DE",
    "IN": "en-IN",
    "CA": "en-CA",
    "FR": "fr-FR",
    "NL": "nl-NL",
    "BR": "pt-BR",
    "AU": "en-AU",
    "JP": "ja-JP",
}

MEAN_EXTRA_SESSIONS = 2.7
SESSIONS_PER_DAY = 4
SECOND_DEVICE_SHARE = 0.15


@dataclass(frozen=True)
class Persona:
    """One user, with the number of their sessions."""

    user_id: str
    plan: str
    platform: str
    second_platform: str
    country: str
    locale: str
    style: Style
    n_sessions: int

    def platform_of_session(self, rng: random.Random) -> str:
        """Return the device of a session: mostly the usual one."""
        return self.second_platform if rng.random() < SECOND_DEVICE_SHARE else self.platform


def invent_persona(days: int, rng: random.Random) -> Persona:
    """Invent a user who is active in a window of `days` days; some come once, a few come daily."""
    country = pick(COUNTRIES, rng)
    return Persona(
        user_id=f"user_{rng.getrandbits(40):010x}",
        plan=pick(PLANS, rng),
        platform=pick(PLATFORMS, rng),
        second_platform=pick(PLATFORMS, rng),
        country=country,
        locale=LOCALES[country],
        style=invent_style(rng),
        n_sessions=min(1 + int(rng.expovariate(1 / MEAN_EXTRA_SESSIONS)), SESSIONS_PER_DAY * days),
    )


def pick(shares: dict[str, int], rng: random.Random) -> str:
    """Draw one of the names, with the given probabilities."""
    return rng.choices(tuple(shares), weights=tuple(shares.values()))[0]
