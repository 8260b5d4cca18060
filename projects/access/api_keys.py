"""API keys: how they are generated and what is stored of them."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projects.records import KeyScope

KEY_STARTS: dict[KeyScope, str] = {"ingest": "tk_", "read": "tkr_", "erase": "tke_"}
"""The prefix of a key, by which people and secret scanners recognize its kind."""
ENTROPY_BYTES = 32
PREFIX_CHARACTERS = 10
"""The prefix and at least six more: enough to tell keys apart in a list, far too little to guess the rest."""


def new_secret(scope: KeyScope) -> str:
    """Generate a key: `tk_`, for reading `tkr_` or for erasing `tke_`, and 43 url-safe characters (256 random bits)."""
    return KEY_STARTS[scope] + secrets.token_urlsafe(ENTROPY_BYTES)


def hash_key(secret: str | bytes) -> str:
    """Return the SHA-256 of a key, 64 hexadecimal digits: all that the database keeps.

    A slow, salted hash protects passwords that people choose; a key of 256 random bits cannot be guessed,
    and the collector has to hash it for every new client.
    """
    raw = secret if isinstance(secret, bytes) else secret.encode()
    return hashlib.sha256(raw).hexdigest()


def visible_prefix(secret: str) -> str:
    """Return the part of a key that may be shown in lists."""
    return secret[:PREFIX_CHARACTERS]
