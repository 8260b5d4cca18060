"""Find e-mail addresses, IP addresses and secrets; and the kinds of data that are known, by name."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from contracts.masking.numbers import cards, ibans, phones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.masking.numbers import Span

# Letters and combining marks of scripts that put spaces between words: Latin, Greek, Cyrillic, Armenian, Hebrew,
# Arabic, those of India, and Georgian. A run of the others may be a whole sentence around the address.
_SPACED_LETTERS: Final = (
    r"A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u052f\u0531-\u0556\u0561-\u0587"
    r"\u0591-\u05bd\u05d0-\u05ea\u0610-\u061a\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f"
    r"\u0900-\u0963\u0966-\u0dff\u10a0-\u10fa\u10fc-\u10ff\u1e00-\u1fff\u2c60-\u2c7f\ua720-\ua7ff"
)
_SPACED: Final = rf"0-9{_SPACED_LETTERS}"
_OTHERS: Final = rf"[^\W\x00-\u052f{_SPACED_LETTERS}]"
_AT: Final = re.compile(r"@|%40|&#64;|\\u0040")
_LOCAL_BACKWARDS: Final = re.compile(rf"\"[^\"\n]{{1,64}}\"|[{_SPACED}._%+'&~!#$*-]+|{_OTHERS}+")
_DOMAIN: Final = re.compile(
    rf"(?:(?:[{_SPACED}][{_SPACED}-]{{0,62}}|{_OTHERS}{{1,63}})\.){{1,8}}"
    rf"(?:xn--[A-Za-z0-9-]{{1,59}}|[{_SPACED_LETTERS}]{{2,24}}|{_OTHERS}{{2,24}})"
)
_MAX_LOCAL: Final = 255
_NOT_FIRST: Final = ".'&~!#$*-"

_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|\d?\d)"
_IP_V4: Final = re.compile(rf"(?<![A-Za-z0-9_.]){_OCTET}(?:\.{_OCTET}){{3}}(?![A-Za-z0-9_])(?!\.\d)")
_IP_V6: Final = re.compile(r"(?<![A-Za-z0-9_:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,42}(?![A-Za-z0-9_:])")
_DOTS_OF_IP_V4: Final = 3
COLONS_OF_IP_V6: Final = 6  # and an address of version 4 behind them, or one more
_VERSION_BEFORE: Final = re.compile(
    r"(?:\b(?:v|ver|version|versie|versión|release|build|firmware)\W{0,3}|[A-Za-z]/)\Z", re.IGNORECASE
)
_VERSION_WINDOW: Final = 16

_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.DOTALL
)
# These are matched to their end, and what else they need is looked at then: a lookahead from each start inside a token
# would take quadratic time.
_WEB_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{8,}+(?P<parts>(?:\.[\w-]{2,}+){0,4}+)")
_DASHED_KEY: Final = re.compile(r"(?<![A-Za-z0-9])(?:sk|pk|rk)[-_][\w-]{16,}+")
_DIGIT: Final = re.compile(r"\d")
_HIDDEN_UUID: Final = 36 * "x"
_KNOWN_KEY: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"tk[re]?_[\w-]{20,}"  # Turret's own
    r"|gh[opsru]_\w{20,}|github_pat_\w{20,}|gl(?:pat|ptt|dt|rt|cbt|ft|soat)-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|hf_\w{20,}|api_org_\w{20,}|npm_\w{20,}|GOCSPX-[\w-]{20,}"
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|pypi-[\w-]{20,}|do[pro]_v1_\w{20,}"
    r"|shp(?:at|ss|pa|ca|tka)_\w{20,}|whsec_[\w+/=]{16,}|lin_(?:api|oauth)_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|dckr_pat_[\w-]{16,}"
    r"|(?:live|test)_[A-Za-z0-9]{24,}"
    r")"
)
_LONG_TOKEN: Final = re.compile(r"(?<![\w+/])[A-Za-z0-9+/_-]{20,}={0,2}")
_LONG_WORD: Final = re.compile(r"[A-Za-z0-9+/_-]{14}")
_WORD: Final = re.compile(r"[A-Za-z]?[a-z]{3,}|[A-Z]{5,}|\d{5,}|[-_/+=]")
_MIN_RANDOM: Final = 11
"""Characters of a token that are in no word, number or separator, from which on it counts as random."""


def emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, also with `%40` for the sign, as in links."""
    done = 0
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end()) if at.start() >= done else None
        if domain is None:
            continue
        before = text[max(done, at.start() - _MAX_LOCAL) : at.start()]
        local = _LOCAL_BACKWARDS.match(before[::-1])
        name = local.group()[::-1].lstrip(_NOT_FIRST) if local else ""
        if name:
            yield at.start() - len(name), domain.end()
            done = domain.end()


def ips(text: str) -> Iterator[Span]:
    """Yield IP addresses, versions 4 and 6. Four numbers after a word for versions, or after `name/`, are a version."""
    for found in _IP_V4.finditer(text) if text.count(".") >= _DOTS_OF_IP_V4 else ():
        if not _VERSION_BEFORE.search(text, max(0, found.start() - _VERSION_WINDOW), found.start()):
            yield found.span()
    for found in _IP_V6.finditer(text) if "::" in text or text.count(":") >= COLONS_OF_IP_V6 else ():
        address = found.group().rstrip(".:") if not found.group().endswith("::") else found.group()
        if any(map(str.isdigit, address)) and _is_ip_v6(address):
            yield found.start(), found.start() + len(address)


def _is_ip_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def secrets(text: str) -> Iterator[Span]:
    """Yield private keys, tokens with the start of a known service, and long random tokens."""
    if "PRIVATE KEY" in text:
        yield from (found.span() for found in _PRIVATE_KEY.finditer(text))
    if _LONG_WORD.search(text) is None:
        return
    yield from (found.span() for found in _KNOWN_KEY.finditer(text))
    yield from (found.span() for found in _WEB_TOKEN.finditer(text) if found["parts"])
    yield from (found.span() for found in _DASHED_KEY.finditer(text) if _is_key(found.group()))
    for found in _LONG_TOKEN.finditer(text):
        if _is_random(found.group()):
            yield found.span()


def _is_key(token: str) -> bool:
    """Say whether a token has a digit, or is `sk` with a UUID, which is hidden here; `pk` with a UUID is an id."""
    return _DIGIT.search(token) is not None or (token.startswith("sk") and _HIDDEN_UUID in token)


def _is_random(token: str) -> bool:
    """Say whether a token has digits and letters of both cases, mixed as no identifier mixes them.

    Hexadecimal digits alone are as often the id or hash of something, so they are no secret here.
    """
    if token.isalpha() or token.lower() == token or token.upper() == token:
        return False
    return any(map(str.isdigit, token)) and len(_WORD.sub("", token)) >= _MIN_RANDOM


KINDS: Final[dict[str, Callable[[str], Iterator[Span]]]] = {
    "secret": secrets,
    "email": emails,
    "iban": ibans,
    "card": cards,
    "ip": ips,
    "phone": phones,
}
"""The kinds that are known, by name. Of two that overlap, the one of the longer span counts, then the earlier here."""

NUMBER_KINDS: Final = frozenset({"iban", "card", "phone"})
"""Kinds that have at least seven digits, divided by nothing but separators."""
