"""The sign-in cookie: a person and one of their epochs, signed with a key that stays on this machine."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, NamedTuple

from itsdangerous import BadData, URLSafeTimedSerializer

if TYPE_CHECKING:
    from pathlib import Path

    from projects.access.people import Person

NAME = "turret_session"
_SALT = "turret dashboard session"
_KEY_BYTES = 32


class SignedIn(NamedTuple):
    """What a cookie says.

    Attributes:
        named: the e-mail address that a proxy gave at the sign-in; None if there was a password.
    """

    person_id: str
    epoch: int
    named: str | None = None


class SignInCookie:
    """Makes and reads cookies.

    Args:
        key: the key that signs them.
        hours: how long a sign-in lasts.
    """

    def __init__(self, key: str, hours: float) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt=_SALT)
        self._max_age_s = round(hours * 3600)

    def header(self, person: Person, *, is_https: bool, named: str | None = None) -> str:
        """Return the Set-Cookie header of a new sign-in; `named` is the e-mail address that a proxy gave."""
        value = self._serializer.dumps([person.person_id, person.sign_in_epoch, named])
        return self._header(str(value), self._max_age_s, is_https=is_https)

    def end_header(self, *, is_https: bool) -> str:
        """Return the Set-Cookie header that deletes the cookie."""
        return self._header("", 0, is_https=is_https)

    def read(self, cookies: str) -> SignedIn | None:
        """Return what a Cookie header says; None if it is missing, forged or expired."""
        for pair in cookies.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == NAME:
                return self._open(value)
        return None

    def _open(self, value: str) -> SignedIn | None:
        try:
            content = self._serializer.loads(value, max_age=self._max_age_s)
        except BadData:
            return None
        match content:
            case [str(person_id), int(epoch)]:  # before sign-in through a proxy
                return SignedIn(person_id, epoch)
            case [str(person_id), int(epoch), str() | None as named]:
                return SignedIn(person_id, epoch, named)
        return None

    @staticmethod
    def _header(value: str, max_age_s: int, *, is_https: bool) -> str:
        secure = "; Secure" if is_https else ""
        return f"{NAME}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"


def read_key(file: Path) -> str:
    """Return the installation's key, created at the first call; only its owner can read the file.

    Several processes may start at once: the first to link its file wins, and all read that one.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        own = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as new:
            new.write(secrets.token_hex(_KEY_BYTES))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_text()
