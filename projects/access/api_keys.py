"""API keys: how they are made and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets

KEY_START = "tk_"
ENTROPY_BYTES = 32
PREFIX_CHARACTERS = 10
"""`tk_` and seven more: enough to tell keys apart in a list, far too little to guess the rest."""


def new_secret() -> str:
    """Make a key: `tk_` and 43 url-safe characters (256 random bits)."""
    return KEY_START + secrets.token_urlsafe(ENTROPY_BYTES)


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
